"""The headers If-Match and If-None-Match of a change (xAPI-Communication 3.1, RFC 9110 13.1)."""

import re
from dataclasses import dataclass
from typing import Final

from lrs_stats.errors import PreconditionFailed
from lrs_stats.xapi.faults import fault, quoted

ANY: Final = "*"
# RFC 9110 8.8.3; without quotes too, which TinCanJS leaves out
_TAG: Final = re.compile(r'[\s,]*(?:W/)?(?:"([^"]*)"|([^\s,"]+))[ \t]*(?:,|\Z)')


@dataclass(frozen=True)
class Tags:
    """The entity tags of a header; `any` stands for every document there is."""

    tags: frozenset[str] = frozenset()
    any: bool = False

    def match(self, etag: str | None) -> bool:
        """Tell whether a document has one of the tags; None is no document."""
        return etag is not None and (self.any or etag in self.tags)


@dataclass(frozen=True)
class Preconditions:
    """What must be true of a document for it to be changed; None where no header was sent."""

    if_match: Tags | None = None
    if_none_match: Tags | None = None

    @property
    def given(self) -> bool:
        """Tell whether the client said anything of the document that it means to change."""
        return self.if_match is not None or self.if_none_match is not None

    def check(self, etag: str | None) -> None:
        """Raise PreconditionFailed unless a document of this tag may be changed; None is none."""
        if self.if_match is not None and not self.if_match.match(etag):
            now = "there is none" if etag is None else f'it has the ETag "{etag}"'
            raise PreconditionFailed(
                f"The document is not the one that If-Match names: {now}. Get it anew, "
                "and send the change again with its current ETag."
            )
        if self.if_none_match is not None and self.if_none_match.match(etag):
            raise PreconditionFailed(
                f'If-None-Match excludes the document that exists, with the ETag "{etag}". '
                "Get it, and send its ETag with If-Match to change it."
            )


def read(if_match: str | None, if_none_match: str | None) -> Preconditions:
    """Return the preconditions of the two headers, None for one that was not sent."""
    return Preconditions(
        _tags(if_match, "header If-Match"), _tags(if_none_match, "header If-None-Match")
    )


def _tags(header: str | None, place: str) -> Tags | None:
    """Return the tags of a header; weak ones like strong ones, which proxies turn into weak."""
    if header is None:
        return None
    text = header.strip()
    if text == ANY:
        return Tags(any=True)
    found, at = set(), 0
    while at < len(text):
        match = _TAG.match(text, at)
        if match is None:
            break
        found.add(match[1] if match[2] is None else match[2])
        at = match.end()
    if not found or text[at:].strip(", \t"):
        raise fault(place, f'expected "*" or entity tags in quotes, got {quoted(header)}')
    return Tags(frozenset(found))
