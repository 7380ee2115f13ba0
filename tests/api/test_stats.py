"""The statistics over HTTP: entities, breakdowns, logs, and what is behind a figure."""

from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.roster.json_tables import check
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document
from lrs_stats.testing import statements
from tests.databases import count, store

COURSE = "https://example.org/course-1"
QUESTION = "https://example.org/question-1"
ROSTER: dict[str, Any] = {
    "people": [
        {"id": "ada", "email": "ada@example.org", "first_name": "Ada", "status": "active"},
        {"id": "bob", "email": "bob@example.org", "first_name": "Bob", "status": "active"},
        {"id": "zoe", "email": "zoe@example.org", "first_name": "Zoé", "status": "invited"},
    ],
    "courses": [{"id": COURSE, "title": "First aid"}],
    "programs": [{"id": "p1", "title": "Safety"}],
    "program_courses": [{"program_id": "p1", "course_id": COURSE, "position": 1}],
    "sessions": [
        {
            "id": "https://example.org/s1",
            "program_id": "p1",
            "title": "Spring",
            "start": "2026-03-01",
            "end": "2026-03-31",
        }
    ],
    "enrolments": [
        {"session_id": "https://example.org/s1", "person_id": person, "status": status}
        for person, status in (("ada", "active"), ("bob", "active"), ("zoe", "pending"))
    ],
}
STATEMENTS = statements(
    """
    09:00 ada launched course-1
    09:10 ada answered question-1 in=course-1 raw=8 max=10 success=yes
    09:12 ada answered question-2 in=course-1 scaled=0.2 success=no
    09:20 ada completed course-1
    10:00 bob launched course-1
    10:05 bob answered question-1 in=course-1 raw=2 max=10 success=no
    10:06 bob terminated elsewhere
    11:00 eve launched course-2
    """
)


