"""Tokens over HTTP: made by who administrates, listed and revoked by whoever has them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lrs_stats.store.database import Database, Document
from tests.asking import Asking, asking, told

PATH = "/api/v1/tokens"
ME = "/api/v1/me"


@pytest.fixture
def asked(mongo_uri: str, module_database: Database[Document], tmp_path: Path) -> Asking:
    return asking(module_database, mongo_uri, tmp_path)


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def made(asked: Asking, **body: object) -> Any:
    answer = asked.ask(PATH, asked.client("admin"), method="POST", json={"person": "zoe"} | body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


def test_a_token_is_made_used_listed_and_revoked(asked: Asking) -> None:
    token = made(asked, label="laptop", expires=in_days(1))
    own = f"Bearer {token['token']}"
    assert (asked.ask(ME, own).json or {})["id"] == "zoe"
    (listed,) = asked.ask(PATH, own).json or []
    assert listed == {name: value for name, value in token.items() if name != "token"}
    assert (listed["person"], listed["label"], listed["revoked"]) == ("zoe", "laptop", None)
    assert asked.ask(f"{PATH}/{token['id']}", own, method="DELETE").status_code == 204
    assert asked.ask(ME, own).status_code == 401
    (listed,) = asked.ask(f"{PATH}?person=zoe", asked.client("admin")).json or []
    assert listed["revoked"] is not None


def test_every_token_that_opens_nothing_is_the_same_answer(asked: Asking) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=1)
    revoked = made(asked)
    asked.services.credentials.tokens.revoke(revoked["id"])
    left = asked.token("max")
    assert asked.ask(ME, left).status_code == 200
    asked.leave("max")
    refused = [
        "Bearer nothing",
        "Bearer a.b.c",
        "Bearer ",
        f"Bearer {revoked['id']}",
        f"Bearer {revoked['token']}",
        asked.token("zoe", expires=long_ago),
        asked.token("eve"),
        asked.token("nobody"),
        left,
    ]
    for path in (ME, "/api/v1/stats/learners", PATH):
        answers = [asked.ask(path, one) for one in refused]
        assert answers[0].status_code == 401
        assert all(told(answer) == told(answers[0]) for answer in answers)


def test_who_has_no_role_sees_themselves_alone(asked: Asking) -> None:
    me = asked.ask(ME, asked.token("zoe")).json or {}
    assert (me["scopes"], [grant["learners"] for grant in me["grants"]]) == ([], [["zoe"]])
    assert asked.ask("/api/v1/status", asked.token("zoe")).status_code == 403


def test_everyone_lists_and_revokes_their_own_and_nobody_elses(asked: Asking) -> None:
    others, zoe = made(asked, person="max"), asked.token("zoe")
    assert {one["person"] for one in asked.ask(PATH, zoe).json or []} == {"zoe"}
    answers = [
        asked.ask(f"{PATH}/{token}", zoe, method="DELETE") for token in (others["id"], "0" * 16)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    blanked = [answer.text.replace(others["id"], "0" * 16) for answer in answers]
    assert blanked[0] == blanked[1]
    assert asked.ask(ME, f"Bearer {others['token']}").status_code == 200
    for person in ("max", "eve", "nobody"):
        answer = asked.ask(f"{PATH}?person={person}", zoe)
        assert answer.status_code == 403
        assert "admin" in (answer.json or {})["detail"]


def test_who_administrates_lists_all_by_the_page(asked: Asking) -> None:
    for person in ("zoe", "max", "zoe"):
        made(asked, person=person, label=person)
    owner = asked.token("ada")
    assert [one["label"] for one in asked.ask(f"{PATH}?person=zoe", owner).json or []] == [
        "zoe"
    ] * 2
    page = asked.ask(f"{PATH}?page=2&page_size=3", owner)
    assert [one["label"] for one in page.json or []] == ["zoe"]
    assert '"total": 4' in page.headers["X-Pagination"]
    assert asked.ask(f"{PATH}?page_size=1001", owner).status_code == 422


@pytest.mark.parametrize("scopes", [["stats/read", "stats/act-as"], ["all/read"], ["roster/write"]])
def test_other_clients_have_no_part_in_tokens(asked: Asking, scopes: list[str]) -> None:
    client = asked.client(*scopes)
    for method, path, body in (
        ("GET", PATH, None),
        ("POST", PATH, {"person": "zoe"}),
        ("DELETE", f"{PATH}/{'0' * 16}", None),
    ):
        answer = asked.ask(path, client, method=method, json=body)
        assert answer.status_code == 403
        assert "admin" in (answer.json or {})["detail"]


def test_a_person_makes_no_token_not_even_for_themselves(asked: Asking) -> None:
    body = {"person": "zoe"}
    assert asked.ask(PATH, asked.token("zoe"), method="POST", json=body).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"person": ""},
        {"person": "nobody"},
        {"person": "eve"},
        {"person": "zoe", "role": "owner"},
        {"person": "zoe", "label": "x" * 201},
        {"person": "zoe", "expires": "2020-01-01T00:00:00Z"},
        {"person": "zoe", "expires": "2099-01-01T00:00:00"},
        {"person": "zoe", "expires": "soon"},
    ],
)
def test_refused(asked: Asking, body: dict[str, object]) -> None:
    client = asked.client("admin")
    assert asked.ask(PATH, client, method="POST", json=body).status_code in {400, 422}
    assert asked.ask(PATH, client).json == []
