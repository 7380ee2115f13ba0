"""Legible test data: statements one a line, tables from a few columns, small reports.

It is part of the kit of `lrs_stats.testing`, from where tests import it.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
import polars as pl

from lrs_stats import Column, Metric, Report, Statement, Tables
from lrs_stats.facts import connected
from lrs_stats.facts.answered import one_by_one
from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.rows import EVENTS, IS_PRESENCE
from lrs_stats.facts.standing import (
    IN_COURSE,
    OF_COURSES,
    REPORTED,
    SCORED,
    heard_of,
    last_results,
    standing,
)
from lrs_stats.reports.report import DTYPES

SHAPE: Final = ("a time", "a person", "a verb", "an activity")
"""What a line of a statement begins with."""
DAY: Final = "2026-03-02"
"""The day of statements whose line gives only a time of day; a Monday, in UTC."""
ACTIVITIES: Final = "https://example.org/"
ADL: Final = "http://adlnet.gov/expapi/"
VERBS: Final = {
    "abandoned": "https://w3id.org/xapi/adl/verbs/abandoned",
    "satisfied": "https://w3id.org/xapi/adl/verbs/satisfied",
    "waived": "https://w3id.org/xapi/adl/verbs/waived",
    "logged-in": "https://w3id.org/xapi/adl/verbs/logged-in",
    "viewed": "http://id.tincanapi.com/verb/viewed",
    "uncompleted": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted",
    "played": "https://w3id.org/xapi/video/verbs/played",
    "liked": "https://w3id.org/xapi/acrossx/verbs/liked",
}
"""Verbs that are not in the vocabulary of ADL, by their short name."""
TYPES: Final = {
    "course": ADL + "activities/course",
    "module": ADL + "activities/module",
    "question": ADL + "activities/cmi.interaction",
}
"""Types that an activity has by the first word of its name: `course-1` is a course."""
SESSION_ID: Final = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
PROGRESS: Final = "https://w3id.org/xapi/cmi5/result/extensions/progress"


def statements(text: str) -> list[dict[str, Any]]:
    """Read statements from text, one a line: `09:00 ada launched course-1 session=s1`.

    A line is an instant (a time of day on `DAY`, or ISO 8601), a person, a verb, an activity,
    and options in any order. A verb or an activity with `:` in it is taken as a whole IRI. The
    options are `in=` (parent), `grouping=`, `category=` with an activity each; `session=` (the
    session id of cmi5), `registration=`; `raw=`, `min=`, `max=`, `scaled=`, `progress=` with a
    number; `success=`, `completion=` with yes or no; `duration=` with an ISO 8601 duration; and
    `id=`, which else follows from the line. Blank lines and those that begin with # are skipped.
    """
    lines = (line.strip() for line in text.splitlines())
    return [_statement(line) for line in lines if line and not line.startswith("#")]


def decoded(statement: Mapping[str, Any]) -> Statement:
    """Return a statement as interpreters receive it."""
    return msgspec.json.decode(msgspec.json.encode(statement), type=Statement)


def _statement(line: str) -> dict[str, Any]:
    words = line.split()
    if len(words) < len(SHAPE):
        raise ValueError(f"{line!r} is no statement: expected {', '.join(SHAPE)}, and options.")
    when, who, verb, what, *options = words
    given = dict(_option(line, option) for option in options)
    statement: dict[str, Any] = {
        "id": given.get("id", str(uuid.uuid5(uuid.NAMESPACE_URL, line))),
        "actor": {"mbox": f"mailto:{who if '@' in who else f'{who}@example.org'}"},
        "verb": {"id": verb if ":" in verb else VERBS.get(verb, f"{ADL}verbs/{verb}")},
        "object": _activity(what),
        "timestamp": f"{DAY}T{when}:00Z" if len(when) == len("09:00") else when,
    }
    for name, text in given.items():
        if name in OPTIONS:
            path, read = OPTIONS[name]
            try:
                _put(statement, path, read(text))
            except (ValueError, KeyError):
                raise ValueError(f"{line!r}: {name}= cannot be {text!r}.") from None
    return statement


def _option(line: str, option: str) -> tuple[str, str]:
    name, is_one, text = option.partition("=")
    if not is_one or name not in {*OPTIONS, "id"}:
        raise ValueError(f"{line!r} has the option {name}; there is {', '.join(OPTIONS)}.")
    return name, text


def _activity(name: str) -> dict[str, Any]:
    word = name.partition("-")[0]
    typed = {"definition": {"type": TYPES[word]}} if word in TYPES else {}
    return {"id": name if ":" in name else ACTIVITIES + name} | typed


def _activities(name: str) -> list[dict[str, Any]]:
    return [_activity(name)]


def _yes(text: str) -> bool:
    return {"yes": True, "no": False}[text]


def _put(statement: dict[str, Any], path: Sequence[str], value: object) -> None:
    *above, last = path
    for step in above:
        statement = statement.setdefault(step, {})
    statement[last] = value


OPTIONS: Final[dict[str, tuple[tuple[str, ...], Callable[[str], object]]]] = {
    "in": (("context", "contextActivities", "parent"), _activities),
    "grouping": (("context", "contextActivities", "grouping"), _activities),
    "category": (("context", "contextActivities", "category"), _activities),
    "session": (("context", "extensions", SESSION_ID), str),
    "registration": (("context", "registration"), str),
    "raw": (("result", "score", "raw"), float),
    "min": (("result", "score", "min"), float),
    "max": (("result", "score", "max"), float),
    "scaled": (("result", "score", "scaled"), float),
    "progress": (("result", "extensions", PROGRESS), float),
    "success": (("result", "success"), _yes),
    "completion": (("result", "completion"), _yes),
    "duration": (("result", "duration"), str),
}


STATEMENTS: Final = [
    *statements(
        """
        09:00 ada launched course-1 registration=a8f1b8a0-0d8b-4b53-9bd5-7e4f0f5a0c11
        09:01 ada initialized course-1 session=s1 grouping=course-9
        09:02 ada progressed course-1 progress=40 session=s1
        09:03 ada progressed course-1 scaled=0.4
        09:04 ada experienced module-1 in=course-1
        09:05 ada answered question-1 in=course-1 raw=8 max=10 success=yes duration=PT12S
        09:06 ada answered question-2 in=course-1 scaled=-1
        09:07 ada answered question-2 raw=5 max=5
        09:08 ada evaluated question-3 success=no
        09:09 ada passed course-1 scaled=0.9 completion=yes
        09:10 ada failed course-1 raw=-3 max=10
        09:11 ada completed course-1 duration=P1DT2H
        09:12 ada uncompleted course-1
        09:13 ada suspended course-1 duration=PT5M
        09:14 ada terminated course-1 session=s1 duration=PT14M30.5S
        09:15 ada registered course-1
        09:16 ada liked course-1
        09:17 ada logged-in site
        09:18 ada played video-1 category=https://w3id.org/xapi/video in=course-1
        09:19 ada https://example.org/verbs/pondered https://example.org/nothing
        """
    ),
    {
        "actor": {"objectType": "Group", "member": [{"mbox": "mailto:ada@example.org"}]},
        "verb": {"id": f"{ADL}verbs/attended"},
        "object": {"id": f"{ACTIVITIES}meeting"},
    },
    {
        "actor": {"account": {"homePage": "https://example.org", "name": "ada"}},
        "verb": {"id": f"{ADL}verbs/voided"},
        "object": {"objectType": "StatementRef", "id": "a8f1b8a0-0d8b-4b53-9bd5-7e4f0f5a0c11"},
    },
    {
        "actor": {"openid": "https://ada.example.org"},
        "verb": {"id": f"{ADL}verbs/asked"},
        "object": {"objectType": "Agent", "mbox": "mailto:bob@example.org"},
        "result": {"extensions": {PROGRESS: "half", "https://example.org/x": None}},
        "context": {"extensions": {SESSION_ID: {"not": ["a", "text"]}}},
    },
    {
        "actor": {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},
        "verb": {"id": f"{ADL}verbs/progressed"},
        "object": {"id": f"{ACTIVITIES}course-1"},
        "result": {"extensions": {PROGRESS: 1e300}, "score": {}},
    },
]
"""Statements that every interpreter must take: of the common profiles, odd, and hostile."""

Row = Mapping[str, Any]
KEYS: Final = {"program": pl.String(), "group": pl.String(), "period": pl.Date()}
PAIRS: Final = dict.fromkeys(("learner", "course", "session", "program", "group"), pl.String())
SEATS: Final = [*PAIRS, "period"]
PERIOD: Final = {"period": pl.Date()}
PRESENCE: Final = ("learner", "course", "session", "kind", "instant")
LEARNERS: Final = dict.fromkeys(("learner", "group"), pl.String())


def tables(
    events: Iterable[Row] = (),
    connections: Iterable[Row] = (),
    pairs: Iterable[Row] = (),
    *,
    enrolled: Iterable[Row] = (),
    running: Iterable[Row] = (),
    learners: Iterable[Row] = (),
) -> Tables:
    """Return tables from rows that name only the columns that matter; the others are null.

    Events follow each other by a minute, from nine o'clock on `DAY`, unless they say otherwise.
    """
    nine = datetime.fromisoformat(f"{DAY}T09:00Z")
    ordered = [
        {
            "statement": f"{n:04}",
            "part": 0,
            "instant": nine + n * timedelta(minutes=1),
            "stored": nine,
        }
        | dict(row)
        for n, row in enumerate(events)
    ]
    table = pl.LazyFrame(ordered, schema=EVENTS | KEYS)
    presence = table.filter(IS_PRESENCE).select(*PRESENCE, *KEYS)
    asked = pl.LazyFrame([dict(row) for row in pairs], schema=PAIRS).with_columns(
        again=pl.col("session").n_unique().over("learner", "program", "group") > 1
    )
    opened = pl.LazyFrame([dict(row) for row in connections], schema=CONNECTIONS | KEYS)
    counted = connected.one_by_one(opened, SEATS)
    places = pl.LazyFrame([dict(row) for row in enrolled], schema=PAIRS)
    return Tables(
        events=table,
        presence=presence,
        answered=one_by_one(table.filter(pl.col("kind") == "answer"), SEATS),
        standing=_asked(
            standing(
                heard_of(presence.filter(IN_COURSE), table.filter(REPORTED), SEATS),
                table.filter(OF_COURSES),
                SEATS,
            ),
            asked,
        ),
        results=last_results(table.filter(SCORED), SEATS).with_columns(
            sole=pl.struct("learner", "course").is_unique()
        ),
        connections=opened,
        connected=counted,
        attended=counted.join(places, on=["learner", "session"], how="semi"),
        pairs=asked,
        enrolled=places,
        running=pl.LazyFrame([dict(row) for row in running], schema={**PAIRS, **PERIOD}),
        learners=pl.LazyFrame([dict(row) for row in learners], schema=LEARNERS),
    )


def _asked(seats: pl.LazyFrame, pairs: pl.LazyFrame) -> pl.LazyFrame:
    """Say of seats whether a program asks for them."""
    asked = pairs.unique().with_columns(asked=pl.lit(value=True))
    joined = seats.join(asked, on=list(PAIRS), how="left", nulls_equal=True)
    return joined.with_columns(pl.col("asked", "again").fill_null(value=False))


def handed(metric: Metric, given: Tables) -> Tables:
    """Return tables as a report hands them to a metric: of the events those kinds that it names."""
    if not metric.kinds:
        return given
    return replace(given, events=given.events.filter(pl.col("kind").is_in(metric.kinds)))


COURSES: Final = (
    Column("id", "Id"),
    Column("title", "Course"),
    Column("connections", "Connections", "count", "integer", metric=True),
    Column("time_spent", "Time spent", "seconds", "number", metric=True),
    Column("score", "Overall score", "percent", "number", metric=True),
)


def report(
    rows: list[dict[str, Any]], columns: tuple[Column, ...] = COURSES, **changes: Any
) -> Report:
    """Return a report on courses with the figures `connections`, `time_spent` and `score`."""
    schema = {column.name: DTYPES[column.type] for column in columns}
    made = Report(
        granularity="courses",
        columns=columns,
        batches=(pl.DataFrame(rows, schema=schema),),
        totals={"connections": None, "time_spent": None, "score": None},
        count=len(rows),
        timezone="Europe/Paris",
        as_of=datetime(2026, 3, 31, 22, tzinfo=UTC),
    )
    return replace(made, **changes)


def course(key: str, title: str, *figures: float | None) -> dict[str, Any]:
    """Return a row of `report`: connections, time spent in seconds, score."""
    return dict(
        zip(
            ("id", "title", "connections", "time_spent", "score"),
            (key, title, *figures),
            strict=True,
        )
    )


_ONE: Final = course("https://example.org/course-1", "First aid", 12, 5400.5, 1 / 3)
REPORTS: Final = {
    "ordinary": report(
        [_ONE, course("https://example.org/course-2", "Fire safety", 3, 60.0, 80.0)]
    ),
    "empty": report([]),
    "nulls": report([course("https://example.org/course-1", "First aid", 0, 0.0, None)]),
    "hostile": report([course("=1+1", 'A "quoted", long\nname; é 漢 \u200b', 1, 1e-7, 100.0)]),
    "periods": report(
        [_ONE | {"period": date(2026, 1, 1)}, _ONE | {"period": date(2026, 3, 1)}],
        interval="month",
        columns=(*COURSES[:2], Column("period", "Month", type="date"), *COURSES[2:]),
    ),
    "log": report(
        [
            {"id": "1", "instant": datetime(2026, 3, 2, 9, tzinfo=UTC), "success": True},
            {"id": "2", "instant": datetime(2026, 3, 2, 8, tzinfo=UTC), "success": None},
        ],
        granularity="answers",
        columns=(
            Column("id", "Statement"),
            Column("instant", "Instant", type="instant"),
            Column("success", "Success", type="boolean"),
        ),
        totals={"count": 2},
    ),
}
"""Reports that every exporter must take; a log has no figures to draw."""

_FIRST: Final = {
    "learner": "ada",
    "session": "s1",
    "program": "p1",
    "group": "g1",
    "period": date(2026, 3, 1),
}
_OTHER: Final = {
    "learner": "bob",
    "session": "s2",
    "program": "p1",
    "group": "g2",
    "period": date(2026, 4, 1),
}
_OPEN: Final = {"learner": "cem", "group": "g2", "period": date(2026, 3, 1)}
_PLACES: Final[list[dict[str, Any]]] = [
    {key: row[key] for key in PAIRS if key in row} | {"course": name}
    for row in (_FIRST, _OTHER)
    for name in ("c1", "c2")
]
SAMPLE: Final = tables(
    events=[
        _FIRST | {"kind": "start", "course": "c1", "object": "c1"},
        _FIRST
        | {"kind": "answer", "course": "c1", "object": "q1", "value": 50.0, "success": False},
        _FIRST | {"kind": "complete", "course": "c1", "object": "c1"},
        _OTHER | {"kind": "progress", "course": "c1", "object": "c1", "value": 40.0},
        _OTHER | {"kind": "answer", "course": "c2", "object": "q2"},
        _OPEN | {"kind": "start", "course": "c2", "object": "c2"},
        _OPEN | {"kind": "unknown"},
        _FIRST | {"kind": "result", "course": "c1", "object": "c1", "value": 80.0},
        _FIRST | {"kind": "result", "course": "c2", "object": "c2", "value": 60.0},
        _OTHER | {"kind": "result", "course": "c1", "object": "c1", "value": 20.0},
    ],
    connections=[
        _FIRST | {"connection": "1", "course": "c1", "seconds": 90.0, "after_completion": False},
        _OTHER | {"connection": "2", "course": "c1", "seconds": 0.0, "after_completion": False},
        _OPEN | {"connection": "3", "course": "c2", "seconds": 60.5, "after_completion": True},
    ],
    pairs=_PLACES,
    enrolled=_PLACES,
    running=[place | {"period": date(2026, 3, 1)} for place in _PLACES],
    learners=[{"learner": row["learner"], "group": row["group"]} for row in (_FIRST, _OPEN)],
)
"""A little of everything: three learners, two courses, two sessions, and open access."""
