"""What is wrong with a statement, said in one way: the place, and the reason in plain words.

statement.result.score.raw: expected a number, got a string
"""

import re
from typing import Final

import msgspec

from lrs_stats.errors import BadRequest

LONGEST: Final = 80
"""Characters of what was sent that are repeated in a reason."""

_MESSAGE: Final = re.compile(r"(.*?)(?: - at `\$([^`]*)`)?", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected `(.*)`, got `(.*)`")
_NAMED: Final = re.compile(r"Object (contains unknown|missing required) field `(.*)`", re.DOTALL)
_ENUM: Final = re.compile(r"Invalid enum value '(.*)'", re.DOTALL)
_WORDS: Final = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "an integer",
    "object": "an object",
    "str": "a string",
}


def fault(place: str, reason: str) -> BadRequest:
    """Return the refusal of what stands at a place."""
    return BadRequest(f"{place}: {reason}")


def quoted(text: str) -> str:
    """Return a text in quotes, shortened when it is long."""
    return f'"{text}"' if len(text) <= LONGEST else f'"{text[:LONGEST]}…"'


def translated(error: msgspec.ValidationError, place: str) -> BadRequest:
    """Return what msgspec complains of, with its JSON path appended to the place."""
    match = _MESSAGE.fullmatch(str(error))
    reason, path = match.groups(default="") if match else (str(error), "")
    place += path.replace("[...]", "")
    if (named := _NAMED.fullmatch(reason)) is None:
        return fault(place, _reason(reason))
    if named[1] == "missing required":
        return fault(f"{place}.{named[2]}", "is missing")
    return fault(place, f"unknown property {quoted(named[2])}")


def _reason(message: str) -> str:
    if (match := _EXPECTED.fullmatch(message)) is not None:
        if match[2] == "null":
            return "null is not allowed here; leave the property out"
        return f"expected {_words(match[1])}, got {_words(match[2])}"
    if (match := _ENUM.fullmatch(message)) is not None:
        return f"{quoted(match[1])} is none of the values that xAPI allows here"
    return "the number is out of range" if "out of range" in message else message


def _words(types: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))
