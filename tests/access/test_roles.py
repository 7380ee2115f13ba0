"""Each role sees what is its own, several add up, and the rest looks as if it were not there."""

import time
from pathlib import Path
from statistics import median
from textwrap import dedent
from typing import Any, cast

import pytest

from lrs_stats.access.callers import identify
from lrs_stats.errors import Unauthorized
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from tests.access.school import AUTUMN, ONE, PEOPLE, SPRING, THREE, TWO, Asking, encoded, school
from tests.access.test_leaks import Credentials

LEARNERS = [
    *("learners", "programs", "sessions", "courses", "questions"),
    *("enrolments", "connections", "answers"),
]


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking()


@pytest.fixture(scope="module")
def with_subgroups() -> Asking:
    return Asking(coach_subgroups=True)


# One role after the other


def test_an_author_sees_everybody_on_their_courses_and_learners_as_rows_of_these() -> None:
    asking = Asking()
    assert asking.rows("cora", "courses") == {"course-2": 2}
    assert asking.rows("cora", f"courses/{encoded(TWO)}/learners") == {
        "tom": 1,
        "mailto:stranger@example.org": 1,
    }
    assert asking.rows("cora", "learners") == {"tom": 1, "mailto:stranger@example.org": 1}
    assert asking.rows("cora", "courses", "session_participants") == {"course-2": 1}


def test_an_author_does_not_know_in_which_sessions_a_course_is_taken(asking: Asking) -> None:
    there, nowhere = (
        asking.get("cora", f"courses?metrics=connections&session={session}").json
        for session in (encoded(AUTUMN), "nowhere")
    )
    assert there == nowhere
    assert asking.rows("cora", "sessions") == {}
    assert asking.rows("root", f"courses?session={encoded(AUTUMN)}") == {"course-2": 0}


def test_a_coauthor_sees_what_an_author_sees_and_so_does_an_advisor(asking: Asking) -> None:
    for page in ("courses", "learners", "questions"):
        answers = [asking.get(who, page).data for who in ("cora", "abe")]
        assert answers[0] == answers[1]
    assert asking.get("abe", "groups").status_code == 403


def test_a_name_is_the_one_given_in_what_the_reader_may_see(asking: Asking) -> None:
    titles = [
        {row["id"]: row["title"] for row in answer.json["rows"]}["mailto:stranger@example.org"]
        for who in ("root", "cora")
        if (answer := cast("Any", asking.get(who, "learners")))
    ]
    assert titles == ["Zoë", "Bea"]


def test_an_author_who_is_also_a_manager_sees_two_things_and_not_their_product(
    asking: Asking,
) -> None:
    assert asking.rows("ada", "courses") == {"course-1": 4, "course-3": 1}
    assert asking.rows("ada", f"courses/{encoded(ONE)}/learners") == {
        "lea": 1, "zoe": 1, "dora": 1, "nora": 1
    }  # fmt: skip
    assert asking.rows("ada", f"courses/{encoded(THREE)}/learners") == {"zoe": 1}
    assert asking.rows("ada", "learners") == {"zoe": 2, "lea": 1, "dora": 1, "nora": 1}
    assert asking.total("ada", "courses") == 5
    assert asking.total("root", "courses") == 9


def test_a_coach_sees_all_of_their_learners_and_their_part_of_what_these_are_assigned(
    asking: Asking,
) -> None:
    assert asking.rows("cem", "learners") == {"lea": 2, "dora": 1}
    assert asking.rows("cem", "courses") == {"course-1": 2}
    assert asking.rows("cem", "sessions") == {"spring": 1}
    assert asking.rows("cem", "programs") == {"safety": 1}
    assert asking.rows("cem", "groups") == {"north": 3}
    assert asking.total("cem", "groups") == 3


def test_a_coach_may_see_the_whole_of_what_their_learners_are_assigned() -> None:
    asking = Asking(coach_whole=True)
    assert asking.rows("cem", "courses") == {"course-1": 4}
    assert asking.rows("cem", "sessions", "participants") == {"spring": 2}
    assert asking.rows("cem", "learners") == {"lea": 2, "dora": 1}


