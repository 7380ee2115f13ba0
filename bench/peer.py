"""The same figures by MongoDB: connections and their time per learner, by one aggregation.

MongoDB cannot read the JSON of a statement, so the peer has the fields that it needs as plain
BSON, one small document for each statement: learner, course and meaning already found, which it
would otherwise have to work out. The rules are those of docs/metrics.md, "Connections" and "Time".
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import polars as pl
from pymongo import ASCENDING
from pymongo.collection import Collection

from lrs_stats.facts.rows import IS_PRESENCE
from lrs_stats.store.database import Document

FIELDS: Final = (
    *("learner", "course", "session_id", "registration", "instant", "stored", "statement"),
    *("kind", "verb", "object", "seconds"),
)
ORDER: Final = {"instant": 1, "stored": 1, "statement": 1}
THREAD: Final = {name: f"${name}" for name in ("learner", "course", "session_id", "registration")}
LAUNCHED: Final = "http://adlnet.gov/expapi/verbs/launched"
INITIALIZED: Final = "http://adlnet.gov/expapi/verbs/initialized"
SO_FAR: Final = {"documents": ["unbounded", "current"]}


def fill(collection: Collection[Document], events: pl.LazyFrame) -> None:
    """Store the fields of all statements that show somebody present."""
    shown = events.filter(pl.col("learner").is_not_null(), IS_PRESENCE).select(FIELDS).collect()
    for rows in shown.iter_slices(20_000):
        collection.insert_many(rows.to_dicts(), ordered=False)
    collection.create_index([("learner", ASCENDING), *((n, ASCENDING) for n in ORDER)])


def totals(collection: Collection[Document], idle: timedelta) -> dict[str, tuple[int, float]]:
    """Return the connections and the seconds of each learner who has any."""
    pipeline = _pipeline(idle.total_seconds())
    found = collection.aggregate(pipeline, allowDiskUse=True)
    return {one["_id"]: (one["connections"], one["seconds"]) for one in found}


def _pipeline(idle: float) -> list[Mapping[str, Any]]:
    return [
        *_timed(idle),
        *_threaded(idle),
        {
            "$group": {
                "_id": {**THREAD, "visit": "$visit"},
                "measured": {"$sum": "$gap"},
                "declared": {"$max": "$declared"},
                "start": {"$first": "$instant"},
                "end": {"$last": "$instant"},
            }
        },
        {
            "$group": {
                "_id": "$_id.learner",
                "connections": {"$sum": 1},
                "seconds": {"$sum": _seconds(idle)},
            }
        },
    ]


def _timed(idle: float) -> list[Mapping[str, Any]]:
    """Add the gap to the learner's next statement, up to the idle limit."""
    following = {"$shift": {"output": "$instant", "by": 1}}
    gap = {"$min": [_between("$instant", "$following"), idle]}
    unclosed = {"$and": ["$following", {"$not": _closes("$kind")}]}
    return [
        _windowed("$learner", following=following),
        {"$set": {"gap": {"$cond": [unclosed, gap, 0]}}},
    ]


def _threaded(idle: float) -> list[Mapping[str, Any]]:
    """Give each connection of a thread a number, and keep what is in one."""
    before = {n: {"$shift": {"output": f"${n}", "by": -1}} for n in ("instant", "kind", "verb")}
    same_launch = {
        "$and": [{"$eq": ["$verb", INITIALIZED]}, {"$eq": ["$before_verb", LAUNCHED]}],
    }
    reopened = {
        "$and": [
            {"$eq": ["$kind", "start"]},
            {"$eq": ["$object", "$course"]},
            {"$not": same_launch},
        ]
    }
    silent = {"$gt": [_between("$before_instant", "$instant"), idle]}
    unkeyed = {"$eq": [{"$ifNull": ["$session_id", None]}, None]}
    parted = {"$and": [unkeyed, {"$or": [silent, _closes("$before_kind"), reopened]}]}
    first = {"$not": "$before_instant"}
    opens = {"$cond": [{"$in": ["$kind", ["start", "access"]]}, 1, 0]}
    ends = {"$and": [{"$eq": ["$kind", "end"]}, {"$not": unkeyed}]}
    return [
        {"$match": {"course": {"$ne": None}}},
        {"$set": {"registration": {"$cond": [unkeyed, "$registration", None]}}},
        _windowed(THREAD, **{f"before_{name}": shift for name, shift in before.items()}),
        {"$set": {"begins": {"$cond": [{"$or": [first, parted]}, 1, 0]}, "opens": opens}},
        _windowed(THREAD, visit={"$sum": "$begins", "window": SO_FAR}),
        _windowed({**THREAD, "visit": "$visit"}, opened={"$max": "$opens", "window": SO_FAR}),
        {"$match": {"opened": 1}},
        {"$set": {"declared": {"$cond": [ends, "$seconds", None]}}},
    ]


def _seconds(idle: float) -> Mapping[str, Any]:
    """Return the declared time, up to the span and the idle limit, else the measured one."""
    limit = {"$add": [_between("$start", "$end"), idle]}
    capped = {"$min": ["$declared", limit]}
    return {"$cond": [{"$eq": ["$declared", None]}, "$measured", capped]}


def _windowed(partition: object, **output: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$setWindowFields": {"partitionBy": partition, "sortBy": ORDER, "output": output}}


def _between(start: str, end: str) -> Mapping[str, Any]:
    """Return the seconds from one instant to another."""
    return {"$divide": [{"$subtract": [end, start]}, 1000]}


def _closes(kind: str) -> Mapping[str, Any]:
    return {"$in": [kind, ["end", "pause"]]}
