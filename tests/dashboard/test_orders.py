"""Files that are ordered and planned on pages: one’s own, their state, and what can be done."""

from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from lrs_stats.store.database import Database, Document
from lrs_stats.testing import statements
from tests.asking import Asking, asking, counted
from tests.dashboard.reading import Element, read

DIALOG = "/dashboard/export"
ORDERS = "/dashboard/exports"


@pytest.fixture
def asked(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Asking:
    found = asking(database, mongo_uri, tmp_path, deliveries_folder=str(tmp_path))
    counted(found, statements("09:00 zoe launched course-1"))
    return found


def sign_in(asked: Asking, person: str) -> None:
    secret = asked.token(person).removeprefix("Bearer ")
    asked.http.get("/sign-in", query_string={"token": secret})


def page(asked: Asking, path: str) -> Element:
    answer = asked.http.get(path)
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def send(asked: Asking, path: str, **fields: str) -> TestResponse:
    """Send a form as the page has it, with what it hides."""
    form = page(asked, path).one("main").one("form", action=path, method="post")
    hidden = {
        one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")
    }
    return asked.http.post(path, data={**hidden, **fields})


def order(asked: Asking, **fields: str) -> TestResponse:
    chosen = {"granularity": "learners", "format": "csv", "metrics": "connections"}
    return send(asked, DIALOG, **{**chosen, "do": "later", **fields})


def test_a_file_is_ordered_listed_and_removed(asked: Asking) -> None:
    sign_in(asked, "ada")
    answer = order(asked)
    assert (answer.status_code, answer.headers["Location"]) == (303, ORDERS)
    shown = page(asked, ORDERS)
    row = shown.one(id="orders").one("tbody").one("tr")
    assert row.one("th").text == "Learners · CSV"
    assert "waits for its turn" in row.text
    assert shown.all(**{"data-again": ORDERS})
    named = row.one("input", name="id").attributes["value"]
    assert send(asked, ORDERS, id=named, do="remove").headers["Location"] == ORDERS
    assert "cancelled" in page(asked, ORDERS).one(id="orders").text
    assert send(asked, ORDERS, id=named, do="remove").status_code == 303
    assert "No file was ordered yet." in page(asked, ORDERS).text


def test_orders_of_others_are_not_there(asked: Asking) -> None:
    sign_in(asked, "zoe")
    order(asked)
    named = page(asked, ORDERS).one("input", name="id").attributes["value"]
    sign_in(asked, "max")
    assert "No file was ordered yet." in page(asked, ORDERS).text
    order(asked)
    answer = send(asked, ORDERS, id=named, do="remove")
    assert answer.status_code == 404
    assert "Nothing is here" in answer.text


def test_nothing_is_ordered_by_a_form_that_is_not_ours(asked: Asking) -> None:
    sign_in(asked, "ada")
    fields = {"granularity": "learners", "format": "csv", "do": "later"}
    for form in ("", "made-up"):
        assert asked.http.post(DIALOG, data={**fields, "form": form}).status_code == 403
    assert "No file was ordered yet." in page(asked, ORDERS).text


def test_operators_see_what_is_made_for_everybody(asked: Asking) -> None:
    sign_in(asked, "zoe")
    order(asked)
    sign_in(asked, "ada")
    shown = page(asked, "/dashboard/server")
    assert "zoe learners · csv waits for its turn" in shown.text
