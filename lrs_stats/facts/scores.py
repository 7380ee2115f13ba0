"""The score of an answer or a result, in percent, alike for every tool."""

from math import isfinite
from typing import TYPE_CHECKING

from msgspec import UNSET

if TYPE_CHECKING:
    from lrs_stats.xapi.model import Result


def percent(result: "Result") -> float | None:
    """Return the score in percent from 0 to 100, or None when there is none.

    Raw comes first, because the scaled score of some tools runs from −1 to 1 where others' runs
    from 0 to 1; see docs/metrics.md, "Score of an answer".
    """
    score = result.score
    if score is not UNSET:
        low = 0.0 if score.min is UNSET else score.min
        if score.raw is not UNSET and score.max is not UNSET and score.max > low:
            share = (score.raw - low) / (score.max - low)
            return _clip(100 * share) if isfinite(share) else None
        if score.scaled is not UNSET:
            return _clip(100 * score.scaled)
    return None if result.success is UNSET else 100.0 * result.success


def _clip(value: float) -> float:
    return min(max(value, 0.0), 100.0)
