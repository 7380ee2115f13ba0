"""A roster without a person, or with a pseudonym in their place."""

from typing import Any, Final

from lrs_stats.erasure.identifiers import Identifiers, Pseudonym
from lrs_stats.roster.identities import keys_of
from lrs_stats.roster.tables import TABLES, Person, RosterTables

_OPTIONAL: Final = ("manager_id", "author_id")
"""References that a row can do without: the row stays, and refers to nobody."""


def mentions(tables: RosterTables, person: str) -> int:
    """Return how many rows are about a person, or refer to them."""
    return sum(_names(table, row, person) for table in TABLES for row in tables.rows(table))


def concerns(table: str, row: Any, who: Identifiers) -> bool:
    """Tell whether a row is about somebody, refers to them, or has one of their identifiers."""
    if who.person and _names(table, row, who.person):
        return True
    return table == "people" and any(map(who.own, keys_of(row)))


def without(tables: RosterTables, person: str) -> RosterTables:
    """Return a roster without a person, and without the rows that are about them."""
    kept: dict[str, Any] = {}
    for table in TABLES:
        names = _naming(table)
        needed = [name for name in names if name not in _OPTIONAL]
        optional = [name for name in names if name in _OPTIONAL]
        kept[table] = tuple(
            _put(row, optional, person, "")
            for row in tables.rows(table)
            if not any(getattr(row, name) == person for name in needed)
        )
    return RosterTables(**kept)


def renamed(tables: RosterTables, person: str, pseudonym: Pseudonym) -> RosterTables:
    """Return a roster in which a person has a pseudonym, and nothing that says who they are."""
    rows: dict[str, Any] = {
        table: tuple(
            _put(row, _naming(table), person, pseudonym.name) for row in tables.rows(table)
        )
        for table in TABLES
    }
    rows["people"] = tuple(
        _nobody(row, pseudonym) if row.id == pseudonym.name else row for row in rows["people"]
    )
    return RosterTables(**rows)


def unnamed(tables: RosterTables, who: Identifiers, pseudonym: Pseudonym) -> RosterTables:
    """Return a roster in which no text has an identifier: the pseudonym takes its place."""
    rows: dict[str, Any] = {
        table: tuple(_unnamed(row, who, pseudonym) for row in tables.rows(table))
        for table in TABLES
    }
    return RosterTables(**rows)


def _unnamed(row: Any, who: Identifiers, pseudonym: Pseudonym) -> Any:
    changed = {
        name: who.replaced(cell, pseudonym)
        for name, cell in zip(row._fields, row, strict=True)
        if isinstance(cell, str) and who.may_be_in(cell.encode()) and who.named_in(cell)
    }
    return row._replace(**changed) if changed else row


def _naming(table: str) -> list[str]:
    """Return the columns of a table that hold the id of a person."""
    columns = [column.name for column in TABLES[table].columns if column.refers == "people"]
    return ["id", *columns] if table == "people" else columns


def _names(table: str, row: Any, person: str) -> bool:
    return any(getattr(row, name) == person for name in _naming(table))


def _put(row: Any, names: list[str], person: str, instead: str) -> Any:
    changed = {name: instead for name in names if getattr(row, name) == person}
    return row._replace(**changed) if changed else row


def _nobody(row: Person, pseudonym: Pseudonym) -> Person:
    """Return a person of whom the place in the organisation stays, and nothing else."""
    blank = Person(*("" for _ in row))
    return blank._replace(
        id=pseudonym.name,
        account_homepage=pseudonym.HOME_PAGE,
        account_name=pseudonym.name,
        manager_id=row.manager_id,
        status=row.status,
    )
