"""The daily check: the facts are held against the record, beside the passes of the worker."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from lrs_stats.facts.comparing import Listed, compare
from lrs_stats.facts.reader import readable
from lrs_stats.store.worker_state import Check, WorkerState

_log = structlog.get_logger()


_ERASING: Final = "an erasure was under way, which takes from the record first"


class _NoLonger(Exception):
    """This process is no longer the worker, or is to stop."""


@dataclass(frozen=True)
class DailyCheck:
    """Compares, writes down what it found, and mends nothing: drift is for people to look at.

    `folder` is that of the facts.
    """

    record: Listed
    folder: Path
    state: WorkerState
    is_worker: Callable[[], bool]
    is_erasing: Callable[[], bool] = lambda: False

    def run(self) -> None:
        """Do the check if this process is the worker; whatever goes wrong is written down."""
        if not self.is_worker():
            return
        at, began = datetime.now(UTC), time.monotonic()
        if self.is_erasing():
            self._tell(Check(at=at, trouble=_ERASING))
            return
        try:
            with readable():
                found = compare(self.record, self.folder, self._go_on)
            check = Check.of(at, time.monotonic() - began, found.statements, found.days)
            self.state.report_check(check)
        except _NoLonger:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the next day tries again
            _log.error("the facts could not be held against the record", why=str(error))
            self._tell(Check(at=at, trouble=f"{type(error).__name__}: {error}"[:500]))
            return
        if check.drift:
            _log.error("record and facts differ; lrs-stats doctor says where", **check.drift)
        else:
            _log.info("record and facts agree", statements=check.statements)

    def _go_on(self, _: int) -> None:
        if not self.is_worker():
            raise _NoLonger

    def _tell(self, check: Check) -> None:
        try:
            self.state.report_check(check)
        except Exception as unreachable:  # noqa: BLE001 - the database may be what failed
            _log.warning("that could not be written down", why=str(unreachable))


@dataclass(frozen=True)
class Daily:
    """Something that is done when a trigger says so, in a thread of its own."""

    do: Callable[[], None]
    when: BaseTrigger

    @classmethod
    def at(cls, time_of_day: str, zone: ZoneInfo, do: Callable[[], None]) -> "Daily":
        """Return what is done each day at a local time, such as 03:00."""
        hour, minute = map(int, time_of_day.split(":"))
        return cls(do, CronTrigger(hour=hour, minute=minute, timezone=zone))
