"""What the oracle reads in a statement: who, which course and session, what it means."""

from hashlib import sha1
from zoneinfo import ZoneInfo

import pytest

from tests import oracle
from tests.oracle.vocabulary import CMI5_CATEGORY
from tests.oracle_examples import (
    ALGEBRA,
    LMS,
    REGISTRATION,
    ROSTER,
    SPRING,
    SUMMER,
    UTC_ZONE,
    Json,
    told,
)


@pytest.mark.parametrize(
    ("actor", "learner", "ignoring_case"),
    [
        ({"mbox": "mailto:ana@mail.example"}, "ana", "ana"),
        ({"mbox": "mailto:ana@MAIL.example"}, "ana", "ana"),
        ({"mbox": "mailto:Ana@mail.example"}, "mailto:Ana@mail.example", "ana"),
        ({"mbox_sha1sum": sha1(b"mailto:ana@mail.example").hexdigest()}, "ana", "ana"),
        ({"mbox_sha1sum": "0" * 40}, "sha1:" + "0" * 40, "sha1:" + "0" * 40),
        ({"account": {"homePage": LMS, "name": "jsmith"}}, "JSmith", "JSmith"),
        ({"account": {"homePage": LMS, "name": "JSMITH"}}, LMS + "|JSMITH", "JSmith"),
        (
            {"openid": "https://me.example"},
            "openid:https://me.example",
            "openid:https://me.example",
        ),
        ({"objectType": "Group", "mbox": "mailto:ana@mail.example"}, None, None),
    ],
)
def test_the_learner_is_known_by_any_identifier(
    actor: Json, learner: str | None, ignoring_case: str | None
) -> None:
    statements = [told("ana 09:00 launched algebra")[0] | {"actor": actor}]
    [exact] = oracle.events(statements, ROSTER, zone=UTC_ZONE)
    [loose] = oracle.events(statements, ROSTER, zone=UTC_ZONE, ignore_case=True)
    assert (exact.learner, loose.learner) == (learner, ignoring_case)


COURSE = {"type": "http://adlnet.gov/expapi/activities/course"}
CMI5 = {"id": CMI5_CATEGORY.replace("https://", "http://www.")}


@pytest.mark.parametrize(
    ("verb", "thing", "activities", "course"),
    [
        ("viewed", {"id": ALGEBRA}, {}, ALGEBRA),
        ("viewed", {"id": "u:new", "definition": COURSE}, {"parent": {"id": ALGEBRA}}, "u:new"),
        ("viewed", {"id": "u:part"}, {"parent": {"id": "u:unit"}}, "u:unit"),
        (
            "viewed",
            {"id": "u:part"},
            {"parent": [{"id": "u:unit"}], "grouping": {"id": ALGEBRA}},
            ALGEBRA,
        ),
        ("viewed", {"id": "u:part"}, {"grouping": {"id": "u:unit"}}, "unassigned"),
        ("launched", {"id": "u:part"}, {"grouping": {"id": "u:unit"}}, "u:part"),
        ("launched", {"id": "u:au"}, {"grouping": {"id": "u:unit"}, "category": CMI5}, "u:unit"),
        (
            "launched",
            {"id": "u:au", "definition": COURSE},
            {"grouping": {"id": "u:unit"}, "category": CMI5},
            "u:unit",
        ),
        (
            "viewed",
            {"id": "u:au"},
            {"parent": {"id": ALGEBRA}, "grouping": {"id": "u:unit"}, "category": CMI5},
            ALGEBRA,
        ),
        ("viewed", {"id": "u:au"}, {"parent": {"id": "u:unit"}, "category": CMI5}, "u:unit"),
        ("viewed", {"objectType": "Agent", "mbox": "mailto:bob@mail.example"}, {}, "unassigned"),
    ],
)
def test_the_course_of_a_statement(verb: str, thing: Json, activities: Json, course: str) -> None:
    [statement] = told(f"ana 09:00 {verb} x")
    statement |= {"object": thing, "context": {"contextActivities": activities}}
    assert oracle.events([statement], ROSTER, zone=UTC_ZONE)[0].course == course


@pytest.mark.parametrize(
    ("line", "session"),
    [
        ("ana 09:00 viewed algebra", SPRING),
        ("ana 09:00 viewed algebra in=summer", SUMMER),
        (f"ana 09:00 viewed algebra registration={REGISTRATION}", SUMMER),
        (f"bob 09:00 viewed algebra registration={REGISTRATION}", SPRING),
        ("ana 47:59 viewed algebra", SPRING),  # Both run on the second day: the earliest start.
        ("ana 48:00 viewed algebra", SUMMER),
        ("ana 72:00 viewed algebra", None),
        ("ana 09:00 viewed elsewhere/page", None),
        ("coco 09:00 viewed algebra", None),  # Her enrolment is cancelled.
        ("stranger 09:00 viewed algebra", None),
        ("stranger 09:00 viewed algebra in=spring", SPRING),
    ],
)
def test_the_session_of_a_statement(line: str, session: str | None) -> None:
    assert oracle.events(told(line), ROSTER, zone=UTC_ZONE)[0].session == session


def test_the_dates_of_a_session_are_those_of_the_zone() -> None:
    [event] = oracle.events(told("bob 47:30 viewed algebra"), ROSTER, zone=ZoneInfo("Europe/Paris"))
    assert event.session is None


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("ana 09:00 initialized algebra", ["start"]),
        ("ana 09:00 initialized algebra category=http://w3id.org/xapi/video", ["access"]),
        ("ana 09:00 completed algebra category=https://w3id.org/xapi/video", ["heartbeat"]),
        ("ana 09:00 completed algebra", ["complete"]),
        ('ana 09:00 completed algebra result={"score":{"scaled":1}}', ["complete", "result"]),
        ('ana 09:00 passed algebra result={"completion":true}', ["result", "complete"]),
        ("ana 09:00 progressed algebra", ["heartbeat"]),
        ('ana 09:00 progressed algebra result={"score":{"scaled":0.5}}', ["progress"]),
        ('ana 09:00 evaluated algebra?1 result={"success":true}', ["answer"]),
        ("ana 09:00 answered algebra?1", ["answer"]),
        ("ana 09:00 registered algebra", ["enrol"]),
        ("ana 09:00 registered /site", ["unknown"]),
        ("ana 09:00 sneezed algebra", ["unknown"]),
    ],
)
def test_what_a_statement_means(line: str, kinds: list[str]) -> None:
    [statement] = told(line)
    if not statement["result"]:
        del statement["result"]
    found = oracle.events([statement], ROSTER, zone=UTC_ZONE)
    assert [event.kind for event in found] == kinds


def test_a_voiding_statement_is_an_event_and_cannot_be_voided() -> None:
    statements = told(
        """
        ana 09:00 viewed algebra id=wrong
        bob 09:10 voided /it     id=voiding voids=wrong
        bob 09:20 voided /it     id=again   voids=voiding
        """
    )
    found = oracle.events(statements, ROSTER, zone=UTC_ZONE)
    assert [(event.statement, event.kind) for event in found] == [
        ("voiding", "void"),
        ("again", "void"),
    ]
