"""Statements that come with the content of their attachments (Communication 1.5)."""

from typing import Any, Final
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.conformance.lrs import Lrs, fresh
from tests.conformance.multipart import BOUNDARY, Part, attached, body, described, first, opened
from tests.conformance.requirement import requirement
from tests.conformance.statements import CERTIFICATE, Json, statement

JSON: Final = "Communication 1.5.1"
MIXED: Final = "Communication 1.5.2"
TYPE: Final = f'multipart/mixed; boundary="{BOUNDARY}"'
NOTE: Final = b"\x00\r\n--not-a-boundary\r\n\xff\r\n"
OTHER: Final = b"Another note."


def _send(lrs: Lrs, parts: list[Part], content_type: str = TYPE, **form: Any) -> TestResponse:
    headers = {"Content-Type": content_type}
    return lrs.ask("POST", "statements", body=body(parts, **form), headers=headers)


def _with(*attachments: Json) -> Json:
    return statement(id=str(uuid4()), attachments=list(attachments))


def _asked(lrs: Lrs, **parameters: str) -> list[Part]:
    answer = lrs.expect(lrs.get("statements", attachments="true", **parameters), 200)
    return opened(answer.headers["Content-Type"], answer.data)


# Which content types are taken


@requirement(
    "XAPI-00127", JSON, "Statements come as application/json or multipart/mixed, and as no other."
)
@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data", "application/octet-stream", "text/json", ""]
)
def test_other_types(lrs: Lrs, kind: str) -> None:
    parts = [first(_with(described(NOTE))), attached(NOTE)]
    lrs.refuses(_send(lrs, parts, f"{kind}; boundary={BOUNDARY}" if kind else ""))
    sent = first(_with(CERTIFICATE)).content
    lrs.refuses(lrs.ask("POST", "statements", body=sent, headers={"Content-Type": kind}))


@requirement("XAPI-00129", JSON, "In application/json every attachment has a fileUrl.")
def test_attachments_in_json(lrs: Lrs) -> None:
    lrs.store(_with(CERTIFICATE, described(NOTE, fileUrl="https://example.org/note")))
    lrs.refuses(lrs.post_json("statements", _with(described(NOTE))))
    lrs.refuses(lrs.post_json("statements", _with(CERTIFICATE, described(NOTE))))


# What a multipart body is


@requirement(
    "LRS-0031", MIXED, "The content of attachments comes in parts of its own, in any order."
)
@pytest.mark.parametrize(
    "form",
    [{}, {"begin": b"\r\n"}, {"begin": b"Preamble\r\n"}, {"end": b""}, {"end": b"\r\nEpilogue"}],
    ids=["plain", "leading line end", "preamble", "no last line end", "epilogue"],
)
def test_parts(lrs: Lrs, form: dict[str, Any]) -> None:
    sent = _with(described(NOTE), described(OTHER), CERTIFICATE)
    answer = _send(lrs, [first(sent), attached(OTHER), attached(NOTE)], **form)
    assert lrs.read(answer) == [sent["id"]]
    parts = _asked(lrs, statementId=sent["id"])
    assert {part.content for part in parts[1:]} == {NOTE, OTHER}


@requirement("LRS-0032", MIXED, "PUT takes a statement with its attachments too.")
def test_put(lrs: Lrs) -> None:
    sent = _with(described(NOTE))
    content = body([first(sent), attached(NOTE)])
    answer = lrs.ask(
        "PUT", "statements", {"statementId": sent["id"]}, body=content,
        headers={"Content-Type": TYPE},
    )  # fmt: skip
    lrs.expect(answer, 204)
    assert _asked(lrs, statementId=sent["id"])[1].content == NOTE


@requirement("LRS-0033", MIXED, "One part may serve several attachments of several statements.")
def test_shared_parts(lrs: Lrs) -> None:
    batch = [_with(described(NOTE), described(NOTE)), _with(described(NOTE))]
    assert len(lrs.read(_send(lrs, [first(batch), attached(NOTE)]))) == 2
    for sent in batch:
        assert [part.content for part in _asked(lrs, statementId=sent["id"])[1:]] == [NOTE]


@requirement("XAPI-00128", MIXED, "A part that no statement declares is refused.")
def test_undeclared_parts(lrs: Lrs) -> None:
    lrs.refuses(_send(lrs, [first(_with(described(NOTE))), attached(NOTE), attached(OTHER)]))
    lrs.refuses(_send(lrs, [first(_with(CERTIFICATE)), attached(OTHER)]))
    lrs.refuses(_send(lrs, [first(statement()), attached(OTHER)]))


@requirement("LRS-0034", MIXED, "An attachment without part and without fileUrl is refused.")
def test_missing_parts(lrs: Lrs) -> None:
    lrs.refuses(_send(lrs, [first(_with(described(NOTE), described(OTHER))), attached(NOTE)]))
    lrs.refuses(_send(lrs, [first([_with(described(NOTE)), _with(CERTIFICATE)])]))


