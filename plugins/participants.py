"""Who is there: enrolled in sessions, come to courses, and here now."""

from collections.abc import Sequence

import polars as pl

from lrs_stats import Metric, OfRoster, Ratio, Tables, beside, gathered, hookimpl

OF_SESSIONS = frozenset({"platform", "programs", "sessions", "groups"})
NUMBER = pl.col("learner").n_unique().cast(pl.Int64)


class Participants(Metric):
    """The number of learners who have a place in a session."""

    name = "participants"
    title = "Participants"
    unit = "count"
    formula = "distinct learners enrolled in a session of a program, pending invitations included"
    source = "enrolled"
    expression = NUMBER
    empty = 0
    granularities = OF_SESSIONS
    series = False


class CourseParticipants(Metric):
    """The number of learners who came to a course; invitations have no part in it."""

    name = "course_participants"
    title = "Course participants"
    unit = "count"
    formula = "distinct learners with at least one connection"
    source = "connected"
    expression = NUMBER
    empty = 0
    granularities = OF_SESSIONS | {"courses"}


class SessionParticipants(Metric):
    """The number of learners who have a place in a session that runs."""

    name = "session_participants"
    title = "Session participants"
    unit = "count"
    formula = (
        "distinct learners enrolled, pending or active, in at least one session whose dates"
        " overlap the period"
    )
    source = "running"
    expression = NUMBER
    empty = 0
    granularities = OF_SESSIONS | {"courses"}


class Attendance(Ratio):
    """The share of the enrolled learners who opened a course in a session of theirs."""

    name = "attendance"
    title = "Attendance"
    unit = "percent"
    formula = (
        "enrolled learners who opened a connection in a session of theirs, divided by enrolled"
        " learners"
    )
    source = "connected"
    granularities = OF_SESSIONS
    times = 100

    def parts(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the number of those who started, and of those enrolled."""
        known = tuple(key for key in by if key in tables.enrolled.collect_schema())
        return beside(
            gathered(tables.attended, by, NUMBER.alias("sum")),
            [tables.of_roster(_enrolled, known)],
            by,
            tables.rows if by else None,
        )


def _enrolled(tables: OfRoster, by: Sequence[str]) -> pl.LazyFrame:
    return gathered(tables.enrolled, by, NUMBER.alias("sum"))


class Learners(Metric):
    """The number of learners who are here now."""

    name = "learners"
    title = "Learners"
    unit = "count"
    formula = "learners of the roster, not deleted, who are in a group or enrolled"
    source = "learners"
    expression = NUMBER
    empty = 0
    granularities = frozenset({"platform", "groups"})
    series = False


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [Participants, CourseParticipants, SessionParticipants, Attendance, Learners]
