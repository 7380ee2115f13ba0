"""What files will lack, told before they are made: what is not set, and what the roster lacks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import structlog

from lrs_stats.access.grants import Grant
from lrs_stats.errors import Problem
from lrs_stats.reports.exporter import Exporter
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Need, Reports
from lrs_stats.services import Services

_UNKNOWN: Final = "What else a file will lack could not be looked for. {}"
_FAILED: Final = "The server's log says why."

_log = structlog.get_logger()


def forewarned(
    services: Services, query: Query, exporters: Iterable[Exporter], granted: list[Grant]
) -> dict[str, list[str]]:
    """Return what each exporter's file of a question will lack, by name, within some grants."""
    reports: dict[tuple[Need, ...], Reports | str] = {}
    told = {}
    for one in exporters:
        if one.inspects and one.inspects not in reports:
            reports[one.inspects] = _reports(services, query, one.inspects, granted)
        told[one.name] = [*one.warnings(), *_lacking(one, reports.get(one.inspects))]
    return told


def _reports(
    services: Services, query: Query, needs: tuple[Need, ...], granted: list[Grant]
) -> Reports | str:
    """Return what is looked into, or the reason why it cannot be."""
    try:
        return services.reports(replace(query, page=1, page_size=1), needs, granted)
    except Problem as error:
        return error.detail


def _lacking(exporter: Exporter, reports: Reports | str | None) -> Sequence[str]:
    if reports is None:
        return ()
    if isinstance(reports, str):
        return (_UNKNOWN.format(reports),)
    try:
        return exporter.lacking(reports)
    except Exception:  # noqa: BLE001 - an exporter may raise anything; its file can be had still
        _log.exception("what a file lacks could not be told", exporter=exporter.name)
        return (_UNKNOWN.format(_FAILED),)