@requirement("XAPI-00130", MIXED, "Each part begins with the boundary.")
def test_boundary_before_parts(lrs: Lrs) -> None:
    content = body([first(_with(described(NOTE))), attached(NOTE)])
    mark = f"--{BOUNDARY}\r\n".encode()
    for wrong in (content.replace(mark, b""), content.replace(mark, b"--other\r\n"), b"", mark):
        lrs.refuses(lrs.ask("POST", "statements", body=wrong, headers={"Content-Type": TYPE}))


@requirement("XAPI-00131", MIXED, "The Content-Type names the boundary.")
@pytest.mark.parametrize(
    "kind", ["multipart/mixed", "multipart/mixed; boundary=", "multipart/mixed; boundary=other"]
)
def test_boundary_is_named(lrs: Lrs, kind: str) -> None:
    lrs.refuses(_send(lrs, [first(_with(described(NOTE))), attached(NOTE)], kind))


@requirement("XAPI-00132", MIXED, "Each part has the hash of an attachment, and that of its bytes.")
@pytest.mark.parametrize("hashed", [None, "", "a" * 64, "12"])
def test_hashes(lrs: Lrs, hashed: str | None) -> None:
    sent = first(_with(described(NOTE)))
    lrs.refuses(_send(lrs, [sent, attached(NOTE).but(X_Experience_API_Hash=hashed)]))
    lrs.refuses(_send(lrs, [sent, Part(attached(NOTE).headers, OTHER)]))


@requirement("XAPI-00133", MIXED, "All statements stand in the first part.")
def test_one_part_of_statements(lrs: Lrs) -> None:
    lrs.refuses(_send(lrs, [first(statement()), first(statement())]))
    lrs.refuses(_send(lrs, [first(_with(described(NOTE))), first(statement()), attached(NOTE)]))


@requirement("XAPI-00134", MIXED, "The first part is application/json.")
@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", None])
def test_first_part(lrs: Lrs, kind: str | None) -> None:
    sent = first(_with(described(NOTE)))
    lrs.refuses(_send(lrs, [sent.but(Content_Type=kind), attached(NOTE)]))
    lrs.refuses(_send(lrs, [attached(NOTE), sent]))


@requirement("XAPI-00135", MIXED, "The transfer encoding of a part is binary.")
@pytest.mark.parametrize("encoding", ["base64", "7bit", "quoted-printable"])
def test_transfer_encoding(lrs: Lrs, encoding: str) -> None:
    note = attached(NOTE).but(Content_Transfer_Encoding=encoding)
    lrs.refuses(_send(lrs, [first(_with(described(NOTE))), note]))


@requirement("LRS-0040", MIXED, "A part that does not say its transfer encoding is binary.")
def test_no_transfer_encoding(lrs: Lrs) -> None:
    note = attached(NOTE).but(Content_Transfer_Encoding=None)
    lrs.expect(_send(lrs, [first(_with(described(NOTE))), note]), 200)


@requirement(
    "LRS-0035", "IEEE 9274.1.1, 4.1.3",
    "A body may be multipart without parts of attachments when none needs one.", only="2.0.0",
)  # fmt: skip
def test_no_parts_are_needed(lrs: Lrs) -> None:
    lrs.expect(_send(lrs, [first(statement())]), 200)
    lrs.expect(_send(lrs, [first(_with(CERTIFICATE))]), 200)


@requirement(
    "LRS-0036", MIXED, "A refused request leaves neither statements nor attachments behind."
)
def test_nothing_is_left(lrs: Lrs) -> None:
    sent = _with(described(NOTE))
    lrs.refuses(_send(lrs, [first([sent, {}]), attached(NOTE)]))
    lrs.expect(lrs.get("statements", statementId=sent["id"]), 404)


# Answers


@requirement("LRS-0037", "Communication 2.1.3", "With attachments=true the content comes along.")
def test_answers(lrs: Lrs) -> None:
    activity = {"id": fresh()}
    sent = {**_with(described(NOTE), CERTIFICATE), "object": activity}
    lrs.expect(_send(lrs, [first(sent), attached(NOTE, "text/plain")]), 200)
    statements, note = _asked(lrs, activity=activity["id"])
    assert statements.headers["Content-Type"] == "application/json"
    assert sent["id"].encode() in statements.content
    assert note.content == NOTE
    assert note.headers["Content-Type"] == "text/plain"
    assert note.headers["Content-Transfer-Encoding"] == "binary"
    assert note.headers["X-Experience-Api-Hash"] == described(NOTE)["sha2"]


@requirement("LRS-0038", "Communication 2.1.3", "An answer without any content is multipart too.")
def test_answers_without_content(lrs: Lrs) -> None:
    assert len(_asked(lrs, activity=fresh())) == 1
    (identifier,) = lrs.store(_with(CERTIFICATE))
    assert len(_asked(lrs, statementId=identifier)) == 1
