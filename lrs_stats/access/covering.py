"""Grants as they were when a file was made, to be held against those of the one who fetches it."""

import zlib
from collections.abc import Collection, Sequence
from typing import Any, Final, cast

import msgspec

from lrs_stats.access.grants import ALL, Grant, Some

PARTS: Final = ("learners", "courses", "sessions", "groups")


def written_down(grants: Sequence[Grant], granularities: Collection[str]) -> bytes:
    """Return what some grants hold on some granularities, as bytes to be kept.

    Sets that several grants share, such as the learners of a group, are written once.
    """
    sets: dict[frozenset[str], int] = {}
    kept = []
    for grant in grants:
        if opened := grant.granularities & set(granularities):
            held = [getattr(grant, part) for part in PARTS]
            places = [None if some is ALL else sets.setdefault(some, len(sets)) for some in held]
            kept.append([sorted(opened), *places])
    return zlib.compress(msgspec.json.encode([[sorted(one) for one in sets], kept]))


def still_hold(grants: Sequence[Grant], kept: bytes) -> bool:
    """Tell whether some grants hold all that those that were written down held.

    Each of the former must lie within one of the present: that several do together is not seen.
    """
    sets, held = msgspec.json.decode(zlib.decompress(kept))
    known = [frozenset[str](one) for one in sets]
    return all(
        any(
            _holds(grant, granularity, [_some(known, place) for place in places])
            for grant in grants
        )
        for granularities, *places in held
        for granularity in granularities
    )


def _some(known: Sequence[frozenset[str]], place: int | None) -> Some:
    return ALL if place is None else known[place]


def _holds(grant: Grant, granularity: str, parts: Sequence[Some]) -> bool:
    return granularity in grant.granularities and all(
        _within(before, cast("Any", getattr(grant, part)))
        for part, before in zip(PARTS, parts, strict=True)
    )


def _within(before: Some, now: Some) -> bool:
    if not isinstance(now, frozenset):
        return True
    return isinstance(before, frozenset) and before <= now
