"""The operator's page: what is installed, how far the facts are, who may ask, and who did what."""

from datetime import datetime
from typing import Final

from flask import Response
from markupsafe import Markup

from lrs_stats.api.about import failing, understood
from lrs_stats.dashboard.formatting import NOTHING, Wording
from lrs_stats.dashboard.ordering import STATES
from lrs_stats.dashboard.pages import N_
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.sentences import said
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.errors import Forbidden
from lrs_stats.store.audit import Entry, Wanted
from lrs_stats.store.credentials import Client
from lrs_stats.store.exports import Export
from lrs_stats.store.plugin_failures import PluginFailure
from lrs_stats.store.schedules import Schedule
from lrs_stats.transfer.forwarding import Forward, waiting_since

TAIL: Final = 20
"""Entries of the audit that are shown."""
STATE: Final = {
    "in use": N_("in use"),
    "paused": N_("paused"),
    "in trouble": N_("in trouble"),
}
"""How a forward is doing."""
VERBS: Final = 15
"""Verbs that nobody understood, the most frequent first."""


def server(visit: Visit, rendering: Rendering) -> Response:
    """Answer the page of those who administrate."""
    if not visit.administrates:
        raise Forbidden("This page is for owners and administrators.")
    services, wording = visit.services, visit.wording
    progress = services.state.progress()
    forwards = services.forwards.all()
    told = understood(services.reader, services.settings.idle_minutes)
    return rendering.page(
        "server.html",
        visit.wording,
        visit=visit,
        title=visit.wording.text(N_("Server")),
        progress=progress,
        lag=_seconds(visit.now, progress.as_of),
        check=services.state.last_check(),
        statements=services.statements.count(),
        told=told,
        interpreters=_counts(visit, told["interpreters"]),
        verbs=_counts(visit, told["unknown_verbs"])[:VERBS],
        plugins=[
            (one.name, one.source, ", ".join(one.provides)) for one in services.registry.plugins
        ],
        failing=[_failing(wording, one) for one in failing(services)],
        forwards=[_forward(visit, one) for one in forwards],
        troubled=[one.name for one in forwards if one.state == "in trouble"],
        clients=[_client(wording, one) for one in services.credentials.clients()],
        jobs=[_job(wording, one) for one in services.exports.of(None, limit=TAIL)],
        plans=[_plan(wording, one) for one in services.schedules.of(None)],
        erasures=[
            (wording.moment(one.at), one.state, wording.number(one.done))
            for one in services.erasures.all()[:TAIL]
        ],
        audit=[_entry(wording, one) for one in services.audit.page(Wanted(), TAIL, None)[0]],
    )


def _seconds(now: datetime, as_of: datetime | None) -> float | None:
    return None if as_of is None else max(0.0, (now - as_of).total_seconds())


def _counts(visit: Visit, counts: dict[str, int] | None) -> list[tuple[str, str]]:
    return [(name, visit.wording.number(number)) for name, number in (counts or {}).items()]


def _failing(wording: Wording, failure: PluginFailure) -> tuple[str, ...]:
    """Return a line of what fails: how, since when, and when the last time."""
    why = said(wording, failure.why)
    return failure.what, why, wording.moment(failure.since), wording.moment(failure.last)


def _forward(visit: Visit, forward: Forward) -> tuple[str, ...]:
    """Return a line of a forward: how it is doing, how far it is, and where to."""
    wording = visit.wording
    behind = _seconds(visit.now, waiting_since(forward, visit.services.statements))
    return (
        forward.name,
        _state_of(wording, forward),
        NOTHING if behind is None else wording.duration(behind),
        wording.number(forward.sent),
        wording.number(forward.refused),
        forward.address,
    )


def _state_of(wording: Wording, forward: Forward) -> Markup | str:
    """Return how a forward is doing; of one in trouble since when, if that is known, and why."""
    state = wording.text(STATE[forward.state])
    if forward.state == "in trouble" and forward.troubled is not None:
        when = wording.moment(forward.troubled)
        state = wording.text(N_("in trouble since %(instant)s")) % {"instant": when}
    return _with_reason(wording, state, forward.trouble)


def _client(wording: Wording, client: Client) -> tuple[str, ...]:
    state = wording.text(N_("revoked")) if client.revoked else wording.text(N_("in use"))
    scopes = " ".join(client.scopes)
    return client.name, client.key, scopes, wording.day(client.created), state


def _job(wording: Wording, job: Export) -> tuple[str, ...]:
    """Return a line of what is made in the background: when, for whom, what, and how far it is."""
    state = wording.text(STATES[job.state])
    return (
        wording.moment(job.ordered),
        job.owner.id,
        f"{job.granularity} · {job.format}",
        _with_reason(wording, state, job.trouble),
        wording.number(job.rows),
    )


def _plan(wording: Wording, plan: Schedule) -> tuple[str, ...]:
    state = wording.text(STATES[plan.status])
    due = wording.moment(plan.next) if plan.next else NOTHING
    return plan.title, plan.owner.id, _with_reason(wording, state, plan.trouble), due


def _with_reason(wording: Wording, state: str, reason: str) -> Markup | str:
    return Markup("{}: {}").format(state, said(wording, reason)) if reason else state


def _entry(wording: Wording, entry: Entry) -> tuple[str, ...]:
    """Return a line of the audit: when, who, what, where, how many rows, and the status."""
    who = [one.name for one in (entry.client, entry.person) if one is not None]
    rows = wording.number(entry.rows) if entry.rows is not None else NOTHING
    where = "/".join(entry.resource)
    return (
        wording.moment(entry.at),
        " → ".join(who) or NOTHING,
        entry.action,
        where,
        rows,
        str(entry.status),
    )
