"""The rules of connections, and when a connection counts, on statements in a line each."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from tests.figures.asking import asked, rows, total
from tests.oracle_examples import REGISTRATION
from tests.statement_strategies import ZONE

CASES = {
    "1: under a session id there is one, however long the gaps": (
        """
        ana 09:00 launched   algebra sid=s1
        ana 09:10 suspended  algebra sid=s1
        ana 15:00 launched   algebra sid=s1
        ana 15:05 interacted algebra sid=s1
        """,
        1,
    ),
    "1: one for the course and the session id": (
        """
        ana 09:00 launched algebra sid=s1
        ana 09:01 launched biology sid=s1
        ana 09:02 launched algebra sid=s2
        """,
        3,
    ),
    "1: what came before the first start or access belongs to none": (
        """
        ana 09:00 interacted algebra sid=s1
        ana 09:10 answered   algebra?1 sid=s1
        """,
        0,
    ),
    "2: silence of the idle limit keeps it open": (
        """
        ana 09:00 launched algebra
        ana 09:30 viewed   algebra
        """,
        1,
    ),
    "2: a longer silence ends it": (
        """
        ana 09:00 launched algebra
        ana 09:31 viewed   algebra
        """,
        2,
    ),
    "2: so does an end": (
        """
        ana 09:00 launched algebra
        ana 09:05 exited   algebra
        ana 09:06 viewed   algebra
        """,
        2,
    ),
    "2: and so does a pause": (
        """
        ana 09:00 launched  algebra
        ana 09:05 suspended algebra
        ana 09:06 viewed    algebra
        """,
        2,
    ),
    "2: a registration is a thread of its own": (
        f"""
        ana 09:00 launched   algebra
        ana 09:05 viewed     algebra registration={REGISTRATION}
        ana 09:10 interacted algebra
        """,
        2,
    ),
    "3: a start on the course opens another": (
        """
        ana 09:00 launched algebra
        ana 09:10 launched algebra
        """,
        2,
    ),
    "3: initialized directly after launched continues it": (
        """
        ana 09:00 launched    algebra
        ana 09:01 initialized algebra
        """,
        1,
    ),
    "3: not directly after, it opens another": (
        """
        ana 09:00 launched    algebra
        ana 09:01 interacted  algebra
        ana 09:02 initialized algebra
        """,
        2,
    ),
    "3: a start inside the course continues": (
        """
        ana 09:00 launched  algebra
        ana 09:10 attempted algebra/quiz
        """,
        1,
    ),
    "3: and opens when none is open": ("ana 09:00 attempted algebra/quiz", 1),
    "3: an access opens, then continues": (
        """
        ana 09:00 viewed algebra
        ana 09:10 viewed algebra/page
        """,
        1,
    ),
    "4: other kinds open none": (
        """
        ana 09:00 progressed algebra
        ana 09:05 answered   algebra?1
        ana 09:10 passed     algebra
        ana 09:15 liked      algebra
        """,
        0,
    ),
    "4: a login is never one": ("ana 09:00 logged-in algebra", 0),
    "what is no sign of presence is passed over": (
        """
        ana 09:00 launched    algebra
        ana 09:05 logged-in   algebra
        ana 09:06 registered  algebra
        ana 09:07 sneezed     algebra
        ana 09:10 initialized algebra
        """,
        1,
    ),
    "what is about no course has none": ("ana 09:00 viewed /page", 0),
    "each learner has their own": (
        """
        ana 09:00 launched algebra
        bob 09:01 launched algebra
        """,
        2,
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_connections_follow_the_rule(rule: str) -> None:
    text, expected = CASES[rule]
    assert total(text, "connections") == expected


def test_its_session_is_that_of_the_statement_that_opens_it() -> None:
    text = """
    ana 09:00 launched   algebra
    ana 09:10 interacted algebra in=summer
    """
    assert rows(text, "connections", "sessions") == {"spring": 1, "summer": 0}
    assert rows(text, "time_spent", "sessions") == {"spring": 600, "summer": 0}


# When it counts


BY_DAY: dict[str, Any] = {"interval": "day", "zone": ZONE}


def test_across_midnight_it_counts_on_the_day_in_which_it_starts() -> None:
    text = """
    ana 2025-03-10T23:50:00+01:00 launched   algebra
    ana 2025-03-11T00:05:00+01:00 interacted algebra
    ana 2025-03-11T00:15:00+01:00 exited     algebra
    """
    tenth, eleventh = date(2025, 3, 10), date(2025, 3, 11)
    assert rows(text, "connections", "platform", **BY_DAY) == {tenth: 1, eleventh: 0}
    assert rows(text, "time_spent", "platform", **BY_DAY) == {tenth: 1500, eleventh: 0}
    assert total(text, "time_spent", start=eleventh, zone=ZONE) == 0


def test_across_the_beginning_of_summer_time_its_time_is_real() -> None:
    """At two o'clock of March 30 the clocks went to three: twenty minutes, and not eighty."""
    text = """
    ana 2025-03-30T01:50:00+01:00 launched algebra
    ana 2025-03-30T03:10:00+02:00 exited   algebra
    """
    assert rows(text, "connections", "platform", **BY_DAY) == {date(2025, 3, 30): 1}
    assert rows(text, "time_spent", "platform", **BY_DAY) == {date(2025, 3, 30): 1200}


