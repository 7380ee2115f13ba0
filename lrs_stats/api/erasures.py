"""Erasures over HTTP, in two steps: a plan that says what would go, then the order."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.access.callers import Caller
from lrs_stats.api.auditing import counted
from lrs_stats.api.parameters import Reader
from lrs_stats.erasure.identifiers import identifiers_of
from lrs_stats.errors import BadRequest, CommandError, Conflict, Forbidden, NotFound
from lrs_stats.services import Services
from lrs_stats.store.erasures import Erasure

LONGEST: Final = 1_000
NewErasureSchema: Final = Schema.from_dict(
    {
        "learner": fields.String(
            required=True,
            validate=validate.Length(min=1, max=LONGEST),
            metadata={
                "description": "an id of the roster, an e-mail, its SHA-1, an OpenID, or an "
                "account as homePage|name"
            },
        ),
        "pseudonymise": fields.Boolean(
            load_default=False,
            metadata={"description": "keep the figures, and forget whose they are"},
        ),
    },
    name="NewErasure",
)
ErasureSchema: Final = Schema.from_dict(
    {
        "id": fields.String(required=True),
        "state": fields.String(
            required=True,
            metadata={"description": "planning, planned, ordered, done, failed or lifted"},
        ),
        "at": fields.AwareDateTime(required=True),
        "by": fields.String(required=True, metadata={"description": "who planned or ordered it"}),
        "pseudonymises": fields.Boolean(required=True),
        "counts": fields.Dict(
            required=True, metadata={"description": "how much each place held when it was planned"}
        ),
        "finished": fields.List(
            fields.String(), required=True, metadata={"description": "the places that are done"}
        ),
        "trouble": fields.String(required=True),
        "ended": fields.AwareDateTime(allow_none=True),
    },
    name="Erasure",
)


def blueprint(services: Services) -> Blueprint:
    """Return the resources of erasures; all need the scope `admin`."""
    views = Blueprint(
        "erasures", __name__, url_prefix="/api/v1/erasures", description="Forgetting a person"
    )
    views.ARGUMENTS_PARSER = Reader()

    @views.get("")
    @views.response(200, ErasureSchema(many=True))
    def erasures() -> list[Erasure]:
        """List the erasures, the newest first; those that are done are tombstones."""
        services.authenticate("admin")
        found = services.erasures.all()
        counted(len(found))
        return found

    @views.post("")
    @views.arguments(NewErasureSchema)
    @views.response(202, ErasureSchema)
    def plan(asked: dict[str, Any]) -> Erasure:
        """Plan an erasure: the worker counts what would go, and nothing is erased."""
        caller = services.authenticate("admin")
        erasure = _new(asked, caller)
        try:
            identifiers_of(
                erasure.learner, services.rosters.load(), ignore_case=services.settings.ignore_case
            )
        except CommandError as error:
            raise BadRequest(f"learner: {error}") from error
        services.erasures.add(erasure)
        return erasure

    @views.get("/<erasure>")
    @views.response(200, ErasureSchema)
    def one(erasure: str) -> Erasure:
        """Tell how far an erasure is; a plan holds for an hour."""
        services.authenticate("admin")
        return _there(services, erasure)

    @views.post("/<erasure>/order")
    @views.response(202, ErasureSchema)
    def order(erasure: str) -> Erasure:
        """Order what was planned; nothing brings it back."""
        caller = services.authenticate("admin")
        _there(services, erasure)
        if not services.erasures.order(erasure, _by(caller), datetime.now(UTC)):
            raise Conflict(
                "Only an erasure that is planned can be ordered, within an hour. Plan it first."
            )
        return _there(services, erasure)

    @views.post("/<erasure>/lift")
    @views.response(200, ErasureSchema)
    def lift(erasure: str) -> Erasure:
        """Take the identifiers of an erased person again; an owner decides it."""
        caller = services.authenticate("admin")
        if caller.person is not None and caller.person.role != "owner":
            raise Forbidden("Only an owner lifts a tombstone.")
        if _there(services, erasure).state != "done":
            raise Conflict("Only an erasure that is done has a tombstone to be lifted.")
        services.tombstones.lift(erasure)
        services.erasures.report(erasure, state="lifted")
        return _there(services, erasure)

    return views


def _new(asked: dict[str, Any], caller: Caller) -> Erasure:
    return Erasure(
        id=uuid4().hex,
        state="planning",
        at=datetime.now(UTC),
        by=_by(caller),
        learner=asked["learner"],
        pseudonymises=asked["pseudonymise"],
        pseudonym=uuid4().hex,
    )


def _by(caller: Caller) -> str:
    client = f"client {caller.client.key}" if caller.client else ""
    person = f"person {caller.person.id}" if caller.person else ""
    return " for ".join(one for one in (client, person) if one)


def _there(services: Services, erasure: str) -> Erasure:
    found = services.erasures.one(erasure)
    if found is None:
        raise NotFound(f"There is no erasure {erasure[:40]!r}.")
    return found
