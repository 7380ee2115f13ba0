"""SCIM 2.0 over HTTP, so that an identity provider can feed people, groups and managers.

RFC 7644 names the paths, the statuses and the form of refusals; the models speak for RFC 7643.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import quote, unquote
from uuid import uuid4

import msgspec
from flask import Blueprint, Response, request
from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    InvalidSyntaxException,
    ListResponse,
    Meta,
    NotFoundException,
    PatchOp,
    ResponseParameters,
    SCIMException,
    SearchRequest,
)
from werkzeug.exceptions import HTTPException

from lrs_stats.api.auditing import counted
from lrs_stats.api.roster_changes import Rosters
from lrs_stats.api.roster_changes import Services as Rostered
from lrs_stats.errors import Problem
from lrs_stats.roster.changes import Change
from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.roster import Roster
from lrs_stats.scim.listing import Source, page
from lrs_stats.scim.models import PROVIDER, Group, Person
from lrs_stats.scim.people import People, is_shown
from lrs_stats.scim.refusals import said as refused_by_the_roster
from lrs_stats.scim.teams import Teams

PREFIX: Final = "/scim/v2"
MEDIA_TYPE: Final = "application/scim+json"
SCOPE: Final = "roster/write"
NewId = Callable[[], str]


class Services(Rostered, Protocol):
    """What these resources need of the server."""

    @property
    def account_home_page(self) -> str:
        """Return the home page of the accounts that userNames name, or ""."""


def blueprint(services: Services, new_id: NewId = lambda: str(uuid4())) -> Blueprint:
    """Return the resources under /scim/v2."""
    views = Blueprint("scim", __name__, url_prefix=PREFIX)

    @views.before_request
    def _authenticate() -> None:
        services.authenticate(SCOPE)

    _discovery(views)
    people, teams = People(_located, services.account_home_page), Teams(_located)
    users, groups = _Users(services, people, new_id), _Groups(services, teams, new_id)
    for resources in (users, groups):
        resources.on(views)

    @views.post("/.search")
    def search() -> Response:
        sources = [users.source(), groups.source()]
        return _found(services.rosters, sources, Person | Group, _sent())

    return views


class _Resources:
    """The requests about one type of resource."""

    path: str
    table: str
    model: Any

    def __init__(self, services: Services, kind: Any, new_id: NewId) -> None:
        self._rosters = services.rosters
        self._kind = kind
        self._new_id = new_id

    def on(self, views: Blueprint) -> None:
        """Put the resources on a blueprint."""
        many, one = f"/{self.path}", f"/{self.path}/<sent>"
        for path, method, view in (
            (many, "GET", self.list),
            (many, "POST", self.create),
            (f"{many}/.search", "POST", self.search),
            (one, "GET", self.read),
            (one, "PUT", self.replace),
            (one, "PATCH", self.patch),
            (one, "DELETE", self.delete),
        ):
            views.add_url_rule(path, f"{view.__name__}_{self.path}", view, methods=[method])

    def list(self) -> Response:
        return _found(self._rosters, [self.source()], self.model, request.args.to_dict())

    def search(self) -> Response:
        return _found(self._rosters, [self.source()], self.model, _sent())

    def source(self) -> Source:
        """Return where the resources are listed from."""
        return Source(self.table, self.sees, self._kind.shown)

    def read(self, sent: str) -> Response:
        roster = self._rosters.load()
        row = self._kind.find(roster, unquote(sent))
        shown = self._kind.shown(roster, row)
        counted(1)
        return _answer(shown, context=Context.RESOURCE_QUERY_RESPONSE, parameters=self._asked())

    def create(self) -> Response:
        wanted = self.model.model_validate(
            _sent(), scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_provider=PROVIDER
        )
        made, identifier = self._new_id(), ""

        def make(roster: Roster) -> Change:
            nonlocal identifier
            change, identifier = self._kind.created(roster, wanted, made)
            return change  # type: ignore[no-any-return]

        after = self._taken(make)
        shown = self._kind.shown(after, after.row(self.table, identifier))
        answer = _answer(shown, context=Context.RESOURCE_CREATION_RESPONSE, status=201)
        answer.headers["Location"] = shown.meta.location
        return answer

    def replace(self, sent: str) -> Response:
        wanted = self.model.model_validate(
            _sent(), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_provider=PROVIDER
        )

        def replaced(before: Any) -> Any:
            after = wanted.model_copy(deep=True)
            after.replace(before)
            return after

        return self._change(sent, replaced, Context.RESOURCE_REPLACEMENT_RESPONSE)

    def patch(self, sent: str) -> Response:
        operations = PatchOp[self.model].model_validate(  # type: ignore[name-defined]
            _sent(), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_provider=PROVIDER
        )

        def patched(before: Any) -> Any:
            with PROVIDER:
                operations.patch(before)
            return before

        return self._change(sent, patched, Context.RESOURCE_PATCH_RESPONSE)

    def delete(self, sent: str) -> Response:
        identifier = unquote(sent)
        self._taken(lambda roster: self.remove(roster, identifier))
        return Response(status=HTTPStatus.NO_CONTENT)

    def sees(self, row: Any) -> bool:  # noqa: ARG002 - of groups all are seen
        """Tell whether an identity provider sees a row."""
        return True

    def remove(self, roster: Roster, identifier: str) -> Change:
        """Return the change that removes a resource."""
        raise NotImplementedError

    def _change(self, sent: str, make: Callable[[Any], Any], context: Context) -> Response:
        identifier = unquote(sent)

        def change(roster: Roster) -> Change:
            row = self._kind.find(roster, identifier)
            return self._kind.changed(  # type: ignore[no-any-return]
                roster, make(self._kind.shown(roster, row)), row
            )

        after = self._taken(change)
        shown = self._kind.shown(after, after.row(self.table, identifier))
        return _answer(shown, context=context, parameters=self._asked())

    def _taken(self, make: Callable[[Roster], Change]) -> Roster:
        """Change the roster, and return the one after it."""
        try:
            return self._rosters.change(make).after
        except RosterRefused as refused:
            raise refused_by_the_roster(refused) from refused

    def _asked(self) -> Any:
        asked = {
            name: value
            for name, value in request.args.items()
            if name.lower() in {"attributes", "excludedattributes"}
        }
        return ResponseParameters[self.model].model_validate(asked)  # type: ignore[name-defined]


class _Users(_Resources):
    path, table, model = "Users", "people", Person

    def sees(self, row: Any) -> bool:
        return is_shown(row)

    def remove(self, roster: Roster, identifier: str) -> Change:
        return self._kind.removed(self._kind.find(roster, identifier))  # type: ignore[no-any-return]


class _Groups(_Resources):
    path, table, model = "Groups", "groups", Group

    def remove(self, roster: Roster, identifier: str) -> Change:
        row = self._kind.find(roster, identifier)
        return self._kind.removed(roster, row)  # type: ignore[no-any-return]


def _discovery(views: Blueprint) -> None:
    """Add what a client finds out about this server by (RFC 7644, section 4)."""

    @views.get("/ServiceProviderConfig")
    def config() -> Response:
        return _answer(_placed(PROVIDER.config, "ServiceProviderConfig", ""))

    @views.get("/Schemas")
    def schemas() -> Response:
        return _all("Schema", "Schemas", PROVIDER.schemas, lambda one: one.id)

    @views.get("/Schemas/<sent>")
    def schema(sent: str) -> Response:
        return _named("Schema", "Schemas", PROVIDER.schemas, lambda one: one.id, sent)

    @views.get("/ResourceTypes")
    def types() -> Response:
        return _all("ResourceType", "ResourceTypes", PROVIDER.resource_types, lambda one: one.name)

    @views.get("/ResourceTypes/<sent>")
    def resource_type(sent: str) -> Response:
        found = PROVIDER.resource_types
        return _named("ResourceType", "ResourceTypes", found, lambda one: one.name, sent)


def _found(rosters: Rosters, sources: list[Source], model: Any, sent: dict[str, Any]) -> Response:
    asked = SearchRequest[model].model_validate(
        sent, scim_ctx=Context.SEARCH_REQUEST, scim_provider=PROVIDER
    )
    found = page(rosters.load(), sources, model, asked)
    counted(len(found.resources or ()))
    return _answer(found, context=Context.RESOURCE_QUERY_RESPONSE, parameters=asked)


def in_scim_form(
    answer: Callable[[Any], Response],
) -> Callable[[Any], Response]:
    """Return what answers an error under /scim/v2 as SCIM has it, and others as they are."""

    def answered(error: Any) -> Response:
        plain = answer(error)
        if not request.path.startswith(f"{PREFIX}/"):
            return plain
        if isinstance(error, SCIMException):
            said = error.to_error()
        elif isinstance(error, ValidationError):
            said = Error.from_validation_errors(error)[0]
        elif isinstance(error, Problem):
            said = Error(status=error.status, detail=error.detail)
        elif isinstance(error, HTTPException):
            said = Error(status=error.code or 500, detail=error.description)
        else:
            said = Error(status=500, detail=(plain.get_json() or {}).get("detail"))
        made = _answer(said, status=said.status or 500)
        kept = {
            name: v for name, v in plain.headers if name not in {"Content-Type", "Content-Length"}
        }
        made.headers.update(kept)
        return made

    return answered


def refuse(error: SCIMException | ValidationError) -> Response:
    """Stand for an error that only SCIM's own resources raise; its form is put on afterwards."""
    return Response(str(error), status=HTTPStatus.BAD_REQUEST)


