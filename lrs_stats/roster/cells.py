"""One cell: its text becomes the value of its column, or a sentence says why it cannot."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from lrs_stats.roster.tables import Column, Kind

LONGEST: Final = 10_000
"""Characters of a cell."""
HIGHEST: Final = 999_999_999

Parse = Callable[[str], Any]

_EMAIL: Final = re.compile(r"(?!mailto:)[^@\s|]+@[^@\s|]+", re.IGNORECASE)
# RFC 3987, section 2.2: a scheme, then anything but what no IRI may hold
_IRI: Final = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+')
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER: Final = re.compile(r"[0-9]+")
_LAYOUT: Final = str.maketrans("", "", "\t\n\r")


def parser(column: Column) -> Parse:
    """Return the function that turns a cell of the column into its value.

    White space around a cell does not count. The function raises ValueError with a sentence.
    """
    convert = _choose(column) if column.choices else _KINDS[column.kind]
    empty = None if column.kind == "number" else ""

    def parse(cell: str) -> Any:
        text = cell.strip()
        if not text:
            if column.required:
                raise ValueError(f"the {column.name} is missing.")
            return empty
        _check_text(column, text)
        try:
            return convert(text)
        except ValueError as error:
            raise ValueError(f"the {column.name} {quoted(text)} is {error}.") from None

    return cache(parse) if column.is_shared else parse


def quoted(text: str) -> str:
    """Return a text of somebody else's as it can stand in a sentence."""
    short = text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004 - a line
    return f'"{short}"' if short.isprintable() else ascii(short)


def _check_text(column: Column, text: str) -> None:
    if len(text) > LONGEST:
        raise ValueError(f"the {column.name} is longer than {LONGEST} characters.")
    if not text.isprintable() and not _is_clean(text):
        raise ValueError(f"the {column.name} {quoted(text)} holds a control character.")


def _is_clean(text: str) -> bool:
    """Return whether a text can be stored and shown: no control characters, no half surrogates."""
    return not any(
        character < " " or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff"
        for character in text.translate(_LAYOUT)
    )


def _choose(column: Column) -> Parse:
    def choose(text: str) -> str:
        if text not in column.choices:
            raise ValueError(f"none of {', '.join(column.choices)}")
        return text

    return choose


def _same(text: str) -> str:
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("no e-mail address such as lea@example.org")
    return text


def _iri(text: str) -> str:
    if not _IRI.fullmatch(text):
        raise ValueError("no IRI such as https://example.org/courses/1")
    return text


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError("no UUID such as 4b0f1f2c-8c1d-4f0e-9a57-2d5c1c0a8e11")
    return str(UUID(text))


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("no date such as 2024-03-31")


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or len(text) > len(str(HIGHEST)):
        raise ValueError(f"no whole number from 0 to {HIGHEST}")
    return int(text)


_KINDS: Final[dict[Kind, Parse]] = {
    "text": _same,
    "iri": _iri,
    "email": _email,
    "uuid": _uuid,
    "date": _date,
    "number": _number,
}
