"""What a file for funders will lack: told before it is made, of what the caller may see alone."""

from typing import Any

import pytest

from lrs_stats import Exporter
from lrs_stats.roster.json_tables import check
from lrs_stats.store.database import Database, Document
from lrs_stats.testing import statements
from tests.asking import Asking, asking, counted
from tests.ordering import order

OPTIONS = "/api/v1/exports/options"
OF_ENROLMENTS = f"{OPTIONS}?granularity=enrolments"
OPCA: dict[str, Any] = {"granularity": "enrolments", "metrics": None, "format": "opca_assiduite"}
DAYS = {"start": "2026-03-01", "end": "2026-03-31"}
ACME = {"employer": "ACME", "employer_siret": "55208131766522"}
BELONGS = ". What is missing belongs into "
SAID = """
    09:00 lea launched course-1 session=spring
    09:10 max launched course-2 session=autumn
    """
PEOPLE: list[dict[str, Any]] = [
    {"id": "ada", "first_name": "Ada", "last_name": "Roy", "role": "owner"},
    {"id": "zoe", "first_name": "Zoé", "last_name": "Blanc"},
    {"id": "lea", "email": "lea@example.org", "first_name": "Léa", "last_name": "Martin", **ACME},
    {"id": "tom", "email": "tom@example.org", "first_name": "Tom", "employer": "Dupont"},
    {"id": "max", "email": "max@example.org", "employer": "Secret"},
    *({"id": f"ida{one}", "first_name": "Ida", "last_name": f"N{one}"} for one in range(7)),
]
ROSTER: dict[str, Any] = {
    "people": [{"status": "active"} | one for one in PEOPLE],
    "groups": [{"id": "a"}, {"id": "b"}],
    "memberships": [
        {"group_id": "a", "person_id": "zoe", "role": "coach"},
        {"group_id": "a", "person_id": "lea", "role": "learner"},
        {"group_id": "a", "person_id": "tom", "role": "learner"},
        {"group_id": "b", "person_id": "max", "role": "learner"},
    ],
    "courses": [
        {"id": "https://example.org/course-1", "title": "Un"},
        {"id": "https://example.org/course-2", "title": "Deux"},
        {"id": "https://example.org/course-3", "title": "Trois", "planned_minutes": 60},
    ],
    "programs": [
        {"id": "one", "title": "Accueil", "nature": "Action de formation", "objectives": "Tenir"},
        {"id": "two"},
        {"id": "three", "title": "Suite", "nature": "VAE", "objectives": "Durer"},
    ],
    "program_courses": [
        {"program_id": "one", "course_id": "https://example.org/course-1", "position": 1},
        {"program_id": "two", "course_id": "https://example.org/course-2", "position": 1},
        {"program_id": "three", "course_id": "https://example.org/course-3", "position": 1},
    ],
    "sessions": [
        {"id": "https://example.org/spring", "program_id": "one", "modality": "À distance", **DAYS},
        {"id": "https://example.org/autumn", "title": "Automne", "program_id": "two", **DAYS},
        {"id": "https://example.org/winter", "title": "Hiver", "program_id": "three", **DAYS},
    ],
    "enrolments": [
        *(
            {"session_id": f"https://example.org/{session}", "person_id": who, "status": "active"}
            for session, who in (
                ("spring", "lea"),
                ("spring", "tom"),
                ("autumn", "max"),
                *(("winter", f"ida{one}") for one in range(7)),
            )
        ),
    ],
}
OF_ALL = [
    "Sessions without a modality: 2 (Automne, Hiver)",
    "Programs without a title: 1 (two)",
    "Programs without a nature: 1 (two)",
    "Programs whose planned time is not known: 2 (Accueil, two)",
    "Learners without a first or a last name: 2 (Tom, max@example.org)",
    "Learners without an e-mail: 7 (Ida N0, Ida N1, Ida N2, Ida N3, Ida N4, and 2 more)",
    "Learners without an employer: 7 (Ida N0, Ida N1, Ida N2, Ida N3, Ida N4, and 2 more)",
    "Employers without a SIRET: 2 (Dupont, Secret)",
    "Courses without planned minutes: 2 (Deux, Un)",
]
OF_ZOE = [
    "Programs whose planned time is not known: 1 (Accueil)",
    "Learners without a first or a last name: 1 (Tom)",
    "Employers without a SIRET: 1 (Dupont)",
    "Courses without planned minutes: 1 (Un)",
]


