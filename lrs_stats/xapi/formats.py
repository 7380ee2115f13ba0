"""The string formats of xAPI: IRIs, UUIDs, timestamps, durations, language tags, hashes.

Pure checks that know nothing of statements. A check answers yes or no; a reader of a value
raises ValueError with the reason.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

# RFC 3986 3.1: a scheme is a letter, then letters, digits, + - and .
# What follows is checked only for what would break a line or a list: xAPI-Data 2.2 leaves it at
# best effort, and real activity ids hold more than RFC 3987 allows.
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f-\x9f]+")
_MBOX: Final = re.compile(r"mailto:[^\s\x00-\x1f\x7f-\x9f@,]+@[^\s\x00-\x1f\x7f-\x9f@,|]+")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SHA1: Final = re.compile(r"[0-9A-Fa-f]{40}")
_SHA2: Final = re.compile(r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})")
# RFC 6838 4.2, and parameters of any kind
_MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?", re.ASCII | re.DOTALL)

# xAPI-Data 4.5: ISO 8601, date and time combined, extended or basic; RFC 3339 4.3 gives the
# offset -00:00 to times whose zone is unknown, which ISO 8601 does not allow.
_TIMESTAMP: Final = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(?::([0-9]{2}(?:[.,][0-9]+)?))?"
    r"|[0-9]{8}[Tt][0-9]{4}([0-9]{2}(?:[.,][0-9]+)?)?)"
    r"(?:[Zz]|(?!-00(?::?00)?\Z)[+-][0-9]{2}(?::?[0-9]{2})?)?"
)

_NUMBER: Final = r"([0-9]+(?:[.,][0-9]+(?=[A-Z]\Z))?)"  # only the smallest part has decimals
# xAPI-Data 4.6: ISO 8601:2004 4.4.3.2, in which weeks stand alone
_DURATION: Final = re.compile(
    rf"P(?:{_NUMBER}W|(?=[0-9]|T)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
)
SHORT: Final = 200
"""Characters up to which a text is worth remembering."""
_DAY: Final = 86_400
_SECONDS: Final = (7 * _DAY, 365 * _DAY, 30 * _DAY, _DAY, 3_600, 60, 1)

# RFC 5646 2.1
_LANGUAGE: Final = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"((?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*)"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
)
_SINGLETON: Final = re.compile(r"-([a-z0-9])(?=-)")
_IRREGULAR: Final = re.compile(
    r"en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-(?:be-fr|be-nl|ch-de)"
)


def is_iri(text: str) -> bool:
    """Tell whether the text is an IRI with a scheme; an address when the scheme is mailto."""
    return _is_known_iri(text) if len(text) <= SHORT else _is_iri(text)


def _is_iri(text: str) -> bool:
    if _IRI.fullmatch(text) is None:
        return False
    return text[:7].lower() != "mailto:" or "@" in text


def is_mbox(text: str) -> bool:
    """Tell whether the text is `mailto:` and one e-mail address."""
    return _MBOX.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Tell whether the text is a UUID in standard form, of any version."""
    return _UUID.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    """Tell whether the text is a SHA-1 hash in hexadecimal digits."""
    return _SHA1.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    """Tell whether the text is a SHA-224, -256, -384 or -512 hash in hexadecimal digits."""
    return _SHA2.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Tell whether the text is an Internet media type, parameters allowed."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_duration(text: str) -> bool:
    """Tell whether the text is an ISO 8601 duration."""
    return _DURATION.fullmatch(text) is not None


def is_language_tag(text: str) -> bool:
    """Tell whether the text is a well-formed RFC 5646 tag that repeats no singleton or variant."""
    return _is_known_tag(text) if len(text) <= SHORT else _is_language_tag(text)


def _is_language_tag(text: str) -> bool:
    tag = text.lower()
    match = _LANGUAGE.fullmatch(tag)
    if match is None:
        return _IRREGULAR.fullmatch(tag) is not None
    variants, extensions = match.groups(default="")
    if not (variants or extensions):
        return True
    return _distinct(variants.split("-")[1:]) and _distinct(_SINGLETON.findall(extensions))


def seconds_of(duration: str) -> float:
    """Return the seconds of an ISO 8601 duration, a year as 365 days and a month as 30."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not an ISO 8601 duration such as PT1H30M")
    parts = zip(match.groups(), _SECONDS, strict=True)
    return sum(float(part.replace(",", ".")) * factor for part, factor in parts if part)


def parse_timestamp(text: str) -> datetime:
    """Return the instant in UTC, to the microsecond; without an offset the text is in UTC.

    xAPI-Data 4.5 only recommends an offset. A leap second is taken as the last microsecond
    before it, for a datetime has none.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError("it is not an ISO 8601 timestamp such as 2026-01-02T03:04:05.678Z")
    plain = text.upper()
    seconds = match.lastindex
    if seconds and match[seconds].startswith("60"):
        plain = plain[: match.start(seconds)] + "59.999999" + plain[match.end(seconds) :]
    try:
        instant = datetime.fromisoformat(plain)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("there is no such day or time") from error


# Tools send the same verbs, types, keys and tags again and again; a batch has one instant.
_is_known_iri: Final = lru_cache(maxsize=10_000)(_is_iri)
_is_known_tag: Final = lru_cache(maxsize=1_000)(_is_language_tag)


@lru_cache(maxsize=100)
def format_timestamp(instant: datetime) -> str:
    """Return the instant in UTC with milliseconds, also when they are zero."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _distinct(parts: list[str]) -> bool:
    return len(set(parts)) == len(parts)
