"""Tokens: what is kept of one, when it is good, and how it is listed and revoked."""

from datetime import UTC, datetime, timedelta

import pytest

from lrs_stats.errors import NotFound
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Database, Document
from lrs_stats.store.remembered import REMEMBERED, Remembered
from lrs_stats.store.tokens import Token, TokenStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """Instants that pass when a test says so."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(database: Database[Document], clock: Clock) -> TokenStore:
    return TokenStore(database, clock)


def owner(token: Token | None) -> str | None:
    return None if token is None else token.person


def test_a_token_tells_whose_it_is_and_is_kept_as_its_hash_alone(
    tokens: TokenStore, database: Database[Document]
) -> None:
    made, secret = tokens.create("zoe", label="laptop")
    assert len(secret) >= 43  # 256 bits in Base64
    assert tokens.find(secret) == made
    kept = str(list(database["tokens"].find()))
    assert secret not in kept
    assert "zoe" in kept
    assert tokens.find(made.id) is None
    assert tokens.find(str(database["tokens"].find_one({}, {"_id": True}))) is None


def test_a_token_is_good_until_the_instant_at_which_it_expires(
    tokens: TokenStore, clock: Clock, database: Database[Document]
) -> None:
    _, secret = tokens.create("zoe", expires=NOON + timedelta(seconds=3))
    assert owner(tokens.find(secret)) == "zoe"
    clock.now += timedelta(seconds=2.9)
    assert owner(tokens.find(secret)) == "zoe"
    clock.now = NOON + timedelta(seconds=3)  # remembered or not
    assert tokens.find(secret) is None
    assert TokenStore(database, clock).find(secret) is None


def test_a_revoked_token_is_refused_at_once_here_and_soon_elsewhere(
    tokens: TokenStore, database: Database[Document]
) -> None:
    made, secret = tokens.create("zoe")
    seconds = iter([0.0, REMEMBERED - 0.1, REMEMBERED])
    elsewhere = TokenStore(database)
    elsewhere._remembered = Remembered(clock=lambda: next(seconds))
    assert owner(tokens.find(secret)) == owner(elsewhere.find(secret)) == "zoe"
    tokens.revoke(made.id)
    assert tokens.find(secret) is None
    assert owner(elsewhere.find(secret)) == "zoe"
    assert elsewhere.find(secret) is None


@pytest.mark.parametrize("other", ["", "0", "f" * 16, "g" * 16, "$", "0" * 64, "\x00"])
def test_what_is_no_id_revokes_nothing(tokens: TokenStore, other: str) -> None:
    _, secret = tokens.create("zoe")
    with pytest.raises(NotFound):
        tokens.revoke(other)
    assert owner(tokens.find(secret)) == "zoe"


def test_a_token_is_revoked_once_and_by_its_own_person_alone(tokens: TokenStore) -> None:
    made, secret = tokens.create("zoe")
    with pytest.raises(NotFound) as not_ones_own:
        tokens.revoke(made.id, "max")
    assert owner(tokens.find(secret)) == "zoe"
    tokens.revoke(made.id, "zoe")
    with pytest.raises(NotFound) as gone:
        tokens.revoke(made.id, "zoe")
    assert not_ones_own.value.document() == gone.value.document()


def test_tokens_are_listed_newest_first_by_the_page(tokens: TokenStore, clock: Clock) -> None:
    for number in range(5):
        tokens.create("zoe" if number % 2 else "max", label=f"{number}")
        clock.now += timedelta(seconds=1)
    assert [one.label for one in tokens.all()] == ["4", "3", "2", "1", "0"]
    assert [one.label for one in tokens.all("zoe")] == ["3", "1"]
    assert [one.label for one in tokens.all(skip=1, limit=2)] == ["3", "2"]
    assert (tokens.count(), tokens.count("max"), tokens.count("eve")) == (5, 3, 0)


def test_what_a_password_has_opened_can_be_ended_but_for_one(tokens: TokenStore) -> None:
    (_, kept), (here, opened), (_, elsewhere), (_, others) = (
        tokens.create("zoe"),
        tokens.create("zoe", by_password=True),
        tokens.create("zoe", by_password=True),
        tokens.create("max", by_password=True),
    )
    tokens.revoke_signed_in("zoe", but=here.id)
    assert [owner(tokens.find(one)) for one in (kept, opened, elsewhere, others)] == [
        *("zoe", "zoe", None, "max")
    ]
    tokens.revoke_signed_in("zoe")
    assert tokens.find(opened) is None
    assert owner(tokens.find(kept)) == "zoe"


def test_the_state_of_a_token_is_told_in_words() -> None:
    token = Token("0", "zoe", "", NOON)
    later = NOON + timedelta(days=1)
    assert token.state(NOON) == "in use"
    assert Token("0", "zoe", "", NOON, expires=later).state(NOON) == "until 2026-03-02"
    assert Token("0", "zoe", "", NOON, expires=NOON).state(later) == "expired 2026-03-01"
    assert (
        Token("0", "zoe", "", NOON, expires=later, revoked=NOON).state(later).startswith("revoked")
    )


def test_a_token_that_was_made_before_tokens_had_an_end_is_still_good(
    tokens: TokenStore, database: Database[Document]
) -> None:
    _, secret = tokens.create("zoe")
    later = dict.fromkeys(("label", "expires", "revoked", "by_password"), "")
    database["tokens"].update_many({}, {"$unset": later})
    found = tokens.find(secret)
    assert found is not None
    assert (found.person, found.label, found.expires) == ("zoe", "", None)
    tokens.revoke(found.id)
    assert tokens.find(secret) is None


def test_a_client_that_is_revoked_is_forgotten_and_its_secret_is_its_own(
    database: Database[Document],
) -> None:
    credentials = CredentialStore(database)
    client, secret = credentials.create_client("one", ["stats/read"])
    other, _ = credentials.create_client("two", ["stats/read"])
    assert credentials.client(client.key, secret) is not None
    assert credentials.client(other.key, secret) is None
    credentials.revoke_client(client.key)
    assert credentials.client(client.key, secret) is None


# What is remembered


def test_what_is_found_is_remembered_for_some_seconds_and_what_is_not_found_never() -> None:
    seconds, asked = [0.0], []
    remembered: Remembered[str] = Remembered(clock=lambda: seconds[0])

    def find(found: str | None) -> str | None:
        asked.append(found)
        return found

    assert remembered.get("a", lambda: find(None)) is None
    assert remembered.get("a", lambda: find("first")) == "first"
    seconds[0] = REMEMBERED - 0.01
    assert remembered.get("a", lambda: find("second")) == "first"
    seconds[0] = REMEMBERED
    assert remembered.get("a", lambda: find("second")) == "second"
    remembered.forget()
    assert remembered.get("a", lambda: find(None)) is None
    assert asked == [None, "first", "second", None]


def test_memory_is_bounded() -> None:
    remembered: Remembered[int] = Remembered(most=10, clock=lambda: 0.0)
    for number in range(100):
        remembered.get(f"{number}", lambda found=number: found)  # type: ignore[misc]
    assert len(remembered._found) == 10
    assert remembered.get("99", lambda: None) == 99
    assert remembered.get("0", lambda: None) is None