@pytest.fixture(scope="module")
def http(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> FlaskClient:
    folder: Path = tmp_path_factory.mktemp("stats")
    settings = Settings(mongo=mongo_uri, database=module_database.name, data=folder)
    services = parts(settings, module_database)
    services.rosters.replace(check(ROSTER))
    services.credentials.create_client("root", ["admin", "all"], key="root", secret="root")
    store(module_database, STATEMENTS)
    count(module_database, settings)
    app = wire(Flask("test", static_folder=None), services)
    app.extensions["services"] = services
    return app.test_client()


def basic(key: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{key}:{secret}'.encode()).decode()}"}


def ask(
    http: FlaskClient, path: str, headers: dict[str, str] | None = None, status: int = 200
) -> Any:
    answer = http.get(f"/api/v1/stats/{path}", headers=headers or basic("root", "root"))
    assert answer.status_code == status, answer.text
    return answer.json


def bearer(http: FlaskClient, person: str) -> dict[str, str]:
    services = http.application.extensions["services"]
    return {"Authorization": f"Bearer {services.credentials.create_token(person)}"}


def whole(identifier: str) -> str:
    return quote(identifier, safe="")


def test_an_entity_has_the_row_of_its_report(http: FlaskClient) -> None:
    rows = {row["id"]: row for row in ask(http, "learners")["rows"]}
    assert rows.keys() == {"ada", "bob", "zoe", "mailto:eve@example.org"}
    for name, row in rows.items():
        assert ask(http, f"learners/{whole(name)}")["rows"] == [row]


def test_an_id_may_hold_slashes(http: FlaskClient) -> None:
    (row,) = ask(http, f"courses/{whole(COURSE)}")["rows"]
    assert (row["title"], row["connections"], row["answers"]) == ("First aid", 2, 3)


def test_an_id_that_is_not_encoded_is_told_to_be(http: FlaskClient) -> None:
    problem = ask(http, "courses/https:/example.org/course-1", status=404)
    assert "percent-encoded" in problem["detail"]


def test_a_breakdown_is_the_report_of_the_entity_alone(http: FlaskClient) -> None:
    broken = ask(http, f"courses/{whole(COURSE)}/learners?metrics=answers,score")
    filtered = ask(http, f"learners?metrics=answers,score&course={whole(COURSE)}")
    assert broken["rows"] == filtered["rows"]
    assert {row["id"]: row["answers"] for row in broken["rows"]} == {"ada": 2, "bob": 1, "zoe": 0}


def test_a_breakdown_can_be_a_file(http: FlaskClient) -> None:
    path = "/api/v1/stats/learners/ada/courses.csv?metrics=answers"
    answer = http.get(path, headers=basic("root", "root"))
    assert answer.text.splitlines() == ["id,title,answers", f"{COURSE},First aid,2"]


@pytest.mark.parametrize(
    "path",
    [
        "learners/nobody",
        "learners/nobody/courses",
        "learners/nobody/explain?metrics=score",
        "platform/all",
        "connections/one",
        "weeks/1",
    ],
)
def test_what_is_not_there_is_404(http: FlaskClient, path: str) -> None:
    ask(http, path, status=404)


def test_another_learner_looks_as_if_nobody_were_there(http: FlaskClient) -> None:
    own = bearer(http, "ada")
    assert [row["id"] for row in ask(http, "learners/ada", own)["rows"]] == ["ada"]
    for path in ("learners/{}", "learners/{}/courses", "learners/{}/explain?metrics=score"):
        other = ask(http, path.format("bob"), own, 404)
        nobody = ask(http, path.format("nob"), own, 404)
        assert {**other, "detail": other["detail"].replace("bob", "nob")} == nobody


def test_an_entity_is_there_also_when_nothing_happened_in_the_period(http: FlaskClient) -> None:
    (row,) = ask(http, "learners/ada?to=2020-01-01")["rows"]
    assert row["connections"] == 0
    assert ask(http, f"learners/{whole('mailto:eve@example.org')}?to=2020-01-01")["rows"] == []


def test_questions_have_figures_of_answers_alone(http: FlaskClient) -> None:
    report = ask(http, "questions")
    names = [column["name"] for column in report["columns"]]
    assert names == ["id", "title", *("last_activity", "score", "answers"),
                     *("question_success", "respondents")]  # fmt: skip
    rows = {row["id"]: row for row in report["rows"]}
    assert rows[QUESTION]["question_success"] == 50
    assert rows[QUESTION]["score"] == 50
    assert rows[QUESTION]["respondents"] == 2


def test_what_means_nothing_is_said_by_name(http: FlaskClient) -> None:
    report = ask(http, "questions?metrics=score,connections")
    assert list(report["not_applicable"]) == ["connections"]
    assert all(row["connections"] is None for row in report["rows"])
    assert report["totals"]["connections"] is None
    report = ask(http, "programs?metrics=participants&interval=month")
    assert "participants" in report["not_applicable"]


def test_the_log_of_connections(http: FlaskClient) -> None:
    log = ask(http, "connections")
    assert [row["learner_title"] for row in log["rows"]] == ["mailto:eve@example.org", "Bob", "Ada"]
    ada = log["rows"][-1]
    assert ada["id"] == STATEMENTS[0]["id"]
    assert (ada["start"], ada["end"]) == ("2026-03-02T09:00:00+00:00", "2026-03-02T09:20:00+00:00")
    assert (ada["seconds"], ada["method"], ada["statements"]) == (1200, "measured", 4)
    assert (ada["course_title"], ada["session_title"]) == ("First aid", "Spring")
    assert ada["program_title"] == "Safety"
    assert log["totals"] == {"count": 3, "seconds": sum(row["seconds"] for row in log["rows"])}


def test_a_log_is_sorted_paged_and_narrowed(http: FlaskClient) -> None:
    page = ask(http, "connections?sort=seconds&page=2&page_size=2")
    assert len(page["rows"]) == 1
    assert page["totals"]["count"] == 3
    assert [row["learner"] for row in ask(http, "learners/bob/connections")["rows"]] == ["bob"]
    assert ask(http, "connections?metrics=score", status=400)["detail"].startswith("metrics:")
    assert ask(http, "connections?interval=day", status=400)["detail"].startswith("interval:")
    assert ask(http, "connections?sort=colour", status=400)["detail"].startswith("sort:")


def test_the_log_of_answers(http: FlaskClient) -> None:
    log = ask(http, f"answers?question={whole(QUESTION)}")
    assert [(row["learner"], row["score"], row["success"]) for row in log["rows"]] == [
        ("bob", 20, False),
        ("ada", 80, True),
    ]
    assert log["totals"] == {"count": 2, "score": 50}


def test_a_learner_sees_their_own_lines_of_the_logs(http: FlaskClient) -> None:
    own = bearer(http, "bob")
    assert {row["learner"] for row in ask(http, "connections", own)["rows"]} == {"bob"}
    assert {row["learner"] for row in ask(http, "answers", own)["rows"]} == {"bob"}


def test_a_log_is_a_file_too(http: FlaskClient) -> None:
    text = http.get("/api/v1/stats/answers.csv", headers=basic("root", "root")).text
    head, *lines = text.splitlines()
    assert head.startswith("id,instant,learner,")
    assert lines[0].endswith(f"{QUESTION},20.0,false")
    assert ",2026-03-02T10:05:00+00:00," in lines[0]


def test_a_figure_is_explained(http: FlaskClient) -> None:
    found = ask(
        http, f"courses/{whole(COURSE)}/explain?metrics=score&from=2026-03-01&to=2026-04-01"
    )
    assert found["value"] == 40
    assert (found["numerator"], found["denominator"], found["times"]) == (120, 3, 1)
    assert found["formula"] == "the mean over all answers given that have a score, repeats included"
    assert found["filters"] == {"course": [COURSE]}
    assert found["scope"] == ["As owner: every learner, every course, every session."]
    assert found["from"] == "2026-03-01T00:00:00+01:00"


def test_an_explanation_says_what_is_left_out(http: FlaskClient) -> None:
    found = ask(http, "platform/explain?metrics=participation")
    left = {one["reason"]: one["count"] for one in found["left_out"]}
    assert left == {"voided": 0, "unassigned": 1, "unknown": 0, "pending": 1}
    assert (found["numerator"], found["denominator"]) == (100, 3)


def test_an_explanation_leads_to_the_statements(http: FlaskClient) -> None:
    found = ask(http, "learners/ada/explain?metrics=score")
    assert found["statements"] == "/api/v1/stats/learners/ada/explain/statements?metrics=score"
    shown = http.get(found["statements"], headers=basic("root", "root")).json or {}
    assert [row["id"] for row in shown["rows"]] == [STATEMENTS[2]["id"], STATEMENTS[1]["id"]]
    opened = ask(http, "platform/explain/statements?metrics=connections")
    assert {row["id"] for row in opened["rows"]} == {STATEMENTS[place]["id"] for place in (0, 4, 7)}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "name the one figure"),
        ("?metrics=score,answers", "name the one figure"),
        ("?metrics=colour", "no metric"),
        ("?metrics=score&interval=day", "interval"),
        ("?metrics=participants", "means nothing by learners"),
        ("?metrics=score&shoe=42", "no such parameter"),
    ],
)
def test_what_cannot_be_explained(http: FlaskClient, query: str, words: str) -> None:
    assert words in ask(http, f"learners/explain{query}", status=400)["detail"]


