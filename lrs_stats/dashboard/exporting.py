"""The dialog of exports: what, for whom and when, and as which file."""

from dataclasses import replace
from typing import Any, Final

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.api import exports
from lrs_stats.api.asking import asked
from lrs_stats.api.forewarning import forewarned
from lrs_stats.api.ordering import Question, read
from lrs_stats.dashboard.address import Address, api_path
from lrs_stats.dashboard.choosing import KINDS, chips
from lrs_stats.dashboard.links import EXPORT, ORDERS, PLAN, spoken
from lrs_stats.dashboard.pages import EVERYWHERE, N_
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.errors import BadRequest
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.query import FILTERS, INTERVALS, Query

NOT_ASKED: Final = frozenset({"form", "do"})
"""What the form of the dialog has beside the question."""
GRANULARITIES: Final = {
    "platform": N_("The platform as a whole"),
    "learners": N_("Learners"),
    "groups": N_("Groups"),
    "programs": N_("Programs"),
    "sessions": N_("Sessions"),
    "courses": N_("Courses"),
    "questions": N_("Questions"),
    "enrolments": N_("Learners of sessions"),
    "connections": N_("Log of connections"),
    "answers": N_("Log of answers"),
}


def dialog(visit: Visit, rendering: Rendering) -> AnyResponse:
    """Answer the dialog, or the way to the file when it was filled in."""
    address = visit.address
    known = [name for name in GRANULARITIES if name in visit.open]
    chosen = address.first("granularity") or (known[0] if known else "")
    if chosen not in known:
        raise BadRequest(f"granularity: there is none {chosen[:40]!r} that your roles include.")
    exporters = visit.services.registry.exporters
    offered = [one for one in exporters.values() if not one.refusal(chosen)]
    return rendering.page(
        "export.html",
        visit.wording,
        visit=visit,
        title=visit.wording.text(N_("Export")),
        granularities=[(name, GRANULARITIES[name]) for name in known],
        chosen=chosen,
        metrics=[] if chosen in LOGS else _metrics(visit, chosen),
        exporters=offered,
        warnings=forewarned(visit.services, _query(visit, chosen), offered, list(visit.granted)),
        intervals=[] if chosen in LOGS else list(INTERVALS),
        chips=chips(visit),
        offered=[(kind, KINDS[kind][1]) for kind in EVERYWHERE if KINDS[kind][0] in visit.open],
        is_planned=bool(ways(visit)),
    )


def choose(visit: Visit, rendering: Rendering) -> AnyResponse:  # noqa: ARG001 - as all answers
    """Do what the dialog was sent for: show other columns, lead to the file, order it."""
    sent = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_ASKED]
    filled = replace(visit, address=Address.of(EXPORT, sent))
    match request.form.get("do"):
        case "now":
            return redirect(_file(filled), 303)
        case "later":
            exports.ordered(visit.services, read(Question(), question(filled)))
            return redirect(ORDERS, 303)
        case "again":
            question(filled)  # what cannot be made is told here, where it can be chosen anew
            return redirect(str(replace(filled.address, path=PLAN)), 303)
        case _:
            return redirect(str(filled.address.without("metrics", "format")), 303)


def ways(visit: Visit) -> list[tuple[str, str]]:
    """Return by which ways files of a schedule can reach somebody; none when there is no way."""
    settings = visit.services.settings
    found = [("mail", N_("by e-mail"))] if settings.smtp_host else []
    if settings.deliveries_folder and visit.administrates:
        found.append(("folder", N_("to the folder for deliveries")))
    return found


def _metrics(visit: Visit, granularity: str) -> tuple[str, ...]:
    return asked(visit.services, granularity, {"page": 1}).metrics


def _query(visit: Visit, granularity: str) -> Query:
    """Return what is asked for by the filters and the period of the dialog."""
    return asked(visit.services, granularity, _filters(visit) | _days(visit, "from_"), whole=True)


def _filters(visit: Visit) -> dict[str, Any]:
    return {kind: visit.address.all(kind) for kind in FILTERS if visit.address.all(kind)}


def _days(visit: Visit, since: str) -> dict[str, Any]:
    """Return the bounds of the period, of which the first is called `since`."""
    days = ((since, visit.span.start), ("to", visit.span.end))
    return {bound: day.isoformat() for bound, day in days if day is not None}


def _file(visit: Visit) -> str:
    """Return where the API has what was chosen."""
    asked_for = question(visit)
    granularity, name, options = (
        asked_for.pop(one) for one in ("granularity", "format", "options")
    )
    return api_path(granularity, name, asked_for | options)


def question(visit: Visit) -> dict[str, Any]:
    """Return what was chosen, as the API is asked for a file."""
    address, exporters = visit.address, visit.services.registry.exporters
    granularity, name = address.first("granularity"), address.first("format")
    if name not in exporters:
        raise BadRequest(f"format: there is none {name[:40]!r}; there are: {', '.join(exporters)}.")
    if refused := exporters[name].refusal(granularity):
        raise BadRequest(f"format: {refused}")
    chosen = _filters(visit)
    if granularity not in LOGS:
        chosen |= {
            "interval": address.first("interval"),
            "metrics": ",".join(address.all("metrics")),
        }
    chosen |= _days(visit, "from")
    return {one: value for one, value in chosen.items() if value} | {
        "granularity": granularity,
        "format": name,
        "options": spoken(visit, exporters[name]),
    }
