"""How a chart looks: colours, scales and marks; what it shows is decided in `chart`.

Rows have a `label`, a figure, and a `period` where there is an interval.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from lrs_stats.reports.report import Column
from lrs_stats.reports.wording import NUMBERS, Language, said, times

WIDTH: Final = 680
HEIGHT: Final = 300
OKABE_ITO: Final = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#F0E442",
)
"""Eight colours that the colour-blind can tell apart (Okabe and Ito, Color Universal Design)."""


@dataclass(frozen=True)
class Theme:
    """The colours of a picture; those of the series keep their names on both."""

    background: str
    ink: str
    quiet: str
    rule: str
    domain: str
    series: tuple[str, ...]


THEMES: Final = {
    "light": Theme("#FFFFFF", "#1F2933", "#616E7C", "#E4E7EB", "#9AA5B1", OKABE_ITO),
    "dark": Theme(
        "#14181D",
        "#F1F4F7",
        "#A9B4C0",
        "#2B323A",
        "#5B6672",
        (
            "#56B4E9",
            "#E69F00",
            "#2BC59A",
            "#CC79A7",
            "#F0E442",
            "#D98A5F",
            "#FFFFFF",
            "#8FA3FF",
        ),
    ),
}
"""On dark ground blue, black and vermilion of the palette would sink: lighter ones stand in."""


@dataclass(frozen=True)
class Style:
    """How a picture is to be: on which ground, and in which language."""

    theme: Theme = THEMES["light"]
    language: Language = "en"

    def config(self) -> dict[str, Any]:
        """Return what Vega-Lite is told about the whole of a picture."""
        theme = self.theme
        return {
            "background": theme.background,
            "padding": 20,
            "font": "Helvetica Neue, Arial, sans-serif",
            "locale": {"number": NUMBERS[self.language], "time": times(self.language)},
            "view": {"stroke": None},
            "title": {
                "anchor": "start",
                "frame": "bounds",
                "color": theme.ink,
                "fontSize": 18,
                "fontWeight": 500,
                "subtitleColor": theme.quiet,
                "subtitleFontSize": 12,
                "subtitleLineHeight": 17,
                "subtitlePadding": 6,
                "offset": 16,
            },
            "axis": {
                "domainColor": theme.domain,
                "gridColor": theme.rule,
                "labelColor": theme.quiet,
                "labelFontSize": 11,
                "labelPadding": 6,
                "ticks": False,
                "titleColor": theme.quiet,
                "titleFontSize": 11,
                "titleFontWeight": 400,
                "titlePadding": 10,
            },
            "legend": {
                "labelColor": theme.ink,
                "labelFontSize": 11,
                "labelLimit": 300,
                "symbolType": "circle",
            },
        }


DAYS: Final = {"day": 1, "week": 7, "month": 28, "year": 365}
"""The least days of a period."""
TIMES: Final = {"day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y", "year": "%Y"}
"""How the first day of a period is written."""


@dataclass(frozen=True)
class _Scale:
    """How figures of one unit are drawn: divided, named, and written on axis and bar."""

    divisor: int
    title: str
    least: int
    """What the axis reaches at least."""
    axis: str
    label: str
    suffix: str = ""
    whole: bool = False


SCALES: Final = {
    "count": _Scale(1, "number", 1, ",d", ",d", whole=True),
    "seconds": _Scale(3600, "hours", 3600, ",.2~f", ",.2f", " h"),
    "percent": _Scale(1, "percent", 100, ",d", ",.1f", " %"),
}


def drawing(
    metric: Column, rows: list[dict[str, Any]], interval: str | None, style: Style
) -> dict[str, Any]:
    """Return height, transform and marks of a chart of the rows, of which there is one or more."""
    scale = SCALES.get(metric.unit, SCALES["count"])
    shown = {"calculate": f"datum.{metric.name} / {scale.divisor}", "as": "shown"}
    figure = _quantity(scale, [row[metric.name] for row in rows], style)
    if not interval:
        return {"transform": [shown]} | _bars(scale, figure, style.theme)
    periods = _periods(rows, interval)
    time = _time(periods, interval)
    labels = list(dict.fromkeys(row["label"] for row in rows))
    if len(labels) == 1:
        return {"transform": [shown]} | _columns(figure, time, style.theme)
    gaps = {"impute": "shown", "key": "period", "keyvals": periods, "groupby": ["label"]}
    missing = {"value": None if metric.unit == "percent" else 0}
    return {"transform": [shown, gaps | missing]} | _lines(figure, time, labels, style.theme)


def sentence(text: str, style: Style) -> dict[str, Any]:
    """Return a picture of a sentence, where there is nothing to draw."""
    mark = {"type": "text", "text": text, "color": style.theme.quiet, "fontSize": 14}
    return {"height": 120, "data": {"values": [{}]}, "mark": mark}


def _quantity(scale: _Scale, figures: list[float], style: Style) -> dict[str, Any]:
    """Return the channel that holds the figure, with no more ticks than whole numbers need."""
    low, high = min(0, *figures), max(scale.least, *figures)
    ticks = min(5, math.ceil((high - low) / scale.divisor)) if scale.whole else 5
    return {
        "field": "shown",
        "type": "quantitative",
        "title": said(scale.title, style.language),
        "scale": {"domain": [low / scale.divisor, high / scale.divisor], "nice": ticks},
        "axis": {"format": scale.axis, "domain": False, "labelFlush": False, "tickCount": ticks},
    }


def _bars(scale: _Scale, figure: dict[str, Any], theme: Theme) -> dict[str, Any]:
    """Return a bar for each row, with its figure written beside it."""
    axis = {"labelLimit": 260, "labelColor": theme.ink, "domain": False}
    entity = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": axis}
    written = {"expr": f"format(datum.shown, '{scale.label}') + '{scale.suffix}'"}
    text = {"type": "text", "align": "left", "dx": 5, "fontSize": 11, "text": written}
    return {
        "height": {"step": 26},
        "encoding": {"y": entity, "x": figure},
        "layer": [
            {"mark": {"type": "bar", "color": theme.series[0], "height": {"band": 0.68}}},
            {"mark": text | {"stroke": theme.background, "strokeWidth": 4}},
            {"mark": text | {"color": theme.ink}},
        ],
    }


def _time(periods: list[str], interval: str) -> dict[str, Any]:
    """Return the channel of the periods: all of them, also those in which nothing happened."""
    label = f"utcFormat(toDate(datum.value), '{TIMES[interval]}')"
    return {
        "field": "period",
        "type": "ordinal",
        "title": None,
        "scale": {"domain": periods},
        "axis": {
            "labelExpr": label,
            "labelAngle": 0,
            "labelOverlap": "greedy",
            "labelSeparation": 5,
        },
    }


def _columns(figure: dict[str, Any], time: dict[str, Any], theme: Theme) -> dict[str, Any]:
    """Return one entity over time: a bar for each period."""
    return {
        "height": HEIGHT,
        "mark": {"type": "bar", "color": theme.series[0], "width": {"band": 0.72}},
        "encoding": {"x": time, "y": figure},
    }


def _lines(
    figure: dict[str, Any], time: dict[str, Any], labels: list[str], theme: Theme
) -> dict[str, Any]:
    """Return several entities over time: a line for each."""
    colour = {
        "field": "label",
        "type": "nominal",
        "title": None,
        "scale": {"domain": labels, "range": theme.series[: len(labels)]},
        "legend": {"orient": "bottom", "columns": 2, "offset": 14, "columnPadding": 24},
    }
    return {
        "height": HEIGHT,
        "mark": {
            "type": "line",
            "strokeWidth": 2,
            "strokeJoin": "round",
            "point": {"size": 36, "filled": True},
        },
        "encoding": {"x": time, "y": figure, "color": colour},
    }


def number_of_periods(first_days: list[str], interval: str) -> int:
    """Return how many periods there are from the first to the last, about."""
    days = [date.fromisoformat(day) for day in first_days]
    return (max(days) - min(days)).days // DAYS[interval] + 1


def _periods(rows: list[dict[str, Any]], interval: str) -> list[str]:
    """Return the first day of every period from the first that is drawn to the last."""
    days = [date.fromisoformat(row["period"]) for row in rows]
    first, last = min(days), max(days)
    periods = [first]
    while periods[-1] < last:
        periods.append(_next(periods[-1], interval))
    return [period.isoformat() for period in periods]


def _next(period: date, interval: str) -> date:
    if interval == "year":
        return period.replace(year=period.year + 1)
    if interval == "month":
        return (period.replace(day=1) + timedelta(days=31)).replace(day=1)
    return period + timedelta(days=7 if interval == "week" else 1)
