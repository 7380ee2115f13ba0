"""Files on a schedule over HTTP: everybody makes, changes, pauses and removes their own."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final
from uuid import uuid4

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.access.callers import Caller, present
from lrs_stats.access.owners import owner_of, reaches
from lrs_stats.api.auditing import asked_for, counted
from lrs_stats.api.ordering import Bodies, Question, as_sent, on, today, tried
from lrs_stats.errors import BadRequest, Conflict, NotFound
from lrs_stats.reports.calendar import UNITS, Rhythm
from lrs_stats.services import Services
from lrs_stats.store.schedules import BY_OWNER, Schedule

PREFIX: Final = "/api/v1/schedules"
MOST: Final = 100
"""Schedules of one owner."""
MOST_RECIPIENTS: Final = 1_000
LONGEST: Final = 200
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_PLAIN: Final = validate.Regexp(
    r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z", error="It has characters of control."
)
"""What may stand in the subject of a mail: it must be one line, whatever ends one."""

_SAID: Final[dict[str, fields.Field[Any]]] = {
    "title": fields.String(
        required=True,
        validate=[validate.Length(min=1, max=LONGEST), _PLAIN],
        metadata={"description": "the subject of the mails"},
    ),
    "ask": fields.Nested(
        Question, required=True, metadata={"description": "what each file holds, and its format"}
    ),
    "every": fields.Integer(load_default=1, validate=validate.Range(min=1, max=3_660)),
    "unit": fields.String(required=True, validate=validate.OneOf(UNITS)),
    "from": fields.Date(required=True, metadata={"description": "the first day"}),
    "until": fields.Date(
        load_default=None, allow_none=True, metadata={"description": "the last day, if any"}
    ),
    "at": fields.String(
        load_default="06:00",
        validate=validate.Regexp(_CLOCK, error="Expected a time of day such as 06:00."),
        metadata={"description": "the time of day, in the time zone of the server"},
    ),
    "to": fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(min=1, max=MOST_RECIPIENTS),
        metadata={"description": "ids of people of the roster; each gets what they may see"},
    ),
    "mail": fields.Boolean(load_default=False, metadata={"description": "to their e-mail"}),
    "folder": fields.String(
        load_default=None,
        allow_none=True,
        validate=[validate.Length(min=1, max=LONGEST), _PLAIN],
        metadata={"description": "to a folder below deliveries_folder; needs the scope admin"},
    ),
}
NewScheduleSchema: Final = Schema.from_dict({**_SAID}, name="NewSchedule")
ChangeSchema: Final = Schema.from_dict(
    {
        **_SAID,
        "paused": fields.Boolean(
            metadata={"description": "true pauses it, false has it go on, without its failures"}
        ),
    },
    name="ScheduleChange",
)
CHANGES: Final = ChangeSchema(partial=tuple(_SAID))
"""Reads a change of a part of a schedule."""
_OUTCOME: Final = Schema.from_dict(
    {
        "due": fields.AwareDateTime(required=True),
        "ended": fields.AwareDateTime(required=True),
        "delivered": fields.Integer(required=True),
        "without": fields.Integer(
            required=True, metadata={"description": "recipients who may see nothing of it"}
        ),
        "failed": fields.Integer(required=True),
        "reason": fields.String(required=True),
    },
    name="ScheduleOutcome",
)
ScheduleSchema: Final = Schema.from_dict(
    {
        "id": fields.String(required=True),
        **{name: one for name, one in _SAID.items() if name not in {"ask", "from", "until"}},
        "ask": fields.Dict(required=True),
        "from": fields.String(required=True),
        "until": fields.String(required=True, allow_none=True),
        "status": fields.String(required=True, metadata={"description": "active, paused, or over"}),
        "reason": fields.String(
            required=True, metadata={"description": "why it failed the last time, or is paused"}
        ),
        "failures": fields.Integer(required=True, metadata={"description": "in a row"}),
        "next": fields.AwareDateTime(
            required=True, allow_none=True, metadata={"description": "when it is due again"}
        ),
        "last": fields.Nested(_OUTCOME, required=True, allow_none=True),
        "links": fields.Dict(required=True),
    },
    name="Schedule",
)

TRIES: Final = 5
"""How often a change is made anew, when a due time or somebody else was in between."""


def blueprint(services: Services) -> Blueprint:
    """Return the resources under /api/v1/schedules; everybody has their own alone."""
    views = Blueprint("schedules", __name__, url_prefix=PREFIX, description="Files on a schedule")
    views.ARGUMENTS_PARSER = Bodies()
    store = services.schedules

    @views.post("")
    @views.arguments(NewScheduleSchema)
    @views.response(201, ScheduleSchema)
    def create(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Have a file made for people at regular times, for each in what they may see."""
        made = created(services, body)
        return document(made), 201, {"Location": f"{PREFIX}/{made.id}"}

    @views.get("")
    @views.response(200, ScheduleSchema(many=True))
    def listed() -> list[dict[str, Any]]:
        """List one's own schedules, the newest first."""
        found = store.of(owner_of(services.caller(), services.rosters.load))
        counted(len(found))
        return [document(one) for one in found]

    @views.get("/<schedule_id>")
    @views.response(200, ScheduleSchema)
    def one(schedule_id: str) -> dict[str, Any]:
        """Tell when a schedule is due again, and what came of it the last time."""
        return document(own(services, services.caller(), schedule_id))

    @views.patch("/<schedule_id>")
    @views.arguments(CHANGES)
    @views.response(200, ScheduleSchema)
    def change(body: dict[str, Any], schedule_id: str) -> dict[str, Any]:
        """Change a part of a schedule, pause it, or have it go on."""
        return document(changed(services, schedule_id, body))

    @views.delete("/<schedule_id>")
    @views.response(204)
    def remove(schedule_id: str) -> None:
        """Remove a schedule; what is being made by it is cancelled."""
        removed(services, schedule_id)

    return views


