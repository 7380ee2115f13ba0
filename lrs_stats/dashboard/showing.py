"""A block of a page: its question, its report, and what a template needs to show it.

Every figure on a page comes from a `Report`; nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lrs_stats.api.asking import Entity, asked
from lrs_stats.dashboard.address import Address, of_table
from lrs_stats.dashboard.pages import HEADS, N_, NAMES, Block, Page
from lrs_stats.dashboard.spans import interval_of
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.errors import BadRequest
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.query import FILTERS, INTERVALS, Query
from lrs_stats.reports.report import Column, Report

OF_LOGS: Final = {
    "start": N_("Start"),
    "instant": N_("When"),
    "seconds": N_("Time"),
    "learner_title": NAMES["learners"],
    "course_title": NAMES["courses"],
    "question": NAMES["questions"],
    "score": N_("Score"),
    "success": N_("Success"),
    "session_title": NAMES["sessions"],
    "program_title": NAMES["programs"],
    "method": N_("Rule of the time"),
    "statements": N_("Statements"),
}
"""The columns of logs that pages show, in this order, and what they are called there."""
LARGEST: Final = 500
"""Rows on one page of a table."""


@dataclass(frozen=True)
class Shown:
    """A block with its report; `parameters` ask the API for the same."""

    block: Block
    report: Report
    query: Query
    parameters: Mapping[str, Any]
    choice: Sequence[str] = ()
    """The figures that the block could show."""
    about: Entity | None = None
    is_first: bool = False
    """Whether its parameters go without the name of the table."""

    @property
    def columns(self) -> list[Column]:
        """Return the columns to show: titles rather than ids, and of logs no statement."""
        known = {column.name: column for column in self.report.columns}
        if not self.is_log:
            return [column for name, column in known.items() if name != "id"]
        about = "" if self.about is None else f"{self.about.key}_title"
        return [
            replace(known[name], title=title)
            for name, title in OF_LOGS.items()
            if name in known and name not in {about, self.about and self.about.key}
        ]

    @property
    def pages(self) -> int:
        """Return how many pages the rows have."""
        return max(1, -(-self.report.count // (self.query.page_size or 1)))

    @property
    def first(self) -> int:
        """Return the number of the first row of the page."""
        return (self.query.page - 1) * (self.query.page_size or 0) + 1

    @property
    def is_log(self) -> bool:
        """Return whether the rows are the lines of a log, which has no totals."""
        return self.block.granularity in LOGS

    @property
    def is_searched(self) -> bool:
        """Return whether its rows can be searched: of a log, its learners, if it has several."""
        return not (self.is_log and self.about is not None and self.about.key == "learner")

    def sorts(self, column: Column) -> bool:
        """Return whether rows can be in the order of a column; a log has titles on pages alone."""
        return not (self.is_log and column.name.endswith("_title"))

    @property
    def figures(self) -> list[Column]:
        """Return the figures that are shown in this block."""
        return [column for column in self.report.metrics if column.name not in self.block.told]

    def parameter(self, name: str) -> str:
        """Return what a parameter of this table is called in the address."""
        return name if self.is_first else f"{self.block.granularity}.{name}"

    def sorted_by(self, address: Address, column: Column) -> str:
        """Return the address at which the rows are in the order of a column, or the other way."""
        falls_first = column.metric or column.type in {"instant", "number", "integer"}
        first, other = ("-", "") if falls_first else ("", "-")
        sign = other if self.query.sort == first + column.name else first
        return self._at(address, sort=sign + column.name, page=None)

    def order(self, column: Column) -> str:
        """Return the order of the rows by a column, as `aria-sort` has it."""
        if self.query.sort.removeprefix("-") != column.name:
            return "none"
        return "descending" if self.query.sort.startswith("-") else "ascending"

    def on_page(self, address: Address, page: int) -> str:
        """Return the address of another page of the rows."""
        return self._at(address, page=page)

    def searching(self, address: Address) -> list[tuple[str, str]]:
        """Return what a search form must bring along."""
        gone = (self.parameter("search"), self.parameter("page"))
        return list(address.without(*gone).given)

    def _at(self, address: Address, **changed: Any) -> str:
        named = {self.parameter(name): value for name, value in changed.items()}
        return f"{address.having(**named)}#{self.block.name}"


def shown(visit: Visit, page: Page, block: Block, about: Entity | None = None) -> Shown | None:
    """Return a block with its report; None when nothing that it shows means something here."""
    is_first = block.kind == "table" and block is next(b for b in page.blocks if b.kind == "table")
    parameters = _parameters(visit, block, about, is_first=is_first)
    chosen = parameters.pop("metrics", "")
    everything = _query(visit, block, parameters, about)
    if block.granularity in LOGS:
        report = visit.services.report(everything, list(visit.granted))
        return Shown(block, report, everything, parameters, (), about, is_first)
    drawn = block.kind in {"graphs", "bars"}
    metrics = visit.services.registry.metrics
    known = [m for m in everything.metrics if not (drawn and metrics[m].unit == "instant")]
    wanted = _chosen(chosen) or _default(block, known)
    if not wanted:
        return None
    query = _query(visit, block, parameters | {"metrics": ",".join(wanted)}, about)
    report = visit.services.report(query, list(visit.granted))
    told = parameters | {"metrics": ",".join(query.metrics)}
    return Shown(block, report, query, told, everything.metrics, about, is_first)


def heads(visit: Visit) -> dict[str, int]:
    """Return how many rows the pages list, by granularity."""
    return {
        granularity: _count(visit, granularity)
        for granularity in HEADS
        if granularity in visit.open
    }


def _count(visit: Visit, granularity: str) -> int:
    block = Block("table", granularity, size=1)
    query = _query(visit, block, _parameters(visit, block, None, is_first=False), None)
    return visit.services.report(replace(query, metrics=()), list(visit.granted)).count


def _query(
    visit: Visit, block: Block, parameters: Mapping[str, Any], about: Entity | None
) -> Query:
    given = dict(parameters)
    if "from" in given:
        given["from_"] = given.pop("from")
    page = {"page": given.get("page", 1), "page_size": given.get("page_size", block.size)}
    return asked(visit.services, block.granularity, given | page, about=about)


def _parameters(
    visit: Visit, block: Block, about: Entity | None, *, is_first: bool
) -> dict[str, Any]:
    """Return the parameters with which the API is asked for the report of a block."""
    address, span = visit.address, visit.span
    found: dict[str, Any] = {name: address.all(name) for name in FILTERS if address.all(name)}
    if about is not None:
        found[about.key] = [about.id]
    found |= {name: address.first(name) for name in ("from", "to", "as_of") if address.first(name)}
    if not found.keys() & {"from", "to"}:
        found |= {
            name: day.isoformat()
            for name, day in (("from", span.start), ("to", span.end))
            if day is not None
        }
    if block.kind == "graphs":
        found["interval"] = _interval(address) or interval_of(span)
    if block.kind == "bars":
        found |= {"sort": f"-{block.first[0]}", "page_size": block.size}
    if block.kind == "table":
        found |= {"sort": block.sort} if block.sort else {}
        found |= numbers(of_table(address, block.granularity, is_first=is_first))
    return found


def numbers(given: Mapping[str, str]) -> dict[str, Any]:
    """Return parameters of a table with its numbers as numbers."""
    found: dict[str, Any] = dict(given)
    for name, most in (("page", 10**9), ("page_size", LARGEST)):
        if name not in given:
            continue
        text = given[name].lstrip("0")
        is_number = text.isdecimal() and text.isascii() and len(text) <= len(str(most))
        if not is_number or int(text) > most:
            raise BadRequest(f"{name}: {given[name][:20]!r} is no number from 1 to {most}.")
        found[name] = int(text)
    return found


def _interval(address: Address) -> str:
    """Return the interval that an address asks for, which may be none; BadRequest for no such."""
    wanted = address.first("interval")
    if wanted and wanted not in INTERVALS:
        raise BadRequest(f"interval: {wanted[:20]!r} is none of {', '.join(INTERVALS)}.")
    return wanted


def _chosen(metrics: str) -> list[str]:
    return [name for name in dict.fromkeys(metrics.split(",")) if name]


def _default(block: Block, known: Sequence[str]) -> list[str]:
    """Return the figures that a block shows unless others are chosen."""
    shown_first = block.first if block.only else [n for n in block.first if n not in block.hidden]
    first = [name for name in shown_first if name in known]
    others = [name for name in known if name not in first and name not in block.hidden]
    if block.rest:
        return others
    told = [name for name in block.told if name in known]
    return first if block.only else [*first, *others, *told]
