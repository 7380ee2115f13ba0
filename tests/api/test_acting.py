"""A client that acts for a person: it sees what they would, and does what both may."""

from pathlib import Path

import pytest

from lrs_stats.samples import statements
from lrs_stats.store.database import Database, Document
from tests.asking import Asking, asking, counted, told

ACT_AS = "X-Act-As"
PATHS = (
    "/api/v1/stats/learners",
    "/api/v1/stats/courses?metrics=answers,score",
    "/api/v1/stats/platform",
    "/api/v1/stats/connections",
    "/api/v1/stats/learners/zoe",
    "/api/v1/stats/learners/max",
    "/api/v1/stats/learners/nobody",
    "/api/v1/stats/learners.csv",
    "/api/v1/stats/learners/zoe/explain?metrics=score",
    "/api/v1/stats/learners/explain?metrics=score",
    "/api/v1/stats/learners/explain/statements?metrics=score",
    "/api/v1/me",
)
STATEMENTS = statements(
    """
    09:00 zoe launched course-1
    09:10 zoe answered question-1 in=course-1 raw=8 max=10 success=yes
    10:00 max launched course-1
    10:05 max answered question-1 in=course-1 raw=2 max=10 success=no
    """
)


@pytest.fixture(scope="module")
def asked(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> Asking:
    folder: Path = tmp_path_factory.mktemp("acting")
    found = asking(module_database, mongo_uri, folder)
    counted(found, STATEMENTS)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_it_gets_what_the_person_would_get_byte_for_byte(asked: Asking, path: str) -> None:
    for scopes in (["stats/act-as"], ["stats/act-as", "stats/read", "admin"], ["all"]):
        for person in ("zoe", "max"):
            acting = asked.ask(path, asked.client(*scopes), X_Act_As=person)
            assert told(acting) == told(asked.ask(path, asked.token(person)))


def test_for_an_owner_it_sees_all_figures(asked: Asking) -> None:
    client = asked.client("stats/act-as")
    for path in PATHS[:-1]:
        acting = asked.ask(path, client, X_Act_As="ada")
        assert told(acting) == told(asked.ask(path, asked.token("ada")))
    me = asked.ask("/api/v1/me", client, X_Act_As="ada").json or {}
    assert (me["id"], me["name"], me["kind"]) == ("ada", "Ada", "person")
    assert me["scopes"] == ["stats/act-as", "stats/read"]
    assert asked.ask("/api/v1/status", client, X_Act_As="ada").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("GET", "/api/v1/roster", None),
        ("PUT", "/api/v1/roster", {"people": []}),
        ("GET", "/api/v1/clients", None),
        ("POST", "/api/v1/clients", {"name": "mine", "scopes": ["all"]}),
        ("GET", "/api/v1/tokens", None),
        ("POST", "/api/v1/tokens", {"person": "ada"}),
        ("POST", "/api/v1/passwords", {"password": "a new password", "old": "an old one"}),
        ("POST", "/api/v1/passwords", {"password": "a new password", "person": "max"}),
    ],
)
def test_naming_an_owner_gives_no_scope_that_the_client_lacks(
    asked: Asking, method: str, path: str, json: object
) -> None:
    client = asked.client("stats/act-as", "stats/read")
    answer = asked.ask(path, client, method=method, json=json, X_Act_As="ada")
    assert answer.status_code == 403


def test_naming_a_learner_takes_every_scope_that_the_learner_lacks(asked: Asking) -> None:
    client = asked.client("all")
    for path in ("/api/v1/roster", "/api/v1/clients", "/api/v1/tokens", "/api/v1/status"):
        assert asked.ask(path, client).status_code == 200
        assert asked.ask(path, client, X_Act_As="zoe").status_code == 403


def test_without_a_name_it_is_itself_and_needs_a_scope_for_figures(asked: Asking) -> None:
    answer = asked.ask("/api/v1/stats/learners", asked.client("stats/act-as"))
    assert answer.status_code == 403
    assert "stats/read" in (answer.json or {})["detail"]


@pytest.mark.parametrize("path", PATHS)
def test_somebody_unknown_and_somebody_deleted_are_the_same_answer(
    asked: Asking, path: str
) -> None:
    client = asked.client("stats/act-as")
    answers = [
        asked.ask(path, client, X_Act_As=name)
        for name in ("eve", "nobody", "", "zoe ada", "zoe, max", "ZOE", "\xff", "zoe@example.org")
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert all(told(answer) == told(answers[0]) for answer in answers)


@pytest.mark.parametrize("path", PATHS)
def test_without_the_scope_nobody_learns_who_is_there(asked: Asking, path: str) -> None:
    for scopes in (["stats/read"], ["all/read"], ["admin"], ["statements/write"]):
        client = asked.client(*scopes)
        answers = [asked.ask(path, client, X_Act_As=name) for name in ("zoe", "eve", "nobody", "")]
        assert answers[0].status_code == 403
        assert "stats/act-as" in (answers[0].json or {})["detail"]
        assert all(told(answer) == told(answers[0]) for answer in answers)


@pytest.mark.parametrize("person", ["ada", "zoe"])
def test_a_person_acts_for_nobody_not_even_for_themselves(asked: Asking, person: str) -> None:
    token = asked.token(person)
    answers = [
        asked.ask("/api/v1/me", token, X_Act_As=name) for name in ("zoe", "max", "eve", "nobody")
    ]
    assert answers[0].status_code == 403
    assert "for clients" in (answers[0].json or {})["detail"]
    assert all(told(answer) == told(answers[0]) for answer in answers)


def test_nobody_known_acts_for_nobody(asked: Asking) -> None:
    assert asked.ask("/api/v1/me", None, X_Act_As="zoe").status_code == 401
    assert asked.ask("/api/v1/me", "Basic bm9ib2R5Om5vdGhpbmc=", X_Act_As="zoe").status_code == 401


def test_an_id_may_have_letters_of_every_kind(asked: Asking) -> None:
    sent = "élo".encode().decode("latin-1")  # as WSGI hands over the bytes of a header
    me = asked.ask("/api/v1/me", asked.client("stats/act-as"), X_Act_As=sent).json or {}
    assert (me["id"], me["name"]) == ("élo", "Élo")


def test_the_caller_tells_the_client_and_the_person(asked: Asking) -> None:
    client = asked.client("stats/act-as")
    headers = {"Authorization": client, ACT_AS: "zoe"}
    with asked.http.application.test_request_context("/api/v1/me", headers=headers):
        caller = asked.services.caller()
    assert (caller.id, caller.person and caller.person.id) == ("zoe", "zoe")
    assert caller.client is not None
    assert caller.client.name == "portal"
    with asked.http.application.test_request_context(headers={"Authorization": client}):
        caller = asked.services.caller()
    assert (caller.person, caller.client and caller.client.key) == (None, caller.id)
    token = {"Authorization": asked.token("zoe")}
    with asked.http.application.test_request_context(headers=token):
        caller = asked.services.caller()
    assert (caller.client, len(caller.token)) == (None, 16)


def test_under_xapi_the_header_is_refused_rather_than_passed_over(asked: Asking) -> None:
    client = asked.client("all")
    version = {"X_Experience_API_Version": "1.0.3"}
    assert asked.ask("/xAPI/statements", client, **version).status_code == 200
    answers = [
        asked.ask("/xAPI/statements", client, **version, X_Act_As=name)
        for name in ("zoe", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json == answers[1].json
