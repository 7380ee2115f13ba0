"""Who asks, on a server of two web processes: what is given is taken back in both of them."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.server import Answer, Server, bearer, serving
from tests.issuer import AUDIENCE, ISSUER, KeyServer, forged, jwk, jwks, key_server, pem, signed

ROSTER: dict[str, Any] = {
    "people": [
        {"id": "zoe", "email": "zoe@example.org", "status": "active"},
        {"id": "max", "email": "max@example.org", "status": "active"},
        {"id": "eve", "email": "eve@example.org", "status": "deleted"},
    ]
}
ME = "/api/v1/me"
PASSWORD = "correct horse battery"
TIMES = 16
"""Requests of which both processes answer some."""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyServer]:
    """A process that serves the keys of an identity provider."""
    with key_server(tmp_path_factory.mktemp("provider"), jwks(jwk("RS256"))) as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: KeyServer) -> Iterator[Server]:
    """A server of two processes that believes this provider."""
    settings = {
        "jwt_issuer": ISSUER,
        "jwt_audience": AUDIENCE,
        "jwt_keys": provider.address,
        "processes": "2",
        "failed_authentications_per_second": "0",
    }
    folder: Path = tmp_path_factory.mktemp("identities")
    with serving(folder / "data", settings=settings) as running:
        assert running.put_roster(ROSTER).status == 200
        yield running


def statuses(server: Server, authorization: str) -> set[int]:
    return {server.get(ME, authorization=authorization).status for _ in range(TIMES)}


def refused_within(server: Server, authorization: str, seconds: float) -> bool:
    """Return whether no process takes a token any more once these seconds have passed."""
    time.sleep(seconds)
    return statuses(server, authorization) == {401}


def sign_in(server: Server, account: str, password: str) -> Answer:
    body = json.dumps({"account": account, "password": password}).encode()
    headers = {"Content_Type": "application/json"}
    return server.request("POST", "/api/v1/sign-in", body, authorization=None, **headers)


def set_password(server: Server, person: str, typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        server.command("passwords", "set", person),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_token_is_made_listed_and_revoked_by_command(server: Server) -> None:
    made = server.run("tokens", "create", "zoe", "--label", "laptop", "--days", "1")
    token = made.stdout.strip()
    assert statuses(server, bearer(token)) == {200}
    listed = server.run("tokens", "list", "--person", "zoe").stdout
    (line,) = [one for one in listed.splitlines() if "(laptop)" in one]
    assert token not in listed
    assert "until " in line
    identifier = line.split()[0]
    assert identifier in made.stderr
    assert server.run("tokens", "revoke", identifier).returncode == 0
    assert refused_within(server, bearer(token), 5.5)
    assert "revoked " in server.run("tokens", "list", "--person", "zoe").stdout
    again = server.run("tokens", "revoke", identifier)
    assert (again.returncode, "no token" in again.stderr) == (1, True)


def test_a_token_expires_in_every_process_at_its_instant(server: Server) -> None:
    made = server.run("tokens", "create", "zoe", "--days", str(4 / 86_400))
    until, token = time.monotonic() + 4, bearer(made.stdout.strip())
    assert server.get(ME, authorization=token).status == 200
    assert refused_within(server, token, max(0.0, until - time.monotonic()))


@pytest.mark.parametrize("person", ["eve", "nobody"])
def test_nothing_is_made_for_who_has_left_or_was_never_there(server: Server, person: str) -> None:
    made, typed = server.run("tokens", "create", person), set_password(server, person, PASSWORD)
    for done in (made, typed):
        assert (done.returncode, done.stdout) == (1, "")
        assert "knows no person" in done.stderr


def test_a_password_is_read_from_a_pipe_and_opens_a_token(server: Server) -> None:
    assert set_password(server, "zoe", "too short\n").returncode == 1
    done = set_password(server, "zoe", f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    first = sign_in(server, "zoe@example.org", PASSWORD)
    assert first.status == 200
    token = bearer(first.json["token"])
    assert statuses(server, token) == {200}
    assert server.run("passwords", "remove", "zoe").returncode == 0
    assert refused_within(server, token, 5.5)
    assert sign_in(server, "zoe", PASSWORD).status == 401


def test_the_limit_by_account_is_shared_by_the_processes(server: Server) -> None:
    assert set_password(server, "max", PASSWORD).returncode == 0
    token = bearer(sign_in(server, "max", PASSWORD).json["token"])
    seen = [sign_in(server, "max", f"guess {number}").status for number in range(14)]
    assert seen == [401] * 10 + [429] * 4
    assert sign_in(server, "max", PASSWORD).status == 429
    assert statuses(server, token) == {200}


def test_a_json_web_token_opens_what_its_person_may_see(server: Server) -> None:
    for _ in range(TIMES):
        me = server.get(ME, authorization=bearer(signed())).json
        assert (me["id"], me["kind"], me["scopes"]) == ("zoe", "person", [])


def test_every_other_token_is_refused_in_the_same_words(
    server: Server, provider: KeyServer
) -> None:
    refused = [
        "nothing",
        "a.b.c",
        forged({"alg": "none"}, None),
        forged({"alg": "HS256", "kid": "first"}, pem("RS256")),
        signed(iss="https://id.example.com"),
        signed(aud="another"),
        signed(exp=int(time.time()) - 600),
        signed(nbf=int(time.time()) + 600),
        signed("ES256"),
        signed(name="invented"),
        signed(sub="eve"),
        signed(sub="nobody"),
        signed() + "x",
    ]
    answers = [server.get(ME, authorization=bearer(token)) for token in refused]
    assert [answer.status for answer in answers] == [401] * len(refused)
    assert {answer.body for answer in answers} == {answers[0].body}
    assert provider.asked <= 4  # by each of two processes: once for keys, once for an unknown one
    assert "expired" in server.logged
    for token in refused[1:]:
        assert token not in server.logged


def test_an_identity_provider_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    settings = {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, "jwt_keys": str(tmp_path / "none")}
    server = Server(tmp_path / "data", settings=settings)
    server.launch()
    assert server.wait() == 1
    (said,) = server.logged.splitlines()
    assert said.startswith("lrs-stats: The file of jwt_keys,")
