"""The statement resource (xAPI-Communication 2.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from flask import Response, request

from lrs_stats.errors import NotFound
from lrs_stats.xapi.access import Authenticate
from lrs_stats.xapi.formats import parse_timestamp
from lrs_stats.xapi.prepare import prepare
from lrs_stats.xapi.query import Single, check_names, next_page, parse, statement_id
from lrs_stats.xapi.record import Format, Page, Record, StatementQuery
from lrs_stats.xapi.representations import activity_ids, canonical, ids, preferred
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
        statements = prepare(
            json_body(self.max_body),
            client=client,
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
            client=client,
            version=version(),
            new_id=self.new_id,
            statement_id=statement_id(arguments()),
            allow_batch=False,
        )
        self.record.append(statements)
        return Response(status=204)

    def _one(self, asked: Single, authority: str | None) -> Response:
        found = self.record.find(asked.id, voided=asked.voided, authority=authority)
        if found is None:
            which = "voided statement" if asked.voided else "statement that is not voided"
            raise NotFound(f"There is no {which} under the id {asked.id}.")
        response = answer(self._in_form(asked.format, [found])[0])
        response.last_modified = parse_timestamp(_stored(found).stored)
        return response

    def _page(self, query: StatementQuery) -> Response:
        page = self.record.query(query)
        return answer(
            b'{"statements":[%s],"more":%s}'
            % (
                b",".join(self._in_form(query.format, page.statements)),
                msgspec.json.encode(_more(query, page)),
            )
        )

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


class _Stored(msgspec.Struct):
    stored: str


_stored: Final[Callable[[bytes], _Stored]] = msgspec.json.Decoder(_Stored).decode


def _more(query: StatementQuery, page: Page) -> str:
    """Return the address of the next page, from the root of the host, or an empty text."""
    if page.next is None:
        return ""
    return f"{request.script_root}{request.path}?more={next_page(query, page.next)}"
