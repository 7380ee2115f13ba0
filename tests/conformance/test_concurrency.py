"""ETags, so that nobody overwrites what they have not seen (Communication 3.1)."""

import hashlib
from typing import Final

import pytest

from tests.conformance.documents import ACTIVITY, AGENT, ALL, STATE, Documents, content, put, send
from tests.conformance.lrs import Lrs
from tests.conformance.requirement import requirement
from tests.conformance.statements import Json

SECTION: Final = "Communication 3.1"
SECOND: Final = "IEEE 9274.1.1, 4.1.4"
OTHER: Final = f'"{"0" * 40}"'
PROFILES = pytest.mark.parametrize("documents", [AGENT, ACTIVITY], ids=["agent", "activity"])


def _kept(lrs: Lrs, documents: Documents) -> tuple[Json, str]:
    """Store a document; return its parameters and its ETag."""
    parameters = documents.fresh()
    lrs.expect(put(lrs, documents, parameters, b'{"a":1}'), 204)
    return parameters, lrs.get(documents.path, **parameters).headers["ETag"]


def _try(
    lrs: Lrs, method: str, documents: Documents, parameters: Json, **headers: str
) -> tuple[int, bool]:
    """Send a request; return its status and whether the document is as it was before.

    In the names of headers `_` stands for `-`.
    """
    before = lrs.get(documents.path, **parameters)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = send(lrs, method, documents, parameters, b'{"b":2}', headers=named)
    lrs.expect(answer, answer.status_code)
    after = lrs.get(documents.path, **parameters)
    return answer.status_code, (before.status_code, before.data) == (after.status_code, after.data)


@requirement("XAPI-00322", SECTION, "The ETag of a profile is the quoted SHA-1 hash of its bytes.")
@PROFILES
def test_etag(lrs: Lrs, documents: Documents) -> None:
    parameters, etag = _kept(lrs, documents)
    digest = hashlib.sha1(content(lrs, documents, parameters)).hexdigest()
    assert etag == f'"{digest}"'


@requirement(
    "LRS-0060", SECOND, "Every document has a quoted ETag, which changes with it.", only="2.0.0"
)
@ALL
def test_etags(lrs: Lrs, documents: Documents) -> None:
    parameters, etag = _kept(lrs, documents)
    assert etag.removeprefix("W/").strip('"')
    assert etag.endswith('"')
    lrs.expect(send(lrs, "POST", documents, parameters, b'{"b":2}'), 204)
    assert lrs.get(documents.path, **parameters).headers["ETag"] != etag


@requirement(
    "LRS-0061", SECTION, "PUT with an If-Match that does not match is 412, and changes nothing."
)
@PROFILES
def test_put_if_match(lrs: Lrs, documents: Documents) -> None:
    parameters, etag = _kept(lrs, documents)
    assert _try(lrs, "PUT", documents, parameters, If_Match=OTHER) == (412, True)
    assert _try(lrs, "PUT", documents, documents.fresh(), If_Match=etag) == (412, True)
    assert _try(lrs, "PUT", documents, parameters, If_Match=etag) == (204, False)


@requirement("LRS-0062", SECTION, "PUT with If-None-Match: * is 412 when the document is there.")
@PROFILES
def test_put_if_none_match(lrs: Lrs, documents: Documents) -> None:
    parameters, _ = _kept(lrs, documents)
    assert _try(lrs, "PUT", documents, parameters, If_None_Match="*") == (412, True)


@requirement("LRS-0063", SECTION, "PUT of a profile that is there, with neither header, is 409.")
@PROFILES
def test_put_with_neither(lrs: Lrs, documents: Documents) -> None:
    parameters, _ = _kept(lrs, documents)
    answer = send(lrs, "PUT", documents, parameters, b'{"b":2}')
    assert b"If-Match" in lrs.expect(answer, 409).data
    assert content(lrs, documents, parameters) == b'{"a":1}'


@requirement("LRS-0064", SECTION, "PUT of a new profile with neither header is 400.", only="1.0.3")
@PROFILES
def test_new_with_neither(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    lrs.refuses(send(lrs, "PUT", documents, parameters, b"{}"))
    lrs.expect(lrs.get(documents.path, **parameters), 404)


@requirement(
    "LRS-0065", SECTION, "PUT of state needs neither header, and overwrites.", only="1.0.3"
)
def test_state(lrs: Lrs) -> None:
    parameters, _ = _kept(lrs, STATE)
    assert _try(lrs, "PUT", STATE, parameters) == (204, False)


@requirement(
    "LRS-0066", SECOND, "PUT, POST and DELETE of any document heed If-Match.", only="2.0.0"
)
@ALL
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_if_match(lrs: Lrs, documents: Documents, method: str) -> None:
    parameters, etag = _kept(lrs, documents)
    assert _try(lrs, method, documents, parameters, If_Match=OTHER) == (412, True)
    assert _try(lrs, method, documents, parameters, If_Match=etag) == (204, False)


@requirement(
    "LRS-0067",
    SECOND,
    "PUT of a document that is there, with neither header, is 409.",
    only="2.0.0",
)
@ALL
def test_any_with_neither(lrs: Lrs, documents: Documents) -> None:
    parameters, _ = _kept(lrs, documents)
    assert _try(lrs, "PUT", documents, parameters) == (409, True)
    assert b"If-Match" in send(lrs, "PUT", documents, parameters, b"{}").data


@requirement("LRS-0068", SECTION, "An ETag that a proxy has made weak still matches.")
@PROFILES
def test_weak(lrs: Lrs, documents: Documents) -> None:
    parameters, etag = _kept(lrs, documents)
    weak = f"W/{etag.removeprefix('W/')}"
    assert _try(lrs, "PUT", documents, parameters, If_Match=f"{OTHER}, {weak}") == (204, False)
