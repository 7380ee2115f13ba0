"""Where the keys of an identity provider come from, against servers in processes of their own."""

import threading
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from lrs_stats.access.fetching import LARGEST, fetched
from lrs_stats.access.key_source import PAUSE, KeySource, source_of
from lrs_stats.access.latest import STALE, WAITING
from lrs_stats.errors import Unavailable
from tests.issuer import jwk, jwks, key_server
from tests.waiting import until


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_keys_that_the_server_changes_are_found_by_their_new_name(
    tmp_path: Path, clock: Clock
) -> None:
    with key_server(tmp_path, jwks(jwk("RS256"))) as server:
        source = KeySource(lambda: fetched(server.address), clock=clock)
        assert source.find("first", "RS256") is not None
        server.show(jwks(jwk("RS256", "second")))
        clock.now += PAUSE
        assert source.find("second", "RS256") is not None
        assert source.find("first", "RS256") is None
        assert server.asked == 2


def test_invented_names_have_the_server_asked_once_a_minute(tmp_path: Path, clock: Clock) -> None:
    with key_server(tmp_path, jwks(jwk("RS256"))) as server:
        source = KeySource(lambda: fetched(server.address), clock=clock)
        for minute in range(3):
            for number in range(50):
                assert source.find(f"invented-{number}", "RS256") is None
                clock.now += 0.9 * PAUSE / 50
            assert server.asked == minute + 1
            clock.now += 0.1 * PAUSE + 0.001


def test_a_key_that_is_taken_back_is_refused_after_a_while(tmp_path: Path, clock: Clock) -> None:
    with key_server(tmp_path, jwks(jwk("RS256"))) as server:
        source = KeySource(lambda: fetched(server.address), clock=clock)
        assert source.find("first", "RS256") is not None
        server.show(jwks(jwk("RS256", "second")))
        clock.now += STALE
        source.find("first", "RS256")  # in passing: the reading holds up nobody
        until(lambda: source.find("first", "RS256") is None)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", "200 OK"),
        (b"<html>", "200 OK"),
        (b'{"keys": []}', "200 OK"),
        (b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "second"}]}', "200 OK"),
        (jwks(jwk("RS256", "second")), "503 Service Unavailable"),
        (jwks(jwk("RS256", "second")), "302 Found"),
        (jwks(jwk("RS256", "second")) + b" " * LARGEST, "200 OK"),
    ],
)
def test_a_reading_that_fails_leaves_the_keys_that_there_are(
    tmp_path: Path, clock: Clock, content: bytes, status: str
) -> None:
    with key_server(tmp_path, content, status=status) as server:
        first = iter([jwks(jwk("RS256"))])
        source = KeySource(lambda: next(first, None) or fetched(server.address), clock=clock)
        assert source.find("first", "RS256") is not None
        clock.now += PAUSE
        assert source.find("second", "RS256") is None
        assert server.asked == 1
        assert source.find("first", "RS256") is not None


def test_a_server_that_is_gone_leaves_the_keys_that_there_are(tmp_path: Path, clock: Clock) -> None:
    with key_server(tmp_path, jwks(jwk("RS256"))) as server:
        source = KeySource(lambda: fetched(server.address), clock=clock)
        assert source.find("first", "RS256") is not None
    clock.now += STALE
    assert source.find("second", "RS256") is None
    assert source.find("first", "RS256") is not None


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_server_that_hangs_or_drips_is_hung_up_on(tmp_path: Path, how: str) -> None:
    with key_server(tmp_path, jwks(jwk("RS256")), how) as server:
        began = time.monotonic()
        with pytest.raises((OSError, HTTPException, ValueError)):
            fetched(server.address, 1.0)
        assert 0.9 < time.monotonic() - began < 4


def test_while_no_key_is_known_the_answer_is_to_try_again_and_few_wait_for_it(
    tmp_path: Path,
) -> None:
    with key_server(tmp_path, b"", "hang") as server:
        source = KeySource(lambda: fetched(server.address, 3.0))
        at_once: list[float] = []

        def ask() -> None:
            began = time.monotonic()
            with pytest.raises(Unavailable, match="Try again"):
                source.find("first", "RS256")
            at_once.append(time.monotonic() - began)

        threads = [threading.Thread(target=ask) for _ in range(WAITING * 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(at_once) == WAITING * 3
        assert sum(took > 1.5 for took in at_once) == WAITING
        assert server.asked == 1


def test_a_file_is_read_again_when_its_keys_are_changed(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(jwks(jwk("ES256")))
    source = source_of(str(file))
    assert source.find("first", "ES256") is not None
    source._latest._clock, source._latest._begun = clock, clock.now
    file.write_bytes(jwks(jwk("ES256", "second")))
    assert source.find("second", "ES256") is None
    clock.now += PAUSE
    assert source.find("second", "ES256") is not None
