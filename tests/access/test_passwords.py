"""Passwords: hashed, verified, renewed; the same time for nobody's, and few of them at once."""

import threading
import time
from typing import Literal

import pytest
from argon2 import PasswordHasher

from lrs_stats.access.passwords import AT_ONCE, LONGEST, SHORTEST, Passwords
from lrs_stats.errors import BadRequest, Unavailable

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "correct horse battery"


def test_a_password_is_known_by_its_hash() -> None:
    passwords = Passwords(hasher=CHEAP)
    hashed = passwords.hashed(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert PASSWORD not in hashed
    assert passwords.hashed(PASSWORD) != hashed
    assert passwords.is_right(hashed, PASSWORD)
    for other in ("", PASSWORD[:-1], PASSWORD + "x", PASSWORD.upper(), "x" * 100_000, "\ud800"):
        assert not passwords.is_right(hashed, other)


def test_who_has_no_password_has_none_that_is_right() -> None:
    passwords = Passwords(hasher=CHEAP)
    for password in ("", PASSWORD):
        assert not passwords.is_right(None, password)
        assert not passwords.is_right("", password)
        assert not passwords.is_right("no hash", password)


def test_two_spellings_of_one_text_are_one_password() -> None:
    passwords = Passwords(hasher=CHEAP)
    assert passwords.is_right(passwords.hashed("mot de passe\u0301 !"), "mot de pass\u00e9 !")


@pytest.mark.parametrize("password", ["", "x" * (SHORTEST - 1), "x" * (LONGEST + 1)])
def test_a_password_that_is_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(BadRequest, match="password"):
        Passwords(hasher=CHEAP).hashed(password)


def test_the_hash_of_nobody_costs_what_every_other_costs() -> None:
    passwords = Passwords()
    nobodys, hashed = passwords._nobodys, passwords.hashed(PASSWORD)
    assert nobodys.split("$")[:4] == hashed.split("$")[:4]
    assert [len(part) for part in nobodys.split("$")] == [len(part) for part in hashed.split("$")]

    def seconds(of: str | None) -> float:
        began = time.perf_counter()
        assert not passwords.is_right(of, "another password")
        return time.perf_counter() - began

    known, unknown = (min(seconds(of) for _ in range(7)) for of in (hashed, None))
    assert 0.5 < unknown / known < 2


def test_a_hash_of_another_cost_is_renewed_and_others_are_not() -> None:
    old, new = Passwords(hasher=CHEAP), Passwords(hasher=PasswordHasher(1, 128, 1))
    hashed = old.hashed(PASSWORD)
    assert old.renewed(hashed, PASSWORD) is None
    renewed = new.renewed(hashed, PASSWORD)
    assert renewed is not None
    assert "m=128" in renewed
    assert new.is_right(renewed, PASSWORD)


class Slow(PasswordHasher):
    """Verifies until it is let go on, and counts how many do so at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.let_go = threading.Event()
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as there
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.let_go.wait(20)
        with self._lock:
            self.running -= 1
        return super().verify(hash, password)


def test_few_are_verified_at_once_few_wait_and_the_others_are_told_to_come_back() -> None:
    slow = Slow()
    passwords = Passwords(threads=16, hasher=slow)
    told: list[bool | None] = []
    hashed = passwords.hashed(PASSWORD)

    def sign_in() -> None:
        try:
            told.append(passwords.is_right(hashed, PASSWORD))
        except Unavailable:
            told.append(None)

    threads = [threading.Thread(target=sign_in) for _ in range(16)]
    for thread in threads:
        thread.start()
    while told.count(None) < 12:
        time.sleep(0.01)
    slow.let_go.set()
    for thread in threads:
        thread.join()
    assert (told.count(None), told.count(True)) == (12, 4)
    assert slow.most == AT_ONCE
    assert passwords.is_right(hashed, PASSWORD)
