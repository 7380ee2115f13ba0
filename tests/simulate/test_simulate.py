"""The simulator: the same for the same seed, whole, in order, and like people who learn."""

import csv
import json
from collections import Counter
from datetime import date, datetime
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from lrs_stats.roster.folder import read
from lrs_stats.simulate.organisation import Organisation, organisation
from lrs_stats.simulate.rhythm import months_before
from lrs_stats.simulate.statements import statements, volume
from lrs_stats.simulate.tables import COLUMNS
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.prepare import prepare

UNTIL = date(2026, 7, 1)

REFERENCES = {
    ("people", "manager_id"): "people",
    ("groups", "parent_id"): "groups",
    ("memberships", "group_id"): "groups",
    ("memberships", "person_id"): "people",
    ("courses", "author_id"): "people",
    ("course_staff", "course_id"): "courses",
    ("course_staff", "person_id"): "people",
    ("program_courses", "program_id"): "programs",
    ("program_courses", "course_id"): "courses",
    ("sessions", "program_id"): "programs",
    ("enrolments", "session_id"): "sessions",
    ("enrolments", "person_id"): "people",
}


@pytest.fixture(scope="module")
def company() -> Organisation:
    return organisation(until=UNTIL)


@pytest.fixture(scope="module")
def year(company: Organisation) -> list[dict[str, Any]]:
    lines = statements(company, months=12, seed=1, until=UNTIL)
    return [json.loads(line) for line in lines]


def _lines(seed: int = 1, **more: Any) -> list[bytes]:
    company = organisation(learners=20, months=2, seed=seed, until=UNTIL)
    return list(statements(company, months=2, seed=seed, until=UNTIL, **more))


