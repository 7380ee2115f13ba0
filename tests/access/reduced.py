"""What is left of an organisation when every row is deleted that a reader may not see.

The rows of the facts and of the roster are looked at one by one, as the matrix says.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import polars as pl

from lrs_stats.facts.columns import Columns
from lrs_stats.facts.connected import Closed
from lrs_stats.facts.file_columns import FileColumns, typed
from lrs_stats.facts.offerings import Offerings
from lrs_stats.facts.reader import Snapshot
from lrs_stats.facts.rows import ABSENT
from lrs_stats.facts.statement_ids import numbered
from lrs_stats.reports.engine import Facts
from lrs_stats.reports.roster_frames import RosterFrames, roster_frames
from tests.access.matrix import OF_COURSES, OF_SESSIONS, Page, Reader
from tests.access.organisations import Organisation
from tests.reports.test_figures import INSTANTS

Row = dict[str, Any]


def whole(organisation: Organisation) -> Facts:
    """Return all that there is."""
    frames = roster_frames(organisation.roster)
    return facts(organisation.events, organisation.connections, frames)


def facts(events: pl.DataFrame, connections: pl.DataFrame, roster: RosterFrames) -> Facts:
    """Return facts in memory, as a report is computed from them."""
    publication: Any = None  # nobody asks when they were published
    known = typed(connections.lazy()).with_columns(numbered("connection")).collect()
    snapshot = Snapshot(
        publication,
        events.lazy(),
        Columns([FileColumns.read(events.lazy(), Offerings())], events.lazy()),
        Closed.cut(known, "start"),
        known.clear(),
    )
    return Facts(snapshot, roster, INSTANTS[1])


def reduced(organisation: Organisation, reader: Reader, page: Page, *, listed: bool) -> Facts:
    """Return what a reader may see on a page; `listed` says that rows are listed there."""
    roster = roster_frames(organisation.roster)

    @cache
    def may_see(learner: str | None, course: str | None, session: str | None) -> bool:
        return reader.may_see(page, learner, course, session)

    def of_facts(row: Row) -> bool:
        return may_see(row["learner"], row["course"], row["session"])

    events = only(organisation.events, of_facts)
    connections = only(organisation.connections, of_facts)
    pairs = only(roster.pairs, of_facts)
    enrolled = only(
        roster.enrolled, lambda row: reader.may_see_place(page, row["learner"], row["session"])
    )
    members = only(
        roster.members, lambda row: reader.may_see_membership(page, row["learner"], row["group"])
    )
    everything = "owner" in reader.roles or "admin" in reader.roles
    # A course or session of the roster is somebody's when they have a place there, or gave a sign
    # of presence; an event that is none, such as a login, does not list it.
    tying = events
    if listed and page.name in (*OF_COURSES, *OF_SESSIONS):
        tying = events.filter(~pl.col("kind").is_in(ABSENT))
    learners = names("learner", events, members, enrolled)
    courses = names("course", tying, connections, pairs)
    sessions = names("session", tying, connections, pairs, enrolled)
    kept_sessions = only(
        roster.sessions,
        lambda row: (
            everything or row["session"] in sessions or reader.has_session(page, row["session"])
        ),
    )
    programs = names("program", kept_sessions)
    return facts(
        events,
        connections,
        RosterFrames(
            learners=only(
                roster.learners,
                lambda row: row["learner"] in learners,
            ),
            groups=only(roster.groups, lambda row: reader.may_see_group(row["group"])),
            courses=only(
                roster.courses,
                lambda row: (
                    everything or row["course"] in courses or reader.has_course(page, row["course"])
                ),
            ),
            programs=only(
                roster.programs,
                lambda row: everything or row["program"] in programs,
            ),
            sessions=kept_sessions,
            members=members,
            enrolled=enrolled,
            pairs=pairs,
            contents=roster.contents,
            statuses=only(
                roster.statuses,
                lambda row: reader.may_see_place(page, row["learner"], row["session"]),
            ),
        ),
    )


def only(frame: pl.DataFrame, belongs: Callable[[Row], bool]) -> pl.DataFrame:
    """Keep the rows that pass a test, one by one."""
    keep = [belongs(row) for row in frame.iter_rows(named=True)]
    return frame.filter(pl.Series(keep, dtype=pl.Boolean))


def names(column: str, *frames: pl.DataFrame) -> list[str]:
    """Return what a column of some frames holds."""
    return [value for frame in frames for value in strings(frame[column]) if value is not None]


def strings(values: pl.Series) -> Iterable[str | None]:
    """Return values as texts, which categories are not."""
    return values.cast(pl.String).to_list()
