"""Statements with the signatures of tools, made up: interpreters and oracle mean the same."""

from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import oracle
from tests import tool_strategies as tools
from tests.examples import examples
from tests.plugins.golden.pair import ACTIVITIES, QUESTION, Json, activity
from tests.plugins.test_golden import ABSENT, NO_ROSTER, STORED, understood
from tests.statement_strategies import (
    ADL,
    ANSWERS,
    COMPLETED,
    ENDS,
    HEARTBEATS,
    PAUSES,
    PROGRESS,
    RESULTS,
    SCORES,
    STARTS,
)

VERBS = [
    *(*STARTS, *HEARTBEATS, *ENDS, *PAUSES, *RESULTS, ADL + "completed", *ANSWERS),
    *(*tools.VERBS, *tools.VERBS),
]
THINGS = [
    *(activity(each) for each in tools.IDS),
    *(activity(each, QUESTION, interactionType="choice") for each in tools.IDS),
    *(activity(each, QUESTION) for each in tools.IDS),
    activity("https://site.example/course", ACTIVITIES + "course"),
    activity("https://site.example/video", "https://w3id.org/xapi/video/activity-type/video"),
]
PLACES = st.lists(st.sampled_from(THINGS), max_size=2)
CONTEXTS = st.fixed_dictionaries(
    {"contextActivities": st.fixed_dictionaries({"parent": PLACES, "grouping": PLACES})}
)
STATEMENTS = st.fixed_dictionaries(
    {
        "actor": st.just({"mbox": "mailto:ada@school.example"}),
        "verb": st.sampled_from(VERBS).map(lambda verb: {"id": verb}),
        "object": st.sampled_from(THINGS),
        "context": CONTEXTS.flatmap(tools.signed),
        "result": st.sampled_from([*SCORES, *COMPLETED, *PROGRESS]),
    }
)


@settings(max_examples=examples(1500), deadline=None)
@given(statement=STATEMENTS)
def test_interpreters_and_oracle_mean_the_same(statement: Json) -> None:
    stored = statement | {"id": "one", "stored": STORED.isoformat()}
    theirs = oracle.events([stored], NO_ROSTER, zone=ZoneInfo("UTC"))
    mine = understood(statement)
    assert sorted((ABSENT.get(row["kind"], row["kind"]), row["value"]) for row in mine) == sorted(
        (ABSENT.get(each.kind, each.kind), each.value) for each in theirs
    )
    assert ABSENT.get(mine[0]["kind"], mine[0]["kind"]) == ABSENT.get(
        theirs[0].kind, theirs[0].kind
    )
    if theirs[0].kind not in ("unknown", "nothing"):
        assert {row["hint"] or "unassigned" for row in mine} == {each.course for each in theirs}
