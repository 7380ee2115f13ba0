"""The clients over HTTP: who may call, and with which scopes."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from typing import Any, Final

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.api.auditing import counted
from lrs_stats.api.parameters import Reader
from lrs_stats.errors import CommandError, NotFound
from lrs_stats.services import Services
from lrs_stats.store.credentials import SCOPES, Client

LONGEST_NAME: Final = 200

_SCOPES: Final = fields.List(
    fields.String(validate=validate.OneOf(SCOPES)),
    required=True,
    validate=validate.Length(min=1, max=len(SCOPES)),
    metadata={"description": "what the client may do; the least that it needs"},
)
_NAME: Final = fields.String(
    required=True,
    validate=validate.Length(min=1, max=LONGEST_NAME),
    metadata={"description": "the name of the tool, which its statements carry as authority"},
)
_SEEN: Final[dict[str, fields.Field[Any]]] = {
    "key": fields.String(required=True),
    "name": fields.String(required=True),
    "scopes": fields.List(fields.String(), required=True),
    "created": fields.AwareDateTime(required=True),
    "revoked": fields.AwareDateTime(allow_none=True),
}
NewClientSchema: Final = Schema.from_dict({"name": _NAME, "scopes": _SCOPES}, name="NewClient")
ClientSchema: Final = Schema.from_dict({**_SEEN}, name="Client")
SecretSchema: Final = Schema.from_dict(
    {
        **_SEEN,
        "secret": fields.String(
            required=True, metadata={"description": "shown this once, and kept nowhere"}
        ),
    },
    name="ClientWithSecret",
)


def blueprint(services: Services) -> Blueprint:
    """Return the resources of the clients; all need the scope `admin`."""
    views = Blueprint("clients", __name__, url_prefix="/api/v1/clients", description="Who may call")
    views.ARGUMENTS_PARSER = Reader()

    @views.get("")
    @views.response(200, ClientSchema(many=True))
    def clients() -> list[Client]:
        """List the clients, revoked ones included, oldest first."""
        services.authenticate("admin")
        found = services.credentials.clients()
        counted(len(found))
        return found

    @views.post("")
    @views.arguments(NewClientSchema)
    @views.response(201, SecretSchema)
    def create(asked: dict[str, Any]) -> dict[str, Any]:
        """Create a client, and return its key and secret."""
        services.authenticate("admin")
        client, secret = services.credentials.create_client(asked["name"], asked["scopes"])
        return {name: getattr(client, name) for name in _SEEN} | {"secret": secret}

    @views.delete("/<key>")
    @views.response(204)
    def revoke(key: str) -> None:
        """Revoke a client for good; it is refused within a few seconds everywhere."""
        services.authenticate("admin")
        try:
            services.credentials.revoke_client(key)
        except CommandError as error:
            raise NotFound(str(error)) from error

    return views
