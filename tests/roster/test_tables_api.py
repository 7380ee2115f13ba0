"""The roster over HTTP by table: pages, changes, dry runs, versions."""

import json
from typing import Any

import pytest

from tests.roster.memory import InMemory
from tests.roster.test_api import Server, serve

PATH = "/api/v1/roster"
COURSE = "https://example.org/courses/1"
ENCODED = "https%3A%2F%2Fexample.org%2Fcourses%2F1"
SMALL = {
    "people": [
        {"id": "p1", "email": "lea@example.org", "status": "active"},
        {"id": "p2", "status": "active", "manager_id": "p1"},
    ],
    "groups": [{"id": "g1", "name": "Workshop"}],
    "memberships": [{"group_id": "g1", "person_id": "p1", "role": "learner"}],
    "courses": [{"id": COURSE, "title": "One", "author_id": "p1"}],
}


@pytest.fixture
def server() -> Server:
    made = serve(InMemory())
    assert made.client.put(PATH, json=SMALL).status_code == 200
    return made


def asked(server: Server, method: str, path: str, body: Any = None, **more: Any) -> Any:
    answer = server.client.open(f"{PATH}/{path}", method=method, json=body, **more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["ETag"].strip('"').isdigit()
    return answer.json


def refused(server: Server, status: int, method: str, path: str, body: Any = None) -> Any:
    version = server.services.roster.version
    answer = server.client.open(f"{PATH}/{path}", method=method, json=body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert server.services.roster.version == version
    return answer.json


def test_pages_of_a_table(server: Server) -> None:
    rows = [{"id": f"g{number:02}", "name": ""} for number in range(25)]
    asked(server, "POST", "groups", rows)
    seen: list[str] = []
    for page in (1, 2, 3):
        answer = server.client.get(f"{PATH}/groups?page={page}&page_size=10")
        seen += [row["id"] for row in answer.json or ()]
        told = json.loads(answer.headers["X-Pagination"])
        assert told == {"total": 26, "total_pages": 3, "page": page, "page_size": 10}
    assert 'page=2>; rel="prev"' in answer.headers["Link"]
    assert seen == ["g1", *(row["id"] for row in rows)]
    refused(server, 404, "GET", "groups?page=4&page_size=10")
    refused(server, 400, "GET", "groups?pages=1")


def test_rows_are_added_and_replaced_and_others_stay(server: Server) -> None:
    rows = [{"id": "p1", "status": "invited"}, {"id": "p3", "status": "active"}]
    told = asked(server, "POST", "people", rows)
    assert told == {
        "version": 2,
        "dry_run": False,
        "counts": {"people": {"added": 1, "changed": 1, "removed": 0}},
        "rows": [
            {
                "table": "people",
                "change": "changed",
                "key": {"id": "p1"},
                "columns": ["email", "status"],
            },
            {"table": "people", "change": "added", "key": {"id": "p3"}},
        ],
        "left_out": 0,
    }
    assert asked(server, "PUT", "people", rows)["counts"] == {}
    assert [row["id"] for row in asked(server, "GET", "people")] == ["p1", "p2", "p3"]


@pytest.mark.parametrize(
    ("method", "path", "body", "counts"),
    [
        ("POST", "groups", [{"id": f"n{n}"} for n in range(5)], {"groups": (5, 0, 0)}),
        ("PUT", "groups/g1", {"name": "Other"}, {"groups": (0, 1, 0)}),
        ("DELETE", "groups/g1?cascade=true", None, {"groups": (0, 0, 1), "memberships": (0, 0, 1)}),
        (
            "DELETE",
            "people/p1?cascade=true",
            None,
            {"people": (0, 1, 1), "memberships": (0, 0, 1), "courses": (0, 1, 0)},
        ),
        (
            "PUT",
            "",
            {"groups": [{"id": "g1"}], "people": SMALL["people"], "courses": SMALL["courses"]},
            {"groups": (0, 1, 0), "memberships": (0, 0, 1)},
        ),
    ],
)
def test_a_dry_run_tells_what_the_change_then_does(
    server: Server, method: str, path: str, body: Any, counts: dict[str, tuple[int, ...]]
) -> None:
    sign = "&" if "?" in path else "?"
    dry = f"{PATH}/{path}".rstrip("/") + f"{sign}dry_run=true&limit=2"
    answer = server.client.open(dry, method=method, json=body)
    told: Any = answer.json
    assert answer.status_code == 200
    found = {table: tuple(numbers.values()) for table, numbers in told["counts"].items()}
    total = sum(map(sum, counts.values()))
    assert (found, told["dry_run"], told["version"]) == (counts, True, 1)
    assert (len(told["rows"]), told["left_out"]) == (min(2, total), max(0, total - 2))
    assert server.services.roster.version == 1
    done = server.client.open(f"{PATH}/{path}".rstrip("/"), method=method, json=body)
    assert done.status_code == 200
    if path:
        assert done.json is not None
        assert done.json["counts"] == told["counts"]


def test_one_row_by_its_id(server: Server) -> None:
    assert asked(server, "GET", f"courses/{ENCODED}")["title"] == "One"
    asked(server, "PUT", f"courses/{ENCODED}", {"title": "Two"})
    assert server.services.roster.title("courses", COURSE) == "Two"
    asked(server, "DELETE", f"courses/{ENCODED}")
    assert "no course" in refused(server, 404, "GET", f"courses/{ENCODED}")["detail"]
    refused(server, 404, "DELETE", f"courses/{ENCODED}")
    refused(server, 404, "GET", "memberships/g1")
    refused(server, 400, "PUT", "groups/g2", {"id": "g3"})


def test_rows_are_removed_by_their_keys(server: Server) -> None:
    key = {"group_id": "g1", "person_id": "p1", "role": "learner"}
    asked(server, "DELETE", "memberships", [key])
    assert asked(server, "GET", "memberships") == []
    told = refused(server, 400, "DELETE", "memberships", [key])
    assert told["complaints"][0]["place"] == "memberships[0]"
    wrong: list[Any] = [None, {}, [7], [{"id": "g1"}], [key | {"role": 1}]]
    for body in wrong:
        refused(server, 400, "DELETE", "memberships", body)


def test_what_others_name_is_not_removed(server: Server) -> None:
    told = refused(server, 400, "DELETE", "groups/g1")
    [complaint] = told["complaints"]
    assert "1 of memberships by group_id" in complaint["reason"]


def test_all_rows_or_none(server: Server) -> None:
    rows = [{"id": "g2"}, {"id": "g3", "parent_id": "g9"}, {"id": "g2"}]
    told = refused(server, 400, "POST", "groups", rows)
    assert [one["place"] for one in told["complaints"]] == ["groups[2]"]
    told = refused(server, 400, "POST", "groups", rows[:2])
    assert [one["place"] for one in told["complaints"]] == ["groups[1]"]
    refused(server, 400, "POST", "groups", {"id": "g2"})
    refused(server, 404, "POST", "grapes", [])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_change_of_another_version_is_refused(server: Server, method: str) -> None:
    body: list[dict[str, str]] = [{"id": "p2"}]
    if method != "DELETE":
        body = [{"id": "p2", "status": "invited"}]
    for etag in ('"0"', '"2"', "1", '"x"'):
        answer = server.client.open(
            f"{PATH}/people", method=method, json=body, headers={"If-Match": etag}
        )
        assert answer.status_code == 412
        assert server.services.roster.version == 1
    answer = server.client.open(
        f"{PATH}/people", method=method, json=body, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "people", "roster/read"),
        ("GET", "people/p1", "roster/read"),
        ("POST", "people", "roster/write"),
        ("DELETE", "people", "roster/write"),
        ("PUT", "people/p1", "roster/write"),
        ("DELETE", "people/p1", "roster/write"),
    ],
)
def test_each_needs_its_scope(method: str, path: str, scope: str) -> None:
    others = serve(InMemory(InMemory().scopes - {scope}))
    answer = others.client.open(f"{PATH}/{path}", method=method, data=b"not even JSON")
    assert answer.status_code == 403
    assert scope in answer.get_data(as_text=True)