def _answer(
    made: Any,
    *,
    context: Context | None = Context.DEFAULT,
    status: int = HTTPStatus.OK,
    parameters: Any = None,
) -> Response:
    text = made.model_dump_json(
        scim_ctx=context, response_parameters=parameters, scim_provider=PROVIDER
    )
    return Response(text, status=status, content_type=MEDIA_TYPE)


def _all(kind: str, path: str, resources: Any, named: Callable[[Any], Any]) -> Response:
    if "filter" in request.args:  # RFC 7644, section 4
        raise SCIMException(status=403, detail=f"The {path} cannot be filtered.")
    shown = [_placed(one, kind, f"{path}/{named(one)}") for one in resources]
    model: Any = type(resources[0])
    return _answer(
        ListResponse[model](
            total_results=len(shown), start_index=1, items_per_page=len(shown), resources=shown
        ),
        context=Context.RESOURCE_QUERY_RESPONSE,
    )


def _named(
    kind: str, path: str, resources: Any, named: Callable[[Any], Any], sent: str
) -> Response:
    wanted = unquote(sent)
    for one in resources:
        if str(named(one)) == wanted:
            shown = _placed(one, kind, f"{path}/{wanted}")
            return _answer(shown, context=Context.RESOURCE_QUERY_RESPONSE)
    raise NotFoundException(detail=f"There is none of the {path} named {wanted[:200]!r}.")


