"""What real tools send, posted to a real server: every figure is the oracle's."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.comparison import assert_figures, full
from tests.e2e.server import Json, Server, serving

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
REFUSED = SAMPLES / "refused.ndjson"
VALID = [path for path in sorted(SAMPLES.glob("*.ndjson")) if path != REFUSED]
# RFC 9562 has versions 6 to 8; some servers know the versions 1 to 5 of RFC 4122 only
NEWER_UUID = b'"a0b1c2d3-e4f5-6789-abcd-ef0123456789"'
BATCH = 500

EDX, MOOC = "http://localhost:18000", "course-v1:FUN-MOOC"
CATAPULT = "https://w3id.org/xapi/cmi5/catapult/lts/course/geology-intro-single-au-basic/1"
MOODLE, SCORM = (
    "http://www.example.org/course/view.php?id=2",
    "http://scorm.example.com/b8118bac/course",
)
GENERATED = [f"{EDX}/course/course-v1:Org1+5dc8b4+{number}" for number in range(4)]
ALLOGY = "https://books.allogy.com/v1/tenant/8/media/f909929a-8fcf-472b-9732-8f1679d67529"


def person(name: str, account: str = "", email: str = "") -> Json:
    home_page, _, account_name = account.rpartition("|")
    return {
        "id": name,
        "email": email,
        "account_homepage": home_page,
        "account_name": account_name,
        "status": "active",
    }


def session(number: int, program: str, first: str, last: str) -> Json:
    name = f"http://example.org/sessions/{number}"
    return {"id": name, "program_id": program, "start": first, "end": last}


ROSTER: dict[str, list[Json]] = {
    "people": [
        person("gwen", f"{EDX}|11258dcb-8838-4227-b76d-80b5e5aff69d"),
        person("hugo", f"{EDX}|5a2ac53d-5e97-42a8-9f5b-5b69fefc93f7"),
        person("ines", f"{EDX}|b9b4de51-ae68-4d75-867b-b2dbe9297f62"),
        person("joel", "http://fun-mooc.fr|ea428eaf-77d2-4f25-b9e4-84fdb988fcce"),
        person("kim", "http://fun-mooc.fr|553f9c74-a05c-4745-ad56-f69d7d2c0782"),
        person("sally", email="sally@Example.org"),
        person("phil", email="phil@example.org"),
        person("lena", "https://lms.example.com|c5-de0809ec"),
        person("marc", "http://lms.example.com|scorm-b8118bac", "marc@example.org"),
        person("noor", "http://www.example.org|1"),
        person("idle", email="idle@example.org"),
    ],
    "groups": [{"id": "north"}, {"id": "south", "parent_id": "north"}, {"id": "empty"}],
    "memberships": [
        {"group_id": group, "person_id": one, "role": role}
        for group, one, role in (
            ("north", "gwen", "learner"),
            ("north", "joel", "learner"),
            ("north", "sally", "coach"),
            ("south", "gwen", "learner"),
            ("south", "lena", "learner"),
            ("south", "idle", "learner"),
        )
    ],
    "courses": [
        {"id": one}
        for one in (*GENERATED, f"{MOOC}+00002+session01", CATAPULT, MOODLE, SCORM, ALLOGY)
    ],
    "programs": [{"id": "engineer"}, {"id": "geologist"}, {"id": "hollow"}],
    "program_courses": [
        {"program_id": program, "course_id": course, "position": position}
        for position, (program, course) in enumerate(
            [
                *(("engineer", course) for course in GENERATED[:3]),
                ("engineer", f"{MOOC}+00002+session01"),
                ("geologist", CATAPULT),
                ("geologist", SCORM),
                ("geologist", ALLOGY),
                ("geologist", GENERATED[1]),
            ]
        )
    ],
    "sessions": [
        session(1, "engineer", "2015-01-01", "2020-12-31"),
        session(2, "engineer", "2020-06-01", "2026-12-31"),
        session(3, "geologist", "2020-01-01", "2099-12-31"),
        session(4, "hollow", "2000-01-01", "2099-12-31"),
    ],
    "enrolments": [
        {
            "session_id": f"http://example.org/sessions/{number}",
            "person_id": one,
            "status": status,
            "registration": registration,
        }
        for number, one, status, registration in (
            (1, "gwen", "active", ""),
            (2, "gwen", "pending", ""),
            (2, "hugo", "active", ""),
            (2, "ines", "cancelled", ""),
            (2, "joel", "active", ""),
            (3, "hugo", "active", ""),
            (3, "lena", "active", ""),
            (3, "marc", "pending", ""),
            (3, "sally", "active", "d287d101-3945-491f-970a-89250f79fe47"),
            (3, "phil", "active", "fd526252-2743-46de-a51d-c87ea155fa60"),
            (4, "idle", "active", ""),
        )
    ],
}

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"There are no samples of real statements in {SAMPLES}."
)


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server that has been sent all samples, and knows no roster."""
    with serving(tmp_path_factory.mktemp("samples") / "data") as server:
        for path in VALID:
            sent = [json.loads(line) | {"id": str(uuid4())} for line in _lines(path)]
            for start in range(0, len(sent), BATCH):
                batch = sent[start : start + BATCH]
                answer = server.post(batch)
                assert (answer.status, answer.json) == (200, [one["id"] for one in batch])
        server.wait_counted()
        yield server


