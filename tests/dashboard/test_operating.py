"""The operator's page: what of the plugins fails, and whether statements are forwarded."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lrs_stats.store.database import Database, Document
from lrs_stats.testing import statements
from tests.asking import Asking, asking, counted
from tests.dashboard.reading import Element
from tests.dashboard.test_orders import page, sign_in
from tests.ordering import work

SERVER = "/dashboard/server"
BROKEN = """
from lrs_stats import Exporter, Interpreter, Metric, hookimpl


class Wrong(Metric):
    name = title = formula = "wrong"
    unit = "count"
    source = "events"

    def compute(self, tables, by):
        raise ZeroDivisionError


class Choking(Interpreter):
    name = title = "choking"
    precedence = 1000

    def interpret(self, statement):
        if statement.actor_name == "odd" or "max" in str(statement.agent_key):
            raise KeyError("what max did")


class Torn(Exporter):
    name = title = extension = "torn"
    media_type = "text/torn"

    def write(self, reports, stream, options):
        raise RuntimeError("what is in the report")


@hookimpl
def register_metrics():
    return [Wrong]


@hookimpl
def register_interpreters():
    return [Choking]


@hookimpl
def register_exporters():
    return [Torn]
"""


@pytest.fixture
def asked(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Asking:
    for name in ("plugin_failures", "forwards", "exports"):
        database[name].delete_many({})
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "broken.py").write_text(BROKEN)
    found = asking(database, mongo_uri, tmp_path, plugins=str(folder))
    said = "09:00 zoe launched course-1\n09:10 max launched course-1\n09:20 max liked course-1"
    counted(found, statements(said))
    sign_in(found, "ada")
    return found


def rows(shown: Element, part: str) -> list[str]:
    return [row.text for row in shown.one(id=part).all("tr")[1:]]


def told(asked: Asking) -> dict[str, Any]:
    """What `/api/v1/plugins` says that fails of each plugin."""
    answer: Any = asked.ask("/api/v1/plugins", asked.client("admin")).json
    return {plugin["name"]: plugin["failing"] for plugin in answer}


def test_a_part_of_a_plugin_that_fails_is_shown_with_how_and_since_when(asked: Asking) -> None:
    assert [one["what"] for one in told(asked)["broken"]] == ["interpreter choking"]
    asked.ask("/api/v1/stats/learners?metrics=wrong,connections", asked.token("ada"))
    assert asked.ask("/api/v1/stats/learners.torn", asked.token("ada")).status_code == 500
    found = {one["what"]: one for one in told(asked).pop("broken")}
    assert found.keys() == {"interpreter choking", "metric wrong", "exporter torn"}
    assert found["metric wrong"]["why"] == "The metric wrong failed: ZeroDivisionError."
    assert found["exporter torn"]["why"] == "The exporter torn failed: RuntimeError."
    assert found["interpreter choking"]["why"].endswith("failed on statements: 2.")
    assert not any(failures for name, failures in told(asked).items() if name != "broken")
    shown = page(asked, SERVER)
    assert "3 parts of the plugins fail." in shown.text
    failing = rows(shown, "failing")
    assert len(failing) == 3
    assert "exporter torn The exporter torn failed: RuntimeError." in " ".join(failing)
    assert "what is in the report" not in shown.text
    since = asked.services.failures.all()[0].since
    assert f"{since:%Y}" in failing[0]


def test_only_those_who_administrate_are_told_what_fails(asked: Asking) -> None:
    plugins: Any = asked.ask("/api/v1/plugins", asked.token("zoe")).json
    assert all("failing" not in one for one in plugins)


def test_a_file_in_the_background_that_fails_is_told_of_and_what_it_refuses_is_not(
    asked: Asking,
) -> None:
    zoe = asked.token("zoe")
    body = {"granularity": "learners", "metrics": "connections", "format": "torn"}
    assert asked.ask("/api/v1/exports", zoe, method="POST", json=body).status_code == 202
    work(asked)
    assert [one.what for one in asked.services.failures.all()] == ["exporter torn"]
    refused = asked.ask("/api/v1/stats/learners.opca_logs", zoe)
    assert refused.status_code == 400
    assert [one.what for one in asked.services.failures.all()] == ["exporter torn"]


def test_what_fails_again_has_its_first_time_and_its_last(
    asked: Asking, database: Database[Document]
) -> None:
    asked.services.failures.note("metric", "score", "The metric score failed: KeyError.")
    early = datetime(2026, 1, 1, tzinfo=UTC)
    database["plugin_failures"].update_one({}, {"$set": {"since": early, "last": early}})
    asked.services.failures.note("metric", "score", "within a minute it is not written down")
    assert [one.last for one in asked.services.failures.all()] == [early]
    asked.services.failures._written.clear()
    asked.services.failures.note("metric", "score", "The metric score failed: ValueError.")
    [found] = asked.services.failures.all()
    assert (found.since, found.why) == (early, "The metric score failed: ValueError.")
    assert found.last > early


def test_a_failure_that_cannot_be_written_down_is_nobodys_failure(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked.services.failures, "_failures", None)
    answer: Any = asked.ask("/api/v1/stats/learners?metrics=wrong", asked.token("ada"))
    assert answer.status_code == 200
    assert "wrong" in answer.json["failed"]


def test_where_nothing_is_wrong_the_page_says_what_would_be_shown(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    for name in ("plugin_failures", "forwards", "statements"):
        database[name].delete_many({})
    found = asking(database, mongo_uri, tmp_path)
    counted(found, statements("09:00 zoe launched course-1"))
    sign_in(found, "ada")
    shown = page(found, SERVER)
    assert "Nothing has failed in the last seven days" in shown.one(id="failing").text
    assert "lrs-stats forwards add" in shown.one(id="forwards").text
    assert not shown.all(class_="failure")


def test_a_forward_is_shown_with_how_it_is_doing(asked: Asking) -> None:
    store = asked.services.forwards
    for name in ("copy", "dead", "rest"):
        address = f"https://{name}.example.org/xAPI/statements"
        store.add(name, address, user="u", password="hidden", since=None)
    dead = store.one("dead")
    store.trouble(dead, "it does not answer")
    since = store.one("dead").troubled
    store.trouble(dead, "it does not answer")
    assert store.one("dead").troubled == since is not None
    store.pause("rest", paused=True)
    shown = page(asked, SERVER)
    copy, broken, rest = rows(shown, "forwards")
    assert copy.startswith("copy in use ")
    assert copy.endswith(" 0 0 https://copy.example.org/xAPI/statements")
    assert "in trouble since" in broken
    assert broken.count("it does not answer") == 1
    assert "paused" in rest
    assert "Nothing is forwarded to dead at the moment." in shown.text
    assert "hidden" not in shown.text
    store.advance(dead, None, 1)
    assert (store.one("dead").state, store.one("dead").troubled) == ("in use", None)


def test_in_french_the_reasons_are_french_and_the_words_of_others_are_marked(
    asked: Asking,
) -> None:
    asked.services.forwards.add("dead", "https://x.org/", user="u", password="p", since=None)
    asked.services.forwards.trouble(asked.services.forwards.one("dead"), "no route to host")
    asked.ask("/api/v1/stats/learners?metrics=wrong", asked.token("ada"))
    asked.http.set_cookie("lrs_stats_language", "fr")
    shown = page(asked, SERVER)
    failing = shown.one(id="failing")
    assert "Le chiffre wrong a échoué : ZeroDivisionError." in failing.text
    assert not failing.all(lang="en")
    assert [one.text for one in shown.one(id="forwards").all(lang="en")] == ["no route to host"]
