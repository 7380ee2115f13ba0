"""What the roster refuses, said to an identity provider (RFC 7644, section 3.12)."""

from typing import Any, Final
from urllib.parse import unquote

from scim2_models import InvalidValueException

from lrs_stats.roster.cells import parser
from lrs_stats.roster.changes import Change
from lrs_stats.roster.changing import check
from lrs_stats.roster.complaints import RosterRefused, Wording
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES

_PARSERS: Final = {
    (table.name, column.name): parser(column)
    for table in (TABLES["people"], TABLES["groups"])
    for column in table.columns
}
WORDING: Final = Wording(thing="table", table="{table}", row="{table}", aside="another")


def checked(roster: Roster, change: Change) -> Change:
    """Return a change without what is so already; raise InvalidValueException when it cannot be."""
    put = {
        table: [row for key, row in change.rows(table).items() if roster.row(table, key) != row]
        for table in change.tables()
    }
    real = Change.of(put, change.gone)
    try:
        check(roster, real, WORDING, lambda table, key: 0)  # noqa: ARG005 - there are no numbers
    except RosterRefused as refused:
        raise said(refused) from refused
    return real


def said(refused: RosterRefused) -> InvalidValueException:
    """Return what the roster refuses as SCIM says it."""
    detail = " ".join(complaint.reason for complaint in refused.complaints[:3])
    return InvalidValueException(detail=detail)


def cell(table: str, column: str, text: str | None) -> str:
    """Return a text as the roster keeps it, or raise InvalidValueException."""
    try:
        kept: str = _PARSERS[table, column](text or "")
    except ValueError as error:
        raise InvalidValueException(detail=str(error)) from error
    return kept


def value_of(reference: Any) -> str:
    """Return the id that a reference names, by its value or else by its address."""
    if reference is None:
        return ""
    if reference.value:
        return str(reference.value)
    return unquote(str(reference.ref).rpartition("/")[2]) if reference.ref else ""
