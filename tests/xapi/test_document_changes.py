"""What becomes of a document: merged, replaced or left alone, by the rules of each version."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from lrs_stats.xapi.documents import Kept, Sent, post
from lrs_stats.xapi.preconditions import read
from tests.xapi.document_requests import (
    ALL,
    BOTH,
    JSON,
    NEW,
    PROFILES,
    STATE,
    Resource,
    refused,
)
from tests.xapi.documents_memory import BEGIN
from tests.xapi.server import Server

# Merging


def merging(resource: Resource, first: tuple[bytes, str], then: tuple[bytes, str]) -> TestResponse:
    resource.put(*first)
    return resource.ask("POST", *then)


@pytest.mark.parametrize("version", BOTH)
def test_post_merges_the_top_level_only_and_keeps_the_spelling(
    resource: Resource, version: str
) -> None:
    resource.version = version
    first = b'{"a": {"x": 1, "y": 2}, "b": 1.50, "c": "\\u00e9"}'
    response = merging(
        resource, (first, JSON), (b'{"a": {"x": 3}, "d": 1e400}', f"{JSON};charset=utf-8")
    )
    assert (response.status_code, response.data) == (204, b"")
    assert resource.stored() == b'{"a":{"x": 3},"b":1.50,"c":"\\u00e9","d":1e400}'
    assert resource.ask("GET").content_type == JSON


@pytest.mark.parametrize(
    ("first", "then", "place"),
    [
        ((b"{}", JSON), (b"{}", "text/plain"), "header Content-Type: "),
        ((b"{}", JSON), (b"a=1", "application/x-www-form-urlencoded"), "header Content-Type: "),
        ((b"{}", JSON), (b"{}", "application/json-seq"), "header Content-Type: "),
        ((b"{}", "text/plain"), (b"{}", JSON), "stored document: "),
        ((b"[]", JSON), (b"{}", JSON), "stored document: "),
        ((b"{", JSON), (b"{}", JSON), "stored document: "),
        ((b"{}", JSON), (b"[]", JSON), "body: "),
        ((b"{}", JSON), (b"{}{", JSON), "body: "),
        ((b"{}", JSON), (b"", JSON), "body: "),
        ((b"{}", JSON), (b"null", JSON), "body: "),
        ((b"{}", JSON), (b'{"a": "\xff"}', JSON), "body: "),
        ((b"{}", JSON), (b'{"\\ud800": 1}', JSON), "body: "),
        ((b"{}", JSON), (b'{"a":' + b"[" * 9_000 + b"]" * 9_000 + b"}", JSON), "body: "),
        ((b"{}", JSON), ('{"a": 1}'.encode("utf-16"), JSON), "body: "),
    ],
)
def test_what_cannot_be_merged_changes_nothing(
    resource: Resource, first: tuple[bytes, str], then: tuple[bytes, str], place: str
) -> None:
    refused(merging(resource, first, then), 400, place)
    assert resource.stored() == first[0]
    assert resource.ask("GET").content_type == first[1]


def test_post_of_a_new_document_stores_it(resource: Resource) -> None:
    assert resource.ask("POST", b"\x00", "image/png").status_code == 204
    assert resource.stored() == b"\x00"


def test_post_of_a_new_document_that_only_claims_to_be_an_object(resource: Resource) -> None:
    refused(resource.ask("POST", b"{}[", JSON), 400, "body: is not a JSON object")
    assert resource.stored() is None


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=3), values, max_size=4)


@given(objects, objects)
def test_a_merge_is_the_union_in_which_the_new_wins(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    kept = Kept(json.dumps(old).encode(), JSON, "", BEGIN)
    merged = post(Sent(json.dumps(new).encode(), JSON), read(None, None))(kept)
    assert merged is not None
    assert json.loads(merged.content) == old | new


# Concurrency, by version


@pytest.mark.parametrize(
    ("version", "kinds", "exists", "status"),
    [
        ("1.0.3", [STATE], False, 204),
        ("1.0.3", [STATE], True, 204),
        ("1.0.3", PROFILES, False, 400),
        ("1.0.3", PROFILES, True, 409),
        ("2.0.0", ALL, False, 204),
        ("2.0.0", ALL, True, 409),
    ],
)
def test_put_without_a_header(
    version: str,
    kinds: list[tuple[str, dict[str, str]]],
    exists: bool,  # noqa: FBT001
    status: int,
) -> None:
    for path, parameters in kinds:
        resource = Resource(Server(), path, parameters, version)
        if exists:
            resource.put(b"old")
        response = resource.ask("PUT", b"new")
        assert response.status_code == status
        if status == 409:
            refused(response, 409, "current state", "If-Match", "ETag")
        if status == 400:
            refused(response, 400, "header If-None-Match: is missing")
        after = b"new" if status == 204 else b"old" if exists else None
        assert resource.stored() == after


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_change_of_another_document_than_was_read_is_refused(
    resource: Resource, version: str, method: str
) -> None:
    resource.version = version
    wrong = {"If-Match": '"1234"'}
    refused(resource.ask(method, b"{}", headers=wrong), 412, "there is none")
    assert resource.stored() is None
    resource.put(b'{"a":1}')
    refused(resource.ask(method, b'{"a":2}', headers=wrong), 412, "Get it anew")
    assert resource.stored() == b'{"a":1}'
    right = {"If-Match": "W/" + resource.ask("GET").headers["ETag"]}
    assert resource.ask(method, b'{"a":2}', headers=right).status_code == 204
    assert resource.stored() == (None if method == "DELETE" else b'{"a":2}')


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_only_a_new_document_passes_if_none_match(
    resource: Resource, version: str, method: str
) -> None:
    resource.version = version
    assert resource.ask(method, b"{}", headers=NEW).status_code == 204
    refused(resource.ask(method, b'{"a":1}', headers=NEW), 412, "If-None-Match")
    assert resource.stored() == b"{}"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_header_that_holds_no_tags_changes_nothing(resource: Resource, method: str) -> None:
    resource.put(b"{}")
    refused(resource.ask(method, b"{}", headers={"If-Match": ""}), 400, "header If-Match: ")
    assert resource.stored() == b"{}"