@pytest.fixture(scope="module")
def asked(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> Asking:
    """Give a school whose roster says little, a coach of some of it, and an owner."""
    made = asking(module_database, mongo_uri, tmp_path_factory.mktemp("school"))
    made.services.rosters.replace(check(ROSTER))
    counted(made, statements(SAID))
    return made


def told(asked: Asking, who: str, place: str = OF_ENROLMENTS) -> dict[str, list[str]]:
    """Return what the roster lacks for files of each format, without where it belongs."""
    answer = asked.ask(place, asked.token(who))
    assert answer.status_code == 200, answer.text
    formats = (answer.json or {})["formats"]
    return {one["name"]: of_roster(one["warnings"]) for one in formats}


def of_roster(warnings: list[str]) -> list[str]:
    return [found for one in warnings if (found := one.partition(BELONGS)[0]) != one]


def test_what_the_roster_lacks_is_listed_with_counts_and_the_first_names(asked: Asking) -> None:
    of_ada = told(asked, "ada")
    assert of_ada["opca_assiduite"] == OF_ALL
    assert of_ada["opca"] == [*OF_ALL[:-1], "Programs without objectives: 1 (two)", OF_ALL[-1]]
    assert of_ada["csv"] == []


def test_a_coach_is_told_of_their_learners_alone(asked: Asking) -> None:
    of_zoe = told(asked, "zoe")
    assert of_zoe["opca_assiduite"] == OF_ZOE
    assert of_zoe["opca"] == OF_ZOE
    for hidden in ("Automne", "Secret", "two", "max", "Deux", "Ida", "Hiver"):
        assert hidden not in str(of_zoe)


def test_a_coach_is_told_what_the_owner_is_of_the_same_learners(asked: Asking) -> None:
    of_group = told(asked, "ada", f"{OF_ENROLMENTS}&group=a")
    assert of_group == told(asked, "zoe")
    assert of_group == told(asked, "zoe", f"{OF_ENROLMENTS}&group=a")
    assert set(told(asked, "zoe", f"{OF_ENROLMENTS}&group=b")["opca"]) == set()


def test_a_session_that_only_statements_know_has_no_days(asked: Asking) -> None:
    autumn = ROSTER["sessions"][1]
    without = [one for one in ROSTER["sessions"] if one is not autumn]
    places = [one for one in ROSTER["enrolments"] if one["session_id"] != autumn["id"]]
    asked.services.rosters.replace(check({**ROSTER, "sessions": without, "enrolments": places}))
    try:
        found = told(asked, "ada")["opca_logs"][0]
    finally:
        asked.services.rosters.replace(check(ROSTER))
    assert found == f"Sessions without a first or a last day: 1 ({autumn['id']})"


def test_a_learner_is_told_of_themselves_alone(asked: Asking) -> None:
    assert told(asked, "lea")["opca"] == [OF_ZOE[0], OF_ZOE[-1]]
    assert told(asked, "lea")["opca_certificat"] == [OF_ZOE[0], OF_ZOE[-1]]


def test_the_log_lacks_what_is_missing_of_those_who_have_lines(asked: Asking) -> None:
    log = told(asked, "ada")["opca_logs"]
    assert "Automne)" in log[0]
    assert "Dupont" not in str(log)
    assert "Ida" not in str(log)
    assert told(asked, "ada")["opca_attestations"][0] == log[0]


def test_it_is_that_of_what_is_asked_for(asked: Asking) -> None:
    some = told(asked, "ada", f"{OF_ENROLMENTS}&session=https://example.org/spring&learner=lea")
    assert some["opca"] == [OF_ZOE[0], OF_ZOE[-1]]
    assert told(asked, "ada", OPTIONS)["opca"] == []
    assert told(asked, "ada", f"{OPTIONS}?granularity=learners")["opca"] == []
    for wrong, status in (("granularity=platform", 403), ("granularity=x", 403), ("page=2", 400)):
        assert asked.ask(f"{OPTIONS}?{wrong}", asked.token("zoe")).status_code == status


def test_an_order_tells_it_before_the_file_is_made(asked: Asking) -> None:
    warnings = order(asked, asked.token("ada"), **OPCA)["warnings"]
    assert "SIRET of the organisation is not set" in " ".join(warnings)
    assert warnings[-1] == f"{OF_ALL[-1]}{BELONGS}courses.planned_minutes of the roster."
    assert of_roster(warnings) == OF_ALL
    assert of_roster(order(asked, asked.token("zoe"), **OPCA)["warnings"]) == OF_ZOE


def test_the_dialog_tells_it(asked: Asking) -> None:
    shown = asked.ask("/dashboard/export?granularity=enrolments&period=all", asked.token("zoe"))
    assert "people.employer_siret" in shown.text
    assert "Dupont" in shown.text
    assert "Secret" not in shown.text


def test_one_that_fails_at_telling_it_keeps_nobody_from_the_file(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> list[str]:
        raise ValueError("hunter2")

    exporter: Exporter = asked.services.registry.exporters["opca_assiduite"]
    monkeypatch.setattr(exporter, "lacking", broken)
    warnings = order(asked, asked.token("ada"), **OPCA)["warnings"]
    assert warnings[-1] == (
        "What else a file will lack could not be looked for. The server's log says why."
    )


def test_without_facts_it_is_said_that_it_is_not_known(asked: Asking) -> None:
    facts = asked.services.settings.facts
    away = facts.rename(facts.with_name("away"))
    try:
        warnings = order(asked, asked.token("ada"), **OPCA)["warnings"]
        shown = asked.ask("/dashboard/export?granularity=enrolments", asked.token("ada"))
    finally:
        away.rename(facts)
    assert warnings[-1].startswith("What else a file will lack could not be looked for. The facts")
    assert shown.status_code == 200
