"""Multipart requests: contents that belong to statements are taken, all others are refused."""

import io
import json
from functools import partial
from typing import Any

import pytest

from lrs_stats.errors import BadRequest, Problem, TooLarge, Unavailable
from lrs_stats.xapi.receiving import receive
from lrs_stats.xapi.record import Content, Prepared
from tests.xapi.parcels import TEXT, TYPE, attachment, body, file, first, sha2, with_attachments
from tests.xapi.statements import PLAIN, SUB, Json, prepared

OTHER = b"another"
URL: Json = {"fileUrl": "https://example.org/essay.txt"}
ESSAY = with_attachments(attachment())
IN_SUB = PLAIN | {"object": SUB | {"attachments": [attachment()]}}
SIGNED = attachment(usageType="http://adlnet.gov/expapi/attachments/signature")
OCTETS = {"contentType": "application/octet-stream"}


def received(
    sent: bytes, version: str = "1.0.3", content_type: str = TYPE, limit: int = 10_000
) -> tuple[list[Prepared], list[Content]]:
    return receive(
        [sent],
        content_type,
        partial(prepared, version=version, contents_follow=True),
        version=version,
        limit=limit,
        spool=io.BytesIO(),
    )


def refusal(sent: bytes, **more: Any) -> str:
    with pytest.raises(BadRequest) as refused:
        received(sent, **more)
    return refused.value.detail


@pytest.mark.parametrize(
    ("sent", "files"),
    [
        (body(first(ESSAY), file()), [[TEXT]]),
        (body(first([ESSAY, ESSAY, PLAIN]), file()), [[TEXT], [TEXT], []]),
        (body(first(ESSAY), file(), file()), [[TEXT]]),
        (body(first(IN_SUB), file()), [[TEXT]]),
        (body(first(with_attachments(attachment(), attachment(OTHER, **URL))), file()), [[TEXT]]),
        (body(first(with_attachments(attachment(**URL))), file()), [[TEXT]]),
        (body(first(ESSAY), file(Content_Transfer_Encoding=None)), [[TEXT]]),
        (body(first(ESSAY), file(Content_Transfer_Encoding="Binary")), [[TEXT]]),
        (body(first(ESSAY), file(Content_Type=None)), [[TEXT]]),
        (body(first(ESSAY), file(X_Experience_API_Hash=sha2(TEXT).upper())), [[TEXT]]),
        (body(first(with_attachments(attachment(length=9))), file()), [[TEXT]]),
        (body(first(with_attachments(attachment(b""))), file(b"")), [[b""]]),
        (b"\r\n" + body(first(ESSAY), file())[:-2], [[TEXT]]),
        (
            body(first(ESSAY, **{"Content-Type": "application/json; charset=UTF-8"}), file()),
            [[TEXT]],
        ),
    ],
)
def test_what_is_taken(sent: bytes, files: list[list[bytes]]) -> None:
    statements, contents = received(sent)
    by_hash = {one.sha2: b"".join(one.chunks(5)) for one in contents}
    assert [[by_hash[name] for name in one.files] for one in statements] == files


@pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
def test_every_hash_of_sha2_is_taken(algorithm: str) -> None:
    digest = sha2(TEXT, algorithm)
    sent = first(with_attachments(attachment(sha2=digest.upper())))
    statements, _ = received(body(sent, file(X_Experience_API_Hash=digest)))
    assert statements[0].files == (digest,)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (body(), "body: has no part"),
        (body(file()), "part 1, header Content-Type: expected application/json"),
        (body(first(ESSAY, **{"Content-Type": "text/plain"}), file()), "part 1, header Content-T"),
        (body(first(ESSAY), first(ESSAY), file()), "part 2, header X-Experience-API-Hash: is miss"),
        (
            body(first(ESSAY), file(), file(OTHER)),
            "part 3, header X-Experience-API-Hash: no attach",
        ),
        (body(first(PLAIN), file()), "part 2, header X-Experience-API-Hash: no attachment"),
        (
            body(first(ESSAY), file(OTHER, X_Experience_API_Hash=sha2(TEXT))),
            "part 2, header X-Experience-API-Hash: the bytes of the part have the hash",
        ),
        (body(first(ESSAY), file(X_Experience_API_Hash="b018")), "part 2, header X-Experience-API"),
        (
            body(first(ESSAY), file(Content_Transfer_Encoding="base64")),
            'part 2, header Content-Transfer-Encoding: expected binary, got "base64"',
        ),
        (
            body(first([PLAIN, with_attachments(attachment(), attachment(OTHER))]), file()),
            "statements[1].attachments[1].fileUrl: is missing, and so is a part",
        ),
        (
            body(
                first([ESSAY, PLAIN | {"object": SUB | {"attachments": [attachment(OTHER)]}}]),
                file(),
            ),
            "statements[1].object.attachments[0].fileUrl: is missing",
        ),
        (body(first(ESSAY)), "body: has no attachment"),
        (body(first(PLAIN)), "body: has no attachment"),
        (body(first(with_attachments(attachment(**URL)))), "body: has no attachment"),
        (body(first(ESSAY | {"verb": {}}), file()), "statement.verb.id: is missing"),
        (
            body(
                first(with_attachments(attachment(), SIGNED | OCTETS | URL | {"sha2": "a" * 64})),
                file(),
            ),
            "statement.attachments[1]: the signature itself is missing",
        ),
        (
            body(first(with_attachments(SIGNED)), file()),
            "statement.attachments[0].contentType: a signature is of type application/octet-stream",
        ),
    ],
)
def test_what_is_refused(sent: bytes, said: str) -> None:
    assert refusal(sent).startswith(said)


@pytest.mark.parametrize("sent", [PLAIN, with_attachments(attachment(**URL)), []])
def test_in_2_0_0_no_attachment_need_come(sent: object) -> None:
    assert received(body(first(sent)), version="2.0.0")[1] == []


def test_in_2_0_0_an_attachment_without_an_address_must_come() -> None:
    assert refusal(body(first(ESSAY)), version="2.0.0").startswith("statement.attachments[0].fileU")


def test_without_a_boundary() -> None:
    said = refusal(body(first(ESSAY), file()), content_type="multipart/mixed;")
    assert said.startswith("header Content-Type: names no boundary")


def test_a_json_request_needs_addresses() -> None:
    with pytest.raises(BadRequest, match="fileUrl: is missing"):
        prepared(ESSAY)
    with pytest.raises(BadRequest, match="the signature itself is missing"):
        prepared(with_attachments(SIGNED | OCTETS | URL))
    assert prepared(with_attachments(attachment(**URL)))[0].files == ()


def test_statements_beyond_the_limit() -> None:
    with pytest.raises(TooLarge):
        received(body(first([ESSAY] * 20), file()), limit=len(json.dumps(ESSAY)) * 10)


def test_no_room_for_what_comes() -> None:
    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(Problem) as refused:
        receive(
            [body(first(ESSAY), file())],
            TYPE,
            partial(prepared, contents_follow=True),
            version="1.0.3",
            limit=10_000,
            spool=Full(),
        )
    assert isinstance(refused.value, Unavailable)


def test_a_disk_that_is_full_at_the_last_byte_is_told_so() -> None:
    class Full(io.BytesIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable, match="no room"):
        receive(
            [body(first(ESSAY), file())],
            TYPE,
            partial(prepared, version="1.0.3", contents_follow=True),
            version="1.0.3",
            limit=10_000,
            spool=Full(),
        )
