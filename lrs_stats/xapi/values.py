"""Checks of the values that stand in many places: IRIs, UUIDs, language maps, extensions.

Each raises BadRequest with the place and the reason.
"""

from typing import Any, Final

import msgspec

from lrs_stats.xapi.faults import fault, quoted, translated
from lrs_stats.xapi.formats import is_iri, is_language_tag, is_uuid, parse_timestamp
from lrs_stats.xapi.model import Extensions, LanguageMap

DEEPEST: Final = 100
"""Levels of lists and objects in the value of an extension."""


def check_iri(text: str, place: str) -> None:
    """Check an IRI (xAPI-Data 4.3)."""
    if not is_iri(text):
        raise fault(place, f"{quoted(text)} is not an IRI with a scheme")


def check_uuid(text: str, place: str) -> None:
    """Check a UUID (xAPI-Data 4.4)."""
    if not is_uuid(text):
        raise fault(place, f"{quoted(text)} is not a UUID")


def check_timestamp(text: str, place: str) -> None:
    """Check a timestamp (xAPI-Data 4.5)."""
    try:
        parse_timestamp(text)
    except ValueError as error:
        raise fault(place, f"{quoted(text)} is refused: {error}") from error


def check_language_map(texts: LanguageMap, place: str) -> None:
    """Check the tags of a language map (xAPI-Data 4.2)."""
    for tag in texts:
        if not is_language_tag(tag):
            raise fault(place, f"{quoted(tag)} is not a language tag of RFC 5646")


def check_extensions(extensions: Extensions, place: str) -> None:
    """Check the keys, and that every value can be read again (xAPI-Data 4.1)."""
    for key, raw in extensions.items():
        if not is_iri(key):
            raise fault(place, f"the key {quoted(key)} is not an IRI with a scheme")
        try:
            value = msgspec.json.decode(raw)
        except msgspec.ValidationError as error:
            raise translated(error, f"{place}[{quoted(key)}]") from error
        except RecursionError as error:
            raise fault(f"{place}[{quoted(key)}]", "it is nested too deeply") from error
        if isinstance(value, list | dict) and _is_deep(value):
            raise fault(f"{place}[{quoted(key)}]", f"is nested deeper than {DEEPEST} levels")


def _is_deep(value: object) -> bool:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [
            child
            for one in level
            for child in (one.values() if isinstance(one, dict) else one)
            if isinstance(child, list | dict)
        ]
        if not level:
            return False
    return True
