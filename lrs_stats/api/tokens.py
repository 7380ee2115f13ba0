"""The tokens of people over HTTP: those of all for who administrates, one's own for everybody."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.access.callers import Caller, present
from lrs_stats.api.auditing import counted
from lrs_stats.api.parameters import Reader
from lrs_stats.errors import BadRequest
from lrs_stats.services import Services
from lrs_stats.store.tokens import Token

LONGEST: Final = 200
ONCE: Final = {"Cache-Control": "no-store"}

_SEEN: Final[dict[str, fields.Field[Any]]] = {
    "id": fields.String(required=True, metadata={"description": "by which it is revoked"}),
    "person": fields.String(required=True),
    "label": fields.String(required=True),
    "created": fields.AwareDateTime(required=True),
    "expires": fields.AwareDateTime(required=True, allow_none=True),
    "revoked": fields.AwareDateTime(required=True, allow_none=True),
}
SECRET: Final = fields.String(
    required=True, metadata={"description": "shown this once, and kept nowhere"}
)
TokenSchema: Final = Schema.from_dict({**_SEEN}, name="Token")
MadeSchema: Final = Schema.from_dict({**_SEEN, "token": SECRET}, name="TokenWithSecret")
NewTokenSchema: Final = Schema.from_dict(
    {
        "person": fields.String(required=True, validate=validate.Length(min=1)),
        "label": fields.String(load_default="", validate=validate.Length(max=LONGEST)),
        "expires": fields.AwareDateTime(
            load_default=None,
            allow_none=True,
            metadata={"description": "from when on it is refused; never unless given"},
        ),
    },
    name="NewToken",
)
WhoseSchema: Final = Schema.from_dict(
    {"person": fields.String(metadata={"description": "whose; all when absent"})}, name="Whose"
)


def blueprint(services: Services) -> Blueprint:
    """Return the resources of the tokens."""
    views = Blueprint(
        "tokens", __name__, url_prefix="/api/v1/tokens", description="People's tokens"
    )
    views.ARGUMENTS_PARSER = Reader()
    tokens = services.credentials.tokens

    @views.get("")
    @views.arguments(WhoseSchema, location="query")
    @views.response(200, TokenSchema(many=True))
    @views.paginate(page_size=100, max_page_size=1000)
    def listed(asked: dict[str, Any], pagination_parameters: Any) -> list[Token]:
        """List the tokens, the newest first; one's own, or all with the scope `admin`."""
        whose = _whose(services.caller(), asked.get("person"))
        pagination_parameters.item_count = tokens.count(whose)
        page = pagination_parameters
        found = list(tokens.all(whose, skip=page.first_item, limit=page.page_size))
        counted(len(found))
        return found

    @views.post("")
    @views.arguments(NewTokenSchema)
    @views.response(201, MadeSchema)
    def create(asked: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Create a token for a person of the roster, and return it; needs the scope `admin`."""
        services.authenticate("admin")
        if present(asked["person"], services.rosters.load()) is None:
            raise BadRequest("person: the roster knows nobody with this id who has not left.")
        if asked["expires"] is not None and asked["expires"] <= datetime.now(UTC):
            raise BadRequest("expires: this instant is past; name one that is to come.")
        token, secret = tokens.create(**asked)
        return asdict(token) | {"token": secret}, 201, ONCE

    @views.delete("/<token_id>")
    @views.response(204)
    def revoke(token_id: str) -> None:
        """Revoke a token for good; it is refused within a few seconds everywhere."""
        tokens.revoke(token_id, _whose(services.caller(), None))

    return views


def _whose(caller: Caller, person: str | None) -> str | None:
    """Return whose tokens a caller may handle of those asked for; None is everybody's."""
    if caller.holds("admin") or caller.person is None or caller.client is not None:
        caller.require("admin")
        return person
    if person not in {None, caller.id}:
        caller.require("admin")
    return caller.id
