"""Where things lead: rows to their pages, figures to what is behind them, blocks to files."""

from collections.abc import Mapping
from typing import Any, Final

from lrs_stats.dashboard.address import Address, path_of
from lrs_stats.dashboard.pages import ONE
from lrs_stats.dashboard.showing import Shown
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.reports.exporter import Exporter
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.metric import UNASSIGNED
from lrs_stats.reports.query import FILTERS
from lrs_stats.reports.report import Column

EXPLAIN: Final = "/dashboard/explain"
EXPORT: Final = "/dashboard/export"
ORDERS: Final = "/dashboard/exports"
PLANS: Final = "/dashboard/schedules"
PLAN: Final = f"{PLANS}/new"
NOT_EXPLAINED: Final = frozenset({"sort", "page", "page_size", "interval", "metrics"})
"""What the explanation of a total, which is of all rows, does not take."""
NOT_OF_FILES: Final = frozenset({"page", "page_size"})
"""What files, which hold all rows, do not take."""
OF_TITLES: Final = {
    "learner_title": "learners",
    "course_title": "courses",
    "session_title": "sessions",
    "program_title": "programs",
    "question": "questions",
}
"""The columns of logs that name an entity, and where its page is."""


def row_link(visit: Visit, granularity: str, identifier: str | None) -> str:
    """Return where the page of an entity is; empty when there is none for the reader."""
    page = ONE.get(granularity)
    if page is None or not identifier or identifier == UNASSIGNED or visit.is_own:
        return ""
    if page.granularity not in visit.open:
        return ""
    place = visit.address.shared(path_of(granularity, identifier))
    return str(place.without(GRANULARITIES[granularity].key))


def cell_link(visit: Visit, shown: Shown, row: Mapping[str, Any], column: Column) -> str:
    """Return where a cell leads: a title to the page of what it names."""
    if column.name == "title":
        return row_link(visit, shown.block.granularity, row["id"])
    if shown.is_log and column.name in OF_TITLES:
        return row_link(visit, OF_TITLES[column.name], row[column.name.removesuffix("_title")])
    return ""


def explain_link(shown: Shown, metric: str) -> str:
    """Return where the total of a figure of a block is explained."""
    return str(_explained(shown).having(metrics=metric))


def row_explain(shown: Shown, row: Mapping[str, Any]) -> str:
    """Return where the figures of a row are explained; the name of the figure is to be added."""
    key = GRANULARITIES[shown.block.granularity].key
    return str(_explained(shown).without("search").having(**{key: row["id"], "metrics": ""}))


def _explained(shown: Shown) -> Address:
    pairs = []
    for name, value in shown.parameters.items():
        if name not in NOT_EXPLAINED:
            pairs += [(name, one) for one in (value if isinstance(value, list) else [str(value)])]
    place = Address(f"{EXPLAIN}/{shown.block.granularity}", tuple(pairs))
    return place if shown.report.start or shown.report.end else place.having(period="all")


def file_parameters(
    visit: Visit, shown: Shown, exporter: Exporter, metric: str | None
) -> Mapping[str, Any]:
    """Return with what the API is asked for a block as a file, perhaps of one figure alone."""
    asked_for = {n: value for n, value in shown.parameters.items() if n not in NOT_OF_FILES}
    asked_for |= spoken(visit, exporter)
    if metric is None:
        return asked_for
    drawn = {"metric": metric} if "metric" in exporter.options else {}
    return asked_for | {"metrics": metric} | drawn


def spoken(visit: Visit, exporter: Exporter) -> dict[str, str]:
    """Return in which language a file is to be, and for whose spreadsheet, if that can be said."""
    language = visit.wording.language
    known = {"lang": language, "dialect": {"fr": "french"}.get(language, "")}
    return {
        option: value
        for option, value in known.items()
        if value in exporter.choices.get(option, ("en", "fr")) and option in exporter.options
    }


def export_link(visit: Visit, shown: Shown) -> str:
    """Return the dialog of exports, filled with what a block shows."""
    place = visit.address.shared(EXPORT).without(*FILTERS)
    for kind in FILTERS:
        for one in shown.parameters.get(kind, ()):
            place = place.adding(kind, one)
    interval = shown.parameters.get("interval")
    return str(place.having(granularity=shown.block.granularity, interval=interval))


def picture(visit: Visit) -> str:
    """Return the format in which a chart is shown where no script draws it."""
    return "svg" if "svg" in visit.services.registry.exporters else "png"
