"""What `lrs-stats doctor` looks for, what each finding means, and what to do about it."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from lrs_stats.errors import Unavailable
from lrs_stats.facts.comparing import Day, compare
from lrs_stats.facts.history import History
from lrs_stats.facts.publication import idle_notice
from lrs_stats.facts.reader import newest_events, readable
from lrs_stats.facts.understanding import accounted, counted, unassigned, unknown
from lrs_stats.progress import bar
from lrs_stats.serving import Reachable
from lrs_stats.store.database import missing_indexes
from lrs_stats.store.erasures import ErasureStore
from lrs_stats.store.exports import ExportStore
from lrs_stats.store.schedules import ScheduleStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.worker_state import Check, WorkerState

LOOKS: Final = 5
LONG: Final = 60.0
"""Seconds of lag that are long for a worker that has nothing else to do."""
LITTLE: Final = 2 << 30
"""Bytes on the disk that are little."""
VERBS: Final = 10
"""Verbs, or reasons, that are listed one by one."""
RECENTLY: Final = 7
"""Days for which a file that failed is told."""
_FOR_OWNER: Final = "a reason that its owner is told"
DAYS: Final = 20
"""Days with drift that are listed one by one."""


@dataclass(frozen=True)
class Finding:
    """Something that was looked at; what it means and what to do when that is not plain."""

    text: str
    means: str = ""
    do: str = ""
    is_wrong: bool = False

    def __str__(self) -> str:
        """Return the finding as lines; what is to be mended begins with `!`."""
        lines = [f"{'!' if self.is_wrong else ' '} {self.text}"]
        lines += [f"    It means: {self.means}"] if self.means else []
        lines += [f"    To do: {self.do}"] if self.do else []
        return "\n".join(lines)


def findings(reachable: Reachable, *, thorough: bool = False) -> Iterator[Finding]:
    """Yield what is found; `thorough` holds each statement of the record against the facts."""
    yield from _indexes(reachable)
    yield from _worker(reachable)
    yield from _last_check(reachable)
    yield from _disk(reachable)
    yield from _failed_files(reachable)
    yield from _schedules(reachable)
    try:
        with readable():
            yield from _drift(reachable, thorough=thorough)
            yield from _understood(reachable)
            yield from _history(reachable)
    except Unavailable:
        yield Finding(
            "There are no facts yet.",
            means="Statements are kept, and no figure can be asked for (503).",
            do="Run lrs-stats serve, whose worker makes the facts; or lrs-stats rebuild.",
            is_wrong=True,
        )


def _indexes(reachable: Reachable) -> Iterator[Finding]:
    for index in missing_indexes(reachable.database):
        yield Finding(
            f"The index {index} is missing.",
            means="What is found by it is looked for in the whole collection, which is slow.",
            do="Start the server again: it creates the index, however long that takes.",
            is_wrong=True,
        )


def _worker(reachable: Reachable) -> Iterator[Finding]:
    progress = WorkerState(reachable.database).progress()
    if progress.trouble:
        yield Finding(
            f"The worker is in trouble: {progress.trouble}.",
            means="Statements are kept, and figures stay as they are until it is over.",
            do="Mend the cause, often a full disk or a database that is away; it tries again by "
            "itself. The server's log has more.",
            is_wrong=True,
        )
    if progress.rebuilding:
        yield Finding(
            f"The facts are being rebuilt: {progress.read} statements are read.",
            means="Figures are those from before, until all statements are read.",
        )
    if not progress.alive:
        yield Finding("No worker is running; facts are kept up while lrs-stats serve runs.")
    elif progress.as_of is not None:
        lag = (datetime.now(UTC) - progress.as_of).total_seconds()
        is_long = lag > LONG and not progress.rebuilding
        yield Finding(
            f"The facts count everything up to {lag:.0f} s ago.",
            means="Figures are behind: more is sent than is counted, or a pass takes long."
            if is_long
            else "",
            do="After a large import, a new roster or a start with another idle limit, wait. "
            "Otherwise look at the server's log, and at the load of the machine."
            if is_long
            else "",
            is_wrong=is_long,
        )


def _last_check(reachable: Reachable) -> Iterator[Finding]:
    check = WorkerState(reachable.database).last_check()
    when = reachable.settings.check_at
    if check is None:
        yield Finding(
            f"The daily check has not run yet; a server that runs does it at {when}."
            if when
            else "The daily check is switched off (check_at); --thorough does it now."
        )
        return
    at = check.at.astimezone(reachable.settings.zone)
    if check.trouble:
        yield Finding(
            f"The check of {at:%Y-%m-%d %H:%M} could not be done: {check.trouble}.",
            means="Whether the facts account for every statement has not been looked at.",
            do="Run lrs-stats doctor --thorough, which does it now.",
            is_wrong=True,
        )
    else:
        found = _told(check.drift) if check.drift else "and found no drift"
        yield Finding(
            f"The check of {at:%Y-%m-%d %H:%M} compared {check.statements} statements in "
            f"{check.seconds:.0f} s, {found}."
        )


def _told(drift: dict[str, int]) -> str:
    return "and found " + ", ".join(f"{number} {fault}" for fault, number in drift.items())


def _disk(reachable: Reachable) -> Iterator[Finding]:
    usage = shutil.disk_usage(reachable.settings.data)
    is_little = usage.free < LITTLE
    yield Finding(
        f"The disk of {reachable.settings.data} has {usage.free / 1e9:.1f} GB left.",
        means="When it is full, statements are answered with 503, and nothing is counted."
        if is_little
        else "",
        do="Make room, or set history_days lower; the upkeep then removes earlier states."
        if is_little
        else "",
        is_wrong=is_little,
    )


def _failed_files(reachable: Reachable) -> Iterator[Finding]:
    """Count by their reasons the files that failed; a reason that is for its owner is not told."""
    found = ExportStore(reachable.database).failed(datetime.now(UTC) - timedelta(days=RECENTLY))
    reasons = Counter(_FOR_OWNER if one.is_private else one.trouble for one in found)
    if reasons:
        yield Finding(
            f"{len(found)} files that were ordered failed in the last {RECENTLY} days:"
            + _listed(dict(reasons.most_common()), "reasons"),
            means="Who ordered them, or was to be sent them, has none; an order is not made again.",
            do="Mend what the reasons name. lrs-stats exports list shows whose they are, and "
            "exports show the rest; they can be ordered anew then.",
            is_wrong=any(not one.is_private for one in found),
        )


def _schedules(reachable: Reachable) -> Iterator[Finding]:
    for one in ScheduleStore(reachable.database).in_trouble():
        is_paused = one.status == "paused"
        yield Finding(
            f"The schedule {one.id} {'is paused' if is_paused else 'failed the last time'}: "
            f"{one.trouble}",
            means="No more files are made by it, for any of its recipients."
            if is_paused
            else "Some recipients, or all, went without; it goes on with the next due time.",
            do="Mend what the reason names; lrs-stats schedules list shows whose it is. "
            + ("Then its owner resumes it, on the page of ordered files." if is_paused else ""),
            is_wrong=True,
        )


def _drift(reachable: Reachable, *, thorough: bool) -> Iterator[Finding]:
    """Compare the numbers first, and each statement when those differ or the last check says so."""
    record, state = StatementStore(reachable.database), WorkerState(reachable.database)
    if ErasureStore(reachable.database).under_way():
        yield Finding("An erasure is under way; drift is looked for once it is done.")
        return
    stored, held = _settled(reachable.settings.facts, record)
    check = state.last_check()
    if not (thorough or stored != held or (check and check.drift)):
        yield Finding(f"The record holds {stored} statements, and the facts account for them.")
        return
    began, at = time.monotonic(), datetime.now(UTC)
    with bar("Comparing", stored) as progress:
        found = compare(record, reachable.settings.facts, lambda done: progress(done, stored))
    state.report_check(Check.of(at, time.monotonic() - began, found.statements, found.days))
    if not found.days:
        yield Finding(f"The facts account for each of {found.statements} statements, once.")
        return
    wrong = sum(day.missing + day.strange + day.doubled for day in found.days)
    yield Finding(
        f"Record and facts differ in {wrong} statements, by the day (UTC) of `stored`:\n"
        + "\n".join(_day(day) for day in found.days[:DAYS])
        + (f"\n      … and {len(found.days) - DAYS} more days" if len(found.days) > DAYS else ""),
        means="Figures count too little, or too much. Missing statements are in the record alone, "
        "strange ones in the facts alone, as after a backup of the database was put back.",
        do="Run lrs-stats rebuild: the facts are made anew from the record, and figures stay as "
        "they are until then. If it comes back, it is a defect: please report it.",
        is_wrong=True,
    )


def _day(day: Day) -> str:
    return (
        f"      {day.day}: of {day.record} in the record, {day.missing} missing and "
        f"{day.doubled} doubled in the facts; {day.strange} strange"
    )


def _settled(folder: Path, record: StatementStore) -> tuple[int, int]:
    """Return how many statements the record holds and the facts account for, up to their mark.

    What became visible behind the mark a moment ago is counted by the next pass, so that a
    difference is only told when it stays.
    """
    for _ in range(LOOKS):
        publication, events = newest_events(folder)
        stored = record.count_through(publication.mark.through)
        held = accounted(events)
        if stored == held:
            break
        time.sleep(1)
    return stored, held


def _understood(reachable: Reachable) -> Iterator[Finding]:
    publication, events = newest_events(reachable.settings.facts)
    if notice := idle_notice(publication, reachable.settings.idle_minutes):
        yield Finding(
            notice,
            do="Start the server again if it still runs with the setting as it was.",
            is_wrong=True,
        )
    if verbs := counted(unknown(events), "verb"):
        yield Finding(
            f"{sum(verbs.values())} statements were not understood:{_listed(verbs)}",
            means="They are kept, and are in no figure.",
            do="Where such a verb says something about learning, write an interpreter "
            "(docs/plugins.md), then run lrs-stats rebuild.",
        )
    if verbs := counted(unassigned(events), "verb"):
        yield Finding(
            f"{sum(verbs.values())} statements are tied to no course:{_listed(verbs)}",
            means="They count for their learner, and in no course, session or program.",
            do="Add the course to the roster, by the id of an activity that these statements name; "
            "or have the tool type that activity as a course, or name it as the parent; or write "
            "an interpreter that knows the tool (docs/plugins.md), then run lrs-stats rebuild.",
        )


def _listed(counts: dict[str, int], what: str = "verbs") -> str:
    first = list(counts.items())[:VERBS]
    lines = [f"\n      {number:>8}  {verb}" for verb, number in first]
    rest = sum(counts.values()) - sum(number for _, number in first)
    return "".join(lines) + (f"\n      {rest:>8}  with other {what}" if rest else "")


def _history(reachable: Reachable) -> Iterator[Finding]:
    history = History(reachable.settings.facts)
    number, first = history.span()
    if first is not None:
        yield Finding(
            f"Figures can be asked for as they stood from "
            f"{first.astimezone(reachable.settings.zone):%Y-%m-%d %H:%M} on (as_of): {number} "
            f"states, of which earlier ones take {history.bytes() / 1e6:.1f} MB. The setting "
            "history_days decides how many."
        )
