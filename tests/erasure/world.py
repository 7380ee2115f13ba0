"""A small organisation in which one person stands in every place there is."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from lrs_stats.access.covering import written_down
from lrs_stats.access.grants import Grant
from lrs_stats.roster.changes import Change
from lrs_stats.roster.json_tables import check
from lrs_stats.store.audit import AuditStore, Entry, Named
from lrs_stats.store.database import Database, Document
from lrs_stats.store.documents import DocumentStore
from lrs_stats.store.exports import Export, ExportStore, Made, Owner
from lrs_stats.store.files import FileStore
from lrs_stats.store.passwords import PasswordStore
from lrs_stats.store.roster_parts import RosterParts
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.schedules import Schedule, ScheduleStore
from lrs_stats.store.sign_in_attempts import SignInAttempts, by_account
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.tokens import TokenStore
from lrs_stats.xapi.attachments import with_files
from lrs_stats.xapi.documents import Context, Key, Sent
from lrs_stats.xapi.prepare import prepare
from lrs_stats.xapi.record import Content
from tests.databases import TOOL

MBOX = "zoe.martin@example.org"
SHA1 = hashlib.sha1(f"mailto:{MBOX}".encode()).hexdigest()
ACCOUNT = "zm-4711"
LMS = "https://lms.example.org"
USER_NAME = "Zoe.Login@idp.example.org"
EXTERNAL_ID = "ext-0815"
EVERYTHING = (MBOX, SHA1, ACCOUNT, USER_NAME, EXTERNAL_ID, "Zoé", "Zoe-Hash")
"""What must be found nowhere afterwards."""
COURSE = "http://example.org/course"
LAUNCHED = "http://adlnet.gov/expapi/verbs/launched"
ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"

ZOE = {"name": "Zoé Martin", "mbox": f"mailto:{MBOX}"}
ZOES: list[dict[str, Any]] = [
    ZOE,
    {"name": "Zoé", "account": {"homePage": LMS, "name": ACCOUNT}},
    {"mbox_sha1sum": SHA1.upper()},
    {"mbox": "mailto:zoe.martin@EXAMPLE.org"},
]
MAX = {"mbox": "mailto:max@example.org"}
ROSTER = {
    "people": [
        {
            "id": "zoe-id",
            "email": MBOX,
            "account_homepage": LMS,
            "account_name": ACCOUNT,
            "first_name": "Zoé",
            "last_name": "Martin",
            "status": "active",
            "user_name": USER_NAME,
            "external_id": EXTERNAL_ID,
        },
        {"id": "max-id", "email": "max@example.org", "status": "active", "manager_id": "zoe-id"},
    ],
    "groups": [{"id": "all", "name": f"Those of {MBOX}"}],
    "memberships": [
        {"group_id": "all", "person_id": who, "role": "learner"} for who in ("zoe-id", "max-id")
    ],
    "courses": [{"id": COURSE, "author_id": "zoe-id"}],
    "programs": [{"id": "program"}],
    "program_courses": [{"program_id": "program", "course_id": COURSE, "position": 1}],
    "sessions": [
        {
            "id": f"{COURSE}/session",
            "program_id": "program",
            "start": "2026-01-01",
            "end": "2026-12-31",
        }
    ],
    "enrolments": [
        {"session_id": f"{COURSE}/session", "person_id": who, "status": "active"}
        for who in ("zoe-id", "max-id")
    ],
}


def identifier(number: int) -> str:
    return str(UUID(int=number, version=4))


def said(number: int, actor: object, **more: object) -> dict[str, Any]:
    """Return a statement with an id of its number, at a minute of its number."""
    return {
        "id": identifier(number),
        "actor": actor,
        "verb": {"id": LAUNCHED},
        "object": {
            "id": COURSE,
            "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
        },
        "timestamp": f"2026-01-05T10:{number % 60:02}:00Z",
        **more,
    }


def reference(number: int) -> dict[str, object]:
    return {"objectType": "StatementRef", "id": identifier(number)}


def statements() -> list[dict[str, Any]]:
    """Return statements by the person, about the person, and of others alone."""
    own = [said(n, ZOES[n % 4]) for n in range(1, 9)]
    question = {"id": f"{COURSE}/q", "definition": {"type": f"{COURSE}/type"}}
    inside = {"contextActivities": {"parent": [{"id": COURSE}]}}
    score = {"score": {"scaled": 0.5, "raw": 10.0, "max": 20.0}}
    own += [
        said(n, ZOES[n % 4], verb={"id": ANSWERED}, object=question, context=inside, result=score)
        for n in range(9, 13)
    ]
    team = {"objectType": "Group", "name": "A team", "member": [ZOES[1], MAX]}
    named = f"Ask {MBOX}, or mailto%3Azoe.martin%40example.org"
    about = [
        said(20, MAX, context={"instructor": ZOE}),
        said(21, MAX, context={"team": team}),
        said(22, MAX, object=ZOES[2] | {"objectType": "Agent"}),
        said(23, {"objectType": "Group", "member": [ZOE, MAX]}),
        said(24, MAX, result={"response": named, "extensions": {"http://a.example/x": ZOE}}),
        said(25, MAX, object={"id": f"{LMS}/profile/{MBOX}", "definition": {"name": {"en": "P"}}}),
    ]
    refers = [
        said(30, MAX, object=reference(1)),
        said(31, MAX, object=reference(30)),
        said(32, MAX, verb={"id": VOIDED}, object=reference(2)),
        said(33, ZOE, verb={"id": VOIDED}, object=reference(40)),
        said(34, ZOE, verb={"id": VOIDED}, object=reference(3)),
    ]
    return [*own, *about, *refers, said(40, MAX), said(41, MAX), said(42, MAX)]


def store(database: Database[Document], every: list[dict[str, Any]]) -> None:
    body = msgspec.json.encode(every)
    made = prepare(body, client=TOOL, version="1.0.3", new_id=lambda: "")
    StatementStore(database).append(made)


def attach(database: Database[Document], number: int, actor: object, content: bytes) -> None:
    """Store a statement with an attachment."""
    sha2 = hashlib.sha256(content).hexdigest()
    attachment = {
        "usageType": f"{COURSE}/essay",
        "display": {"en": "An essay"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2,
    }
    body = msgspec.json.encode(said(number, actor, attachments=[attachment]))
    made = prepare(body, client=TOOL, version="1.0.3", new_id=lambda: "", contents_follow=True)
    FileStore(database).store([Content(sha2, len(content), io.BytesIO(content))])
    StatementStore(database).append(with_files(made, {sha2}))


def keep(database: Database[Document], agent: str, content: bytes, name: str = "bookmark") -> None:
    """Store a state document."""
    key = Key(Context("state", COURSE, agent), name)
    DocumentStore(database).change(key, lambda _: Sent(content, "application/json"))


def keep_rosters(database: Database[Document]) -> None:
    """Keep versions that are whole or changes, and one that somebody was killed at writing."""
    rosters = RosterStore(database)
    rosters.replace(check(ROSTER))
    zoe = rosters.load().row("people", "zoe-id")
    for name in ("Zoé-Marie", "Zoé"):
        change = Change.of({"people": [zoe._replace(first_name=name)]})
        rosters.change(lambda _, change=change: change)  # type: ignore[misc]
    RosterParts(database).write(check(ROSTER), lambda *_: None)


def file_made(
    database: Database[Document], export: str, person: str, asked: dict[str, Any]
) -> None:
    """Have a file made for a person, which two people are in."""
    owner, exports = Owner("person", person), ExportStore(database)
    exports.add(Export(export, owner, "learners", asked, "csv", datetime.now(UTC)))
    run = exports.claim(at_once=1, per_owner=1)
    assert run
    held = written_down([Grant("manager", frozenset({"zoe-id", "max-id"}))], {"learners"})
    made = Made(f"{export}.csv", "learners.csv", "text/csv", 3, "00", 2, held)
    assert exports.finish(run, made, timedelta(days=7))


def put_on_a_schedule(
    database: Database[Document], name: str, person: str, recipients: list[str], asked: object
) -> None:
    """Have files made for some people again and again."""
    ScheduleStore(database).add(
        Schedule(
            id=name,
            owner=Owner("person", person),
            title=f"For {MBOX} and others",
            granularity="learners",
            given={"learner": asked},
            period="last_month",
            format="csv",
            options={},
            every=1,
            unit="months",
            first="2026-01-01",
            until=None,
            at="06:00",
            recipients=tuple(recipients),
            mail=True,
            folder=None,
            made=datetime.now(UTC),
        )
    )


def populate(database: Database[Document]) -> None:
    """Put the person into every place."""
    keep_rosters(database)
    store(database, statements())
    keep(database, f"mailto:{MBOX}", b'{"at":"page 3"}')
    keep(database, f"{LMS}|{ACCOUNT}", b'{"at":"page 4"}')
    keep(database, "mailto:max@example.org", b'{"tutor":"%s"}' % MBOX.encode(), "notes")
    keep(database, "mailto:max@example.org", b'{"at":"page 5"}')
    TokenStore(database).create("zoe-id", label="Zoé")
    TokenStore(database).create("max-id", label=f"for {MBOX}")
    PasswordStore(database).set("zoe-id", "Zoe-Hash")
    for typed in ("zoe-id", MBOX.upper(), "max-id"):
        SignInAttempts(database).count(by_account("sign in", typed))
    database["refused"].insert_one(
        {
            "_id": {"forward": "backup", "statement": identifier(1)},
            "reason": f"The agent {MBOX} is not known here.",
        }
    )
    database["imports"].insert_one({"_id": f"/srv/{MBOX}/all.ndjson"})
    orders: list[tuple[str, dict[str, Any]]] = [
        ("zoe-id", {}),
        ("max-id", {"learner": ["zoe-id"]}),
        ("max-id", {}),
    ]
    for number, (owner, asked) in enumerate(orders):
        file_made(database, f"{number:032}", owner, asked)
    put_on_a_schedule(database, "hers", "zoe-id", ["max-id"], ["max-id"])
    put_on_a_schedule(database, "about her", "max-id", ["max-id"], ["zoe-id"])
    put_on_a_schedule(database, "to her", "max-id", ["zoe-id"], ["max-id"])
    put_on_a_schedule(database, "to both", "max-id", ["zoe-id", "max-id"], ["max-id"])
    for person in (Named("zoe-id", "Zoé Martin"), Named("max-id", "Max")):
        AuditStore(database).write(
            Entry(
                at=datetime.now(UTC),
                request="r",
                action="read stats",
                resource=("stats", "learners", "zoe-id"),
                status=200,
                person=person,
                asked={"learner": [f"mailto:{MBOX}", "max-id"]},
            )
        )
