"""Random organisations in which people have roles, any of them together, and what they did."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

import polars as pl
from hypothesis import strategies as st

from lrs_stats.facts.connections import derive
from lrs_stats.facts.enrolments import enrolments
from lrs_stats.facts.resolve import resolve
from lrs_stats.facts.rows import VOIDED, interpret
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.xapi.formats import parse_timestamp
from tests.line import REGISTRY, Kept, as_json
from tests.roster_strategies import often
from tests.statement_strategies import IDLE, ZONE, World, worlds


@dataclass(frozen=True)
class Organisation:
    """The tables of a roster as strings, the roster, and the facts of what was stated."""

    tables: dict[str, list[dict[str, str]]]
    roster: Roster
    events: pl.DataFrame
    connections: pl.DataFrame

    @property
    def people(self) -> list[str]:
        """Return the ids of those who can ask."""
        return [row["id"] for row in self.tables["people"]]


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    """Draw an organisation: a world, and roles for the people of its roster."""
    world = draw(worlds())
    random = Random(draw(st.integers(0, 2**32)))
    said = [with_name(one, random.choice(NAMES)) for one in world.statements]
    return counted(World(draw(with_roles(world.roster)), said))


NAMES = ["", "Bea", "bob", "Éva", "Zoé"]


def with_name(statement: dict[str, Any], name: str) -> dict[str, Any]:
    """Have the actor of a statement give a name, another one each time."""
    actor = statement["actor"]
    return statement | {"actor": actor | {"name": name}} if name else statement


@st.composite
def with_roles(draw: st.DrawFn, roster: Any) -> Any:
    """Give people of a roster roles: most have none or one, and some have several."""
    ids = [row["id"] for row in roster["people"]]
    somebody, perhaps = st.sampled_from(ids), st.sampled_from(["", "", *ids])
    for row in roster["people"]:
        row["manager_id"] = draw(perhaps)
        row["role"] = draw(often("", "", "", "", "owner", "admin"))
        row["first_name"] = draw(st.sampled_from(["Ana", "ana", "Ève", "Zoé", ""]))
    for row in roster["courses"]:
        row["author_id"] = draw(perhaps)
    staff = [
        {"course_id": row["id"], "person_id": person, "role": draw(st.sampled_from(STAFF))}
        for row in roster["courses"]
        for person in draw(st.lists(somebody, max_size=2, unique=True))
    ]
    parents = ["", *(row["id"] for row in roster["groups"])]
    for place, row in enumerate(roster["groups"]):
        row["parent_id"] = draw(st.sampled_from(parents[: place + 1]))
    return {**roster, "course_staff": staff}


STAFF = ["coauthor", "advisor"]


def counted(world: World) -> Organisation:
    """Return the facts of a world, made by the product's own functions, in memory."""
    roster = Roster(check(as_json(world.roster)), 1)
    raw = interpret(kept(world.statements), REGISTRY.interpreters)
    resolved = resolve(raw, roster, enrolments(roster, ZONE), ignore_case=False)
    voiding = resolved.filter(pl.col("kind") == "void")["object"].drop_nulls().to_list()
    is_voided = pl.col("statement").is_in(voiding) & (pl.col("kind") != "void")
    kind = pl.when(is_voided).then(pl.lit(VOIDED)).otherwise("kind")
    events = resolved.with_columns(kind=kind)
    return Organisation(world.roster, roster, events, derive(events.lazy(), IDLE))


def kept(statements: Iterable[dict[str, Any]]) -> list[Kept]:
    """Return statements as the record has them, each once."""
    found: dict[str, Kept] = {}
    for one in statements:
        name = one["id"].lower()
        found.setdefault(name, Kept(name, parse_timestamp(one["stored"]), json.dumps(one).encode()))
    return list(found.values())