def test_the_coach_of_a_group_is_coach_of_those_within_it_where_that_is_set(
    asking: Asking, with_subgroups: Asking
) -> None:
    assert set(asking.rows("cem", "groups")) == {"north"}
    assert with_subgroups.rows("cem", "groups") == {"north": 3, "oslo": 3}
    assert set(with_subgroups.rows("cem", "learners")) == {"lea", "dora", "tom"}
    assert set(with_subgroups.rows("eve", "groups")) == {"oslo"}


def test_who_is_in_two_groups_counts_in_each_and_once_in_the_total(
    with_subgroups: Asking, asking: Asking
) -> None:
    assert with_subgroups.total("cem", "groups") == 4
    there, nowhere = (
        asking.get("cem", f"learners?metrics=connections&group={group}").json
        for group in ("oslo", "nowhere")
    )
    assert there == nowhere
    assert set(asking.rows("cem", "learners?group=north")) == {"lea", "dora"}


def test_no_groups_learners_come_with_the_courses_of_another(with_subgroups: Asking) -> None:
    assert with_subgroups.rows("cem", f"courses/{encoded(TWO)}/learners") == {"tom": 1}
    assert with_subgroups.rows("cem", "courses") == {"course-1": 2, "course-2": 1}


def test_a_manager_sees_those_they_manage_and_over_others_where_that_is_set(
    asking: Asking,
) -> None:
    assert asking.rows("mia", "learners") == {"lea": 2}
    assert asking.rows("mia", "courses") == {"course-1": 1, "course-3": 1}
    assert asking.rows("mia", "sessions", "participants") == {"spring": 1}
    assert asking.rows("max", "learners") == {}
    assert Asking(manager_transitive=True).rows("max", "learners") == {"lea": 2}


def test_somebody_without_a_role_sees_themselves(asking: Asking) -> None:
    assert asking.rows("nora", "learners") == {"nora": 1}
    assert asking.rows("nora", "courses") == {"course-1": 1}
    assert asking.rows("nora", "sessions") == {}
    assert asking.rows("tom", "sessions", "participants") == {"autumn": 1}


def test_a_row_is_listed_though_nothing_happened_in_the_period(asking: Asking) -> None:
    assert asking.rows("lea", "courses?from=2026-06-01") == {"course-1": 0, "course-3": 0}


def test_who_was_deleted_may_not_ask_and_is_still_seen(asking: Asking) -> None:
    with pytest.raises(Unauthorized):
        identify("Bearer dora", Credentials(), lambda: school().roster)  # type: ignore[arg-type]
    assert asking.get("dora", "learners").status_code == 401
    assert asking.rows("cem", "learners")["dora"] == 1


# Which pages there are


@pytest.mark.parametrize(
    ("who", "pages"),
    [
        ("root", ["platform", "groups", *LEARNERS]),
        ("cem", ["groups", *LEARNERS]),
        *((who, LEARNERS) for who in ("ada", "cora", "abe", "mia", "nora")),
    ],
)
def test_a_page_that_is_denied_is_403_and_absent_from_me(
    asking: Asking, who: str, pages: list[str]
) -> None:
    for page in ("platform", "groups", *LEARNERS):
        assert (asking.get(who, page).status_code == 200) == (page in pages), page
    me: Any = asking.client.get("/api/v1/me", headers={"Authorization": f"Bearer {who}"}).json
    assert set(me["granularities"]) == set(pages)
    roles = {grant["role"] for grant in me["grants"]}
    assert ("coach" in roles) == (who == "cem")


def test_a_denied_page_says_which_roles_have_it(asking: Asking) -> None:
    for path in ("groups", "groups/north", "groups/nowhere/courses", "learners/nora/groups"):
        told: Any = asking.get("nora", path).json
        assert told["status"] == 403
        assert told["detail"] == (
            "Your roles do not include the statistics by groups. "
            "The roles that do: owner, admin and coach."
        )


def test_statements_one_by_one_are_for_those_who_see_the_log(asking: Asking) -> None:
    figure: Any = asking.get("ada", f"courses/{encoded(ONE)}/explain?metrics=connections").json
    shown: Any = asking.get("ada", figure["statements"].removeprefix("/api/v1/stats/")).json
    assert figure["value"] == 4
    assert [row["learner"] for row in shown["rows"]] == ["zoe"]


