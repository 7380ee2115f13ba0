"""The dialog of exports: what, for whom and when, and as which file."""

from typing import Any, Final

from flask import redirect
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.api.asking import asked
from lrs_stats.dashboard.address import api_path
from lrs_stats.dashboard.choosing import KINDS, chips
from lrs_stats.dashboard.links import spoken
from lrs_stats.dashboard.pages import EVERYWHERE, N_
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.errors import BadRequest
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.query import FILTERS, INTERVALS

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
    if address.first("go"):
        return redirect(_file(visit, chosen), 303)
    exporters = visit.services.registry.exporters
    return rendering.page(
        "export.html",
        visit.wording,
        visit=visit,
        title=visit.wording.text(N_("Export")),
        granularities=[(name, GRANULARITIES[name]) for name in known],
        chosen=chosen,
        metrics=[] if chosen in LOGS else _metrics(visit, chosen),
        exporters=[one for one in exporters.values() if not one.refusal(chosen)],
        intervals=[] if chosen in LOGS else list(INTERVALS),
        chips=chips(visit),
        offered=[(kind, KINDS[kind][1]) for kind in EVERYWHERE if KINDS[kind][0] in visit.open],
    )


def _metrics(visit: Visit, granularity: str) -> tuple[str, ...]:
    return asked(visit.services, granularity, {"page": 1}).metrics


def _file(visit: Visit, granularity: str) -> str:
    """Return where the API has what was chosen."""
    address, exporters = visit.address, visit.services.registry.exporters
    name = address.first("format")
    if name not in exporters:
        raise BadRequest(f"format: there is none {name[:40]!r}; there are: {', '.join(exporters)}.")
    if refused := exporters[name].refusal(granularity):
        raise BadRequest(f"format: {refused}")
    asked_for: dict[str, Any] = {kind: address.all(kind) for kind in FILTERS if address.all(kind)}
    if granularity not in LOGS:
        asked_for |= {"interval": address.first("interval")} if address.first("interval") else {}
        chosen = ",".join(address.all("metrics"))
        asked_for |= {"metrics": chosen} if chosen else {}
    asked_for |= spoken(visit, exporters[name])
    days = (("from", visit.span.start), ("to", visit.span.end))
    asked_for |= {name: day.isoformat() for name, day in days if day is not None}
    return api_path(granularity, name, asked_for)
