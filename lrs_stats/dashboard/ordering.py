"""The files that somebody has ordered, and those that come by a schedule."""

from typing import Final

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.access.owners import owner_of
from lrs_stats.api import exports, schedules
from lrs_stats.api.ordering import read
from lrs_stats.dashboard.exporting import GRANULARITIES
from lrs_stats.dashboard.links import ORDERS
from lrs_stats.dashboard.pages import N_
from lrs_stats.dashboard.recipients import enumerated
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.errors import BadRequest
from lrs_stats.store.exports import OPEN

MOST: Final = 100
"""Orders that are shown, the newest."""
STATES: Final = {
    "queued": N_("waits for its turn"),
    "running": N_("is being made"),
    "done": N_("done"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
    "expired": N_("not kept any more"),
    "active": N_("active"),
    "paused": N_("paused"),
    "over": N_("over"),
}


def orders(visit: Visit, rendering: Rendering) -> Response:
    """Answer the page of one's own orders and schedules."""
    services = visit.services
    owner = owner_of(visit.caller, services.rosters.load)
    planned = services.schedules.of(owner)
    found = services.exports.of(owner, skip=0, limit=MOST)
    return rendering.page(
        "orders.html",
        visit.wording,
        visit=visit,
        title=visit.wording.text(N_("Ordered files")),
        orders=[exports.document(one) for one in found],
        schedules=[schedules.document(one) for one in planned],
        is_open=any(one.state in OPEN for one in found),
        states=STATES,
        granularities=GRANULARITIES,
        to={one.id: enumerated(visit, one.recipients) for one in planned},
        exporters=services.registry.exporters,
    )


def act(visit: Visit, rendering: Rendering) -> AnyResponse:  # noqa: ARG001 - as all answers
    """Cancel or remove an order; pause, resume or remove a schedule."""
    services, named = visit.services, request.form.get("id", "")
    match request.form.get("do"):
        case "remove":
            exports.removed(services, named)
        case "pause" | "resume" as wanted:
            body = {"paused": wanted == "pause"}
            schedules.changed(services, named, read(schedules.CHANGES, body))
        case "unschedule":
            schedules.removed(services, named)
        case other:
            raise BadRequest(f"do: {str(other)[:20]!r} is nothing that can be done here.")
    return redirect(ORDERS, 303)
