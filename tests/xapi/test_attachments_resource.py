"""Statements with attachments over HTTP: what goes in comes out, in parts, when it is asked for."""

import json

import pytest
from werkzeug.test import TestResponse

from tests.xapi.parcels import TEXT, TYPE, attachment, body, file, first, sha2, with_attachments
from tests.xapi.server import ID, PATH, V1, Server
from tests.xapi.statements import PLAIN, Json

ESSAY = with_attachments(attachment())


def sent(server: Server, *parts: bytes, query: str = "", method: str = "POST") -> TestResponse:
    headers = V1 | {"Content-Type": TYPE}
    return server.client.open(PATH + query, method=method, data=body(*parts), headers=headers)


def parts(response: TestResponse) -> list[tuple[str, bytes]]:
    """Return the headers and the content of each part, as the suite's parser takes them apart."""
    assert response.status_code == 200
    kind, boundary = response.headers["Content-Type"].split("; boundary=")
    assert kind == "multipart/mixed"
    assert not set(boundary) & set('"+?(.')
    assert response.content_length == len(response.data)
    pieces = response.data.split(f"--{boundary}".encode())
    assert (pieces[0], pieces[-1]) == (b"", b"--\r\n")
    split = [piece.removeprefix(b"\r\n").partition(b"\r\n\r\n") for piece in pieces[1:-1]]
    return [(head.decode(), content.removesuffix(b"\r\n")) for head, _, content in split]


def test_a_statement_with_its_attachment(server: Server) -> None:
    spelled = with_attachments(attachment(sha2=sha2(TEXT).upper()))
    (identifier,) = sent(server, first(spelled), file()).get_json()
    response = server.get(f"?statementId={identifier}&attachments=true")
    (kind, statement), (headers, content) = parts(response)
    assert kind == "Content-Type: application/json"
    assert json.loads(statement)["id"] == identifier
    assert headers.split("\r\n") == [
        "Content-Type: text/plain",
        "Content-Transfer-Encoding: binary",
        f"X-Experience-API-Hash: {sha2(TEXT).upper()}",
    ]
    assert content == TEXT
    assert "Last-Modified" in response.headers


@pytest.mark.parametrize("query", ["", "&attachments=false", "&attachments=False"])
def test_without_being_asked_for_it_stays(server: Server, query: str) -> None:
    (identifier,) = sent(server, first(ESSAY), file()).get_json()
    assert server.get(f"?statementId={identifier}{query}").content_type == "application/json"


def test_statements_without_contents_are_answered_in_one_part(server: Server) -> None:
    far = with_attachments(attachment(fileUrl="https://example.org/essay"))
    assert server.post([far, PLAIN]).status_code == 200
    ((_, page),) = parts(server.get("?attachments=true"))
    assert len(json.loads(page)["statements"]) == 2


@pytest.mark.parametrize("form", ["exact", "ids", "canonical"])
def test_every_page_has_its_attachments(server: Server, form: str) -> None:
    essays = [with_attachments(attachment(bytes([n]))) for n in range(5)]
    assert sent(server, first(essays), *(file(bytes([n])) for n in range(5))).status_code == 200
    (_, page), *files = parts(server.get(f"?attachments=true&format={form}"))
    more: str = json.loads(page)["more"]
    (_, _), *rest = parts(server.client.get(more, headers=V1))
    assert [content for _, content in (*files, *rest)] == [bytes([n]) for n in range(5)]


def test_a_statement_is_put_with_its_attachment(server: Server) -> None:
    assert (
        sent(server, first(ESSAY), file(), query=f"?statementId={ID}", method="PUT").status_code
        == 204
    )
    assert parts(server.get(f"?statementId={ID}&attachments=true"))[1][1] == TEXT


def test_nothing_is_kept_of_what_is_refused(server: Server) -> None:
    assert sent(server, first(ESSAY), file(b"other")).status_code == 400
    assert (server.record.kept, server.files.kept) == ([], {})


def test_a_request_beyond_the_limit(server: Server) -> None:
    large = b"z" * 100_000
    refused = sent(server, first(with_attachments(attachment(large))), file(large))
    assert (refused.status_code, server.files.kept) == (413, {})


def test_an_attachment_may_be_larger_than_other_bodies(server: Server) -> None:
    large = b"z" * 90_000
    assert sent(server, first(with_attachments(attachment(large))), file(large)).status_code == 200


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "multipart/related; boundary=x", "text/plain", ""]
)
def test_other_types_of_content(server: Server, kind: str) -> None:
    parcel: Json = {"data": body(first(ESSAY), file()), "headers": V1 | {"Content-Type": kind}}
    assert server.client.post(PATH, **parcel).status_code == 400
