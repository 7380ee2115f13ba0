"""The figures that a server answers, held against those of the oracle."""

import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tests import oracle
from tests.e2e.server import Json, Server

METRICS = ("connections", "time_spent", "score", "participation")
TABLES = (
    *("people", "groups", "memberships", "courses", "course_staff"),
    *("programs", "program_courses", "sessions", "enrolments"),
)
ZONE = ZoneInfo("Europe/Paris")
IDLE = timedelta(minutes=30)

Figures = dict[str, float | None]


def full(roster: Mapping[str, list[Json]]) -> dict[str, list[Json]]:
    """Return a roster with all its tables."""
    return {table: roster.get(table, []) for table in TABLES}


def answered(server: Server, path: str) -> tuple[dict[Any, Figures], Figures]:
    """Return the figures of a report by the keys of its rows, and its totals."""
    answer = server.get(f"/api/v1/stats/{path}{'&' if '?' in path else '?'}page_size=10000")
    assert answer.status == 200, answer
    report = answer.json
    assert "failed" not in report
    rows = {_key(row): {name: row[name] for name in METRICS} for row in report["rows"]}
    assert len(rows) == len(report["rows"])
    return rows, {name: report["totals"][name] for name in METRICS}


def assert_figures(
    server: Server,
    statements: Iterable[Json],
    roster: Mapping[str, list[Json]],
    granularity: str,
    *,
    interval: str | None = None,
    **filters: str,
) -> dict[Any, Figures]:
    """Hold every figure of a report against the oracle's, and return the rows."""
    asked = [f"{name}={quote(one, safe='')}" for name, one in filters.items()]
    asked += [f"interval={interval}"] * bool(interval)
    only: dict[str, Any] = {f"{name}s": frozenset({one}) for name, one in filters.items()}
    rows, totals = answered(server, f"{granularity}?{'&'.join(asked)}")
    expected = oracle.report(
        statements,
        full(roster),
        granularity,
        metrics=METRICS,
        interval=interval,
        zone=ZONE,
        idle=IDLE,
        **only,
    )
    assert rows.keys() == expected.rows.keys()
    for key, row in rows.items():
        assert_same(row, expected.rows[key], (granularity, key))
    assert_same(totals, expected.totals, (granularity, "totals"))
    return rows


def assert_same(mine: Figures, other: Mapping[str, float | None], where: object) -> None:
    """Hold the figures of one row against the oracle's."""
    for name in METRICS:
        left, right = mine[name], other[name]
        if left is None or right is None:
            assert left == right, (where, name)
        else:
            assert math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-6), (where, name, left, right)


def _key(row: Json) -> tuple[str | date, ...]:
    period = [date.fromisoformat(row["period"])] if "period" in row else []
    return (*([row["id"]] if "id" in row else []), *period)
