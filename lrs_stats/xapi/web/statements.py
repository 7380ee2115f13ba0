"""The statement resource (xAPI-Communication 2.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Final

import msgspec
from flask import Response, request

from lrs_stats.errors import NotFound
from lrs_stats.xapi.access import Authenticate, Client
from lrs_stats.xapi.attachments import shown
from lrs_stats.xapi.formats import parse_timestamp
from lrs_stats.xapi.multipart import Outgoing, size, written
from lrs_stats.xapi.prepare import prepare
from lrs_stats.xapi.query import Single, check_names, next_page, parse, statement_id
from lrs_stats.xapi.receiving import receive
from lrs_stats.xapi.record import Files, Format, Page, Prepared, Record, StatementQuery
from lrs_stats.xapi.representations import activity_ids, canonical, ids, preferred
from lrs_stats.xapi.web.http import answer, arguments, chunks, json_body, version


@dataclass(frozen=True)
class Statements:
    """Stores statements, and answers one or a page of them."""

    record: Record
    files: Files
    authenticate: Authenticate
    max_body: int
    max_request: int
    max_page: int
    new_id: Callable[[], str]
    spool: Path

    def get(self) -> Response:
        """Answer one statement, or a page of them."""
        client = self.authenticate("statements/read/mine")
        authority = None if client.reads_all else client.key
        asked = parse(arguments(), maximum=self.max_page)
        if isinstance(asked, Single):
            return self._one(asked, authority)
        return self._page(replace(asked, authority=authority))

    def post(self) -> Response:
        """Store a statement or a list of them, and answer their ids."""
        client = self.authenticate("statements/write")
        check_names(arguments(), ())
        statements = self._store(client)
        return answer(msgspec.json.encode([statement.id for statement in statements]))

    def put(self) -> Response:
        """Store one statement under the id of the request."""
        client = self.authenticate("statements/write")
        self._store(client, statement_id(arguments()))
        return Response(status=204)

    def _store(self, client: Client, put_id: str | None = None) -> list[Prepared]:
        """Store the statements of the request at hand, after the contents that come with them."""
        ready = partial(
            prepare,
            client=client,
            version=version(),
            new_id=self.new_id,
            statement_id=put_id,
            allow_batch=put_id is None,
        )
        if request.mimetype != "multipart/mixed":
            statements = ready(json_body(self.max_body))
            self.record.append(statements)
            return statements
        self.spool.mkdir(parents=True, exist_ok=True)
        with SpooledTemporaryFile(_SMALL, dir=str(self.spool)) as spool:
            statements, contents = receive(
                chunks(request.stream, self.max_request),
                request.headers["Content-Type"],
                partial(ready, contents_follow=True),
                version=version(),
                limit=self.max_body,
                spool=spool,
            )
            if contents:
                self.files.store(contents)
        self.record.append(statements)
        return statements

    def _one(self, asked: Single, authority: str | None) -> Response:
        found = self.record.find(asked.id, voided=asked.voided, authority=authority)
        if found is None:
            which = "voided statement" if asked.voided else "statement that is not voided"
            raise NotFound(f"There is no {which} under the id {asked.id}.")
        response = self._answer(
            self._in_form(asked.format, [found])[0], [found], attachments=asked.attachments
        )
        response.last_modified = parse_timestamp(_stored(found).stored)
        return response

    def _page(self, query: StatementQuery) -> Response:
        page = self.record.query(query)
        content = b'{"statements":[%s],"more":%s}' % (
            b",".join(self._in_form(query.format, page.statements)),
            msgspec.json.encode(_more(query, page)),
        )
        return self._answer(content, page.statements, attachments=query.attachments)

    def _answer(
        self, content: bytes, statements: Sequence[bytes], *, attachments: bool
    ) -> Response:
        """Answer JSON, with the contents of the statements' attachments when these are wanted."""
        if not attachments:
            return answer(content)
        ids, headers = shown(statements)
        lengths = self.files.attached(ids)
        parts = [
            Outgoing({"Content-Type": "application/json"}, len(content), [content]),
            *(
                Outgoing(headers[sha2], lengths[sha2], self.files.read(sha2))
                for sha2 in headers
                if sha2 in lengths
            ),
        ]
        boundary = self.new_id()
        response = Response(written(boundary, parts))
        response.content_type = f"multipart/mixed; boundary={boundary}"
        response.content_length = size(boundary, parts)
        return response

    def _in_form(self, form: Format, statements: Sequence[bytes]) -> list[bytes]:
        """Return the statements in the form that is asked for (xAPI-Communication 2.1.3)."""
        match form:
            case "exact":
                return list(statements)
            case "ids":
                return [ids(statement) for statement in statements]
            case "canonical":
                definitions = self.record.definitions(activity_ids(statements))
                languages = preferred(request.headers.get("Accept-Language", ""))
                return [canonical(one, definitions, languages) for one in statements]


_SMALL: Final = 1 << 20
"""Bytes up to which attachments are laid aside in memory."""


class _Stored(msgspec.Struct):
    stored: str


_stored: Final[Callable[[bytes], _Stored]] = msgspec.json.Decoder(_Stored).decode


def _more(query: StatementQuery, page: Page) -> str:
    """Return the address of the next page, from the root of the host, or an empty text."""
    if page.next is None:
        return ""
    return f"{request.script_root}{request.path}?more={next_page(query, page.next)}"
