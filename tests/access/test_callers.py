"""Who asks: clients and people, and what a credential must be to be believed."""

import base64
from dataclasses import dataclass

import mongomock
import pytest

from lrs_stats.access.callers import Caller, grants, identify
from lrs_stats.access.grants import ALL
from lrs_stats.errors import CommandError, Forbidden, Unauthorized
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.store.credentials import CredentialStore
from tests.line import REGISTRY

ROSTER = Roster(
    check(
        {
            "people": [
                {"id": "ada", "first_name": "Ada", "role": "owner", "status": "active"},
                {"id": "bob", "first_name": "Bob", "status": "active"},
                {"id": "eve", "first_name": "Eve", "status": "deleted"},
            ]
        }
    ),
    version=1,
)


@dataclass(frozen=True)
class Known:
    credentials: CredentialStore
    key: str
    secret: str

    def ask(self, authorization: str | None) -> Caller:
        return identify(authorization, self.credentials, lambda: ROSTER)

    def bearer(self, person: str, role: str = "") -> Caller:
        return self.ask(f"Bearer {self.credentials.create_token(person, role)}")


@pytest.fixture
def known() -> Known:
    credentials = CredentialStore(mongomock.MongoClient(tz_aware=True).db)
    client, secret = credentials.create_client("lms", ["statements/write"])
    return Known(credentials, client.key, secret)


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def test_a_client_is_known_by_its_key_and_secret(known: Known) -> None:
    caller = known.ask(basic(known.key, known.secret))
    assert (caller.id, caller.scopes, caller.person) == (
        known.key,
        frozenset({"statements/write"}),
        None,
    )
    caller.require("statements/write")
    with pytest.raises(Forbidden, match="stats/read"):
        grants(caller, REGISTRY.resolver, ROSTER)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        basic("nobody", "nothing"),
        "Bearer",
        "Bearer nothing",
        "Digest username=x",
    ],
)
def test_what_is_no_credential_is_refused(known: Known, authorization: str | None) -> None:
    with pytest.raises(Unauthorized):
        known.ask(authorization)


def test_a_wrong_secret_and_a_revoked_client_are_refused(known: Known) -> None:
    with pytest.raises(Unauthorized):
        known.ask(basic(known.key, known.secret + "x"))
    known.ask(basic(known.key, known.secret))
    known.credentials.revoke_client(known.key)
    with pytest.raises(Unauthorized):
        known.ask(basic(known.key, known.secret))
    with pytest.raises(CommandError):
        known.credentials.revoke_client(known.key)


def test_secrets_are_not_kept_in_the_clear(known: Known) -> None:
    token = known.credentials.create_token("bob")
    kept = [*known.credentials._clients.find(), *known.credentials.tokens._tokens.find()]
    assert known.secret not in str(kept)
    assert token not in str(kept)


def test_a_person_has_the_role_that_the_roster_gives(known: Known) -> None:
    owner = grants(known.bearer("ada"), REGISTRY.resolver, ROSTER)
    assert any(grant.role == "owner" and grant.learners is ALL for grant in owner)
    (own,) = grants(known.bearer("bob"), REGISTRY.resolver, ROSTER)
    assert (own.role, own.learners) == ("learner", frozenset({"bob"}))


def test_who_has_left_or_was_never_there_may_not_sign_in(known: Known) -> None:
    for person in ("eve", "mallory"):
        with pytest.raises(Unauthorized):
            known.bearer(person)


def test_a_token_with_a_role_needs_no_roster(known: Known) -> None:
    caller = known.bearer("administrator", "owner")
    assert caller.person is not None
    assert caller.person.role == "owner"
    caller.require("roster/write")


def test_a_client_may_send_its_key_and_secret_as_a_bearer(known: Known) -> None:
    assert known.ask(f"Bearer {known.key}:{known.secret}").id == known.key
    for wrong in (f"{known.key}:", f":{known.secret}", f"{known.key}:{known.secret}x", ":"):
        with pytest.raises(Unauthorized, match="belong to no client"):
            known.ask(f"Bearer {wrong}")
