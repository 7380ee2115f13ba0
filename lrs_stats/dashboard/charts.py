"""A chart on a page: the specification of the files, without its title, and in the page's colours.

The page says the title, the period and the filters in its own words, so the drawing is the plot
alone. Colours are named, for the stylesheet to say which they are by day and by night.
"""

from typing import Any, Final

from lrs_stats.dashboard.formatting import Wording
from lrs_stats.reports.chart import specification
from lrs_stats.reports.drawing import THEMES
from lrs_stats.reports.exporter import CannotRender
from lrs_stats.reports.report import Column, Report

NAMED: Final = {
    THEMES["light"].ink: "var:ink",
    THEMES["light"].quiet: "var:quiet",
    THEMES["light"].rule: "var:rule",
    THEMES["light"].background: "var:panel",
    THEMES["light"].series[0]: "var:accent",
}
"""The colours of the files, and those of the stylesheet that stand in their places."""
HEIGHT: Final = 220
BAR: Final = 26
"""The height of a bar with the room around it."""


def chart(report: Report, metric: Column) -> dict[str, Any] | None:
    """Return the specification of a figure for a page; None when there is nothing to draw."""
    try:
        spec = specification(report, {"metric": metric.name}, alone=False)
    except CannotRender:
        return None
    if not spec.get("data", {}).get("values", [{}])[0]:
        return None
    for name in ("$schema", "title", "config"):
        spec.pop(name, None)
    spec |= {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
    spec["height"] = HEIGHT if report.interval else BAR * len(spec["data"]["values"])
    named: dict[str, Any] = _named(spec)
    return named


def tips(report: Report, metric: Column, wording: Wording) -> dict[str, str]:
    """Return what is said of each period or row where somebody points at it."""
    told = {}
    for row in report.rows:
        key = row["period"].isoformat() if report.interval else row.get("title") or row.get("id")
        name = wording.period(row["period"], report.interval) if report.interval else key
        told[str(key)] = f"{name}: {wording.cell(row[metric.name], metric)}"
    return told


def _named(part: Any) -> Any:
    """Return a part of a specification with named colours, and without titles of axes."""
    if isinstance(part, dict):
        made = {name: _named(value) for name, value in part.items()}
        return made | ({"title": None} if "title" in made else {})
    if isinstance(part, list | tuple):
        return [_named(one) for one in part]
    return NAMED.get(part, part) if isinstance(part, str) else part
