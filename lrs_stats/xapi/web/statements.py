"""The statement resource (xAPI-Communication 2.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from flask import Response, request

from lrs_stats.errors import NotFound
from lrs_stats.xapi.access import Authenticate
from lrs_stats.xapi.formats import parse_timestamp
from lrs_stats.xapi.prepare import prepare
from lrs_stats.xapi.query import Single, check_names, next_page, parse, statement_id
from lrs_stats.xapi.record import Page, Record, StatementQuery
from lrs_stats.xapi.web.http import answer, arguments, json_body, version


@dataclass(frozen=True)
class Statements:
    """Stores statements, and answers one or a page of them."""

    record: Record
    authenticate: Authenticate
    max_body: int
    max_page: int
    new_id: Callable[[], str]

    def get(self) -> Response:
        """Answer one statement, or a page of them."""
        self.authenticate("statements/read/mine")
        asked = parse(arguments(), maximum=self.max_page)
        return self._one(asked) if isinstance(asked, Single) else self._page(asked)

    def post(self) -> Response:
        """Store a statement or a list of them, and answer their ids."""
        client = self.authenticate("statements/write")
        check_names(arguments(), ())
        statements = prepare(
            json_body(self.max_body),
            authority=client.authority,
            version=version(),
            new_id=self.new_id,
        )
        self.record.append(statements)
        return answer(msgspec.json.encode([statement.id for statement in statements]))

    def put(self) -> Response:
        """Store one statement under the id of the request."""
        client = self.authenticate("statements/write")
        statements = prepare(
            json_body(self.max_body),
            authority=client.authority,
            version=version(),
            new_id=self.new_id,
            statement_id=statement_id(arguments()),
            allow_batch=False,
        )
        self.record.append(statements)
        return Response(status=204)

    def _one(self, asked: Single) -> Response:
        found = self.record.find(asked.id, voided=asked.voided)
        if found is None:
            which = "voided statement" if asked.voided else "statement that is not voided"
            raise NotFound(f"There is no {which} under the id {asked.id}.")
        response = answer(found)
        response.last_modified = parse_timestamp(_stored(found).stored)
        return response

    def _page(self, query: StatementQuery) -> Response:
        page = self.record.query(query)
        return answer(
            b'{"statements":[%s],"more":%s}'
            % (b",".join(page.statements), msgspec.json.encode(_more(query, page)))
        )


class _Stored(msgspec.Struct):
    stored: str


_stored: Final[Callable[[bytes], _Stored]] = msgspec.json.Decoder(_Stored).decode


def _more(query: StatementQuery, page: Page) -> str:
    """Return the address of the next page, from the root of the host, or an empty text."""
    if page.next is None:
        return ""
    return f"{request.script_root}{request.path}?more={next_page(query, page.next)}"