def test_how_far_the_server_is_is_for_those_who_see_all(asking: Asking) -> None:
    for who in ("cem", "ada", "nora"):
        answer = asking.client.get("/api/v1/status", headers={"Authorization": f"Bearer {who}"})
        assert answer.status_code == 403


def test_another_resolver_decides_instead(tmp_path: Path) -> None:
    (tmp_path / "mates.py").write_text(dedent(MATES), "utf-8")
    asking = Asking()
    asking.stage.resolver = build(Settings(plugins=str(tmp_path), resolver="mates")).resolver
    assert asking.rows("nora", "courses") == {"course-1": 3}
    assert asking.rows("nora", "learners") == {"lea": 1, "zoe": 1, "nora": 1}
    assert asking.get("nora", "sessions").status_code == 403


MATES = """
    from lrs_stats import Grant, Resolver, hookimpl

    class Mates(Resolver):
        name, title = "mates", "Three who see each other on the first course"

        def grants(self, person, directory):
            return [
                Grant(
                    "learner",
                    frozenset({"lea", "zoe", "nora"}),
                    courses=frozenset({"https://example.org/course-1"}),
                    sessions=frozenset(),
                    groups=frozenset(),
                    granularities=frozenset({"courses", "learners", "connections"}),
                )
            ]

    @hookimpl
    def register_resolvers():
        return [Mates]
"""


def test_a_log_names_no_session_that_a_grant_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "mates.py").write_text(dedent(MATES), "utf-8")
    asking = Asking()
    own: Any = asking.get("lea", "connections?sort=session").json
    assert {row["session_title"] for row in own["rows"]} == {SPRING, None}
    asking.stage.resolver = build(Settings(plugins=str(tmp_path), resolver="mates")).resolver
    for path in ("connections", "courses/explain/statements?metrics=connections"):
        seen: Any = asking.get("lea", path).json
        assert len(seen["rows"]) == 3
        for column in ("session", "session_title", "program", "program_title"):
            assert {row[column] for row in seen["rows"]} == {None}


# What may not be seen, and what is not there


HIDDEN = ["learners/{}", "learners/{}/courses", "learners/{}/explain?metrics=score"]


@pytest.mark.parametrize("path", HIDDEN)
def test_what_may_not_be_seen_is_answered_as_what_is_not_there(asking: Asking, path: str) -> None:
    for who in ("nora", "mia", "cora", "cem"):
        hidden, nowhere = (asking.get(who, path.format(one)) for one in ("zoe", "zob"))
        assert hidden.status_code == nowhere.status_code == 404
        assert hidden.data.replace(b"zoe", b"zob") == nowhere.data
        assert dict(hidden.headers) == dict(nowhere.headers)


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("courses/{}", (THREE, THREE.replace("3", "9"))),
        ("sessions/{}", (SPRING, SPRING.replace("spring", "sprung"))),
        ("programs/{}/learners", ("safety", "safely")),
        ("connections?course={}", (THREE, THREE.replace("3", "9"))),
        ("learners?group={}", ("south", "sough")),
        ("courses?program={}", ("safety", "safely")),
    ],
)
def test_content_that_may_not_be_seen_is_not_there(
    asking: Asking, path: str, ids: tuple[str, str]
) -> None:
    hidden, nowhere = (asking.get("tom", path.format(encoded(one))) for one in ids)
    assert hidden.status_code == nowhere.status_code
    mine, theirs = ids
    told = hidden.data.replace(mine.encode(), theirs.encode())
    assert told.replace(encoded(mine).encode(), encoded(theirs).encode()) == nowhere.data


def test_it_takes_as_long_to_say_so(asking: Asking) -> None:
    seconds: dict[str, list[float]] = {"zoe": [], "zob": []}
    for turn in range(80):
        for one in sorted(seconds, reverse=bool(turn % 2)):
            began = time.perf_counter()
            asking.get("nora", f"learners/{one}")
            seconds[one].append(time.perf_counter() - began)
    ratio = median(seconds["zoe"]) / median(seconds["zob"])
    assert 1 / 2 < ratio < 2, ratio


def test_everybody_of_the_school_is_asked_about() -> None:
    assert {row["id"] for row in school().tables["people"]} == set(PEOPLE)
