"""What is known of activities, on a real MongoDB: nothing that was said is lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lrs_stats.store.activities import ActivityStore
from lrs_stats.store.database import Database, Document
from lrs_stats.xapi.model import Activity, Definition

IRI = "https://lms.example/course"


def named(identifier: str = IRI, **names: str) -> Activity:
    return Activity(id=identifier, definition=Definition(name=names))


def known(store: ActivityStore, identifier: str = IRI) -> Any:
    found = store.definitions([identifier, "https://lms.example/none"])
    assert found.keys() <= {identifier}
    return json.loads(found[identifier]) if found else None


def test_definitions_merge_within_a_batch_and_over_batches(database: Database[Document]) -> None:
    store = ActivityStore(database)
    assert known(store) is None
    store.define([named(en="A"), named(fr="B"), named(en="C")])
    assert known(store) == {"name": {"en": "C", "fr": "B"}}
    store.define([named(de="D"), named("https://lms.example/other", en="O")])
    assert known(store) == {"name": {"en": "C", "fr": "B", "de": "D"}}
    assert known(store, "https://lms.example/other") == {"name": {"en": "O"}}


def test_what_one_process_forgot_another_still_merges(database: Database[Document]) -> None:
    ActivityStore(database).define([named(en="A")])
    other = ActivityStore(database)
    other.define([named(en="A"), named(fr="B")])
    assert known(other) == {"name": {"en": "A", "fr": "B"}}


def test_many_that_define_at_once_lose_nothing(database: Database[Document]) -> None:
    tags = [f"{letter}{other}" for letter in "abcd" for other in "abcdef"]
    stores = [ActivityStore(database) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for number, tag in enumerate(tags):
            pool.submit(stores[number % 4].define, [named(**{tag: tag})])
    assert known(stores[0]) == {"name": {tag: tag for tag in tags}}


def test_a_definition_that_is_changed_back_is_what_was_said_last(
    database: Database[Document],
) -> None:
    store = ActivityStore(database)
    for name in ("A", "B", "A"):
        store.define([named(en=name)])
        assert known(store) == {"name": {"en": name}}
    store.define([named(en="B"), named(en="A")])
    assert known(store) == {"name": {"en": "A"}}


def test_ids_of_many_bytes_are_asked_for_in_groups(database: Database[Document]) -> None:
    store = ActivityStore(database)
    long = [f"https://lms.example/{letter * 900_000}" for letter in "abcdefghijklmnopqrstuvw"]
    store.define([named(identifier, en="A") for identifier in long])
    assert len(store.definitions([*long, "https://x.example/" + "z" * 20_000_000])) == len(long)
