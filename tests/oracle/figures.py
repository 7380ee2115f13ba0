"""Each figure, computed from what belongs to one row or to all rows."""

import math
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from .asked import Asked, Cell, Seat
from .meaning import means_nothing
from .people import Roster, is_here, lifetime, program_of
from .reading import Event
from .vocabulary import UNASSIGNED

Values = dict[str, Any]
"""A number by the name of its figure, and an instant for `last_activity`; None is no figure."""


def figures(metrics: Collection[str], cell: Cell, asked: Asked) -> Values:
    """Return the figures of one row; one that means nothing in the report is None."""
    by_question = asked.filters["questions"] is not None
    return {
        metric: None
        if means_nothing(metric, asked.granularity, asked.interval, by_question)
        else FIGURES[metric](cell, asked)
        for metric in metrics
    }


# Connections and their time


def connections(cell: Cell, asked: Asked) -> int:
    """Count the connections that start in the period."""
    return len(cell.connections)


def connections_12_months(cell: Cell, asked: Asked) -> int:
    """Count the connections of the twelve calendar months that end with the current one."""
    return len(cell.of_twelve_months)


def time_spent(cell: Cell, asked: Asked) -> float:
    """Return the seconds of the connections that start in the period."""
    return sum(connection.seconds for connection in cell.connections)


def last_activity(cell: Cell, asked: Asked) -> datetime | None:
    """Return the last sign of presence; the last answer where all is about questions.

    By course, what lies outside any course is there with its answers alone.
    """
    if asked.granularity == "questions" or asked.filters["questions"] is not None:
        return max((answer.instant for answer in answers_in(cell)), default=None)
    outside = UNASSIGNED if asked.granularity == "courses" else None
    signs = [event for event in cell.events if event.present or event.course == outside]
    return max((event.instant for event in signs), default=None)


# What programs ask for


def participation(cell: Cell, asked: Asked) -> float | None:
    """Return the mean progress of the pairs, each with the best of its seats."""
    pairs = pairs_of(cell, asked.roster)
    best = [max(progress_of(seat, cell.events) for seat in seats) for seats in pairs.values()]
    return mean(best)


def completion(cell: Cell, asked: Asked) -> float | None:
    """Return the part of the pairs in which the course was completed in one of the seats."""
    pairs = pairs_of(cell, asked.roster)
    done = [any(is_completed(seat, cell.events) for seat in seats) for seats in pairs.values()]
    return percent(done.count(True), len(done))


def pairs_of(cell: Cell, roster: Roster) -> dict[tuple[str, str, str], list[Seat]]:
    """Return the seats of each pair: a learner and a course, once per program."""
    pairs: dict[tuple[str, str, str], list[Seat]] = {}
    for seat in cell.seats:
        program = program_of(seat.session, roster)
        if program and seat.course:
            pairs.setdefault((seat.learner, program, seat.course), []).append(seat)
    return pairs


def progress(cell: Cell, asked: Asked) -> float | None:
    """Return the mean progress of the seats of those enrolled and of those who came."""
    seats = {seat for seat in cell.seats if seat.course}
    for event in cell.events:
        if event.present and event.learner and event.course != UNASSIGNED:
            seats.add(Seat(event.learner, event.course, event.session))
    return mean([progress_of(seat, cell.events) for seat in seats])


def progress_of(seat: Seat, happened: list[Event]) -> float:
    """Return the progress of a learner in a course within a session, in percent."""
    if is_completed(seat, happened):
        return 100.0
    reported = [event for event in happened if is_in(seat, event) and event.kind == "progress"]
    return max((event.value for event in reported if event.value is not None), default=0.0)


def is_completed(seat: Seat, happened: list[Event]) -> bool:
    """Tell whether the course was completed, and no later statement took it back."""
    completed = False
    for event in happened:
        if is_in(seat, event) and event.on_course and event.kind in ("complete", "uncomplete"):
            completed = event.kind == "complete"
    return completed


def is_in(seat: Seat, event: Event) -> bool:
    """Tell whether an event is about this learner, course and session."""
    return (event.learner, event.course, event.session) == (seat.learner, seat.course, seat.session)


# What certificates say of a place in a session


def first_connection(cell: Cell, asked: Asked) -> datetime | None:
    """Return the start of the first connection."""
    return min((connection.start for connection in cell.connections), default=None)


def last_connection(cell: Cell, asked: Asked) -> datetime | None:
    """Return the start of the last connection."""
    return max((connection.start for connection in cell.connections), default=None)


def attested_time(cell: Cell, asked: Asked) -> int:
    """Return the seconds of the connections, each rounded; half a second is a whole one."""
    return sum(math.floor(connection.seconds + 0.5) for connection in cell.connections)


