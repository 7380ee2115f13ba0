"""Which metrics and exporters have failed lately, how, and since when: nothing of the data.

Plugins run in several processes, whose logs have the whole story; here is what all of them know.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import structlog
from pymongo.database import Database

from lrs_stats.store.database import Document, available

Kind = Literal["metric", "exporter"]
PAUSE: Final = 60.0
"""Seconds for which a process does not write down again that the same thing has failed."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class PluginFailure:
    """What failed (`metric score`), how the last time, and when first and last."""

    what: str
    why: str
    since: datetime
    last: datetime


class PluginFailures:
    """Keeps the failures of the last week; who reads them is told of no earlier ones."""

    def __init__(
        self,
        database: Database[Document],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._failures = database["plugin_failures"]
        self._clock = clock
        self._written: dict[str, float] = {}

    def note(self, kind: Kind, name: str, why: str) -> None:
        """Write down that something failed; what cannot be written down is logged alone."""
        what = f"{kind} {name}"
        now = time.monotonic()
        if now - self._written.get(what, -PAUSE) < PAUSE:
            return
        self._written[what] = now
        at = self._clock()
        try:
            self._failures.update_one(
                {"_id": what},
                {"$set": {"why": why, "last": at}, "$setOnInsert": {"since": at}},
                upsert=True,
            )
        except Exception as error:  # noqa: BLE001 - nobody's answer fails for it
            _log.warning("a failure could not be written down", what=what, why=str(error))

    def all(self) -> list[PluginFailure]:
        """Return what has failed, the latest first."""
        with available():
            found = self._failures.find().sort("last", -1)
            return [
                PluginFailure(one["_id"], one["why"], one["since"], one["last"]) for one in found
            ]
