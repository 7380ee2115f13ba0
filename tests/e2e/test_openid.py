"""Signing in by a real OpenID Connect provider, each a process of its own, and every wrong way."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from lrs_stats.access.openid import BACK
from lrs_stats.access.visits import COOKIE
from lrs_stats.dashboard.oidc import COOKIE as ATTEMPT
from tests.dashboard.reading import read
from tests.e2e.server import Server, free_port
from tests.openid import CLIENT, SECRET, Page, Provider, Window, provider

ROSTER: dict[str, Any] = {
    "people": [
        {"id": "zoe", "email": "zoe@example.org", "status": "active"},
        {"id": "ada", "email": "ada@example.org", "status": "active", "role": "owner"},
        {"id": "eve", "email": "eve@example.org", "status": "deleted"},
    ]
}
OWN = "/dashboard/learners/zoe"
NOBODY = "The sign-in of your organisation names nobody who may sign in here."
NOT_BEGUN = "This sign-in was not begun in this browser, or it took too long. Begin again."
AWAY = "does not answer at the moment"
LEFT_OUT = None


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def by(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Provider]:
    """The provider of the organisation."""
    back = f"http://127.0.0.1:{port}{BACK}"
    with provider(tmp_path_factory.mktemp("provider"), back) as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, port: int, by: Provider) -> Iterator[Server]:
    """A server of two web processes that has people sign in there."""
    settings = {
        "oidc_issuer": by.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_name": "Example University",
        "oidc_claim": "email",
        "oidc_claim_is": "email",
        "public_url": f"http://127.0.0.1:{port}",
        "failed_authentications_per_second": "0",
    }
    running = Server(tmp_path_factory.mktemp("openid") / "data", port=port, settings=settings)
    running.start()
    try:
        assert running.put_roster(ROSTER).status == 200
        yield running
        running.stop()
    finally:
        running.kill_everything()


@pytest.fixture
def window(server: Server, port: int) -> Window:
    return Window(f"http://127.0.0.1:{port}")


def said(page: Page) -> str:
    """Return what a refusal says to its reader."""
    return read(page.text).one(role="alert").text


def is_in(window: Window) -> bool:
    return window.go("/api/v1/me").status == 200


def refused(window: Window, page: Page, status: int, why: str) -> bool:
    """Tell whether somebody was refused, in these words, and got nothing."""
    assert (page.status, why in said(page)) == (status, True), (page.status, said(page))
    return not window.cookie(COOKIE) and not is_in(window)


def test_the_whole_way_in_and_out_again(window: Window, by: Provider) -> None:
    form = read(window.go(f"/sign-in?next={OWN}").text)
    button = form.one("a", class_="main")
    assert button.text == "Sign in with Example University"
    asked = window.go(button.attributes["href"])
    assert asked.place.startswith(f"{by.issuer}/authorize?")
    told = asked.parameters
    assert (told["response_type"], told["code_challenge_method"]) == ("code", "S256")
    assert told["scope"] == "openid profile email"
    arrived = window.go(window.led_back(asked.place))
    assert (arrived.status, arrived.place) == (303, OWN)
    assert json.loads(window.go("/api/v1/me").text)["id"] == "zoe"
    assert not window.cookie(ATTEMPT)

    page = read(window.go("/dashboard/export").text)
    form_token = page.one("form", action="/sign-out").one("input").attributes["value"]
    left = window.go("/sign-out", {"form": form_token})
    assert (left.status, left.place) == (303, "/sign-in?left=1")
    assert not is_in(window)
    back = urlencode({"post_logout_redirect_uri": f"{window.address}/sign-in"})
    link = f"{by.issuer}/leave?client_id={CLIENT}&{back}"
    assert read(window.go(left.place).text).one("a", href=link)


def test_nothing_of_an_attempt_is_known_before_it_and_each_is_another(window: Window) -> None:
    seen = [parse_qs(urlsplit(window.begin()).query) for _ in range(3)]
    for name in ("state", "nonce", "code_challenge"):
        assert len({one[name][0] for one in seen}) == 3, name
    assert len({one[name][0] for one in seen for name in ("state", "nonce", "code_challenge")}) == 9


def test_the_cookies_are_for_no_script_and_change_when_one_comes_in(window: Window) -> None:
    window.sign_in()
    planted = window.cookie(COOKIE)
    arrived = window.sign_in()
    sent = [one for one in arrived.headers.get_all("Set-Cookie") or [] if one.startswith(COOKIE)]
    assert len(sent) == 1
    assert "HttpOnly" in sent[0]
    assert "SameSite=Lax" in sent[0]
    assert window.cookie(COOKIE) != planted


def test_a_visit_that_somebody_planted_is_left_behind(window: Window) -> None:
    """Session fixation: what was in the browser before opens nothing of who signs in."""
    window.sign_in("ada")
    planted = window.cookie(COOKIE)
    window.sign_in("zoe")
    assert json.loads(window.go("/api/v1/me").text)["id"] == "zoe"
    window.keep(COOKIE, planted)
    assert json.loads(window.go("/api/v1/me").text)["id"] == "ada"


@pytest.mark.parametrize("state", ["", "x", "é", LEFT_OUT])
def test_a_wrong_state_opens_nothing(window: Window, state: str | None) -> None:
    back = window.led_back(window.begin())
    told = {name: one for name, [one] in parse_qs(urlsplit(back).query).items()}
    told = {**told, "state": state} if state is not None else {"code": told["code"]}
    assert refused(window, window.go(f"{BACK}?{urlencode(told)}"), 400, NOT_BEGUN)
    assert window.go(back).status == 303  # and the attempt goes on


def test_nobody_is_signed_in_by_the_address_of_another(window: Window) -> None:
    """Login CSRF: somebody follows a link with the code and state of who made it."""
    attacker = Window(window.address)
    link = attacker.led_back(attacker.begin(), "ada")
    assert refused(window, window.go(link), 400, NOT_BEGUN)
    window.begin()
    assert refused(window, window.go(link), 400, NOT_BEGUN)


def test_a_stolen_code_opens_nothing_elsewhere(window: Window) -> None:
    """Code injection: PKCE and nonce are of the browser that has begun."""
    victim = Window(window.address)
    stolen = parse_qs(urlsplit(victim.led_back(victim.begin(), "ada")).query)["code"][0]
    own = parse_qs(urlsplit(window.begin()).query)["state"][0]
    asked = urlencode({"code": stolen, "state": own})
    assert window.go(f"{BACK}?{asked}").status in {401, 503}
    assert not is_in(window)


def test_an_answer_is_good_for_once(window: Window) -> None:
    back = window.led_back(window.begin())
    attempt = window.cookie(ATTEMPT)
    assert window.go(back).status == 303
    other = Window(window.address)
    assert refused(other, other.go(back), 400, NOT_BEGUN)
    other.begin()
    other.keep(ATTEMPT, attempt)  # even in the browser of the attempt, the code is used
    assert refused(other, other.go(back), 401, NOBODY)


@pytest.mark.parametrize("person", ["eve", "mallory"])
def test_who_has_left_and_who_is_unknown_are_told_the_same(window: Window, person: str) -> None:
    page = window.sign_in(person)
    assert refused(window, page, 401, NOBODY)
    assert person not in page.text


CLAIMS: dict[str, dict[str, object]] = {
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": LEFT_OUT},
    "a nonce that is no text": {"nonce": 5},
    "another client": {"aud": "another"},
    "another client, too": {"aud": [CLIENT, "another"]},
    "issued to another client": {"aud": [CLIENT, "another"], "azp": "another"},
    "another party": {"azp": "another"},
    "another issuer": {"iss": "https://id.example.org"},
    "no issuer": {"iss": LEFT_OUT},
    "expired": {"exp": int(time.time()) - 600},
    "no end": {"exp": LEFT_OUT},
    "no subject": {"sub": LEFT_OUT},
    "no beginning": {"iat": LEFT_OUT},
    "no e-mail": {"email": LEFT_OUT},
    "an e-mail that nobody has verified": {"email_verified": False},
}


@pytest.mark.parametrize("why", CLAIMS)
def test_an_id_token_that_is_not_as_it_must_be_opens_nothing(
    window: Window, by: Provider, why: str
) -> None:
    with by.wrong(claims=CLAIMS[why]):
        assert refused(window, window.sign_in(), 401, NOBODY)


@pytest.mark.parametrize(
    "how", ["by a stranger", "by nobody", "by the public key", "by another algorithm"]
)
def test_an_id_token_that_the_provider_has_not_signed_opens_nothing(
    window: Window, by: Provider, how: str
) -> None:
    with by.wrong(signed=how):
        assert refused(window, window.sign_in(), 401, NOBODY)
    assert window.sign_in().status == 303


def test_a_token_for_several_may_name_this_client(window: Window, by: Provider) -> None:
    with by.wrong(claims={"aud": [CLIENT, "another"], "azp": CLIENT}):
        assert window.sign_in().status == 303


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/sign-in", "/dashboard/\\x",
     " https://evil.example/", "javascript:alert(1)", "/dashboard/" + "x" * 5000],
)  # fmt: skip
def test_nobody_is_led_elsewhere(window: Window, place: str) -> None:
    assert window.sign_in(place=place).place == "/dashboard/"


def test_a_refusal_of_the_provider_is_told_in_our_own_words(window: Window) -> None:
    state = parse_qs(urlsplit(window.begin()).query)["state"][0]
    told = {"error": "access_denied", "error_description": "call 555-0100", "state": state}
    page = window.go(f"{BACK}?{urlencode(told)}")
    assert refused(window, page, 401, NOBODY)
    assert "555-0100" not in page.text


def test_an_answer_of_another_issuer_opens_nothing(window: Window) -> None:
    back = window.led_back(window.begin())
    page = window.go(f"{back}&iss=https%3A%2F%2Fid.example.com")
    assert refused(window, page, 400, NOT_BEGUN)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_provider_that_fails_is_said_to(window: Window, by: Provider, status: int) -> None:
    with by.wrong(fails={"/token": status}):
        page = window.sign_in()
    assert refused(window, page, 503, AWAY)
    assert read(page.text).one("input", name="password")


def test_a_provider_that_hangs_holds_up_nobody_else(
    window: Window, by: Provider, server: Server
) -> None:
    """With more attempts at once than there are threads, all else is answered."""
    windows = [Window(window.address) for _ in range(40)]
    places = [one.led_back(one.begin()) for one in windows]
    took: list[float] = []

    def come_back(one: Window, place: str) -> None:
        began = time.monotonic()
        assert one.go(place).status == 503
        took.append(time.monotonic() - began)

    with by.wrong(hangs=["/token"]):
        pairs = zip(windows, places, strict=True)
        threads = [threading.Thread(target=come_back, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        time.sleep(1)
        began = time.monotonic()
        assert window.go("/sign-in").status == 200
        assert server.get("/health").status == 200
        assert time.monotonic() - began < 2
        for thread in threads:
            thread.join()
    assert len(took) == 40
    assert max(took) < 8
    assert sum(one < 3 for one in took) >= 20  # the rest is told to try again, at once
