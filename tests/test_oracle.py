"""The oracle's connections and their time, held to worked examples."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from tests import oracle
from tests.oracle_examples import (
    REGISTRATION,
    ROSTER,
    UTC_ZONE,
    cut,
    lines,
    told,
)
from tests.statement_strategies import IDLE, ZONE, World, worlds

# Connections and time

CONNECTIONS = {
    "a single statement is 0 s": (
        "ana 09:00 launched algebra",
        "ana algebra 09:00-09:00 0 measured",
    ),
    "launched and initialized of one launch are one connection": (
        """
        ana 09:00 launched    algebra
        ana 09:01 initialized algebra
        ana 09:06 terminated  algebra
        """,
        "ana algebra 09:00-09:06 6 measured",
    ),
    "initialized not directly after launched opens another": (
        """
        ana 09:00 launched    algebra
        ana 09:01 interacted  algebra
        ana 09:02 initialized algebra
        """,
        """
        ana algebra 09:00-09:01 2 measured
        ana algebra 09:02-09:02 0 measured
        """,
    ),
    "directly after means in its thread": (
        """
        ana 09:00 launched    algebra
        ana 09:01 interacted  biology
        ana 09:02 initialized algebra
        """,
        "ana algebra 09:00-09:02 1 measured",
    ),
    "a start on the course ends the open connection and opens another": (
        """
        ana 09:00 launched algebra
        ana 09:10 launched algebra
        ana 09:15 exited   algebra
        """,
        """
        ana algebra 09:00-09:00 10 measured
        ana algebra 09:10-09:15 5 measured
        """,
    ),
    "a start inside the course continues": (
        """
        ana 09:00 launched  algebra
        ana 09:10 attempted algebra/quiz
        """,
        "ana algebra 09:00-09:10 10 measured",
    ),
    "a start inside the course opens when none is open": (
        """
        ana 09:00 attempted  algebra/quiz
        ana 09:10 progressed algebra
        """,
        "ana algebra 09:00-09:10 10 measured",
    ),
    "an access opens, then continues": (
        """
        ana 09:00 viewed algebra
        ana 09:10 viewed algebra
        """,
        "ana algebra 09:00-09:10 10 measured",
    ),
    "other kinds open nothing": (
        """
        ana 09:00 progressed algebra
        ana 09:05 answered   algebra?1
        ana 09:10 passed     algebra
        """,
        "",
    ),
    "silence of the idle limit keeps a connection open": (
        """
        ana 09:00 launched   algebra
        ana 09:30 interacted algebra
        """,
        "ana algebra 09:00-09:30 30 measured",
    ),
    "a longer silence ends it, and the gap counts the limit": (
        """
        ana 09:00 launched   algebra
        ana 09:31 viewed     algebra
        """,
        """
        ana algebra 09:00-09:00 30 measured
        ana algebra 09:31-09:31 0 measured
        """,
    ),
    "what comes after the silence and opens nothing belongs to none": (
        """
        ana 09:00 launched   algebra
        ana 09:31 interacted algebra
        ana 09:40 interacted algebra
        """,
        "ana algebra 09:00-09:00 30 measured",
    ),
    "initialized long after launched is another connection": (
        """
        ana 09:00 launched    algebra
        ana 09:31 initialized algebra
        """,
        """
        ana algebra 09:00-09:00 30 measured
        ana algebra 09:31-09:31 0 measured
        """,
    ),
    "an end closes; the gap after it counts for nothing": (
        """
        ana 09:00 launched   algebra
        ana 09:05 terminated algebra
        ana 09:15 viewed     algebra
        """,
        """
        ana algebra 09:00-09:05 5 measured
        ana algebra 09:15-09:15 0 measured
        """,
    ),
    "a pause closes; what it declares is not used": (
        """
        ana 09:00 launched   algebra
        ana 09:05 suspended  algebra duration=PT4M
        ana 09:15 interacted algebra
        """,
        "ana algebra 09:00-09:05 5 measured",
    ),
    "a gap counts also before a statement about another course or about none": (
        """
        ana 09:00 launched algebra
        ana 09:10 launched biology
        ana 09:15 viewed   /page
        ana 09:40 viewed   algebra
        """,
        """
        ana algebra 09:00-09:00 10 measured
        ana biology 09:10-09:10 5 measured
        ana algebra 09:40-09:40 0 measured
        """,
    ),
    "the idle limit looks at the thread, the time at the learner": (
        """
        ana 09:00 launched   algebra
        ana 09:20 launched   biology
        ana 09:30 interacted algebra
        """,
        """
        ana algebra 09:00-09:30 20 measured
        ana biology 09:20-09:20 10 measured
        """,
    ),
    "learners do not cut each other": (
        """
        ana 09:00 launched   algebra
        bob 09:05 launched   algebra
        ana 09:20 interacted algebra
        """,
        """
        ana algebra 09:00-09:20 20 measured
        bob algebra 09:05-09:05 0 measured
        """,
    ),
    "what is no sign of presence is passed over": (
        """
        ana 09:00 launched    algebra
        ana 09:05 logged-in   /site
        ana 09:06 sneezed     algebra
        ana 09:07 registered  algebra
        ana 09:10 initialized algebra
        """,
        "ana algebra 09:00-09:10 10 measured",
    ),
    "a login is never a connection": ("ana 09:00 logged-in algebra", ""),
    "a registration is a thread of its own": (
        f"""
        ana 09:00 launched   algebra
        ana 09:05 launched   algebra registration={REGISTRATION}
        ana 09:10 interacted algebra
        """,
        """
        ana algebra 09:00-09:10 5 measured
        ana algebra 09:05-09:05 5 measured
        """,
    ),
    "a registration lives longer than a connection": (
        f"""
        ana 09:00 launched algebra registration={REGISTRATION}
        ana 10:00 viewed   algebra registration={REGISTRATION}
        """,
        """
        ana algebra 09:00-09:00 30 measured
        ana algebra 10:00-10:00 0 measured
        """,
    ),
    "under a session id there is one connection, however long the gaps": (
        """
        ana 09:00 launched    algebra sid=s1
        ana 09:10 suspended   algebra sid=s1
        ana 11:00 launched    algebra sid=s1
        ana 11:05 interacted  algebra sid=s1
        """,
        "ana algebra 09:00-11:05 15 measured",
    ),
    "under a session id it begins with the first start or access": (
        """
        ana 09:00 interacted algebra sid=s1
        ana 09:10 viewed     algebra sid=s1
        ana 09:15 interacted algebra sid=s1
        """,
        "ana algebra 09:10-09:15 5 measured",
    ),
    "one session id in two courses is two connections": (
        """
        ana 09:00 launched algebra sid=s1
        ana 09:10 launched biology sid=s1
        """,
        """
        ana algebra 09:00-09:00 10 measured
        ana biology 09:10-09:10 0 measured
        """,
    ),
    "an end under a session id declares the time, the last one when there are several": (
        """
        ana 09:00 launched   algebra sid=s1
        ana 09:10 exited     algebra sid=s1 duration=PT1M
        ana 09:20 abandoned  algebra sid=s1 duration=PT12M30S
        """,
        "ana algebra 09:00-09:20 12.5 declared",
    ),
    "a declared time goes up to the span and the idle limit": (
        """
        ana 09:00 launched   algebra sid=s1
        ana 09:10 terminated algebra sid=s1 duration=PT40M
        """,
        "ana algebra 09:00-09:10 40 declared",
    ),
    "and is capped beyond": (
        """
        ana 09:00 launched   algebra sid=s1
        ana 09:10 terminated algebra sid=s1 duration=PT400H
        """,
        "ana algebra 09:00-09:10 40 capped",
    ),
    "without a session id nothing is declared": (
        f"""
        ana 09:00 launched   algebra registration={REGISTRATION}
        ana 09:10 terminated algebra registration={REGISTRATION} duration=PT1M
        """,
        "ana algebra 09:00-09:10 10 measured",
    ),
    "attempt time is never added": (
        """
        ana 09:00 launched  algebra sid=s1
        ana 09:10 completed algebra sid=s1 duration=PT2H
        ana 09:12 passed    algebra sid=s1 duration=PT2H
        """,
        "ana algebra 09:00-09:12 12 measured",
    ),
    "what is about no course has no connection": ("ana 09:00 viewed /page", ""),
    "a start on what nobody knows makes it a course": (
        "ana 09:00 launched package",
        "ana package 09:00-09:00 0 measured",
    ),
    "a voided statement never counts": (
        """
        ana 09:00 launched   algebra
        ana 09:10 interacted algebra id=wrong
        bob 12:00 voided     /it     voids=wrong
        """,
        "ana algebra 09:00-09:00 0 measured",
    ),
    "a voiding statement cannot be voided": (
        """
        ana 09:00 launched   algebra
        ana 09:10 interacted algebra id=wrong
        bob 12:00 voided     /it     voids=wrong id=voiding
        bob 12:05 voided     /it     voids=voiding
        """,
        "ana algebra 09:00-09:00 0 measured",
    ),
}


@pytest.mark.parametrize("rule", CONNECTIONS)
def test_connections_follow_the_rule(rule: str) -> None:
    statements, expected = CONNECTIONS[rule]
    assert cut(statements) == lines(expected)


def test_order_and_repeats_make_no_difference() -> None:
    statements = told(
        """
        ana 09:00 launched   algebra
        ana 09:20 interacted algebra
        ana 09:40 terminated algebra
        """
    )
    shuffled = [statements[2], statements[0], statements[1], statements[0]]
    assert oracle.connections(shuffled, ROSTER, zone=UTC_ZONE, idle=IDLE) == oracle.connections(
        statements, ROSTER, zone=UTC_ZONE, idle=IDLE
    )


def test_a_statement_without_timestamp_happened_when_it_was_stored() -> None:
    [statement] = told("ana 09:00 launched algebra")
    del statement["timestamp"]
    statement["stored"] = "2025-03-10T14:00:00+02:00"
    [connection] = oracle.connections([statement], ROSTER, zone=UTC_ZONE, idle=IDLE)
    assert connection.start == datetime(2025, 3, 10, 12, tzinfo=UTC)


@settings(max_examples=40, deadline=None, database=None)
@given(worlds())
def test_measured_time_never_exceeds_the_span_of_a_learner(world: World) -> None:
    found = oracle.connections(world.statements, world.roster, zone=ZONE, idle=IDLE)
    happened = oracle.events(world.statements, world.roster, zone=ZONE)
    for learner in {each.learner for each in found}:
        instants = [event.instant for event in happened if event.learner == learner]
        measured = [c.seconds for c in found if c.learner == learner and c.method == "measured"]
        assert sum(measured) <= (max(instants) - min(instants)).total_seconds() + 0.001