def _placed(resource: Any, kind: str, path: str) -> Any:
    placed = resource.model_copy()
    placed.meta = Meta(resource_type=kind, location=f"{_root()}/{path or kind}")
    return placed


def _located(path: str, identifier: str) -> str:
    return f"{_root()}/{path}/{quote(identifier, safe='')}"


def _root() -> str:
    return request.host_url.rstrip("/") + PREFIX


def _sent() -> Any:
    """Return the JSON of the body, the primary one of several e-mails first."""
    try:
        body = msgspec.json.decode(request.get_data(cache=False))
    except (ValueError, RecursionError) as error:
        raise InvalidSyntaxException(detail=f"The body is not valid JSON: {error}.") from error
    if not isinstance(body, dict):
        raise InvalidSyntaxException(detail="The body is not a JSON object.")
    for place in (body, *_values(body)):
        emails = place.get("emails")
        if isinstance(emails, list) and all(isinstance(one, dict) for one in emails):
            emails.sort(key=lambda one: one.get("primary") is not True)
    return body


def _values(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the values of the operations of a PATCH, as far as each is an object."""
    operations = body.get("Operations")
    found = []
    for one in operations if isinstance(operations, list) else ():
        if isinstance(one, dict):
            value = one.get("value")
            is_emails = str(one.get("path", "")).lower() == "emails"
            found.append({"emails": value} if is_emails else value)
    return [value for value in found if isinstance(value, dict)]