@pytest.fixture(scope="module")
def stored(posted: Server) -> list[Json]:
    """Give the statements as the server returns them."""
    return posted.statements()


def test_every_statement_is_there(posted: Server, stored: list[Json]) -> None:
    sent = sum(len(_lines(path)) for path in VALID)
    assert len(stored) == len({one["id"] for one in stored}) == posted.count() == sent


@pytest.mark.parametrize("granularity", ["learners", "courses"])
def test_figures_without_a_roster(posted: Server, stored: list[Json], granularity: str) -> None:
    rows = assert_figures(posted, stored, {}, granularity)
    assert any(row["score"] is not None for row in rows.values())


@pytest.mark.parametrize("interval", ["month", "year"])
def test_figures_over_time(posted: Server, stored: list[Json], interval: str) -> None:
    assert len(assert_figures(posted, stored, {}, "platform", interval=interval)) > 10


@pytest.fixture(scope="module")
def with_roster(posted: Server) -> Server:
    """Give the server with a roster that comes after the statements."""
    answer = posted.put_roster(ROSTER)
    assert answer.status == 200, answer
    posted.wait_counted()
    return posted


@pytest.mark.parametrize(
    "granularity", ["learners", "courses", "sessions", "programs", "groups", "platform"]
)
def test_figures_with_a_roster(with_roster: Server, stored: list[Json], granularity: str) -> None:
    rows = assert_figures(with_roster, stored, ROSTER, granularity)
    assert any(row["participation"] for row in rows.values())
    assert any(row["connections"] for row in rows.values())


@pytest.mark.parametrize(
    ("granularity", "filters"),
    [
        ("courses", {"program": "engineer"}),
        ("learners", {"group": "north"}),
        ("sessions", {"learner": "gwen"}),
        ("learners", {"course": GENERATED[1], "session": "http://example.org/sessions/3"}),
    ],
)
def test_figures_behind_filters(
    with_roster: Server, stored: list[Json], granularity: str, filters: dict[str, str]
) -> None:
    assert assert_figures(with_roster, stored, ROSTER, granularity, **filters)


def test_a_roster_that_is_taken_away_leaves_no_trace(
    with_roster: Server, stored: list[Json]
) -> None:
    assert with_roster.put_roster(full({})).status == 200
    with_roster.wait_counted()
    assert_figures(with_roster, stored, {}, "learners")


def test_what_is_invalid_is_refused_with_its_place(posted: Server) -> None:
    before = posted.count()
    invalid = [json.loads(line) for line in _lines(REFUSED) if NEWER_UUID not in line]
    assert invalid
    for line in invalid:
        answer = posted.post(line["statement"])
        place = line["why"].split("; ")[0].split(":")[0]
        assert answer.status == 400
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert place in answer.json["detail"]
    assert posted.count() == before


def test_a_uuid_of_version_6_is_taken(posted: Server) -> None:
    [newer] = [json.loads(line)["statement"] for line in _lines(REFUSED) if NEWER_UUID in line]
    assert posted.post(newer | {"id": str(uuid4())}).status == 200


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()
