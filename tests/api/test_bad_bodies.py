"""No body that is sent to a resource of the API makes a 5xx, whatever is in it."""

from typing import Final

import pytest

from lrs_stats.store.database import Database, Document
from tests.asking import Asking, asking

BODIES: Final = {
    "half a character": b'{"name": "\\ud800", "id": "\\ud800", "person": "\\ud800"}',
    "half a character as a name": b'{"\\ud800": 1}',
    "a deep nest": b"[" * 100_000,
    "a deep nest of objects": b'{"a":' * 100_000,
    "no JSON": b"{",
    "no UTF-8": b'{"name": "\xff"}',
    "a number": b"7",
    "null": b"null",
    "a list of numbers": b"[1, 2]",
    "no number": b'{"name": NaN, "expires": Infinity}',
    "a long number": b'{"days": ' + b"9" * 5000 + b', "name": ' + b"9" * 5000 + b"}",
    "a zero character": b'{"name": "a\\u0000b", "id": "a\\u0000b", "person": "a\\u0000b"}',
    "nothing": b"",
}


@pytest.fixture(scope="module")
def asked(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> Asking:
    return asking(module_database, mongo_uri, tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("what", BODIES)
def test_a_bad_body_is_refused_where_it_is_bad(asked: Asking, what: str) -> None:
    who = asked.client("admin")
    places = [
        (rule.rule, method)
        for rule in asked.http.application.url_map.iter_rules()
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH"}
        if rule.rule.startswith(("/api/v1/", "/scim/"))
    ]
    assert len(places) > 15
    for rule, method in places:
        path = rule
        while "<" in path:
            path = path[: path.index("<")] + "some" + path[path.index(">") + 1 :]
        answer = asked.http.open(
            path,
            method=method,
            data=BODIES[what],
            content_type="application/json",
            headers={"Authorization": who},
        )
        assert answer.status_code < 500, (method, path, answer.text)