def created(services: Services, body: Mapping[str, Any]) -> Schedule:
    """Make a schedule of the caller's."""
    caller = services.caller()
    owner = owner_of(caller, services.rosters.load)
    if len(services.schedules.of(owner)) >= MOST:
        raise Conflict(f"You have {MOST} schedules, which is the most. Remove one.")
    said = _said(services, caller, body)
    made = _timed(services, Schedule(id=uuid4().hex, owner=owner, made=datetime.now(UTC), **said))
    if made.next is None:
        raise BadRequest("until: there is no time to come at which it would be due.")
    services.schedules.add(made)
    return made


def changed(services: Services, schedule_id: str, body: dict[str, Any]) -> Schedule:
    """Change a schedule of the caller's, pause it, or have it go on."""
    caller = services.caller()
    for _ in range(TRIES):
        found = own(services, caller, schedule_id)
        schedule = _changed(services, caller, found, dict(body))
        if services.schedules.change(found, schedule):
            return schedule
    raise Conflict("The schedule is changed by others at this moment. Try again.")


def removed(services: Services, schedule_id: str) -> None:
    """Remove a schedule of the caller's; what is being made by it is cancelled."""
    found = own(services, services.caller(), schedule_id)
    services.schedules.remove(found)
    services.exports.cancel_of(found.id)


def document(schedule: Schedule) -> dict[str, Any]:
    """Return what is told of a schedule."""
    told = ("id", "title", "every", "unit", "until", "at", "mail", "folder", "status", "failures")
    return {name: getattr(schedule, name) for name in told} | {
        "ask": {
            **schedule.given,
            **({"period": schedule.period} if schedule.period else {}),
            "granularity": schedule.granularity,
            "format": schedule.format,
            "options": schedule.options,
        },
        "from": schedule.first,
        "to": list(schedule.recipients),
        "reason": schedule.trouble,
        "next": schedule.next,
        "last": schedule.outcome and asdict(schedule.outcome),
        "links": {"self": f"{PREFIX}/{schedule.id}"},
    }


def _changed(
    services: Services, caller: Caller, schedule: Schedule, body: dict[str, Any]
) -> Schedule:
    """Return a schedule as a change of its owner has it."""
    paused = body.pop("paused", None)
    said = CHANGES.load({n: v for n, v in document(schedule).items() if n in _SAID})
    if body or paused is False:
        said |= body
        schedule = _timed(services, replace(schedule, **_said(services, caller, said)))
    if paused:
        return replace(schedule, status="paused", trouble=BY_OWNER)
    if paused is False:
        schedule = replace(schedule, status="active", failures=0, trouble="")
    if schedule.status == "over" and schedule.next is not None:
        return replace(schedule, status="active")
    return replace(schedule, status="over") if schedule.next is None else schedule


def _said(services: Services, caller: Caller, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a schedule as a body says them; BadRequest for what cannot be."""
    granted, roster, ask = services.grants(caller), services.rosters.load(), body["ask"]
    asked_for({"recipients": body["to"]})
    tried(services, ask, on(ask, today(services)), granted)
    for person in body["to"]:
        if present(person, roster) is None or not reaches(caller, granted, person):
            raise BadRequest(f"to: there is nobody {person[:40]!r} to whom you may send.")
    _check_ways(services, caller, body)
    as_is = ("title", "every", "unit", "at", "mail", "folder")
    return {name: body[name] for name in as_is} | {
        "granularity": ask["granularity"],
        "given": as_sent(ask),
        "period": ask["period"],
        "format": ask["format"],
        "options": ask["options"],
        "first": body["from"].isoformat(),
        "until": None if body["until"] is None else body["until"].isoformat(),
        "recipients": tuple(dict.fromkeys(body["to"])),
    }


def _timed(services: Services, schedule: Schedule) -> Schedule:
    """Return a schedule with the next time at which it is due."""
    rhythm = Rhythm.of(schedule, services.settings.zone)
    return replace(schedule, next=rhythm.after(datetime.now(UTC)))


def _check_ways(services: Services, caller: Caller, body: Mapping[str, Any]) -> None:
    """Raise BadRequest unless files can be delivered as is wished."""
    settings, folder = services.settings, body["folder"]
    if not body["mail"] and folder is None:
        raise BadRequest("mail, folder: say by which way files are delivered, or both.")
    if body["mail"] and not settings.smtp_host:
        raise BadRequest("mail: this server has no mail server; the setting is smtp_host.")
    if folder is None:
        return
    caller.require("admin")
    if not settings.deliveries_folder:
        raise BadRequest("folder: this server has no folder; the setting is deliveries_folder.")
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts:
        raise BadRequest("folder: name one below deliveries_folder, such as reports/monthly.")


def own(services: Services, caller: Caller, schedule_id: str) -> Schedule:
    """Return a schedule of the caller's; another's is as if it were not there."""
    owner = owner_of(caller, services.rosters.load)
    found = services.schedules.one(schedule_id)
    if found is None or found.owner.key != owner.key:
        raise _nowhere(schedule_id)
    return found


def _nowhere(schedule_id: str) -> NotFound:
    return NotFound(f"Among your schedules there is no {schedule_id[:40]!r}.")
