"""Attempts to sign in are counted by all processes together, and forgotten with time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from lrs_stats.store.database import INDEXES, Database, Document, connect
from lrs_stats.store.passwords import PasswordStore
from lrs_stats.store.sign_in_attempts import WINDOW_SECONDS, SignInAttempts


def test_attempts_of_many_processes_at_once_are_all_counted(
    mongo_uri: str, database: Database[Document]
) -> None:
    stores = [SignInAttempts(connect(mongo_uri, database.name)) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        counts = list(pool.map(lambda n: stores[n % 4].count("zoe").count, range(64)))
    assert sorted(counts) == list(range(1, 65))
    for store in stores:
        store._attempts.database.client.close()


def test_names_are_counted_apart_and_kept_unread(database: Database[Document]) -> None:
    attempts = SignInAttempts(database)
    assert [attempts.count(name).count for name in ("zoe", "max", "zoe", "\ud800")] == [1, 1, 2, 1]
    assert "zoe" not in str(list(database["sign_in_attempts"].find()))


def test_the_time_counts_from_the_first_attempt_and_then_begins_anew(
    database: Database[Document],
) -> None:
    attempts = SignInAttempts(database)
    assert attempts.count("zoe").seconds == WINDOW_SECONDS
    begun = database["sign_in_attempts"].find_one() or {}
    assert 0 < attempts.count("zoe").seconds <= WINDOW_SECONDS
    again = database["sign_in_attempts"].find_one() or {}
    assert (again["count"], again["ends"]) == (2, begun["ends"])
    past = begun["at"] - timedelta(seconds=1)
    database["sign_in_attempts"].update_one({}, {"$set": {"ends": past}})
    assert attempts.count("zoe").count == 1


def test_what_was_good_is_given_back_or_forgotten(database: Database[Document]) -> None:
    attempts = SignInAttempts(database)
    for _ in range(3):
        attempts.count("zoe")
    attempts.give_back("zoe")
    assert attempts.count("zoe").count == 3
    attempts.forget("zoe")
    attempts.give_back("zoe")
    assert attempts.count("zoe").count == 1


def test_the_database_removes_what_is_past() -> None:
    (index,) = INDEXES["sign_in_attempts"]
    assert (index.document["key"], index.document["expireAfterSeconds"]) == ({"ends": 1}, 0)


def test_a_password_has_one_hash_which_is_renewed_only_while_it_stands(
    database: Database[Document],
) -> None:
    passwords = PasswordStore(database)
    assert passwords.hash_of("zoe") is None
    passwords.set("zoe", "first")
    passwords.renew("zoe", "second", before="first")
    passwords.renew("zoe", "third", before="first")
    assert passwords.hash_of("zoe") == "second"
    passwords.remove("zoe")
    passwords.renew("zoe", "fourth", before="second")
    assert passwords.hash_of("zoe") is None