def test_across_the_end_of_summer_time_its_time_is_real() -> None:
    """At three o'clock of October 26 the clocks went to two: twenty minutes, and none less."""
    text = """
    ana 2025-10-26T02:50:00+02:00 launched algebra
    ana 2025-10-26T02:10:00+01:00 exited   algebra
    """
    assert rows(text, "connections", "platform", **BY_DAY) == {date(2025, 10, 26): 1}
    assert rows(text, "time_spent", "platform", **BY_DAY) == {date(2025, 10, 26): 1200}


def test_the_day_of_the_change_has_twenty_three_hours() -> None:
    text = """
    ana 2025-03-29T23:59:00+01:00 launched algebra
    bob 2025-03-30T00:00:00+01:00 launched algebra
    ana 2025-03-30T23:59:00+02:00 launched algebra
    bob 2025-03-31T00:00:00+02:00 launched algebra
    """
    thirtieth: dict[str, Any] = {"start": date(2025, 3, 30), "end": date(2025, 3, 31)}
    assert total(text, "connections", zone=ZONE, **thirtieth) == 2
    assert rows(text, "connections", "platform", interval="month", zone=ZONE) == {
        date(2025, 3, 1): 4
    }


# How statements arrive


def test_statements_arrive_late_and_out_of_order() -> None:
    """Whatever the order of arrival, the figures are those of the order in which it happened."""
    happened = [
        "ana 09:00 launched   algebra",
        "ana 09:10 interacted algebra",
        "ana 09:20 exited     algebra",
        "ana 09:25 viewed     algebra",
    ]
    for order in permutations(happened):
        text = "\n".join(f"{each} stored={12 + hour}:00" for hour, each in enumerate(order))
        report = asked(text, "learners", "connections", "time_spent", one_by_one=True)
        assert report.totals["connections"] == 2, order
        assert report.totals["time_spent"] == 1200, order


def test_a_late_statement_moves_the_time_of_the_connection_before_it() -> None:
    early = """
    ana 09:00 launched   algebra stored=09:01
    ana 09:25 interacted algebra stored=09:26
    """
    assert rows(early, "time_spent", "courses", one_by_one=True) == {"algebra": 1500, "biology": 0}
    late = early + "ana 09:10 launched biology stored=72:00"
    assert rows(late, "time_spent", "courses", one_by_one=True) == {"algebra": 600, "biology": 900}


def test_a_late_statement_is_voided_though_its_voiding_was_there_first() -> None:
    text = """
    bob 10:00 voided   /it     voids=wrong stored=10:01
    ana 09:00 launched algebra id=wrong    stored=72:00
    """
    assert total(text, "connections", one_by_one=True) == 0


# The log


def test_the_log_has_the_newest_connection_first() -> None:
    a, b, c, d, e, f = (f"{one * 8}-0000-4000-8000-000000000000" for one in "abcdef")
    text = f"""
    ana 09:00 launched   algebra  id={a}
    ana 09:10 exited     algebra  id={b}
    bob 12:00 launched   biology  id={c} sid=s1
    bob 12:10 terminated biology  id={d} sid=s1 duration=PT400H
    ana 99:00 viewed     /page    id={e}
    ana 99:01 viewed     algebra  id={f}
    """
    log = asked(text, "connections")
    names = ("id", "learner", "program", "seconds", "method")
    assert [tuple(row[name] for name in names) for row in log.rows] == [
        (f, "ana", None, 0, "measured"),
        (c, "bob", "science", 2400, "capped"),
        (a, "ana", "science", 600, "measured"),
    ]


def test_the_log_of_answers_has_the_newest_answer_first() -> None:
    text = """
    ana 09:00 answered algebra?1 id=a result={"success":true}
    bob 12:00 answered algebra?2 id=b result={"score":{"raw":1,"max":4}}
    bob 99:00 answered /page?3   id=c result={"response":"b"}
    """
    log = asked(text, "answers")
    names = ("id", "learner", "program", "score", "success")
    assert [tuple(row[name] for name in names) for row in log.rows] == [
        ("c", "bob", None, None, None),
        ("b", "bob", "science", 25, None),
        ("a", "ana", "science", 100, True),
    ]
