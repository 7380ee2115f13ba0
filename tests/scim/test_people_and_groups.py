"""What an identity provider does to the roster, and what of it the roster keeps."""

import json

import pytest
from flask.testing import FlaskClient

from lrs_stats.roster.changes import replacement
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.tables import Enrolment, Membership, Person
from tests.roster.memory import InMemory
from tests.scim.memory import Json, serve

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
KNOWN = {
    "people": [
        {"id": "boss", "email": "boss@example.org", "status": "active"},
        {"id": "p/1", "email": "lea@example.org", "status": "active", "role": "owner"},
        {"id": "left", "email": "left@example.org", "status": "deleted"},
    ],
    "groups": [{"id": "g1", "name": "Nantes"}, {"id": "g2", "name": "Team", "parent_id": "g1"}],
    "memberships": [{"group_id": "g1", "person_id": "left", "role": "coach"}],
    "programs": [{"id": "prog"}],
    "sessions": [
        {"id": "https://x/s", "program_id": "prog", "start": "2025-01-01", "end": "2025-02-01"}
    ],
    "enrolments": [{"session_id": "https://x/s", "person_id": "p/1", "status": "active"}],
}
LEA = "/scim/v2/Users/p%2F1"


class Provider:
    """An identity provider: it sends, and sees what is answered and what the roster has then."""

    def __init__(self, services: InMemory) -> None:
        self.services = services
        self.client: FlaskClient = serve(services).test_client()

    def send(self, method: str, path: str, body: Json | None = None, status: int = 200) -> Json:
        answer = self.client.open(path, method=method, json=body)
        assert answer.status_code == status, answer.get_data(as_text=True)
        if not answer.data:
            return {}
        assert answer.content_type == "application/scim+json"
        found: Json = json.loads(answer.data)
        return found

    def create(self, user_name: str, **more: object) -> Json:
        body = {"schemas": [USER], "userName": user_name, "active": True, **more}
        return self.send("POST", "/scim/v2/Users", body, 201)

    def patch(self, path: str, *operations: Json) -> Json:
        return self.send("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def person(self, identifier: str) -> Person:
        found = self.services.roster.person(identifier)
        assert found is not None
        return found

    def members(self, group: str) -> set[tuple[str, str]]:
        places: list[Membership] = list(
            self.services.roster.referring("memberships", "group_id", group)
        )
        return {(one.person_id, one.role) for one in places}


@pytest.fixture
def provider() -> Provider:
    services = InMemory()
    services.change(lambda roster: replacement(roster.all_rows(), check(KNOWN)))
    return Provider(services)


def names(found: Json) -> list[str]:
    return [one["userName"] for one in found["Resources"]]


def test_a_user_becomes_a_person(provider: Provider) -> None:
    made = provider.create(
        "zoe",
        externalId="x-1",
        name={"givenName": "Zoé", "familyName": "Roux", "formatted": "ignored"},
        emails=[
            {"value": "zoe@home.example", "type": "home"},
            {"value": "zoe@example.org", "type": "work", "primary": True},
        ],
        title="is not kept",
        **{ENTERPRISE: {"organization": "Example SAS", "manager": {"value": "boss"}}},
    )
    assert provider.person(made["id"]) == Person(
        made["id"],
        *("zoe@example.org", "", "", "Zoé", "Roux", "", "boss", "Example SAS", "", "active"),
        *("zoe", "x-1"),
    )
    assert made["displayName"] == "Zoé Roux"
    assert made["emails"] == [{"value": "zoe@example.org", "type": "work"}]
    assert "title" not in made
    assert provider.send("GET", f"/scim/v2/Users/{made['id']}") == made
    assert made["meta"]["location"].endswith(f"/scim/v2/Users/{made['id']}")


def test_somebody_who_came_otherwise_is_found_and_changed(provider: Provider) -> None:
    found = provider.send("GET", '/scim/v2/Users?filter=userName eq "LEA@example.org"')
    assert [one["id"] for one in found["Resources"]] == ["p/1"]
    assert found["Resources"][0]["meta"]["location"].endswith("/Users/p%2F1")
    provider.patch(LEA, {"op": "replace", "path": "externalId", "value": "x-2"})
    kept = provider.person("p/1")
    assert (kept.external_id, kept.role, kept.status) == ("x-2", "owner", "active")


def test_who_is_not_active_keeps_everything_and_comes_back(provider: Provider) -> None:
    provider.patch(LEA, {"op": "Replace", "value": {"active": "False"}})
    assert provider.person("p/1").status == "deleted"
    assert provider.send("GET", LEA)["active"] is False
    assert provider.services.roster.enrolments() == (Enrolment("https://x/s", "p/1", "active", ""),)
    provider.patch(LEA, {"op": "replace", "path": "active", "value": True})
    assert provider.person("p/1").status == "active"


def test_who_is_removed_is_not_there_and_their_history_stays(provider: Provider) -> None:
    provider.send("DELETE", LEA, status=204)
    for method in ("GET", "DELETE"):
        refused = provider.send(method, LEA, status=404)
        assert refused["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert refused["status"] == "404"
    assert names(provider.send("GET", "/scim/v2/Users")) == ["boss@example.org"]
    assert provider.person("p/1").status == "deleted"
    assert len(provider.services.roster.enrolments()) == 1


def test_who_comes_again_under_the_same_mailbox_is_the_same_person(provider: Provider) -> None:
    made = provider.create("left", emails=[{"value": "left@example.org"}])
    assert made["id"] == "left"
    assert provider.person("left").status == "active"
    assert provider.members("g1") == set()


@pytest.mark.parametrize(
    "body",
    [
        {"userName": "BOSS@example.org"},
        {"userName": "other", "emails": [{"value": "boss@EXAMPLE.org"}]},
    ],
)
def test_what_is_somebody_elses_is_a_conflict(provider: Provider, body: Json) -> None:
    refused = provider.send("POST", "/scim/v2/Users", {"schemas": [USER]} | body, 409)
    assert refused["scimType"] == "uniqueness"
    assert provider.services.roster.version == 1


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"userName": "new", "emails": [{"value": "no address"}]}, "no address"),
        ({"userName": "new", ENTERPRISE: {"manager": {"value": "nobody"}}}, "nobody"),
        ({"userName": "new\u0000"}, "user_name"),
        ({}, "userName"),
        ({"userName": "new", "active": "perhaps"}, "active"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(
    provider: Provider, body: Json, word: str
) -> None:
    refused = provider.send("POST", "/scim/v2/Users", {"schemas": [USER]} | body, 400)
    assert word in refused["detail"]
    assert refused["scimType"] == "invalidValue"
    assert provider.services.roster.version == 1


def test_a_body_that_is_no_json_is_refused(provider: Provider) -> None:
    for body in (b"{", b"[]", b"", b"[" * 100_000):
        answer = provider.client.post("/scim/v2/Users", data=body)
        assert answer.status_code == 400
        assert json.loads(answer.data)["scimType"] == "invalidSyntax"


def test_an_account_of_the_identity_provider_is_kept(provider: Provider) -> None:
    at_home = Provider(InMemory(account_home_page="https://idp.example"))
    made = at_home.create("zoe")
    row = at_home.person(made["id"])
    assert (row.account_homepage, row.account_name) == ("https://idp.example", "zoe")


def test_members_are_learners_and_coaches_by_their_type(provider: Provider) -> None:
    made = provider.send(
        "POST",
        "/scim/v2/Groups",
        {
            "schemas": [GROUP],
            "displayName": "Brest",
            "members": [{"value": "p/1"}, {"value": "boss", "type": "Coach"}],
        },
        201,
    )
    path = f"/scim/v2/Groups/{made['id']}"
    assert provider.members(made["id"]) == {("p/1", "learner"), ("boss", "coach")}
    provider.patch(path, {"op": "remove", "path": 'members[value eq "p/1"]'})
    provider.patch(path, {"op": "add", "path": "members", "value": [{"value": "boss"}]})
    assert provider.members(made["id"]) == {("boss", "coach"), ("boss", "learner")}
    provider.send("PUT", path, {"schemas": [GROUP], "displayName": "Rennes"})
    assert provider.members(made["id"]) == set()
    assert provider.services.roster.title("groups", made["id"]) == "Rennes"
    provider.send("DELETE", path, status=204)
    provider.send("GET", path, status=404)


def test_a_group_keeps_what_identity_providers_do_not_know(provider: Provider) -> None:
    team = provider.send("GET", "/scim/v2/Groups/g1")
    assert "members" not in team
    provider.patch("/scim/v2/Groups/g2", {"op": "replace", "value": {"displayName": "Other"}})
    assert provider.services.roster.row("groups", "g2").parent_id == "g1"
    provider.patch("/scim/v2/Groups/g1", {"op": "replace", "value": {"displayName": "N"}})
    assert provider.members("g1") == {("left", "coach")}
    provider.send("DELETE", "/scim/v2/Groups/g1", status=204)
    assert provider.services.roster.row("groups", "g2").parent_id == ""


def test_a_member_who_is_nobody_is_refused(provider: Provider) -> None:
    body = {"schemas": [GROUP], "displayName": "B", "members": [{"value": "nobody"}]}
    refused = provider.send("POST", "/scim/v2/Groups", body, 400)
    assert '"nobody"' in refused["detail"]
    assert provider.services.roster.version == 1


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ('userName eq "n3"', ["n3"]),
        ('externalId eq "x4"', ["n4"]),
        ('userName sw "n" and externalId eq "x5"', ["n5"]),
        ('userName co "OSS@"', ["boss@example.org"]),
        ('userName eq "n1" or userName eq "n2"', ["n1", "n2"]),
        ('not (userName sw "n") and active eq true', ["boss@example.org", "lea@example.org"]),
        ('userName eq "nobody"', []),
        ('emails.value eq "lea@example.org"', ["lea@example.org"]),
    ],
)
def test_filters(provider: Provider, wanted: str, found: list[str]) -> None:
    for number in range(6):
        provider.create(f"n{number}", externalId=f"x{number}")
    answer = provider.client.get("/scim/v2/Users", query_string={"filter": wanted})
    assert names(answer.get_json(force=True)) == found
    assert answer.get_json(force=True)["totalResults"] == len(found)


def test_pages(provider: Provider) -> None:
    for number in range(5):
        provider.create(f"n{number}")
    seen: list[str] = []
    for start in (1, 4, 7):
        found = provider.send("GET", f"/scim/v2/Users?startIndex={start}&count=3")
        assert (found["totalResults"], found["startIndex"]) == (7, start)
        seen += names(found)
    assert seen == ["boss@example.org", "lea@example.org", *(f"n{number}" for number in range(5))]
    assert provider.send("GET", "/scim/v2/Users?count=0")["totalResults"] == 7
    assert provider.send("GET", '/scim/v2/Users?filter=userName eq "', status=400)["detail"]


def test_without_the_scope_nothing_is_told() -> None:
    reader = Provider(InMemory(frozenset({"roster/read"})))
    for path in ("Users", "Groups", "Schemas", "ResourceTypes", "ServiceProviderConfig"):
        refused = reader.send("GET", f"/scim/v2/{path}", status=403)
        assert "roster/write" in refused["detail"]


def test_paths_and_methods_that_there_are_not(provider: Provider) -> None:
    assert provider.send("GET", "/scim/v2/Nothing", status=404)["status"] == "404"
    assert provider.send("DELETE", "/scim/v2/Users", status=405)["status"] == "405"
