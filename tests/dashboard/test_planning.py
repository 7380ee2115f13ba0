"""Files on a schedule on pages: planned, changed, for people who are found by name."""

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lrs_stats.dashboard import language
from lrs_stats.store.database import Database, Document
from lrs_stats.store.schedules import Schedule
from tests.asking import Asking
from tests.dashboard.reading import Element, read
from tests.dashboard.test_language import Bracketed, untranslated
from tests.dashboard.test_orders import ORDERS, order, page, send, sign_in
from tests.ordering import anew, school

FORM: dict[str, Any] = {
    "title": "Every month",
    "every": "1",
    "unit": "months",
    "first": "2030-01-31",
    "at": "06:00",
    "recipients": ["zoe", "ada"],
    "way": "folder",
}


@pytest.fixture(scope="module")
def there(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> Asking:
    folder = tmp_path_factory.mktemp("school")
    mail = {"smtp_host": "localhost", "smtp_from": "figures@example.org"}
    settings = {"deliveries_folder": str(folder), "public_url": "https://lrs.example.org"}
    return school(module_database, mongo_uri, folder, **mail, **settings)


@pytest.fixture
def asked(there: Asking) -> Asking:
    """Give a school in which nothing is planned, to Ada, who owns it."""
    anew(there)
    there.http.delete_cookie("lrs_stats_language")
    sign_in(there, "ada")
    return there


def planning(asked: Asking) -> str:
    """Where the dialog leads for a schedule of what is chosen there."""
    answer = order(asked, do="again")
    assert answer.status_code == 303
    return answer.headers["Location"]


def fill(asked: Asking, path: str, do: str = "save", **fields: Any) -> TestResponse:
    """Send the form at an address, with what it hides."""
    form = page(asked, path).one("form", class_="plan")
    hidden = {
        one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")
    }
    sent = {**hidden, **FORM, **fields, "do": do}
    return asked.http.post(form.attributes["action"], data=sent)


def planned(asked: Asking, **fields: Any) -> Schedule:
    answer = fill(asked, planning(asked), **fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ORDERS}#schedules")
    [made] = asked.services.schedules.of(None)
    return made


def shown(answer: TestResponse, status: int = 200) -> Element:
    assert answer.status_code == status, answer.text
    return read(answer.text).one("form", class_="plan")


def typed(form: Element) -> dict[str, Any]:
    """What stands in the fields of a form."""
    texts = {
        one.attributes["name"]: one.attributes.get("value", "")
        for one in form.all("input")
        if one.attributes.get("type") not in {"hidden", "checkbox", "search"}
    }
    unit = next(one for one in form.one("select").all("option") if "selected" in one.attributes)
    return texts | {"unit": unit.attributes["value"]} | ticked(form)


def ticked(form: Element) -> dict[str, list[str]]:
    """What is ticked, by field."""
    found: dict[str, list[str]] = {"recipients": [], "way": []}
    for one in form.all("input", type="checkbox"):
        if "checked" in one.attributes:
            found[one.attributes["name"]].append(one.attributes["value"])
    return found


def offered(form: Element) -> list[str]:
    """Who was found, and is not chosen."""
    boxes = form.all("input", type="checkbox", name="recipients")
    return [one.attributes["value"] for one in boxes if "checked" not in one.attributes]


def test_a_file_is_planned_paused_resumed_and_removed(asked: Asking) -> None:
    made = planned(asked)
    row = page(asked, ORDERS).one(id="schedules").one("tbody").one("tr")
    assert "Every month active 31 Jan 2030, 06:00 Zoe and Ada" in row.text
    assert (made.period, made.granularity, made.format) == ("last_1_months", "learners", "csv")
    assert (made.given["metrics"], made.recipients) == ("connections", ("zoe", "ada"))
    for done, state in (("pause", "paused"), ("resume", "active")):
        send(asked, ORDERS, id=made.id, do=done)
        assert state in page(asked, ORDERS).one(id="schedules").text
    send(asked, ORDERS, id=made.id, do="unschedule")
    assert "Nothing comes by a schedule." in page(asked, ORDERS).text


def test_what_was_planned_is_changed_and_what_it_is_about_stays(asked: Asking) -> None:
    made = planned(asked)
    link = page(asked, ORDERS).one(id="schedules").one("td", class_="doing").one("a")
    place = link.attributes["href"]
    form = page(asked, place).one("form", class_="plan")
    assert typed(form) == {
        **{one: FORM[one] for one in ("title", "every", "unit", "first", "at", "recipients")},
        "until": "",
        "folder": ".",
        "ids": "",
        "way": ["folder"],
    }
    other: dict[str, Any] = {
        "title": "Wöchentlich",
        "every": "2",
        "unit": "weeks",
        "first": "2031-02-03",
    }
    more: dict[str, Any] = {
        "until": "2031-12-31",
        "at": "07:30",
        "recipients": ["max"],
        "way": ["mail", "folder"],
    }
    assert fill(asked, place, **other, **more, folder="a/b").status_code == 303
    [changed] = asked.services.schedules.of(None)
    assert (changed.id, changed.title, changed.every, changed.unit) == (
        made.id, "Wöchentlich", 2, "weeks"
    )  # fmt: skip
    assert (changed.first, changed.until, changed.at) == ("2031-02-03", "2031-12-31", "07:30")
    assert (changed.recipients, changed.mail, changed.folder) == (("max",), True, "a/b")
    assert (changed.given, changed.format) == (made.given, made.format)
    assert changed.period == "last_2_weeks", "each file is about the time since the one before"
    assert changed.next != made.next


def test_a_period_of_its_own_stays_when_the_rhythm_changes(asked: Asking) -> None:
    ask = {"granularity": "learners", "format": "csv", "period": "last_year"}
    body = {"title": "x", "unit": "months", "from": "2030-01-01", "to": ["ada"], "folder": "."}
    told = asked.ask(
        "/api/v1/schedules", asked.token("ada"), method="POST", json=body | {"ask": ask}
    )
    assert told.status_code == 201, told.text
    place = f"/dashboard/schedules/{told.json['id']}"  # type: ignore[index]
    assert "last_year" in page(asked, place).one("dl", class_="facts").text
    assert fill(asked, place, every="3").status_code == 303
    [changed] = asked.services.schedules.of(None)
    assert (changed.every, changed.period) == (3, "last_year")


def test_a_paused_schedule_that_is_changed_stays_paused(asked: Asking) -> None:
    made = planned(asked)
    send(asked, ORDERS, id=made.id, do="pause")
    fill(asked, f"/dashboard/schedules/{made.id}", title="Other")
    [changed] = asked.services.schedules.of(None)
    assert (changed.status, changed.title) == ("paused", "Other")


WRONG: tuple[tuple[str, Any], ...] = (
    ("every", "0"),
    ("every", "x"),
    ("unit", "years"),
    ("first", "soon"),
    ("until", "soon"),
    ("at", "25:00"),
    ("title", ""),
    ("recipients", []),
    ("recipients", ["nobody"]),
    ("way", []),
    ("folder", "../up"),
)


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_cannot_be_planned_is_said_beside_the_field_and_what_was_typed_stays(
    asked: Asking, field: str, value: Any, *, is_new: bool
) -> None:
    made = None if is_new else planned(asked)
    place = planning(asked) if made is None else f"/dashboard/schedules/{made.id}"
    sent = {"title": "Typed", "folder": "here", "ids": "max", "recipients": ["zoe"]}
    sent |= {"ids": ""} if field == "recipients" else {}
    form = shown(fill(asked, place, **{**sent, field: value}), 400)
    assert form.one(role="alert")
    [wrong] = form.all(class_="wrong")
    assert wrong.attributes["id"] == f"wrong-{field}"
    assert wrong.text
    [marked] = form.all(**{"aria-describedby": f"wrong-{field}"})
    assert marked.tag in {"input", "select", "fieldset"}
    if field != "unit":
        expected = {**FORM, "way": ["folder"], "until": "", **sent, field: value}
        assert typed(form) == expected
    assert asked.services.schedules.of(None) == ([] if made is None else [made])


def test_what_is_wrong_with_no_field_is_said_above_all(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = planned(asked)
    monkeypatch.delitem(asked.services.registry.exporters, "csv")
    form = shown(fill(asked, f"/dashboard/schedules/{made.id}"), 400)
    assert "there is no format 'csv'" in form.one(role="alert").text
    assert not form.all(class_="wrong")


def test_people_are_found_by_name_and_kept_from_step_to_step(asked: Asking) -> None:
    place = planning(asked)
    assert ticked(page(asked, place))["recipients"] == ["ada"]
    form = shown(fill(asked, place, "find", find="ELO", title="Kept", recipients=["ada"]))
    assert (ticked(form)["recipients"], offered(form)) == (["ada"], ["élo"])
    assert "Élo élo · elo@example.org" in form.one("ul", class_="found").text
    assert form.one("input", name="title").attributes["value"] == "Kept"
    form = shown(fill(asked, place, "find", find="example.org", recipients=["élo"]))
    assert ticked(form)["recipients"] == ["élo"]
    assert offered(form) == ["ada", "max", "zoe"], "eve has left"
    assert "Nobody else" in shown(fill(asked, place, "find", find="eve")).text


def test_a_name_that_is_typed_is_looked_for_before_anything_is_saved(asked: Asking) -> None:
    place = planning(asked)
    form = shown(fill(asked, place, find="max"))
    assert offered(form) == ["max"]
    assert asked.services.schedules.of(None) == []
    answer = fill(asked, place, find="max", found="max", recipients=["max"])
    assert answer.status_code == 303
    assert asked.services.schedules.of(None)[0].recipients == ("max",)


def test_ids_are_taken_too(asked: Asking) -> None:
    assert planned(asked, recipients=["ada"], ids="max zoe ada").recipients == ("ada", "max", "zoe")


def test_a_coach_finds_their_learners_and_nobody_else(asked: Asking) -> None:
    sign_in(asked, "zoe")
    place = planning(asked)
    form = page(asked, place)
    assert [one.attributes["value"] for one in form.all("input", name="way")] == ["mail"]
    for name, found in (("max", ["max"]), ("elo", ["élo"]), ("ada", []), ("eve", []), ("none", [])):
        shown_to_zoe = shown(fill(asked, place, "find", find=name, recipients=["zoe"], way="mail"))
        assert offered(shown_to_zoe) == found, name
    by_mail = shown(fill(asked, place, "find", find="example.org", recipients=["zoe"]))
    assert offered(by_mail) == [], "an e-mail could be guessed at"
    answers = [
        shown(fill(asked, place, recipients=[one], way="mail"), 400).one(class_="wrong").text
        for one in ("ada", "xyz")
    ]
    assert answers[0].replace("ada", "xyz") == answers[1]
    named = shown(fill(asked, place, "find", recipients=["ada"])).one("ul", class_="chosen")
    assert named.text == "ada", "a name is told of those alone who may be sent to"


def test_a_learner_sends_to_themselves(asked: Asking) -> None:
    sign_in(asked, "max")
    form = page(asked, planning(asked)).one("form", class_="plan")
    assert ticked(form)["recipients"] == ["max"]
    assert not form.all("input", name="find")
    assert not form.all("input", name="ids")


def test_schedules_of_others_are_not_there(asked: Asking) -> None:
    made = planned(asked)
    sign_in(asked, "max")
    place = f"/dashboard/schedules/{made.id}"
    strange = asked.http.get(f"{place[:-1]}x")
    there = asked.http.get(place)
    assert (there.status_code, strange.status_code) == (404, 404)
    assert there.text == strange.text.replace(f"{place[:-1]}x", place)
    token = read(asked.http.get(ORDERS).text).one("input", name="form").attributes["value"]
    assert asked.http.post(place, data={**FORM, "form": token}).status_code == 404
    assert asked.services.schedules.of(None) == [made]


def test_nothing_is_changed_by_a_form_that_is_not_ours(asked: Asking) -> None:
    made = planned(asked)
    for form in ("", "made-up"):
        answer = asked.http.post(f"/dashboard/schedules/{made.id}", data={**FORM, "form": form})
        assert answer.status_code == 403
    assert asked.services.schedules.of(None) == [made]


def test_where_files_go_nowhere_the_page_says_so(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    found = school(database, mongo_uri, tmp_path)
    sign_in(found, "ada")
    assert "again and again" not in page(found, "/dashboard/export").text
    place = "/dashboard/schedules/new?granularity=learners&format=csv"
    assert "This server sends no files" in page(found, place).text


def test_many_recipients_are_named_in_a_few_words(asked: Asking) -> None:
    planned(asked, recipients=["zoe", "ada", "max", "élo"])
    assert "Zoe, Ada, Max and 1 more" in page(asked, ORDERS).one(id="schedules").text


def test_no_text_of_the_form_is_written_past_the_catalogue(
    mongo_uri: str,
    database: Database[Document],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(language, "catalogue", lambda _: Bracketed())
    asked = school(database, mongo_uri, tmp_path, deliveries_folder=str(tmp_path))
    sign_in(asked, "ada")
    made = planned(asked, recipients=["ada", "zoe"])
    place = f"/dashboard/schedules/{made.id}"
    for path in (place, planning(asked), ORDERS):
        assert not left(page(asked, path)), path
    sent: list[dict[str, Any]] = [{"find": "max"}, {"find": "none"}, {"recipients": []}]
    for form in sent:
        answer = fill(asked, place, "find" if "find" in form else "save", **form)
        assert not left(read(answer.text)), form


def left(shown: Element) -> list[str]:
    """The words that are neither translated, nor data, nor the names of people here."""
    names = {
        "Ada",
        "Zoe",
        "Max",
        "Élo",
        "ada",
        "zoe",
        "max",
        "example",
        "org",
        "Every",
        "month",
        "and",
    }
    return [word for word in untranslated(shown) if word not in names]
