"""Signing in by password: what opens, what does not, and how often one may guess."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from lrs_stats.access.passwords import Passwords
from lrs_stats.errors import Unavailable
from lrs_stats.store.database import Database, Document
from tests.asking import CHEAP, Asking, asking, beside, told

ME = "/api/v1/me"
SIGN_IN = "/api/v1/sign-in"
SIGN_OUT = "/api/v1/sign-out"
PASSWORDS = "/api/v1/passwords"
PASSWORD = "correct horse battery"
NEW = "staple of another kind"


@pytest.fixture
def asked(mongo_uri: str, module_database: Database[Document], tmp_path: Path) -> Asking:
    found = asking(module_database, mongo_uri, tmp_path, failed_authentications_per_second=0)
    for person in ("ada", "zoe", "max"):
        found.services.sign_in.set(person, PASSWORD)
    return found


def sign_in(
    asked: Asking, account: str, password: str = PASSWORD, address: str = "192.0.2.1"
) -> TestResponse:
    body = {"account": account, "password": password}
    return asked.ask(SIGN_IN, method="POST", json=body, address=address)


def signed_in(asked: Asking, account: str, password: str = PASSWORD) -> str:
    answer = sign_in(asked, account, password)
    assert answer.status_code == 200, answer.text
    return f"Bearer {(answer.json or {})['token']}"


def statuses(asked: Asking, account: str, times: int, **more: str) -> list[int]:
    return [
        sign_in(asked, account, f"wrong guess {number}", **more).status_code
        for number in range(times)
    ]


@pytest.mark.parametrize("account", ["zoe", "zoe@example.org", "zoe@EXAMPLE.org"])
def test_a_password_opens_a_token_that_soon_expires(asked: Asking, account: str) -> None:
    answer = sign_in(asked, account)
    body: Any = answer.json
    assert (body["person"], body["name"]) == ("zoe", "Zoe")
    assert answer.headers["Cache-Control"] == "no-store"
    left = datetime.fromisoformat(body["expires"]) - datetime.now(UTC)
    assert timedelta(hours=11.9) < left < timedelta(hours=12)
    me = asked.ask(ME, f"Bearer {body['token']}").json or {}
    assert (me["id"], me["kind"], me["scopes"]) == ("zoe", "person", [])


def test_signing_out_ends_that_token_alone(asked: Asking) -> None:
    first, second = signed_in(asked, "zoe"), signed_in(asked, "zoe")
    assert asked.ask(SIGN_OUT, first, method="POST").status_code == 204
    assert asked.ask(ME, first).status_code == 401
    assert asked.ask(SIGN_OUT, first, method="POST").status_code == 401
    assert asked.ask(ME, second).status_code == 200


def test_a_client_has_nothing_to_sign_out_of(asked: Asking) -> None:
    assert asked.ask(SIGN_OUT, asked.client("all"), method="POST").status_code == 400
    acting = asked.ask(SIGN_OUT, asked.client("all"), method="POST", X_Act_As="zoe")
    assert acting.status_code == 400


def test_whatever_is_wrong_the_answer_is_the_same(asked: Asking) -> None:
    asked.leave("max")
    wrong = [
        sign_in(asked, "zoe", "not the password"),
        sign_in(asked, "zoe@example.org", ""),
        sign_in(asked, "nobody"),
        sign_in(asked, "nobody@example.org"),
        sign_in(asked, "eve"),
        sign_in(asked, "max"),
        sign_in(asked, "max@example.org"),
        sign_in(asked, "élo"),
        sign_in(asked, "ZOE"),
    ]
    assert wrong[0].status_code == 401
    assert wrong[0].headers["WWW-Authenticate"].startswith("Bearer")
    assert all(told(answer) == told(wrong[0]) for answer in wrong)


@pytest.mark.parametrize(("account", "password"), [("\ud800", "a"), ("zoe", "\ud800" * 20)])
def test_half_a_character_is_refused_before_anybody_is_looked_for(
    asked: Asking, account: str, password: str
) -> None:
    answer = sign_in(asked, account, password)
    assert answer.status_code == 400
    assert "half of a character" in answer.text


def test_every_refusal_verifies_one_hash(asked: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    hasher = asked.services.sign_in.passwords._hasher
    as_before = type(hasher).verify

    def counting(self: Any, hashed: str, password: bytes) -> bool:
        verified.append(hashed.rpartition("$")[0].rpartition("$")[0])
        return as_before(self, hashed, password)

    monkeypatch.setattr(type(hasher), "verify", counting)
    asked.leave("max")
    for account in ("zoe", "nobody", "eve", "max", "élo", "zoe@example.org"):
        assert sign_in(asked, account, "not the password").status_code == 401
    assert len(verified) == 6
    assert len(set(verified)) == 1  # at one cost


# How often


def test_an_account_takes_ten_wrong_passwords_and_then_none_at_all(asked: Asking) -> None:
    assert statuses(asked, "zoe", 12) == [401] * 10 + [429] * 2
    answer = sign_in(asked, "zoe")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert sign_in(asked, "max").status_code == 200


def test_the_limit_is_that_of_all_processes(
    asked: Asking, mongo_uri: str, module_database: Database[Document], tmp_path: Path
) -> None:
    other = beside(module_database, mongo_uri, tmp_path, failed_authentications_per_second=0)
    assert statuses(asked, "zoe", 5) + statuses(other, "zoe", 6) == [401] * 10 + [429]


def test_who_is_signed_in_goes_on_while_others_guess(asked: Asking) -> None:
    token = signed_in(asked, "zoe")
    statuses(asked, "zoe", 15, address="203.0.113.9")
    assert sign_in(asked, "zoe").status_code == 429
    assert asked.ask(ME, token).status_code == 200
    change = {"password": NEW, "old": PASSWORD}
    assert asked.ask(PASSWORDS, token, method="POST", json=change).status_code == 204
    assert asked.ask(ME, token).status_code == 200


def test_a_right_password_begins_the_count_anew(asked: Asking) -> None:
    for _ in range(3):
        assert statuses(asked, "zoe", 9) == [401] * 9
        assert sign_in(asked, "zoe").status_code == 200


def test_the_limit_tells_nothing_of_who_is_there(asked: Asking) -> None:
    asked.leave("max")
    seen = [statuses(asked, account, 11) for account in ("zoe", "nobody", "max", "eve")]
    assert seen == [[401] * 10 + [429]] * 4
    last = [sign_in(asked, account) for account in ("zoe", "nobody", "max", "eve")]
    assert {answer.data for answer in last} == {last[0].data}
    # the e-mail of the same person has a count of its own, like that of nobody
    assert sign_in(asked, "zoe@example.org", "x").status_code == 401
    assert sign_in(asked, "nobody@example.org", "x").status_code == 401


def test_other_spellings_do_not_begin_another_count(asked: Asking) -> None:
    spellings = ["zoe@example.org", "ZOE@example.org", "zoe@EXAMPLE.ORG", " zoe@example.org "]
    seen = [sign_in(asked, spellings[n % 4], "wrong").status_code for n in range(12)]
    assert seen == [401] * 10 + [429] * 2


def test_an_address_takes_so_many_wrong_passwords_for_whatever_accounts(
    mongo_uri: str, module_database: Database[Document], tmp_path: Path
) -> None:
    asked = asking(module_database, mongo_uri, tmp_path, sign_in_attempts_by_address=20)
    asked.services.sign_in.set("zoe", PASSWORD)
    seen = [sign_in(asked, f"guess {n}", "wrong").status_code for n in range(25)]
    assert seen == [401] * 20 + [429] * 5
    assert sign_in(asked, "zoe").status_code == 429
    assert sign_in(asked, "zoe", address="192.0.2.2").status_code == 200
    # what was refused for the address has not used up the account
    assert statuses(asked, "guess 24", 10, address="192.0.2.3") == [401] * 10


def test_right_passwords_of_an_address_are_not_limited(
    mongo_uri: str, module_database: Database[Document], tmp_path: Path
) -> None:
    asked = asking(module_database, mongo_uri, tmp_path, sign_in_attempts_by_address=5)
    asked.services.sign_in.set("zoe", PASSWORD)
    assert [sign_in(asked, "zoe").status_code for _ in range(12)] == [200] * 12


def test_guesses_count_among_the_failed_authentications_of_an_address(
    mongo_uri: str, module_database: Database[Document], tmp_path: Path
) -> None:
    asked = asking(module_database, mongo_uri, tmp_path, failed_authentications_per_second=1)
    seen = [sign_in(asked, f"guess {n}", "wrong").status_code for n in range(14)]
    assert (seen[:10], seen[-1]) == ([401] * 10, 429)
    assert asked.ask(ME, "Bearer guess").status_code == 429
    assert sign_in(asked, "nobody", address="192.0.2.2").status_code == 401


def test_without_limits_there_are_none(
    mongo_uri: str, module_database: Database[Document], tmp_path: Path
) -> None:
    none = {"sign_in_attempts_by_account": 0, "sign_in_attempts_by_address": 0}
    asked = asking(
        module_database, mongo_uri, tmp_path, failed_authentications_per_second=0, **none
    )
    assert statuses(asked, "zoe", 15) == [401] * 15
    assert module_database["sign_in_attempts"].count_documents({}) == 0


class Busy(Passwords):
    """Has no place for anybody."""

    def is_right(self, hashed: str | None, password: str) -> bool:
        raise Unavailable("Many people are signing in at the moment. Try again.")


def test_who_finds_no_place_has_not_guessed(asked: Asking) -> None:
    sign = asked.services.sign_in
    busy = replace(sign, passwords=Busy(hasher=CHEAP))
    for _ in range(12):
        with pytest.raises(Unavailable):
            busy.open("zoe", PASSWORD, "192.0.2.1")
    assert sign.open("zoe", PASSWORD, "192.0.2.1").person.id == "zoe"


# Changing


def test_one_changes_ones_own_with_the_old_one_and_ends_what_it_has_opened(asked: Asking) -> None:
    here, elsewhere, kept = signed_in(asked, "zoe"), signed_in(asked, "zoe"), asked.token("zoe")
    change = {"password": NEW, "old": PASSWORD}
    assert asked.ask(PASSWORDS, here, method="POST", json=change).status_code == 204
    seen = [asked.ask(ME, token).status_code for token in (here, elsewhere, kept)]
    assert seen == [200, 401, 200]
    assert sign_in(asked, "zoe").status_code == 401
    assert sign_in(asked, "zoe", NEW).status_code == 200


@pytest.mark.parametrize("person", ["zoe", "ada"])
@pytest.mark.parametrize("old", [{}, {"old": ""}, {"old": "not the password"}])
def test_ones_own_is_not_changed_without_the_old_one(
    asked: Asking, person: str, old: dict[str, str]
) -> None:
    token = signed_in(asked, person)
    for named in ({}, {"person": person}):
        body = {"password": NEW} | old | named
        assert asked.ask(PASSWORDS, token, method="POST", json=body).status_code == 403
    assert sign_in(asked, person).status_code == 200


def test_the_old_one_cannot_be_guessed_by_whoever_has_a_token(asked: Asking) -> None:
    token = signed_in(asked, "zoe")
    seen = [
        asked.ask(
            PASSWORDS, token, method="POST", json={"password": NEW, "old": f"guess {n}"}
        ).status_code
        for n in range(12)
    ]
    assert seen == [403] * 10 + [429] * 2
    assert sign_in(asked, "zoe").status_code == 200


def test_who_administrates_sets_anybodys_and_ends_what_was_open(asked: Asking) -> None:
    token, body = signed_in(asked, "zoe"), {"person": "zoe", "password": NEW}
    for by in (asked.client("admin"), signed_in(asked, "ada")):
        assert asked.ask(PASSWORDS, by, method="POST", json=body).status_code == 204
    assert asked.ask(ME, token).status_code == 401
    assert sign_in(asked, "zoe", NEW).status_code == 200
    for person in ("eve", "nobody"):
        answer = asked.ask(
            PASSWORDS, asked.client("admin"), method="POST", json=body | {"person": person}
        )
        assert answer.status_code == 400


def test_nobody_else_sets_a_password_or_learns_who_is_there(asked: Asking) -> None:
    for by in (signed_in(asked, "zoe"), asked.client("stats/read", "stats/act-as")):
        answers = [
            asked.ask(PASSWORDS, by, method="POST", json={"person": name, "password": NEW})
            for name in ("max", "eve", "nobody")
        ]
        assert answers[0].status_code == 403
        assert all(told(answer) == told(answers[0]) for answer in answers)


def test_a_client_has_no_password_of_its_own(asked: Asking) -> None:
    answer = asked.ask(PASSWORDS, asked.client("admin"), method="POST", json={"password": NEW})
    assert answer.status_code == 400


def test_a_hash_of_another_cost_is_renewed_when_the_password_is_given(
    asked: Asking, module_database: Database[Document]
) -> None:
    dear = replace(asked.services.sign_in, passwords=Passwords())
    dear.open("zoe", PASSWORD, "192.0.2.1")
    (kept,) = module_database["passwords"].find({"_id": "zoe"})
    assert "m=65536" in kept["hash"]
    assert sign_in(asked, "zoe").status_code == 200


def test_no_password_and_no_token_is_logged_or_kept(
    asked: Asking, module_database: Database[Document]
) -> None:
    with capture_logs() as logged:
        token = signed_in(asked, "zoe").removeprefix("Bearer ")
        sign_in(asked, "zoe", "a wrong secret")
        sign_in(asked, "a secret in the wrong place")
        asked.ask(ME, "Bearer a-wrong-token")
    assert logged
    names = module_database.list_collection_names()
    kept = [str(list(module_database[name].find())) for name in names]
    for secret in (PASSWORD, token, "a wrong secret", "secret in the wrong", "a-wrong-token"):
        assert secret not in str(logged)
        assert not any(secret in one for one in kept)
