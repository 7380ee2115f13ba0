"""Grants as they were when a file was made, to be held against those of the one who fetches it."""

import zlib
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from lrs_stats.access.grants import ALL, Grant, Some

PARTS: Final = ("groups", "sessions", "courses", "learners")
"""The smaller sets first, as a rule."""


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
    within = _Within([frozenset(one) for one in sets])
    return all(
        any(within.all(grant, granularity, places) for grant in grants)
        for granularities, *places in held
        for granularity in granularities
    )


class _Within:
    """Which sets that were written down lie within which of now; each pair is looked at once.

    Sets of learners are large, and many grants share them.
    """

    def __init__(self, known: Sequence[frozenset[str]]) -> None:
        self._known = known
        self._found: dict[tuple[int, int], bool] = {}

    def all(self, grant: Grant, granularity: str, places: Sequence[int | None]) -> bool:
        """Tell whether all parts of a former grant on a granularity lie within a present one."""
        return granularity in grant.granularities and all(
            self._is(place, getattr(grant, part)) for part, place in zip(PARTS, places, strict=True)
        )

    def _is(self, place: int | None, now: Some) -> bool:
        if not isinstance(now, frozenset):
            return True
        if place is None:
            return False
        pair = place, id(now)
        if pair not in self._found:
            self._found[pair] = self._known[place] <= now
        return self._found[pair]
