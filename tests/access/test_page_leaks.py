"""Nobody learns anything beyond their grants from a page, whatever its address says.

As in `test_leaks`, a reader asks, and what the page tells must be what it tells the owner of a
world in which every row is deleted that the reader may not see, and who opens the same pages.
"""

from dataclasses import dataclass
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlencode

from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from lrs_stats.dashboard.choosing import KINDS
from lrs_stats.dashboard.pages import MENU, ONE, Block
from tests.access.matrix import Reader
from tests.access.organisations import Organisation, organisations
from tests.access.questions import ENTITIES, an_id, limits, meaning_something
from tests.access.reduced import whole
from tests.access.test_leaks import (
    CASES,
    OWNER,
    PARTS,
    Stage,
    ask,
    asking_for,
    drawn,
    readers_of,
    ruled,
    server,
)
from tests.dashboard.reading import Element, read, told
from tests.examples import own_examples

QUERIES: Final = 40
"""How many pages are asked for in each world."""
LEAST: Final = CASES // 40
WORLDS: Final = LEAST // QUERIES + 2
FORMS: Final = ("menu", "menu", "one", "one", "explain", "statements", "choose", "export")


@dataclass(frozen=True)
class Asked:
    """The address of a page, which granularities must be open to see it, and what it shows."""

    path: str
    opens: str
    """The granularity that opens the page."""
    shows: str
    """The granularity of what is compared."""
    about: str = ""
    """The learner whose page it is."""
    is_list: bool = False
    """Whether those who have nothing but a page of their own are led there."""
    closed: int = 403
    """The status for those to whom it is closed."""


def a_page(random: Random, organisation: Organisation) -> Asked:
    """Draw the address of a page, an explanation, its statements, names on offer, or the dialog."""
    given = [("period", "all"), *limits(random, organisation)]
    form = random.choice(FORMS)
    if form == "menu":
        page = random.choice(MENU)
        block = random.choice(page.blocks)
        path = f"/dashboard/{page.name}?{urlencode([*given, part(random, block)])}"
        return Asked(path, page.granularity, block.granularity, is_list=True)
    if form == "one":
        page = random.choice([*ONE.values()])
        block = random.choice(page.blocks)
        one = an_id(random, ENTITIES[page.name], organisation)
        path = f"/dashboard/{page.name}/{quote(one, safe='')}"
        about = one if page.name == "learners" else ""
        path = f"{path}?{urlencode([*given, part(random, block)])}"
        return Asked(path, page.granularity, block.granularity, about)
    if form == "choose":
        kind = random.choice([*KINDS])
        search = random.choice(["", "e", "an", "group"])
        sought = urlencode({"for": "/dashboard/learners", "search": search})
        return Asked(f"/dashboard/choose/{kind}?{sought}", KINDS[kind][0], KINDS[kind][0])
    if form == "export":  # which tells what the files of those rows will lack
        asked_for = urlencode([*given, ("granularity", "enrolments")])
        return Asked(f"/dashboard/export?{asked_for}", "enrolments", "enrolments", closed=400)
    granularity = random.choice([*ENTITIES, "platform"])
    given = [one for one in given if one[0] not in ("interval", "sort")]
    given.append(("metrics", random.choice(meaning_something(granularity))))
    path = f"/dashboard/explain/{granularity}{'/statements' * (form == 'statements')}"
    return Asked(f"{path}?{urlencode(given)}", granularity, granularity)


def part(random: Random, block: Block) -> tuple[str, str]:
    """Return what asks for a block alone, or for what is behind its figures."""
    return random.choice(["block", "behind"] if block.is_explained else ["block"]), block.name


def compare(client: FlaskClient, stage: Stage, reader: Reader, asked: Asked) -> int:
    """Hold what a page tells a reader against what it tells the owner of what is left."""
    stage.resolver = ruled(reader)
    mine = ask(client, asked.path, reader.person)
    where = f"{asked.path}\nas {reader.person} ({reader.roles}, {reader.chosen})"
    assert mine.status_code < 500, where
    if asked.is_list and reader.roles == ["learner"]:
        assert mine.status_code == 302, where
    elif not reader.opens(asked.opens):
        assert mine.status_code == asked.closed, where
    elif not reader.opens(asked.shows):
        assert mine.status_code != 200 or not main(mine).one(class_="blocks").text, where
    else:
        with asking_for(stage, reader):
            theirs = ask(client, asked.path, OWNER)
        if (asked.about, theirs.status_code) == (reader.person, 404):
            assert nothing(mine), where  # oneself is there, though nothing is known of one yet
        else:
            assert (mine.status_code, said(mine)) == (theirs.status_code, said(theirs)), where
    return mine.status_code


def main(answer: TestResponse) -> Element:
    return read(answer.text).one("main")


def said(answer: TestResponse) -> Any:
    """Return all that a page tells, but for the roles of the reader, or why it tells nothing."""
    if answer.status_code in (301, 302):
        return answer.headers["Location"]
    shown = main(answer)
    for scope in shown.all("li"):
        if scope.text.startswith("As "):
            scope.children.clear()
    return told(shown)


def nothing(answer: TestResponse) -> bool:
    """Tell whether a page has no figure but zeros, and no row."""
    return answer.status_code == 200 and set(main(answer).one(class_="blocks").figures) <= {
        "0",
        "0.0",
    }


def explore(organisation: Organisation, random: Random) -> list[int]:
    """Ask for pages in a world, each as somebody, and give the statuses of the answers."""
    stage = Stage(organisation, whole(organisation), same_pages=True)
    client, readers = server(stage), readers_of(organisation, random)
    return [
        compare(client, stage, random.choice(readers), a_page(random, organisation))
        for _ in range(QUERIES * bool(readers))
    ]


def test_a_page_tells_what_it_tells_the_owner_of_what_the_reader_may_see() -> None:
    statuses: list[int] = []

    @own_examples(PARTS)  # other worlds than those of figures
    @drawn(WORLDS)
    @given(organisation=organisations(), seed=st.integers(0, 2**32))
    def asked(organisation: Organisation, seed: int) -> None:
        statuses.extend(explore(organisation, Random(seed)))

    asked()
    assert len(statuses) >= LEAST
    for status, least in ((200, 0.3), (403, 0.02), (404, 0.02)):
        assert statuses.count(status) > least * len(statuses), status
