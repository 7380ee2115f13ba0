"""What the product says of a worked example: statements in a line each, and one figure of them.

The lines, the learners and the sessions are those of `tests/oracle_examples.py`. A time without a
date is one of Monday, March 10, in UTC, and days are those of UTC unless a zone is given.
"""

from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from lrs_stats.reports.query import Interval, Query
from tests.line import Line
from tests.oracle_examples import LMS, ROSTER, UTC_ZONE, told
from tests.roster_strategies import Roster
from tests.statement_strategies import IDLE

Bound = date | datetime | None


def asked(
    text: str,
    granularity: str,
    *metrics: str,
    roster: Roster = ROSTER,
    zone: ZoneInfo = UTC_ZONE,
    now: datetime | None = None,
    one_by_one: bool = False,
    start: Bound = None,
    end: Bound = None,
    interval: Interval | None = None,
    sort: str = "",
    **filters: str,
) -> Any:
    """Return the report, filtered by the ids given: `learner="ana"`, `course="algebra"`.

    Statements are counted all at once, or each as soon as it is stored.
    """
    query = Query(
        granularity,
        metrics,
        _instant(start, zone),
        _instant(end, zone),
        interval,
        {name: frozenset({_whole(name, one)}) for name, one in filters.items()},
        sort,
    )
    statements = told(text)
    with TemporaryDirectory() as folder:
        line = Line(Path(folder), zone, IDLE, roster)
        line.record.instant = now or line.record.instant
        for some in [[one] for one in statements] if one_by_one else [statements]:
            line.record.add(some)
            line.catch_up()
        report = line.report(query)
        return replace(report, batches=[*report.batches])  # read before the folder is gone


def rows(text: str, metric: str, granularity: str, **asking: Any) -> dict[Any, Any]:
    """Return a figure of each row, by its id or its period."""
    report = asked(text, granularity, metric, **asking)
    assert report.failed == {}
    names = {column.name for column in report.columns}
    key = "id" if "id" in names else "period"
    return {_short(row.get(key)): row[metric] for row in report.rows}


def total(text: str, metric: str, granularity: str = "platform", **asking: Any) -> Any:
    """Return a figure of all rows together."""
    report = asked(text, granularity, metric, **asking)
    assert report.failed == {}
    return report.totals[metric]


def _instant(bound: Bound, zone: ZoneInfo) -> datetime | None:
    if bound is None or isinstance(bound, datetime):
        return bound
    return datetime.combine(bound, time.min, zone)


def _whole(name: str, one: str) -> str:
    return LMS + one if name in ("course", "session", "question") else one


def _short(key: Any) -> Any:
    return key.removeprefix(LMS) if isinstance(key, str) else key
