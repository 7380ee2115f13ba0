"""How long a page of statements takes, by each parameter, and that an index answers it."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from bson.son import SON
from pymongo import ASCENDING, DESCENDING, MongoClient
from pymongo.collection import Collection

from bench.keeping import keeping, kept_in
from bench.record import fill
from bench.table import Line, Target, show
from bench.timing import TIMES, timed
from lrs_stats.serving import opened
from lrs_stats.settings import Settings
from lrs_stats.store.database import Document
from lrs_stats.store.statement_documents import text
from lrs_stats.store.statement_queries import where
from lrs_stats.store.statements import StatementStore
from lrs_stats.xapi.record import StatementQuery

PAGE: Final = 100
SAMPLE: Final = 20_000
DEPTH: Final = 10_000
SHALLOW: Final = 10
LIMIT: Final = Target("<=", 50)
FIELDS: Final = ("verb", "agents", "activity", "registration")
PARAMETERS: Final = {"agents": "agent"}


@click.command()
@click.option("--statements", default=10_000_000, show_default=True, help="How many are stored.")
@keeping
def queries(statements: int, keep: Path | None) -> None:
    """Measure a page of 100 statements by each parameter, for values that are frequent and rare.

    Statements are stored by the server's own code, without HTTP. Each query is asked seven times;
    MongoDB's own explanation must name an index and no sorting, or the bench fails. Then 10,000
    pages are followed, and the last are measured beside the first. Ten million statements take
    a quarter of an hour and 15 GB of disk.
    """
    with (
        kept_in(keep) as kept,
        opened(Settings(data=kept)) as reachable,
        MongoClient[Document](reachable.settings.mongo) as patient,  # without time limits
    ):
        store = StatementStore(reachable.database)
        if store.count() < statements:
            fill(reachable, statements)
        collection = patient[reachable.settings.database]["statements"]
        lines = []
        for what, query in _asked(collection):
            index = _index(collection, query)
            seconds = timed(partial(store.query, query))
            lines.append(
                Line(f"{what} (index {index})", [1000 * one for one in seconds], "ms", LIMIT)
            )
        first, last, depth = _pages(store)
    lines += [
        Line("more: the first pages of 10", [1000 * one for one in first], "ms"),
        Line(f"more: pages of 10 at depth {depth:,}", [1000 * one for one in last], "ms", LIMIT),
    ]
    show(f"Asked {statements:,} statements for pages of {PAGE}, {TIMES} times each.", lines)


def _asked(collection: Collection[Document]) -> Iterator[tuple[str, StatementQuery]]:
    """Yield queries by each parameter, and by several."""
    plain = StatementQuery(limit=PAGE)
    yield "all", plain
    yield "all, ascending", replace(plain, ascending=True)
    frequent, rare = _values(collection)
    for often, values in (("frequent", frequent), ("rare", rare)):
        for field, value in values.items():
            name = PARAMETERS.get(field, field)
            narrowed: dict[str, Any] = {name: value}
            yield f"{name}, {often}", replace(plain, **narrowed)
        yield (
            f"related agent, {often}",
            replace(plain, agent=values["agents"], related_agents=True),
        )
        yield (
            f"related activity, {often}",
            replace(plain, activity=values["activity"], related_activities=True),
        )
    newest = collection.find_one(sort=[("stored", DESCENDING)]) or {}
    oldest = collection.find_one(sort=[("stored", ASCENDING)]) or {}
    middle = oldest["stored"] + (newest["stored"] - oldest["stored"]) / 2
    verb, agent = frequent["verb"], frequent["agents"]
    yield "since and until", replace(plain, since=middle, until=middle + timedelta(minutes=1))
    yield "verb, until", replace(plain, verb=verb, until=middle)
    yield "agent and verb", replace(plain, agent=agent, verb=verb)
    yield "agent and activity", replace(plain, agent=agent, activity=frequent["activity"])
    activity = frequent["activity"]
    yield "verb and activity", replace(plain, verb=verb, activity=activity)
    yield (
        "verb and related activity",
        replace(plain, verb=verb, activity=activity, related_activities=True),
    )
    yield (
        "rare verb and frequent agent, ascending",
        replace(plain, verb=rare["verb"], agent=agent, ascending=True),
    )


def _values(collection: Collection[Document]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the most and the least frequent value of each field among some statements."""
    counts: dict[str, Counter[Any]] = {field: Counter() for field in FIELDS}
    for document in collection.find({}, dict.fromkeys(FIELDS, 1)).limit(SAMPLE):
        for field in FIELDS:
            value = document.get(field)
            counts[field].update(value if isinstance(value, list) else [value] if value else [])
    ranked = {field: [value for value, _ in counts[field].most_common()] for field in FIELDS}
    for field in ("registration",):
        ranked[field] = [text(value) for value in ranked[field]]
    return (
        {field: values[0] for field, values in ranked.items()},
        {field: values[-1] for field, values in ranked.items()},
    )


def _index(collection: Collection[Document], query: StatementQuery) -> str:
    """Return the index that answers a query; fail when none does, or when there is sorting."""
    order = ASCENDING if query.ascending else DESCENDING
    find: SON[str, object] = SON(
        find=collection.name,
        filter=where(query),
        sort=SON([("stored", order), ("_id", order)]),
        limit=query.limit + 1,
    )
    plan = collection.database.command("explain", find, verbosity="queryPlanner")
    stages = list(_stages(plan["queryPlanner"]["winningPlan"]))
    names = [stage["indexName"] for stage in stages if stage["stage"] == "IXSCAN"]
    if not names or any(stage["stage"] in {"SORT", "COLLSCAN"} for stage in stages):
        raise AssertionError(f"No index answers {query}: {stages}")
    return " and ".join(names)


def _stages(plan: Document) -> Iterator[Document]:
    if "stage" in plan:
        yield plan
    for inner in [plan.get("inputStage"), plan.get("queryPlan"), *plan.get("inputStages", ())]:
        if inner:
            yield from _stages(inner)


def _pages(store: StatementStore) -> tuple[list[float], list[float], int]:
    """Return the seconds of the first and of the last of many pages, and how many they were."""
    query = StatementQuery(limit=SHALLOW)
    seconds = []
    for _ in range(DEPTH):
        began = time.perf_counter()
        page = store.query(query)
        seconds.append(time.perf_counter() - began)
        if page.next is None:
            break
        query = replace(query, after=page.next)
    return seconds[:SHALLOW], seconds[-SHALLOW:], len(seconds)
