"""Every page as every role of a small school: what it shows, and that it is what the API says."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import polars as pl
import pytest
from werkzeug.test import TestResponse

from lrs_stats import Metric
from lrs_stats.dashboard.pages import MENU, ONE, Block, Page
from lrs_stats.reports.logs import LOGS
from tests.access.matrix import Chosen, Reader
from tests.access.rules import rules
from tests.access.school import ONE as COURSE
from tests.access.school import SPRING, Asking, school
from tests.access.test_leaks import OWNER, ask, asking_for
from tests.dashboard.reading import Element, read, told
from tests.line import REGISTRY

WHO = ("root", "ada", "cora", "cem", "eve", "abe", "mia", "lea", "nora")
"""An owner, an author who manages, a co-author, coaches, an advisor, a manager, learners."""
ALL = "period=all"
ENTITIES = {
    "learners": "lea",
    "groups": "oslo",
    "programs": "safety",
    "sessions": SPRING,
    "courses": COURSE,
    "questions": "https://example.org/question-1",
}


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking()


def get(asking: Asking, who: str, path: str) -> TestResponse:
    return ask(asking.client, path, who)


def page(asking: Asking, who: str, path: str) -> Element:
    answer = get(asking, who, path)
    assert answer.status_code == 200, (who, path, answer.status_code, answer.text[-2000:])
    return read(answer.text)


def paths() -> Iterator[tuple[str, Page]]:
    """All pages that show reports."""
    for one in MENU:
        yield f"/dashboard/{one.name}", one
    for name, one in ONE.items():
        yield f"/dashboard/{name}/{quote(ENTITIES[name], safe='')}", one


def reader(who: str) -> Reader:
    return Reader(who, school().tables, Chosen())


@pytest.mark.parametrize("who", WHO)
def test_a_page_shows_the_blocks_whose_granularity_a_role_opens(asking: Asking, who: str) -> None:
    for path, declared in paths():
        opens = reader(who).opens(declared.granularity)
        answer = get(asking, who, f"{path}?{ALL}")
        if not opens:
            assert answer.status_code in {302, 403}, (who, path)
            continue
        if answer.status_code != 200:  # a learner's lists, or somebody outside the scope
            assert answer.status_code in {302, 404}, (who, path, answer.status_code)
            continue
        there = {one.attributes.get("id") for one in read(answer.text).all()}
        for block in declared.blocks:
            assert (block.name in there) <= reader(who).opens(block.granularity), (path, block)
            if block.kind == "table":
                assert (block.name in there) == reader(who).opens(block.granularity), (path, block)


@pytest.mark.parametrize("who", WHO)
def test_figures_are_those_of_the_api_to_the_last_digit(asking: Asking, who: str) -> None:
    compared = 0
    for path, declared in paths():
        answer = get(asking, who, f"{path}?{ALL}")
        if answer.status_code != 200:
            continue
        shown = read(answer.text)
        for block in declared.blocks:
            for section in sections(shown, block):
                if section.all(class_="empty"):
                    assert section.figures == []
                    continue
                assert section.figures == figures_of(asking, who, section, block), (path, block)
                compared += len(section.figures)
    assert compared > 10, who


def sections(shown: Element, block: Block) -> list[Element]:
    if block.kind == "heads" or block.later:
        return []
    if block.kind == "graphs":
        return [one for name in block.first for one in shown.all(id=f"graph-{name}")]
    return shown.all(id=block.name)


def figures_of(asking: Asking, who: str, section: Element, block: Block) -> list[str]:
    """Ask the API for what the export of a section would hold, and return its figures in order."""
    link = next(a.attributes["href"] for a in section.all("a") if "download" in a.attributes)
    split = urlsplit(link)
    assert split.query.endswith("lang=en")
    query = split.query.removesuffix("lang=en").removesuffix("&")
    parameters = dict(parse_qsl(query))
    rows_of = block.size if block.kind in {"table", "bars"} else 10_000
    answer = get(asking, who, f"{split.path.rpartition('.')[0]}?{query}&page_size={rows_of}")
    assert answer.status_code == 200, (link, answer.text)
    report: Any = json.loads(answer.data)
    shown = [name for name in parameters.get("metrics", "").split(",") if name]
    shown = [name for name in shown if name not in block.told]
    totals = [report["totals"][name] for name in shown]
    if block.granularity in LOGS:
        types = {one["name"]: one["type"] for one in report["columns"]}
        shown = [
            name
            for name in ("start", "instant", "seconds", "score", "statements")
            if types.get(name) in {"instant", "number", "integer"}
        ]
    rows = [row[name] for row in report["rows"] for name in shown]
    if block.kind == "graphs":
        beside = [float(one) for dl in section.all("dl", class_="beside") for one in dl.figures]
        return spelled([*(int(one) for one in beside), *rows])
    if block.kind == "figures":
        return spelled(totals)
    if block.kind == "bars" or block.granularity in LOGS:
        return spelled(rows)
    return spelled([*totals, *rows])


def spelled(values: list[Any]) -> list[str]:
    return [
        value if isinstance(value, str) else str(value) for value in values if value is not None
    ]


@pytest.mark.parametrize("who", [one for one in WHO if one != "root"])
def test_a_block_tells_what_it_tells_the_owner_of_what_the_reader_may_see(
    who: str,
) -> None:
    asking = Asking()
    stage = asking.stage
    stage.resolver = rules(coach_subgroups=False, coach_whole=False, manager_transitive=False)
    compared = 0
    for path, declared in paths():
        for block in declared.blocks:
            place = f"{path}?block={block.name}&{ALL}"
            mine = get(asking, who, place)
            if mine.status_code != 200 or not reader(who).opens(block.granularity):
                continue
            with asking_for(stage, reader(who)):
                theirs = get(asking, OWNER, place)
            assert told(read(mine.text).one(class_="blocks")) == told(
                read(theirs.text).one(class_="blocks")
            ), (who, place)
            compared += 1
    assert compared


def test_what_lies_outside_the_scope_is_as_what_is_not_there(asking: Asking) -> None:
    for who, name, outside in (
        ("zoe", "learners", "lea"),
        ("eve", "learners", "zoe"),
        ("eve", "groups", "north"),
        ("cora", "courses", COURSE),
    ):
        answers = [
            get(asking, who, f"/dashboard/{name}/{quote(one, safe='')}")
            for one in (outside, "nobody")
        ]
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].data == answers[1].data.replace(
            b"nobody", quote(outside, safe="").encode()
        )


def test_a_learner_has_just_their_own_page(asking: Asking) -> None:
    own = "/dashboard/learners/lea"
    for path in ("/dashboard/", "/dashboard/learners", "/dashboard/courses"):
        answer = get(asking, "lea", path)
        assert (answer.status_code, answer.headers["Location"]) == (302, own)
    shown = page(asking, "lea", f"{own}?{ALL}")
    assert [one.text for one in shown.one("nav").all("a")] == ["My learning", "Export"]
    assert {one.attributes["id"] for one in shown.all("section", class_="wide")} == {
        "courses",
        "sessions",
        "answers",
        "connections",
    }
    assert not shown.one(id="courses").one("tbody").all("a")


def test_who_has_done_nothing_yet_has_a_page_that_says_so(asking: Asking) -> None:
    shown = page(asking, "max", "/dashboard/learners/max")
    assert shown.one("h1").text == "Max"
    assert "Nothing in this period, or with these filters." in shown.text


def test_a_page_of_a_table_is_searched_sorted_and_turned(asking: Asking) -> None:
    found = page(asking, "root", f"/dashboard/learners?{ALL}&search=ZOE")
    assert [one.text for one in found.one("tbody").all("th")] == ["Zoe", "Zoë"]
    turned = page(asking, "root", f"/dashboard/learners?{ALL}&sort=-title&page=2&page_size=2")
    names = [one.text for one in turned.one("tbody").all("th")]
    assert (
        names
        == [
            one.text
            for one in page(asking, "root", f"/dashboard/learners?{ALL}&sort=-title")
            .one("tbody")
            .all("th")
        ][2:4]
    )
    assert (
        turned.one("nav", class_="paging")
        .one("a", rel="prev")
        .attributes["href"]
        .endswith("page=1#learners")
    )
    header = next(
        one for one in turned.all("th") if one.attributes.get("aria-sort") == "descending"
    )
    assert (
        header.one("a")
        .attributes["href"]
        .startswith("/dashboard/learners?period=all&page_size=2&sort=title")
    )


def test_the_second_table_of_a_page_goes_by_parameters_of_its_own(asking: Asking) -> None:
    shown = page(asking, "root", f"/dashboard/programs?{ALL}&sessions.search=spring&search=sales")
    assert [one.text for one in shown.one(id="programs").one("tbody").all("th")] == ["Sales"]
    assert [one.text for one in shown.one(id="sessions").one("tbody").all("th")] == ["spring"]


def test_filters_are_named_and_can_be_removed(asking: Asking) -> None:
    shown = page(asking, "root", f"/dashboard/learners?{ALL}&learner=lea&group=oslo")
    chips = shown.one("ul", class_="chips").all("li")
    assert [one.text for one in chips] == ["Learner Lea", "Group Oslo"]
    assert chips[0].one("a").attributes["href"] == "/dashboard/learners?period=all&group=oslo"
    outside = page(asking, "eve", "/dashboard/learners?learner=zoe")
    assert outside.one("ul", class_="chips").text == "Learner zoe"


def test_names_are_found_in_scope_alone(asking: Asking) -> None:
    place = "/dashboard/choose/learner?for=%2Fdashboard%2Flearners%3Fperiod%3Dall&search="
    for who, names in (("root", ["Zoe", "Zoë"]), ("ada", ["Zoe"]), ("eve", [])):
        found = page(asking, who, place + "zo").one(class_="choose").all("li")
        assert [one.text.split()[0] for one in found] == names
    link = page(asking, "ada", place + "zo").one(class_="choose").one("li").one("a")
    assert link.attributes["href"] == "/dashboard/learners?period=all&learner=zoe"
    assert get(asking, "abe", "/dashboard/choose/group?for=/dashboard/x").status_code == 403


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example/", "/dashboard\\x", ""])
def test_a_choice_leads_to_pages_of_ours_alone(asking: Asking, place: str) -> None:
    answer = get(asking, "root", f"/dashboard/choose/learner?for={quote(place)}")
    assert answer.status_code == 400


def test_a_figure_is_explained_and_its_statements_are_shown(asking: Asking) -> None:
    tiles = page(asking, "root", f"/dashboard/courses/{quote(COURSE, safe='')}?{ALL}")
    link = next(
        one.attributes["href"]
        for one in tiles.all("a", class_="explained")
        if "metrics=score" in one.attributes["href"]
    )
    explained = page(asking, "root", link)
    assert explained.one(class_="value").figures == ["80.0"]
    assert (
        "the mean over all answers given that have a score" in explained.one(class_="formula").text
    )
    assert "Course: One" in explained.one(class_="facts").text
    assert "As owner: every learner, every course and every session." in explained.text
    statements = page(asking, "root", explained.all("a", class_="button")[-1].attributes["href"])
    (row,) = statements.one("tbody").all("tr")
    assert "Lea" in row.text
    assert "answer" in row.text
    place = "/dashboard/explain/courses/statements?metrics=score"  # one by one, it is their own
    assert "No statement is behind this figure" in page(asking, "cora", place).text


def test_every_figure_of_a_table_is_explained_without_a_script(asking: Asking) -> None:
    for path, name in (
        (f"/dashboard/learners?{ALL}", "learners"),
        ("/dashboard/groups/oslo?period=all", "courses"),
    ):
        table = page(asking, "root", f"{path}&sort=-score").one(id=name)
        wanted = {
            row.attributes["data-explain"] + cell.attributes["data-metric"]: cell.text
            for row in table.one("tbody").all("tr")
            for cell in row.all("td")
            if "data-metric" in cell.attributes
        }
        assert wanted
        place = table.one(class_="behind").one("a").attributes["href"]
        behind = page(asking, "root", place)
        rows = behind.one(id=name).all("details")
        told = {
            link.attributes["href"]: link.one("b").text
            for row in rows[1:]
            for link in row.all("a", class_="explained")
        }
        assert told == wanted
        titles = [row.one("th").text for row in table.one("tbody").all("tr")]
        assert [row.one("summary").text for row in rows] == ["Together", *titles]
        totals = [one.text for one in rows[0].all("b")]
        together = table.one("thead").one("tr", class_="totals").all("a", class_="explained")
        assert [one.text.partition(" –")[0] for one in together] == totals
        assert page(asking, "root", next(iter(told))).all(class_="explanation")
        back = behind.one("a", class_="button").attributes["href"]
        assert back.endswith(f"#{name}")
        assert page(asking, "root", back).one(id=name).text == table.text


@pytest.mark.parametrize("name", ["answers", "figures", "graphs", "nothing"])
def test_what_is_no_table_of_figures_has_nothing_behind_it(asking: Asking, name: str) -> None:
    answer = get(asking, "root", f"/dashboard/learners/lea?behind={name}")
    assert answer.status_code == 404


class Lines(Metric):
    """What somebody else has installed."""

    name = "lines"
    title = "Lines read"
    unit = "count"
    formula = "the statements of the connections"
    source = "connections"
    expression = pl.col("statements").sum()
    empty = 0


def test_a_metric_that_is_installed_has_its_column_its_graph_and_its_explanation(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGISTRY.metrics, "lines", Lines())
    table = page(asking, "root", f"/dashboard/learners?{ALL}").one(id="learners")
    assert "Lines read" in [one.text for one in table.one("thead").all("th")]
    more = page(asking, "root", f"/dashboard/general?{ALL}&block=graphs-more")
    assert more.one(id="graph-lines").all(class_="chart")
    assert "Lines read" in page(asking, "root", f"/dashboard/general?{ALL}").one(id="figures").text
    explained = page(asking, "root", "/dashboard/explain/platform?metrics=lines")
    assert "the statements of the connections" in explained.text


def test_a_metric_that_fails_fails_alone_and_says_so(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Lines):
        def compute(self, *_: object) -> Any:
            raise RuntimeError

    monkeypatch.setitem(REGISTRY.metrics, "lines", Broken())
    shown = page(asking, "root", f"/dashboard/learners?{ALL}")
    assert "The figure lines cannot be shown: its plugin failed." in shown.text
    assert shown.one(id="learners").figures


STRANGE = (
    "utm=x",
    "page=0",
    "page=x",
    "page=99999999999999999999",
    "page_size=1000000",
    "from=yesterday",
    "last=x",
    "sort=nothing",
    "metrics=nothing",
    "block=nothing",
)


@pytest.mark.parametrize("path", STRANGE)
def test_an_address_that_asks_for_what_there_is_not_is_answered_with_a_page(
    asking: Asking, path: str
) -> None:
    answer = get(asking, "root", f"/dashboard/learners?{path}")
    assert answer.status_code in {400, 404}
    assert read(answer.text).one("h1").text in {"This cannot be shown", "Nothing is here"}


@pytest.mark.parametrize("path", STRANGE)
def test_why_an_address_is_refused_is_said_in_the_language_of_the_page(
    asking: Asking, path: str
) -> None:
    french = {"Authorization": "Bearer root", "Accept-Language": "fr"}
    shown = read(asking.client.get(f"/dashboard/learners?{path}", headers=french).text)
    assert shown.one("h1").text in {"Impossible à afficher", "Il n’y a rien ici"}
    assert not shown.one("main").all(lang="en"), shown.one("main").text


def test_a_graph_has_the_steps_that_are_asked_for(asking: Asking) -> None:
    place = "/dashboard/general?from=2026-03-01&to=2026-05-01"
    by_itself = page(asking, "root", place).one(id="graph-connections").text
    shown = page(asking, "root", f"{place}&interval=month")
    assert "Connections per week" in by_itself
    assert "Connections per month" in shown.one(id="graph-connections").text
    assert shown.one("ul", class_="steps").one("a", **{"aria-current": "true"}).text == "per month"


def test_the_last_day_of_a_form_becomes_the_end_of_the_period(asking: Asking) -> None:
    answer = get(asking, "root", "/dashboard/learners?from=2026-01-01&last=2026-01-31&group=oslo")
    assert answer.status_code == 302
    assert (
        answer.headers["Location"] == "/dashboard/learners?from=2026-01-01&group=oslo&to=2026-02-01"
    )


def test_the_dialog_of_exports_leads_to_the_file(asking: Asking) -> None:
    shown = page(asking, "eve", "/dashboard/export?granularity=learners&learner=lea")
    choices = [one.attributes["value"] for one in shown.all("input", name="granularity")]
    assert "platform" not in choices
    assert "learners" in choices
    chosen = {"granularity": "learners", "learner": "lea", "interval": "month", "period": "all"}
    sent = {**chosen, "metrics": ["score", "answers"], "format": "csv", "do": "now"}
    reader = {"Authorization": "Bearer eve"}
    answer = asking.client.post("/dashboard/export", data=sent, headers=reader)
    assert answer.status_code == 303
    place = answer.headers["Location"]
    wanted = "learner=lea&interval=month&metrics=score%2Canswers&lang=en"
    assert place == f"/api/v1/stats/learners.csv?{wanted}"
    other = asking.client.post("/dashboard/export", data=sent | {"do": "choose"}, headers=reader)
    assert "granularity=learners" in other.headers["Location"]
    assert asking.client.post("/dashboard/export", data=sent).status_code == 401
    assert get(asking, "eve", place).status_code == 200
    assert get(asking, "eve", "/dashboard/export?granularity=platform").status_code == 400


def test_pages_load_nothing_from_elsewhere_and_have_no_script_or_style_inside(
    asking: Asking,
) -> None:
    for path, _ in paths():
        answer = get(asking, "root", f"{path}?{ALL}")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        shown = read(answer.text)
        for one in shown.all():
            assert "style" not in one.attributes
            assert not [name for name in one.attributes if re.match(r"on[a-z]+$", name)]
            for name in ("src", "href", "action"):
                assert one.attributes.get(name, "/").startswith(("/", "#"))
        assert not shown.all("style")
        assert all(not one.children and one.attributes["src"] for one in shown.all("script"))


def test_what_pages_load_is_kept_for_good_under_a_name_of_its_content(asking: Asking) -> None:
    shown = page(asking, "root", "/dashboard/general")
    sheet = shown.one("link", rel="stylesheet").attributes["href"]
    answer = asking.client.get(sheet)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"
    assert asking.client.get(sheet.replace("/static/", "/static/0")).status_code == 404
    zipped = asking.client.get(sheet, headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert len(zipped.data) < len(answer.data)


@pytest.mark.parametrize(
    "given", ["interval=century", f"learners.page={'9' * 4_400}", "learners.page=0"]
)
def test_what_no_page_can_show_is_refused_as_a_page(asking: Asking, given: str) -> None:
    where = "general" if given.startswith("interval") else "courses/" + quote(COURSE, safe="")
    answer = get(asking, "root", f"/dashboard/{where}?{ALL}&{given}")
    assert answer.status_code == 400
    assert given.partition("=")[0].rpartition(".")[2] in answer.text
