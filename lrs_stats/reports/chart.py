"""One Vega-Lite specification for one figure of a report: the page and the file draw the same.

With an interval it is a time series: bars for one entity, lines for several. Without, it is a
bar for each row, the highest first. What is left out is said in the picture. The data are the
report's own rows; the drawing makes hours of seconds, never the data.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any, Final

from lrs_stats.reports.drawing import (
    THEMES,
    WIDTH,
    Style,
    drawing,
    number_of_periods,
    sentence,
)
from lrs_stats.reports.exporter import CannotRender
from lrs_stats.reports.report import Column, Report
from lrs_stats.reports.wording import Language, filters, heading, language_of, period, said

SERIES: Final = 8
BARS: Final = 30
POINTS: Final = 4_000
"""Periods × lines, for a year of days; more than that nobody can tell apart."""
UNDRAWABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LINE: Final = 100
"""Characters of a subtitle that fit the width."""
TITLE: Final = 70
ROWS: Final = 100_000
"""Rows of which the highest are found; more are asked for by filters, or as another format."""


def specification(
    report: Report, options: Mapping[str, str], *, alone: bool = True
) -> dict[str, Any]:
    """Return the chart of the figure that the option `metric` names, else of the first.

    `lang` is the language of its texts, `theme` its ground. One that is not alone leaves what the
    report speaks of to the page around it. Raises CannotRender when the report has no such
    figure, or a picture cannot hold it.
    """
    style = Style(THEMES[options.get("theme", "light")], language_of(options))
    metric = _metric(report, options.get("metric", ""))
    _check_rows(report)
    known = _known(report, metric)
    drawn = _highest(known, metric, SERIES if report.interval else BARS)
    _check_size(report, drawn)
    drawable: dict[str, Any] = _drawable(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "title": {
                "text": textwrap.wrap(heading(report, style.language, metric), TITLE),
                "subtitle": [
                    line
                    for text in (
                        *(_about(report, style.language) if alone else ()),
                        *_left_out(report, known, drawn, style.language),
                    )
                    for line in textwrap.wrap(text, LINE)
                ],
            },
            "width": WIDTH,
            "data": {"values": drawn},
            **(
                drawing(metric, drawn, report.interval, style)
                if drawn
                else sentence(_why(report, metric, style.language), style)
            ),
            "config": style.config(),
        }
    )
    return drawable


def _about(report: Report, language: Language) -> list[str]:
    return [period(report, language), filters(report, language)]


def _check_rows(report: Report) -> None:
    if report.count > ROWS:
        raise CannotRender(
            f"The report has {report.count} rows; a picture is made of {ROWS} at most. Narrow it "
            "with filters, or ask for the CSV."
        )


def _drawable(part: Any) -> Any:
    """Replace the characters that a picture cannot hold: those that XML 1.0 does not know."""
    if isinstance(part, str):
        return UNDRAWABLE.sub("\N{REPLACEMENT CHARACTER}", part)
    if isinstance(part, Mapping):
        return {name: _drawable(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_drawable(value) for value in part]
    return part


def _metric(report: Report, name: str) -> Column:
    figures = {column.name: column for column in report.metrics if column.type != "instant"}
    if not figures:
        raise CannotRender(f"A report on {report.granularity} has no figure to draw.")
    if name and name not in figures:
        raise CannotRender(f"This report has no figure {name!r}; it has {', '.join(figures)}.")
    return figures[name or next(iter(figures))]


def _key(report: Report, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what identifies the entity of a row; the platform has none."""
    return tuple(str(row[key.name]) for key, _ in report.entities)


def _labels(report: Report) -> dict[tuple[str, ...], str]:
    """Return the title of each entity, with its key where two have the same title."""
    titles = {_key(report, row): _title(report, row) for row in report.rows}
    often = Counter(titles.values())
    return {
        key: title if often[title] == 1 else f"{title} ({', '.join(key)})"
        for key, title in titles.items()
    }


def _title(report: Report, row: Mapping[str, Any]) -> str:
    named = (row[title.name] or row[key.name] for key, title in report.entities)
    return " · ".join(str(name) for name in named if name is not None)


def _known(report: Report, metric: Column) -> list[dict[str, Any]]:
    """Return label, period if any, and figure of each row that has a figure."""
    labels = _labels(report)
    return [
        {
            "label": labels[_key(report, row)],
            **_period_of(report, row),
            metric.name: row[metric.name],
        }
        for row in report.rows
        if row[metric.name] is not None
    ]


def _period_of(report: Report, row: Mapping[str, Any]) -> dict[str, str]:
    return {"period": str(row["period"])} if report.interval else {}


def _highest(known: list[dict[str, Any]], metric: Column, limit: int) -> list[dict[str, Any]]:
    """Return the rows of the entities with the highest figures, the highest first."""
    figures: dict[str, list[float]] = {}
    for row in known:
        figures.setdefault(row["label"], []).append(row[metric.name])
    weight = fmean if metric.unit == "percent" else sum
    ranked = sorted(figures, key=lambda label: -weight(figures[label]))
    rank = {label: place for place, label in enumerate(ranked[:limit])}
    kept = [row for row in known if row["label"] in rank]
    return sorted(kept, key=lambda row: (rank[row["label"]], row.get("period", "")))


def _check_size(report: Report, drawn: list[dict[str, Any]]) -> None:
    """Raise CannotRender when there are more points than a picture of this width can show."""
    if not (drawn and report.interval):
        return
    lines = len({row["label"] for row in drawn})
    periods = number_of_periods([row["period"] for row in drawn], report.interval)
    if lines * periods > POINTS:
        raise CannotRender(
            f"The picture would have {periods} periods for {lines} lines; {POINTS} points are the "
            "most. Narrow the period with from and to, or choose a longer interval."
        )


def _left_out(
    report: Report,
    known: list[dict[str, Any]],
    drawn: list[dict[str, Any]],
    language: Language,
) -> Iterator[str]:
    """Say what the picture does not show."""
    entities = said(report.granularity, language)
    every, having, shown = (
        len(set(labels))
        for labels in (
            _labels(report).values(),
            (row["label"] for row in known),
            (row["label"] for row in drawn),
        )
    )
    if len(report.rows) < report.count:
        text = "One page alone: {rows} of {count} rows."
        yield said(text, language, rows=len(report.rows), count=report.count)
    if shown < having:
        text = "The {shown} highest of {having} {entities}; {others} are not shown."
        others = having - shown
        yield said(text, language, shown=shown, having=having, entities=entities, others=others)
    if known and having < every:
        text = "Not shown, for want of a figure: {without} of {every} {entities}."
        yield said(text, language, without=every - having, every=every, entities=entities)


def _why(report: Report, metric: Column, language: Language) -> str:
    """Say why there is nothing to draw."""
    text = "There is no figure for {figure} in this report."
    figure = said(metric.title, language).lower()
    return report.failed.get(metric.name) or said(text, language, figure=figure)
