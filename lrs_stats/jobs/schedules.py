"""Begins what is due, a file for each recipient in the queue of exports, and settles what came.

A scheduler of the worker calls `tick`; which due times there are is in the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from lrs_stats.access.callers import Caller, grants, present
from lrs_stats.access.grants import Resolver
from lrs_stats.access.owners import reaches, standing
from lrs_stats.errors import Forbidden
from lrs_stats.reports.calendar import Rhythm, dated
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.exports import OPEN, Delivery, Export, ExportStore, Owner
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.schedules import Outcome, Run, Schedule, ScheduleStore

_LEFT: Final = (
    "Who made this schedule may not ask any more: they left, or what they asked with is revoked."
)
_NO_FOLDERS: Final = "Who made this schedule may not lay files into folders any more."

_log = structlog.get_logger()


@dataclass(frozen=True)
class Schedules:
    """Everything that is due, from the database and back into it."""

    store: ScheduleStore
    exports: ExportStore
    credentials: CredentialStore
    rosters: RosterStore
    resolver: Resolver
    zone: ZoneInfo
    is_worker: Callable[[], bool] = lambda: True
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def tick(self) -> None:
        """Do what is to be done now; what fails is told, and looked at again the next time."""
        try:
            if self.is_worker():
                self._begin()
                self._settle()
        except Exception as error:  # noqa: BLE001 - the database may be away; look again
            _log.warning("schedules wait", why=str(error))

    def _begin(self) -> None:
        """Begin the last due time of each schedule; of several that were missed it is one."""
        for schedule in self.store.due():
            now, rhythm = self.clock(), Rhythm.of(schedule, self.zone)
            due = rhythm.last(now)
            begun = self.store.begin(schedule, due or now, rhythm.after(now))
            if begun is not None and begun.run is not None:
                self._order(begun, begun.run)
        for schedule in self.store.left():
            if schedule.run is not None:
                self._order(schedule, schedule.run)

    def _order(self, schedule: Schedule, run: Run) -> None:
        """Put a file for each recipient into the queue, or pause a schedule whose maker is gone."""
        try:
            maker = standing(schedule.owner, self.credentials, self.rosters.load)
            recipients = self._recipients(schedule, maker)
        except Forbidden:
            self.store.pause(schedule, _LEFT)
            return
        if schedule.folder is not None and not maker.holds("admin"):
            self.store.pause(schedule, _NO_FOLDERS)
            return
        day = run.due.astimezone(self.zone).date()
        for recipient in recipients:
            self.exports.add(
                Export(
                    id=schedule.order(run.due, recipient),
                    owner=Owner("person", recipient),
                    granularity=schedule.granularity,
                    given=dated(schedule.given, schedule.period, day),
                    format=schedule.format,
                    options=schedule.options,
                    ordered=self.clock(),
                    delivery=Delivery(schedule.id, run.due),
                )
            )
        self.store.ordered(schedule, len(schedule.recipients) - len(recipients))

    def _recipients(self, schedule: Schedule, maker: Caller) -> list[str]:
        """Return those who are still here, and to whom the maker may send."""
        roster = self.rosters.load()
        granted = grants(maker, self.resolver, roster)
        return [
            one
            for one in schedule.recipients
            if present(one, roster) is not None and reaches(maker, granted, one)
        ]

    def _settle(self) -> None:
        """Write down what came of each due time of which nothing waits or runs any more."""
        for schedule in self.store.under_way():
            if schedule.run is None:
                continue
            orders = self.exports.of_schedule(schedule.id, schedule.run.due)
            if not any(one.state in OPEN for one in orders):
                self._end(schedule, schedule.run, orders)

    def _end(self, schedule: Schedule, run: Run, orders: list[Export]) -> None:
        withheld = [one.id for one in orders if one.is_withheld]
        failed = [one for one in orders if one.state == "failed" and not one.is_withheld]
        delivered = [one for one in orders if one.state in {"done", "expired"}]
        reason = ""
        if failed:
            reason = f"{len(failed)} of {len(orders)} failed. {_why(schedule, failed[0])}"
        outcome = Outcome(
            due=run.due,
            ended=self.clock(),
            delivered=len(delivered),
            without=run.without + len(withheld),
            failed=len(failed),
            reason=reason,
        )
        self.store.end(schedule, outcome)
        self.exports.drop(withheld)


def _why(schedule: Schedule, failed: Export) -> str:
    """Return why one failed, as the maker of its schedule may know it."""
    if failed.is_private and failed.owner.key != schedule.owner.key:
        return "A file could not be made; its recipient finds the reason among their exports."
    return failed.trouble
