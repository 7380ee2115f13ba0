"""A report as pages of a PDF, and its rows as a picture.

What is for programs alone, such as identifiers beside titles, is left out here, and that is said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from lrs_stats.reports.chart import specification
from lrs_stats.reports.drawing import THEMES, Theme
from lrs_stats.reports.exporter import CannotRender
from lrs_stats.reports.pictures import drawn, typeset
from lrs_stats.reports.report import Column, Report
from lrs_stats.reports.wording import (
    Language,
    cell,
    filters,
    heading,
    language_of,
    period,
    said,
    stretch,
    title,
)

ROWS: Final = 5_000
"""Rows of a PDF, some hundred pages."""
PICTURED: Final = 100
"""Rows of a picture."""
BESIDE: Final = 9
"""Columns that stand beside each other on a page; further figures stand below."""
UPRIGHT: Final = 6
"""Columns for which a page need not lie on its side."""
UNREADABLE: Final = (
    "Some characters have no font on this server and cannot be read here; the CSV has them."
)
UNBROKEN: Final = re.compile(r"\S{25,}")
_BREAK: Final = "\N{ZERO WIDTH SPACE}"


def document(report: Report, options: Mapping[str, str]) -> bytes:
    """Return a report as a PDF: what it speaks of, the chart of a figure, rows and totals.

    Raises CannotRender for more rows than a PDF should have.
    """
    if report.count > ROWS:
        raise CannotRender(
            f"The report has {report.count:,} rows; a PDF holds {ROWS:,}. Narrow it with filters "
            "or a period, or ask for XLSX or CSV."
        )
    language = language_of(options)
    chart, why = _chart(report, options)
    told = _told(report, language, THEMES["light"])
    told["chart"] = chart
    told["remarks"] += [why] if why else []
    told["parts"] = [*_parts(report, report.rows, language, BESIDE)]
    told["wide"] = max(len(part["columns"]) for part in told["parts"]) > UPRIGHT
    return typeset(_source(), told, "pdf", at=report.as_of)


def table_picture(report: Report, options: Mapping[str, str], form: Literal["svg", "png"]) -> bytes:
    """Return the rows of a report as a picture, the first of them where they are many."""
    language = language_of(options)
    rows = _first(report, PICTURED)
    told = _told(report, language, THEMES[options.get("theme", "light")]) | {"picture": True}
    if len(rows) < report.count:
        text = "The first {shown} of {count} rows; the CSV has all."
        told["remarks"].insert(0, said(text, language, shown=len(rows), count=report.count))
    told["parts"] = [*_parts(report, rows, language, len(report.columns))]
    return typeset(_source(), told, form, at=report.as_of)


def _first(report: Report, most: int) -> list[dict[str, Any]]:
    """Return the first rows, without reading the others."""
    rows: list[dict[str, Any]] = []
    for batch in report.batches:
        rows += batch.head(most - len(rows)).iter_rows(named=True)
        if len(rows) == most:
            break
    return rows


def _source() -> str:
    return files("lrs_stats.reports").joinpath("report.typ").read_text("utf-8")


def _chart(report: Report, options: Mapping[str, str]) -> tuple[str, str]:
    """Return the chart as SVG, or why there is none; a log has none to miss."""
    if not report.metrics and "metric" not in options:
        return "", ""
    try:
        spec = specification(report, {**options, "theme": "light"}, alone=False)
    except CannotRender as reason:
        if "metric" in options:
            raise
        return "", str(reason)
    return drawn(spec, "svg").decode(), ""


def _told(report: Report, language: Language, theme: Theme) -> dict[str, Any]:
    """Return what the pages say beside chart and rows."""
    hidden = {one.name for one in report.columns} - {one.name for one in shown(report)}
    notes = [period(report, language), filters(report, language)]
    notes.append(said("The figures are those that the reader may see.", language))
    remarks = [*report.failed.values(), *report.not_applicable.values()]
    if hidden:
        remarks.insert(0, said("Identifiers are left out; the CSV has them.", language))
    return {
        "lang": language,
        "picture": False,
        "wide": False,
        "chart": "",
        "ground": theme.background,
        "ink": theme.ink,
        "quiet": theme.quiet,
        "rule": theme.rule,
        "title": heading(report, language),
        "notes": [note for note in notes if note],
        "remarks": remarks,
        "unreadable": said(UNREADABLE, language),
        "foot": f"{heading(report, language)} — {period(report, language)}",
    }


def _parts(
    report: Report, rows: Sequence[Mapping[str, Any]], language: Language, beside: int
) -> Iterator[dict[str, Any]]:
    """Yield tables of some columns each, those that say what the rows are about in each of them."""
    columns = shown(report)
    keys, figures = ([one for one in columns if one.metric is metric] for metric in (False, True))
    each = max(1, beside - len(keys))
    for first in range(0, max(1, len(figures)), each):
        some = figures[first : first + each]
        about = {"first": first + 1, "last": first + len(some), "all": len(figures)}
        head = said("Columns {first} to {last} of {all}", language, **about)
        yield _part(report, [*keys, *some], rows, language) | {
            "heading": head if len(figures) > each else ""
        }


def _part(
    report: Report,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    language: Language,
) -> dict[str, Any]:
    zone = ZoneInfo(report.timezone)
    return {
        "columns": [{"title": title(one, language), **_look(one)} for one in columns],
        "rows": [
            [_breakable(_cell(report, row[one.name], one, language, zone)) for one in columns]
            for row in rows
        ],
        "totals": _totals(report, columns, language),
    }


def _look(column: Column) -> dict[str, bool]:
    """Return whether a column stands at the right, and whether it is as narrow as it can be."""
    figure = column.type in {"integer", "number"}
    return {"figure": figure, "narrow": figure or column.type != "string"}


def _cell(report: Report, value: Any, column: Column, language: Language, zone: ZoneInfo) -> str:
    if column.name == "period" and report.interval and value is not None:
        return stretch(value, report.interval, language)
    return cell(value, column, language, zone)


def _totals(report: Report, columns: Sequence[Column], language: Language) -> list[str]:
    """Return the cells of the line of totals, the first of which says what it is.

    A report of one row, for the platform, has none: they are the row itself.
    """
    if not report.keys:
        return []
    zone = ZoneInfo(report.timezone)
    cells = [cell(report.totals.get(one.name), one, language, zone) for one in columns]
    if columns[0].name not in report.totals:
        rows = said("{count} rows", language, count=report.count)
        cells[0] = f"{said('Total', language)} ({rows})"
    return cells


def shown(report: Report) -> list[Column]:
    """Return the columns for people: a title rather than the identifier beside it."""
    names = {column.name for column in report.columns}
    without = {name for name in names if f"{name}_title" in names}
    if "title" in names or not report.metrics:
        without.add("id")
    return [column for column in report.columns if column.name not in without]


def _breakable(text: str) -> str:
    """Let a long word, such as an address, be broken into lines."""
    return UNBROKEN.sub(lambda word: _BREAK.join(_pieces(word.group())), text)


def _pieces(word: str) -> list[str]:
    return [word[at : at + 12] for at in range(0, len(word), 12)]
