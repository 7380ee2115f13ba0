"""Signing in and out with a password over HTTP, and changing one."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from typing import Any, Final

from flask import g, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.access.callers import person_caller
from lrs_stats.access.passwords import LONGEST, SHORTEST
from lrs_stats.api.parameters import Reader
from lrs_stats.api.tokens import ONCE, SECRET
from lrs_stats.errors import BadRequest
from lrs_stats.services import Services

_PASSWORD: Final = fields.String(
    required=True, validate=validate.Length(max=LONGEST), metadata={"format": "password"}
)
SignInSchema: Final = Schema.from_dict(
    {
        "account": fields.String(
            required=True,
            validate=validate.Length(min=1, max=LONGEST),
            metadata={"description": "the id or the e-mail of the person, as the roster has it"},
        ),
        "password": _PASSWORD,
    },
    name="SignIn",
)
SignedInSchema: Final = Schema.from_dict(
    {
        "id": fields.String(required=True, metadata={"description": "the id of the token"}),
        "token": SECRET,
        "expires": fields.AwareDateTime(required=True),
        "person": fields.String(required=True),
        "name": fields.String(required=True),
    },
    name="SignedIn",
)
NewPasswordSchema: Final = Schema.from_dict(
    {
        "person": fields.String(metadata={"description": "whose; one's own when absent"}),
        "password": fields.String(
            required=True,
            validate=validate.Length(min=SHORTEST, max=LONGEST),
            metadata={"format": "password"},
        ),
        "old": fields.String(
            validate=validate.Length(max=LONGEST),
            metadata={"format": "password", "description": "the one before, if it is one's own"},
        ),
    },
    name="NewPassword",
)


def blueprint(services: Services) -> Blueprint:
    """Return the resources by which people sign in and out."""
    views = Blueprint("sign_in", __name__, url_prefix="/api/v1", description="Passwords")
    views.ARGUMENTS_PARSER = Reader()

    @views.post("/sign-in")
    @views.doc(security=[])
    @views.arguments(SignInSchema)
    @views.response(200, SignedInSchema)
    def sign_in(asked: dict[str, str]) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Return a token for an account and its password; it is good for some hours."""
        address = request.remote_addr or ""
        with services.attempts.guarded(address):
            done = services.sign_in.open(asked["account"], asked["password"], address)
        g.caller = person_caller(done.person, done.token.id)  # for the audit
        made = {"id": done.token.id, "token": done.secret, "expires": done.token.expires}
        return made | {"person": done.person.id, "name": done.person.name}, 200, ONCE

    @views.post("/sign-out")
    @views.response(204)
    def sign_out() -> None:
        """Revoke the token with which this is asked."""
        caller = services.caller()
        if not caller.token:
            raise BadRequest("This was not asked with a token of this server, which alone can end.")
        services.credentials.tokens.revoke(caller.token)

    @views.post("/passwords")
    @views.arguments(NewPasswordSchema)
    @views.response(204)
    def change(asked: dict[str, str]) -> None:
        """Change one's own password with the old one, or anybody's with the scope `admin`."""
        caller = services.caller()
        own = caller.id if caller.person is not None and caller.client is None else None
        if own is not None and asked.get("person", own) == own:
            services.sign_in.change(own, asked.get("old", ""), asked["password"], caller.token)
            return
        caller.require("admin")
        if "person" not in asked:
            raise BadRequest("person: say whose password it is; a client has none.")
        services.sign_in.set(asked["person"], asked["password"])

    return views