def test_metrics_say_where_they_mean_something(http: FlaskClient) -> None:
    listed = http.get("/api/v1/metrics", headers=basic("root", "root")).json or []
    metrics = {one["name"]: one for one in listed}
    assert metrics["score"]["granularities"] == [
        *("platform", "programs", "sessions", "courses", "questions", "groups", "learners"),
        "enrolments",
    ]
    assert metrics["learners"]["granularities"] == ["platform", "groups"]
    assert not metrics["connections_12_months"]["series"]


def test_rows_are_searched_by_their_titles_whatever_case_and_accents(http: FlaskClient) -> None:
    found = ask(http, "learners?metrics=connections&search=ZOE")
    assert [row["id"] for row in found["rows"]] == ["zoe"]
    assert found["totals"] == {"connections": 0}
    assert found == {
        **ask(http, "learners?metrics=connections&learner=zoe"),
        "as_of": found["as_of"],
    }
    assert [row["id"] for row in ask(http, "courses?search=aid%20FIRST")["rows"]] == [COURSE]
    assert ask(http, "learners?search=nobody&metrics=connections")["rows"] == []
    both = ask(http, "learners?search=a&learner=zoe&learner=bob&metrics=connections")
    assert both["rows"] == []


def test_a_log_is_searched_by_its_learners(http: FlaskClient) -> None:
    assert {row["learner"] for row in ask(http, "answers?search=ad")["rows"]} == {"ada"}
    assert ask(http, "connections?search=bob")["totals"]["count"] == 1


def test_what_is_searched_is_explained_and_exported(http: FlaskClient) -> None:
    told = ask(http, "learners/explain?metrics=answers&search=bob")
    assert (told["value"], told["filters"]) == (1, {"search": ["bob"]})
    lines = http.get("/api/v1/stats/learners.csv?search=bob", headers=basic("root", "root")).text
    assert len(lines.splitlines()) == 2
    refused = ask(http, "platform?search=bob", status=400)
    assert "have no names to search" in refused["detail"]