def completed_at(cell: Cell, asked: Asked) -> datetime | None:
    """Return when the last course was completed of those that are asked for; None before that."""
    seats = [seat for seat in cell.seats if seat.course]
    if not all(is_completed(seat, cell.events) for seat in seats):
        return None
    return max((completion_of(seat, cell.events) for seat in seats), default=None)


def completion_of(seat: Seat, happened: list[Event]) -> datetime:
    """Return the first completion of a seat that is not earlier than what took one back."""
    said = [event for event in happened if is_in(seat, event) and event.on_course]
    undone = [event.instant for event in said if event.kind == "uncomplete"]
    return min(
        event.instant
        for event in said
        if event.kind == "complete" and all(event.instant >= each for each in undone)
    )


# Answers and results


def score(cell: Cell, asked: Asked) -> float | None:
    """Return the mean over all answers that have a score, repeats included."""
    return mean([answer.value for answer in answers_in(cell) if answer.value is not None])


def answers(cell: Cell, asked: Asked) -> int:
    """Count the answers, repeats included."""
    return len(answers_in(cell))


def question_success(cell: Cell, asked: Asked) -> float | None:
    """Return the part of the answers that are correct."""
    return percent(sum(is_correct(answer) for answer in answers_in(cell)), len(answers_in(cell)))


def respondents(cell: Cell, asked: Asked) -> int:
    """Count the learners who answered."""
    return len({answer.learner for answer in answers_in(cell)})


def answers_in(cell: Cell) -> list[Event]:
    """Return the answers."""
    return [event for event in cell.events if event.kind == "answer"]


def is_correct(answer: Event) -> bool:
    """Tell whether an answer says success, or scores all there is and says nothing of success."""
    if answer.success is not None:
        return answer.success
    return answer.value is not None and round(answer.value, 6) == 100


def course_result(cell: Cell, asked: Asked) -> float | None:
    """Return the mean, over learners and courses, of the last result that has a score."""
    last: dict[tuple[str | None, str], float] = {}
    for event in cell.events:
        if event.kind == "result" and event.value is not None and event.course != UNASSIGNED:
            last[event.learner, event.course] = event.value
    return mean(list(last.values()))


# People


def participants(cell: Cell, asked: Asked) -> int:
    """Count the learners enrolled in a session of a program, pending invitations included."""
    return len({seat.learner for seat in cell.seats if program_of(seat.session, asked.roster)})


def course_participants(cell: Cell, asked: Asked) -> int:
    """Count the learners with at least one connection."""
    return len({connection.learner for connection in cell.connections})


def session_participants(cell: Cell, asked: Asked) -> int:
    """Count the learners enrolled in a session whose dates overlap the period."""
    return len({seat.learner for seat in cell.seats if is_during(seat, cell, asked)})


def is_during(seat: Seat, cell: Cell, asked: Asked) -> bool:
    """Tell whether the session of a seat shares some time with the period."""
    begins, ends = lifetime(str(seat.session), asked.roster, asked.zone)
    return max(begins, cell.start or begins) < min(ends, cell.end or ends)


def attendance(cell: Cell, asked: Asked) -> float | None:
    """Return the part of those enrolled who opened a connection in a session of theirs."""
    enrolled = {(seat.learner, seat.session) for seat in cell.seats}
    came = {(each.learner, each.session) for each in cell.connections} & enrolled
    return percent(len({learner for learner, _ in came}), len({learner for learner, _ in enrolled}))


def learners(cell: Cell, asked: Asked) -> int:
    """Count the learners who are here now: not deleted, in a group or enrolled."""
    known = {each.learner for each in cell.members} | {each.learner for each in cell.seats}
    return sum(is_here(learner, asked.roster) for learner in known)


# Votes


def useful(cell: Cell, asked: Asked) -> int:
    """Count the votes that call a course useful."""
    return votes(cell, 1)


def not_useful(cell: Cell, asked: Asked) -> int:
    """Count the votes that call a course not useful."""
    return votes(cell, -1)


def votes(cell: Cell, value: int) -> int:
    """Count the reactions of one value."""
    return sum(event.kind == "reaction" and event.value == value for event in cell.events)


# All of them


def mean(values: list[float]) -> float | None:
    """Return the mean, and nothing of nothing."""
    return sum(values) / len(values) if values else None


def percent(number: int, of: int) -> float | None:
    """Return one number as a part of another in percent, and nothing of nothing."""
    return 100 * number / of if of else None


FIGURES: dict[str, Callable[[Cell, Asked], Any]] = {
    figure.__name__: figure
    for figure in (
        *(connections, connections_12_months, time_spent, participation, progress, completion),
        *(score, course_result, answers, question_success, respondents),
        *(participants, course_participants, session_participants, attendance, learners),
        *(useful, not_useful, last_activity),
        *(first_connection, last_connection, attested_time, completed_at),
    )
}