def _local(statement: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(statement["timestamp"])


def _people_by_agent(company: Organisation) -> dict[str, dict[str, str]]:
    people = company.tables["people"]
    by_mbox = {f"mailto:{row['email']}": row for row in people}
    return by_mbox | {row["account_homepage"] + row["account_name"]: row for row in people}


def _agent(statement: dict[str, Any]) -> str:
    actor = statement["actor"]
    mbox: str | None = actor.get("mbox")
    return mbox or actor["account"]["homePage"] + actor["account"]["name"]


class TestOrganisation:
    def test_the_default_has_the_sizes_that_the_demo_speaks_of(self, company: Organisation) -> None:
        tables = company.tables
        learners = {r["person_id"] for r in tables["memberships"] if r["role"] == "learner"}
        sizes = {name: len(tables[name]) for name in ("groups", "courses", "programs", "sessions")}
        assert len(learners) == 300
        assert sizes == {"groups": 12, "courses": 30, "programs": 6, "sessions": 15}

    def test_columns_are_those_of_the_roster(self, company: Organisation) -> None:
        for table, rows in company.tables.items():
            assert {tuple(row) for row in rows} == {COLUMNS[table]}

    @pytest.mark.parametrize("learners", [1, 10, 300, 1000])
    def test_every_reference_is_kept(self, learners: int) -> None:
        tables = organisation(learners=learners, until=UNTIL).tables
        ids = {name: {row.get("id") for row in rows} for name, rows in tables.items()}
        broken = [
            (table, column, row[column])
            for (table, column), target in REFERENCES.items()
            for row in tables[table]
            if row[column] and row[column] not in ids[target]
        ]
        assert broken == []

    @pytest.mark.parametrize("learners", [1, 10, 300, 1000])
    def test_nothing_is_there_twice(self, learners: int) -> None:
        tables = organisation(learners=learners, until=UNTIL).tables
        keys = [
            *((name, row["id"]) for name, rows in tables.items() for row in rows if "id" in row),
            *(("email", row["email"]) for row in tables["people"]),
            *(("account", row["account_name"]) for row in tables["people"]),
            *(("registration", row["registration"]) for row in tables["enrolments"]),
            *((row["session_id"], row["person_id"]) for row in tables["enrolments"]),
            *(tuple(row.values()) for row in tables["memberships"]),
            *((row["program_id"], row["course_id"]) for row in tables["program_courses"]),
        ]
        assert [key for key, number in Counter(keys).items() if number > 1] == []

    def test_every_role_is_filled_by_somebody_who_has_no_other(self, company: Organisation) -> None:
        chosen, roles = company.one_of_each_role(), company.roles()
        assert set(chosen) == {"owner", "admin", "author", "coach", "advisor", "manager", "learner"}
        for role, person in chosen.items():
            assert [name for name, people in roles.items() if person in people] == [role]

    def test_some_people_have_two_roles(self, company: Organisation) -> None:
        roles = company.roles()
        held = Counter(person for people in roles.values() for person in set(people))
        assert max(held.values()) == 2

    def test_there_are_co_authors_parents_and_courses_in_two_programs(
        self, company: Organisation
    ) -> None:
        tables = company.tables
        programs = Counter(row["course_id"] for row in tables["program_courses"])
        assert {row["role"] for row in tables["course_staff"]} == {"coauthor", "advisor"}
        assert any(row["parent_id"] for row in tables["groups"])
        assert max(programs.values()) == 2
        assert len(programs) < len(tables["courses"]), "no course is left for open access"

    def test_people_and_places_have_every_status(self, company: Organisation) -> None:
        people = Counter(row["status"] for row in company.tables["people"])
        places = Counter(row["status"] for row in company.tables["enrolments"])
        assert set(people) == {"active", "invited", "deleted"}
        assert set(places) == {"active", "pending", "cancelled"}
        assert people["active"] > 9 * (people["invited"] + people["deleted"])

    def test_sessions_are_past_running_and_to_come(self, company: Organisation) -> None:
        today = UNTIL.isoformat()
        sessions = company.tables["sessions"]
        assert any(row["end"] < today for row in sessions)
        assert any(row["start"] < today < row["end"] for row in sessions)
        assert [row["id"] for row in sessions if row["start"] > today] == [sessions[-1]["id"]]

    def test_the_files_hold_the_tables(self, company: Organisation, tmp_path: Path) -> None:
        company.write(tmp_path / "roster")
        for table, rows in company.tables.items():
            with (tmp_path / "roster" / f"{table}.csv").open(encoding="utf-8") as file:
                assert list(csv.DictReader(file)) == rows

    @pytest.mark.parametrize("learners", [1, 10, 300, 1000])
    def test_the_roster_takes_the_files(self, learners: int, tmp_path: Path) -> None:
        company = organisation(learners=learners, until=UNTIL)
        company.write(tmp_path)
        assert len(read(tmp_path).people) == len(company.tables["people"])

    def test_establishment_numbers_have_a_valid_check_digit(self, company: Organisation) -> None:
        numbers = {row["employer_siret"] for row in company.tables["people"]} - {""}
        assert len(numbers) > 5
        for number in numbers:
            digits = [int(digit) for digit in reversed(number)]
            doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
            assert len(digits) == 14
            assert (sum(digits[::2]) + sum(doubled)) % 10 == 0


class TestStatements:
    def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(self) -> None:
        assert _lines(seed=1) == _lines(seed=1)
        assert not set(_lines(seed=1)) & set(_lines(seed=2))

    def test_there_are_as_many_as_the_volume_says(
        self, company: Organisation, year: list[dict[str, Any]]
    ) -> None:
        assert len(year) == volume(company, 12)
        assert 40_000 <= len(year) <= 60_000

    @pytest.mark.parametrize("total", [0, 1, 99, 5000])
    def test_there_are_exactly_as_many_as_asked_for(self, total: int) -> None:
        assert len(_lines(total=total)) == total

    @pytest.mark.parametrize("learners", range(1, 8))
    def test_small_companies_learn_too_unless_nobody_accepted(self, learners: int) -> None:
        for seed in range(8):
            company = organisation(learners=learners, months=1, seed=seed, until=UNTIL)
            number = len(list(statements(company, months=1, seed=seed, until=UNTIL)))
            assert number in {0, volume(company, 1)}

    def test_they_rise_by_timestamp_and_lie_in_the_months_asked_for(
        self, year: list[dict[str, Any]]
    ) -> None:
        stamps = [statement["timestamp"] for statement in year]
        assert all(earlier <= later for earlier, later in pairwise(stamps))
        assert stamps[0] >= "2025-06-30T22:00:00.000Z"
        assert stamps[-1] < "2026-06-30T22:00:00.000Z"

    def test_ids_are_distinct(self, year: list[dict[str, Any]]) -> None:
        assert len({statement["id"] for statement in year}) == len(year)

    def test_every_actor_is_of_the_roster_and_some_go_by_both_names(
        self, company: Organisation, year: list[dict[str, Any]]
    ) -> None:
        people = _people_by_agent(company)
        names = {_agent(statement) for statement in year}
        assert names <= set(people)
        assert max(Counter(people[name]["id"] for name in names).values()) == 2

    def test_weekends_holidays_and_august_are_quiet(self, year: list[dict[str, Any]]) -> None:
        weekdays = Counter(_local(statement).weekday() for statement in year)
        months = Counter(_local(statement).month for statement in year)
        nights = sum(_local(statement).hour in {23, 0, 1, 2, 3} for statement in year)
        christmas = sum(statement["timestamp"].startswith("2025-12-25") for statement in year)
        assert max(weekdays[5], weekdays[6]) < 0.3 * min(weekdays[day] for day in range(5))
        assert months[8] < 0.5 * months[6]
        assert nights < 0.02 * len(year)
        assert christmas < 0.5 * len(year) / 365

    def test_who_has_not_accepted_does_nothing(
        self, company: Organisation, year: list[dict[str, Any]]
    ) -> None:
        places: dict[str, set[str]] = {}
        for row in company.tables["enrolments"]:
            places.setdefault(row["person_id"], set()).add(row["status"])
        pending = {person for person, statuses in places.items() if statuses == {"pending"}}
        people = _people_by_agent(company)
        seen = {people[_agent(statement)]["id"] for statement in year}
        assert len(pending) >= 5
        assert seen.isdisjoint(pending)

    def test_registrations_of_cancelled_and_pending_places_are_never_used(
        self, company: Organisation, year: list[dict[str, Any]]
    ) -> None:
        unused = {
            row["registration"] for row in company.tables["enrolments"] if row["status"] != "active"
        }
        used = {statement.get("context", {}).get("registration") for statement in year}
        assert used.isdisjoint(unused)

    def test_some_enrolled_learners_never_start_and_some_drop_out(
        self, company: Organisation, year: list[dict[str, Any]]
    ) -> None:
        over = {r["id"] for r in company.tables["sessions"][1:] if r["end"] < UNTIL.isoformat()}
        places = [
            row["registration"]
            for row in company.tables["enrolments"]
            if row["session_id"] in over and row["status"] == "active"
        ]
        satisfied: Counter[str] = Counter()
        seen = set()
        for statement in year:
            registration = statement.get("context", {}).get("registration")
            seen.add(registration)
            if statement["verb"]["id"].endswith("/satisfied"):
                satisfied[registration] += 1
        assert 0.03 < sum(place not in seen for place in places) / len(places) < 0.4
        assert 0.3 < sum(satisfied[place] > 0 for place in places) / len(places) < 0.95

    @pytest.mark.parametrize(
        "verb",
        [
            *("adl/launched", "adl/initialized", "adl/experienced", "adl/answered", "adl/passed"),
            *("adl/failed", "adl/completed", "adl/terminated", "adl/attempted", "adl/progressed"),
            *("adl/suspended", "adl/voided", "w3/adl/verbs/satisfied", "w3/adl/verbs/logged-in"),
            *("w3/video/verbs/played", "w3/video/verbs/paused", "w3/video/verbs/seeked"),
            *("w3/acrossx/verbs/evaluated", "w3/acrossx/verbs/posted"),
            *("tincan/viewed", "tincan/earned"),
        ],
    )
    def test_every_kind_of_tool_is_heard(self, year: list[dict[str, Any]], verb: str) -> None:
        prefix, _, name = verb.partition("/")
        prefixes = {
            "adl": "http://adlnet.gov/expapi/verbs/",
            "w3": "https://w3id.org/xapi/",
            "tincan": "http://id.tincanapi.com/verb/",
        }
        assert any(statement["verb"]["id"] == prefixes[prefix] + name for statement in year)

    def test_scores_of_moodle_run_from_minus_one(self, year: list[dict[str, Any]]) -> None:
        scores = [
            statement["result"]["score"]
            for statement in year
            if statement["verb"]["display"].get("en") == "Answered"
        ]
        assert {score["scaled"] for score in scores} == {-1, 0, 1}
        assert all(score["scaled"] == 2 * score["raw"] / score["max"] - 1 for score in scores)

    def test_the_time_of_a_session_lies_within_its_statements(
        self, year: list[dict[str, Any]]
    ) -> None:
        key = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
        spans: dict[str, list[dict[str, Any]]] = {}
        for statement in year:
            session = statement.get("context", {}).get("extensions", {}).get(key)
            if session:
                spans.setdefault(session, []).append(statement)
        ended = [s for s in spans.values() if s[-1]["verb"]["id"].endswith("/terminated")]
        assert len(ended) > 0.99 * len(spans)
        for span in islice(ended, 200):
            seconds = (_local(span[-1]) - _local(span[0])).total_seconds()
            assert float(span[-1]["result"]["duration"][2:-1]) == pytest.approx(seconds, abs=0.01)
            assert span[0]["verb"]["id"].endswith("/launched")

    def test_a_voided_statement_was_made_before(self, year: list[dict[str, Any]]) -> None:
        before: set[str] = set()
        targets = 0
        for statement in year:
            if statement["object"].get("objectType") == "StatementRef":
                assert statement["object"]["id"] in before
                targets += 1
            before.add(statement["id"])
        assert targets > 0

    def test_some_visits_run_over_midnight(self) -> None:
        """Paris is two hours ahead of UTC in June, so a local day ends at 22:00Z."""
        company = organisation(until=UNTIL)
        evening: set[str] = set()
        over: set[str] = set()
        for line in statements(company, months=2, seed=1, until=UNTIL):
            statement = json.loads(line)
            stamp = statement["timestamp"]
            if stamp[11:13] == "21":
                evening.add(stamp[:10] + _agent(statement))
            if stamp[11:13] == "22" and stamp[:10] + _agent(statement) in evening:
                over.add(stamp[:10])
        assert over

    def test_every_statement_is_valid(self, year: list[dict[str, Any]]) -> None:
        client = Client(b'{"mbox":"mailto:lms@example.org"}', "mailto:lms@example.org")
        fresh = count()
        for first in range(0, len(year), 50):
            batch = year[first : first + 50]
            body = json.dumps(batch).encode()
            prepared = prepare(
                body, client=client, version="1.0.3", new_id=lambda: str(next(fresh))
            )
            assert [one.id for one in prepared] == [statement["id"] for statement in batch]
        assert next(fresh) == 0, "a statement came without an id"


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        (date(2026, 7, 1), 12, date(2025, 7, 1)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 1, 15), 0, date(2026, 1, 15)),
    ],
)
def test_months_before(day: date, months: int, earlier: date) -> None:
    assert months_before(day, months) == earlier
