"""Coming in and going: what opens a visit, what it opens, and what ends it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from lrs_stats.access.visits import COOKIE, HOST_ONLY, form_token
from lrs_stats.dashboard.views import prepare
from lrs_stats.store.audit import Wanted
from lrs_stats.store.database import Database, Document
from lrs_stats.testing import statements
from tests.asking import Asking, asking, counted
from tests.dashboard.reading import read
from tests.e2e.server import free_port

PASSWORD = "correct horse battery"
ME = "/api/v1/me"
OWN = "/dashboard/learners/zoe"


@pytest.fixture
def asked(mongo_uri: str, module_database: Database[Document], tmp_path: Path) -> Asking:
    found = asking(module_database, mongo_uri, tmp_path, failed_authentications_per_second=0)
    for person in ("ada", "zoe"):
        found.services.sign_in.set(person, PASSWORD)
    counted(found, statements("09:00 zoe launched course-1"))
    return found


def send(asked: Asking, path: str, **fields: str) -> TestResponse:
    return asked.http.post(path, data=fields)


def signed_in(asked: Asking, account: str = "zoe", password: str = PASSWORD) -> TestResponse:
    """Fill in the form as a browser does."""
    shown = read(asked.http.get("/sign-in").text)
    hidden = {
        one.attributes["name"]: one.attributes["value"]
        for one in shown.one("form", action="/sign-in").all("input", type="hidden")
    }
    return send(asked, "/sign-in", **hidden, account=account, password=password)


def cookie(answer: TestResponse, name: str = COOKIE) -> str:
    sent = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{name}=")]
    return sent[-1] if sent else ""


def status(asked: Asking, path: str = ME) -> int:
    return asked.http.get(path).status_code


def test_who_is_not_signed_in_is_led_to_the_form_and_then_on(asked: Asking) -> None:
    answer = asked.http.get("/dashboard/learners?group=g1")
    assert answer.status_code == 302
    form = answer.headers["Location"]
    assert form == "/sign-in?next=%2Fdashboard%2Flearners%3Fgroup%3Dg1"
    shown = read(asked.http.get(form).text)
    assert shown.one("input", name="next").attributes["value"] == "/dashboard/learners?group=g1"
    assert asked.http.get("/").headers["Location"] == "/dashboard/"


def test_a_password_opens_a_visit_that_reads_pages_and_files(asked: Asking) -> None:
    answer = signed_in(asked)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dashboard/")
    assert status(asked, OWN) == 200
    assert (asked.http.get(ME).json or {})["id"] == "zoe"
    assert status(asked, "/api/v1/stats/courses.csv") == 200


def test_the_cookie_is_for_this_site_and_for_no_script(asked: Asking) -> None:
    sent = cookie(signed_in(asked))
    assert "HttpOnly" in sent
    assert "SameSite=Lax" in sent
    assert "Path=/" in sent
    assert "Secure" not in sent  # on one's own machine, without https
    far = asked.http.post("/language", base_url="http://stats.example.org", data={"language": "fr"})
    assert "Secure" in far.headers["Set-Cookie"]


def test_a_cookie_changes_nothing_over_the_interface(asked: Asking) -> None:
    signed_in(asked, "ada")
    for method, path in (("POST", "/api/v1/tokens"), ("DELETE", "/api/v1/tokens/0123456789abcdef"),
                         ("POST", "/api/v1/sign-out"), ("POST", "/api/v1/erasures")):  # fmt: skip
        assert asked.http.open(path, method=method, json={}).status_code in {401, 422}, path
    assert asked.http.get(ME, headers={"X-Act-As": "zoe"}).status_code == 401
    headers = {"X-Experience-API-Version": "1.0.3"}
    assert asked.http.get("/xAPI/statements", headers=headers).status_code == 401


@pytest.mark.parametrize("left_out", ["form", "cookie"])
def test_a_form_that_is_not_ours_signs_nobody_in(asked: Asking, left_out: str) -> None:
    shown = read(asked.http.get("/sign-in").text)
    token = shown.one("input", name="form").attributes["value"]
    if left_out == "cookie":
        asked.http.delete_cookie("lrs_stats_form")
    form = "" if left_out == "form" else token
    answer = send(asked, "/sign-in", form=form, account="zoe", password=PASSWORD)
    assert answer.status_code == 400
    assert not cookie(answer)
    assert "without its cookie" in answer.text


def test_what_is_wrong_is_said_in_one_sentence(asked: Asking) -> None:
    for account, password in (("zoe", "wrong"), ("nobody", PASSWORD)):
        answer = signed_in(asked, account, password)
        assert answer.status_code == 401
        told = read(answer.text).one(role="alert").text
        assert told == "The account and the password do not go together."
        assert "WWW-Authenticate" not in answer.headers
    assert status(asked) == 401


def test_guessing_is_limited_and_said_so(asked: Asking) -> None:
    answers = [signed_in(asked, "max", f"guess {number}") for number in range(11)]
    assert [one.status_code for one in answers] == [401] * 10 + [429]
    assert "too many wrong attempts" in answers[-1].text


def test_a_link_with_a_token_opens_a_visit_and_leaves_the_address(asked: Asking) -> None:
    ends = datetime.now(UTC) + timedelta(hours=1)
    token, secret = asked.services.credentials.tokens.create("zoe", expires=ends)
    answer = asked.http.get(f"/sign-in?token={secret}&next={OWN}")
    assert (answer.status_code, answer.headers["Location"]) == (303, OWN)
    assert secret not in cookie(answer)
    assert int(cookie(answer).partition("Max-Age=")[2].partition(";")[0]) <= 3600
    assert status(asked, OWN) == 200
    asked.services.credentials.tokens.revoke(token.id)
    assert status(asked) == 401


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example/", "/dashboard\\x"])
def test_nobody_is_led_elsewhere(asked: Asking, place: str) -> None:
    secret = asked.token("zoe").removeprefix("Bearer ")
    answer = asked.http.get("/sign-in", query_string={"token": secret, "next": place})
    assert answer.headers["Location"] == "/dashboard/"


def test_a_token_that_is_not_good_opens_nothing(asked: Asking) -> None:
    tokens = asked.services.credentials.tokens
    _, expired = tokens.create("zoe", expires=datetime.now(UTC) - timedelta(hours=1))
    asked.leave("max")
    of_program = asked.client("all").removeprefix("Basic ")
    for secret in ("made-up", expired, asked.token("max")[7:], of_program, "key:secret"):
        answer = asked.http.get("/sign-in", query_string={"token": secret})
        assert (answer.status_code, cookie(answer)) == (401, ""), secret
        assert "This link is not good any more." in answer.text
        assert secret not in answer.text


def test_a_token_can_be_typed_too(asked: Asking) -> None:
    secret = asked.token("zoe").removeprefix("Bearer ")
    form = read(asked.http.get("/sign-in").text).one("input", name="form").attributes["value"]
    assert send(asked, "/sign-in", form=form, token=secret).status_code == 303
    assert status(asked, OWN) == 200


def test_signing_out_ends_the_visit_for_good(asked: Asking) -> None:
    sent = parse_cookie(cookie(signed_in(asked)))[COOKIE] or ""
    shown = read(asked.http.get(OWN).text)
    form = shown.one("form", action="/sign-out").one("input").attributes["value"]
    assert form == form_token(sent)
    assert send(asked, "/sign-out", form="made-up").status_code == 403
    assert status(asked) == 200
    assert send(asked, "/sign-out", form=form).headers["Location"] == "/sign-in"
    asked.http.set_cookie(COOKIE, sent)
    assert status(asked) == 401


def test_a_changed_password_ends_visits(asked: Asking) -> None:
    signed_in(asked)
    asked.services.sign_in.set("zoe", "another password")
    assert status(asked) == 401
    assert "WWW-Authenticate" in asked.http.get(ME).headers


def test_the_language_is_that_of_the_browser_until_one_is_chosen(asked: Asking) -> None:
    french = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}
    assert read(asked.http.get("/sign-in", headers=french).text).one("h1").text == "Se connecter"
    assert read(asked.http.get("/sign-in").text).one("h1").text == "Sign in"
    answer = send(asked, "/language", language="fr", next=OWN)
    assert answer.headers["Location"] == OWN
    assert read(asked.http.get("/sign-in").text).one("html").attributes["lang"] == "fr"
    send(asked, "/language", language="xx")
    assert read(asked.http.get("/sign-in").text).one("html").attributes["lang"] == "fr"


def test_what_pages_are_looked_at_is_written_down_and_no_secret(asked: Asking) -> None:
    secret = asked.token("ada").removeprefix("Bearer ")
    asked.http.get(f"/sign-in?token={secret}")
    asked.http.get("/dashboard/learners?learner=zoe")
    sheet = read(asked.http.get("/sign-in").text).one("link", rel="stylesheet")
    asked.http.get(sheet.attributes["href"])
    entries, _ = asked.services.audit.page(Wanted(), 3)
    told: list[Any] = [(one.action, "/".join(one.resource), one.status) for one in entries]
    assert told == [
        ("read sign-in", "sign-in", 200),
        ("read dashboard", "dashboard/learners", 200),
        ("read sign-in", "sign-in", 303),
    ]
    assert entries[1].asked == {"learner": ["zoe"]}
    assert entries[1].person is not None
    assert entries[1].rows == 1
    assert secret not in str(entries)


def test_the_operators_page_is_for_who_administrates(asked: Asking) -> None:
    signed_in(asked)
    assert status(asked, "/dashboard/server") == 403
    signed_in(asked, "ada")
    shown = read(asked.http.get("/dashboard/server").text)
    assert "Statements by interpreter" in shown.text
    assert "metric time_spent" in shown.text
    assert "read dashboard" in shown.text


def test_pages_say_so_while_there_are_no_facts(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    empty = asking(database, mongo_uri, tmp_path)
    empty.http.get("/sign-in", query_string={"token": empty.token("ada").removeprefix("Bearer ")})
    answer = empty.http.get("/dashboard/general")
    assert answer.status_code == 503
    shown = read(answer.text)
    assert shown.one("h1").text == "The figures are being prepared"
    assert shown.all("meta", **{"http-equiv": "refresh"})
    assert empty.http.get("/dashboard/server").status_code == 200


def test_a_process_makes_itself_ready_whatever_there_is(
    asked: Asking, mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    prepare(asked.http.application)
    prepare(asking(database, mongo_uri, tmp_path / "empty").http.application)


def test_pages_can_be_shown_in_those_of_an_lms_that_is_named(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    lms = "https://lms.example.org"
    shown = asking(database, mongo_uri, tmp_path, page_origins=lms)
    answer = shown.http.get("/sign-in", query_string={"token": shown.token("ada")[7:]})
    assert f"frame-ancestors {lms}" in answer.headers["Content-Security-Policy"]
    sent = cookie(answer, HOST_ONLY + COOKIE)
    assert all(one in sent for one in ("Secure", "SameSite=None", "Partitioned"))


def test_over_https_a_neighbour_can_plant_no_cookie(asked: Asking) -> None:
    """A site below the same domain can set cookies for all of it, but none with this name."""
    site = "https://stats.example.org"
    secret = asked.token("zoe")[7:]
    answer = asked.http.get("/sign-in", base_url=site, query_string={"token": secret})
    assert not cookie(answer)
    sent = cookie(answer, HOST_ONLY + COOKIE)
    assert "Secure" in sent
    assert "Path=/" in sent
    assert "Domain" not in sent
    assert asked.http.get(ME, base_url=site).status_code == 200
    asked.http.delete_cookie(HOST_ONLY + COOKIE, domain="stats.example.org")
    asked.http.set_cookie(COOKIE, secret, domain="stats.example.org", secure=True)
    assert asked.http.get(ME, base_url=site).status_code == 401


def test_a_provider_that_is_away_is_said_to_and_leaves_the_other_ways(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    away = asking(
        database,
        mongo_uri,
        tmp_path,
        oidc_issuer=f"http://127.0.0.1:{free_port()}",
        oidc_client_id="lrs-stats",
        public_url="http://localhost",
    )
    shown = read(away.http.get("/sign-in", query_string={"next": OWN}).text)
    button = shown.one("a", class_="main").attributes
    assert button["href"] == "/sign-in/oidc?next=%2Fdashboard%2Flearners%2Fzoe"
    assert "target" not in button
    framed = away.http.get("/sign-in", headers={"Sec-Fetch-Dest": "iframe"})
    assert read(framed.text).one("a", class_="main").attributes["target"] == "_blank"
    answer = away.http.get(button["href"])
    assert answer.status_code == 503
    shown = read(answer.text)
    assert "does not answer at the moment" in shown.one(role="alert").text
    assert shown.one("input", name="next").attributes["value"] == OWN
    assert shown.one("input", name="password")


def test_without_a_provider_there_is_no_way_to_one(asked: Asking) -> None:
    assert not read(asked.http.get("/sign-in").text).all("a", class_="main")
    for path in ("/sign-in/oidc", "/sign-in/oidc/callback?code=a&state=b"):
        assert status(asked, path) == 404


def test_a_file_is_taken_for_what_it_says_and_runs_nothing(asked: Asking) -> None:
    signed_in(asked, "ada")
    picture = asked.http.get("/api/v1/stats/courses.svg?metrics=connections")
    assert picture.status_code == 200
    assert "default-src 'none'" in picture.headers["Content-Security-Policy"]
    for path in ("/api/v1/stats/courses.svg", "/api/v1/stats/courses.csv", ME, "/health"):
        assert asked.http.get(path).headers["X-Content-Type-Options"] == "nosniff", path


def test_a_visit_that_a_visit_has_opened_ends_with_the_link(asked: Asking) -> None:
    token, secret = asked.services.credentials.tokens.create("zoe")
    for _ in range(3):
        answer = asked.http.get("/sign-in", query_string={"token": secret})
        secret = parse_cookie(cookie(answer))[COOKIE]
    assert status(asked) == 200
    asked.services.credentials.tokens.revoke(token.id)
    assert status(asked) == 401


def test_no_cache_hands_on_what_a_cookie_was_answered(asked: Asking) -> None:
    signed_in(asked)
    for path in (ME, "/api/v1/stats/learners", "/api/v1/stats/learners.csv", "/api/v1/stats/x"):
        answer = asked.http.get(path)
        assert answer.headers["Cache-Control"] == "private, no-store", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
