"""The OpenID Connect provider: what is taken from it, how it is asked, and what stops the start."""

import json
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from lrs_stats.access import discovery
from lrs_stats.access.discovery import Discovery, metadata_in
from lrs_stats.access.fetching import LARGEST, answered, within
from lrs_stats.access.latest import STALE
from lrs_stats.access.openid import Attempt, OpenID, openid_of
from lrs_stats.errors import CommandError, Unavailable
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings
from tests.issuer import key_server
from tests.openid import CLIENT, SECRET, Provider, Window, provider
from tests.waiting import until

ISSUER = "https://id.example.org/realms/staff"
HERE = "http://127.0.0.1:8080"
BACK = f"{HERE}/sign-in/oidc/callback"
ROSTER = Roster(check({"people": [{"id": "zoe", "status": "active"}]}), version=1)
RIGHT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/certs",
}


def client_of(by: Provider, secret: str = SECRET) -> OpenID:
    return OpenID(
        Settings(
            oidc_issuer=by.issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=secret,
            public_url=HERE,
        )
    )


def come_in(openid: OpenID, person: str = "zoe") -> str:
    """Go the whole way as a browser does, and return whom it names."""
    attempt = Attempt("of this browser")
    back = Window(HERE).led_back(openid.address(attempt), person)
    told = {name: one for name, [one] in parse_qs(urlsplit(back).query).items()}
    return openid.person(attempt, told, lambda: ROSTER).id


@pytest.mark.parametrize(
    ("by", "secret"),
    [("client_secret_post", SECRET), ("client_secret_basic", "s3cret"), ("none", "")],
)
def test_the_client_says_who_it_is_as_the_provider_takes_it(
    tmp_path: Path, by: str, secret: str
) -> None:
    with provider(tmp_path, BACK, by=by, secret=secret) as found:
        assert come_in(client_of(found, secret)) == "zoe"


def test_a_wrong_secret_is_told_to_the_log_and_is_nobodys_fault(tmp_path: Path) -> None:
    with provider(tmp_path, BACK) as found, capture_logs() as logged, pytest.raises(Unavailable):
        come_in(client_of(found, "another"))
    (line,) = logged
    assert line["error"] == "invalid_client"
    assert "another" not in str(line)


def test_a_provider_that_comes_back_is_found_again(tmp_path: Path) -> None:
    with provider(tmp_path, BACK) as found:
        openid = client_of(found)
        with found.wrong(fails={"/.well-known/openid-configuration": 503}):
            with pytest.raises(Unavailable):
                openid.address(Attempt("x"))
            assert openid.leaving() == ""
        openid._discovery._latest._begun -= discovery.PAUSE
        assert openid.address(Attempt("x")).startswith(f"{found.issuer}/authorize?")
        with found.wrong(fails={"/certs": 503}), pytest.raises(Unavailable):
            come_in(openid)


def test_what_is_known_holds_while_the_provider_is_away(tmp_path: Path) -> None:
    now = [0.0]
    with provider(tmp_path, BACK) as found:
        openid = Discovery(found.issuer, clock=lambda: now[0])
        known = openid.find()
        now[0] += STALE
        with found.wrong(discovery={"token_endpoint": "http://id.example.org/token"}):
            assert openid.find() == known
            until(lambda: not (openid._latest._reading and openid._latest._reading.is_alive()))
            assert openid.find() == known
        now[0] += STALE
        with found.wrong(discovery={"token_endpoint": "https://id.example.org/token"}):
            openid.find()
            until(lambda: openid.find().token == "https://id.example.org/token")


def test_what_a_provider_says_of_itself_is_read() -> None:
    told = metadata_in(json.dumps(RIGHT).encode(), ISSUER)
    assert (told.token, told.end_session, told.says_issuer) == (f"{ISSUER}/token", "", False)
    assert told.methods == ("client_secret_basic",)
    more = RIGHT | {
        "end_session_endpoint": f"{ISSUER}/leave",
        "authorization_response_iss_parameter_supported": True,
    }
    told = metadata_in(json.dumps(more).encode(), ISSUER)
    assert (told.end_session, told.says_issuer) == (f"{ISSUER}/leave", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": ISSUER + "/"},
        {"issuer": "https://id.example.com"},
        {"issuer": None},
        {"authorization_endpoint": "http://id.example.org/auth"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://id.example.org/token"},
        {"token_endpoint": None},
        {"token_endpoint": 5},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://a:b@id.example.org/"},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_discovery_document_that_leads_elsewhere_is_not_taken(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"issuer|https"):
        metadata_in(json.dumps(RIGHT | wrong).encode(), ISSUER)


@pytest.mark.parametrize("content", [b"", b"[]", b"5", b"<html>"])
def test_what_is_no_discovery_document_is_not_taken(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        metadata_in(content, ISSUER)


@pytest.mark.parametrize("how", ["hang", "drip", "too much"])
def test_an_answer_to_a_form_is_waited_for_no_longer(tmp_path: Path, how: str) -> None:
    content = b" " * (LARGEST + 1) if how == "too much" else b"{}"
    with key_server(tmp_path, content, how) as server:
        began = time.monotonic()
        with pytest.raises((OSError, HTTPException, ValueError)):
            answered(server.address, form="a=b", patience=1.0)
        assert time.monotonic() - began < 4


def test_what_no_timeout_ends_is_left_alone() -> None:
    with pytest.raises(TimeoutError):
        within(0.1, lambda: time.sleep(1))
    assert within(5, lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


# Settings


def test_without_an_issuer_there_is_no_provider() -> None:
    assert openid_of(Settings()) is None


def test_only_algorithms_with_a_public_key_can_be_set() -> None:
    given: dict[str, Any] = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT, "public_url": HERE}
    for algorithms in ("none", "HS256", "RS256 HS256"):
        with pytest.raises(CommandError, match="oidc_algorithms has"):
            openid_of(Settings(**given, oidc_algorithms=algorithms))


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": ""},
        {"oidc_client_id": ""},
        {"oidc_issuer": "http://id.example.org"},
        {"oidc_issuer": "id.example.org"},
        {"oidc_issuer": "https://id.example.org/?a=b"},
        {"oidc_issuer": "https://id.example.org/#a"},
        {"oidc_claim": ""},
        {"oidc_claim_is": "name"},
        {"oidc_algorithms": " "},
        {"oidc_scopes": "email"},
        {"public_url": ""},
        {"public_url": "http://lrs.example.org"},
    ],
)
def test_settings_that_fit_nothing_are_refused(wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT, "public_url": HERE}
    Settings(**given)
    with pytest.raises(CommandError, match=r"oidc_|public_url"):
        Settings(**given | wrong)
