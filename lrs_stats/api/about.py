"""What this server has, who is asking, and how far the facts are."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from dataclasses import asdict
from typing import Any

import polars as pl
from flask_smorest import Blueprint

from lrs_stats.access.grants import GRANULARITIES, Some
from lrs_stats.errors import Unavailable
from lrs_stats.facts.publication import idle_notice
from lrs_stats.facts.reader import FactsReader, readable
from lrs_stats.facts.understanding import counted, statements, unassigned, unknown, unread
from lrs_stats.reports.granularities import GRANULARITIES as REPORTS
from lrs_stats.reports.meaning import why_not
from lrs_stats.reports.metric import Metric
from lrs_stats.reports.query import Query
from lrs_stats.services import Services
from lrs_stats.store.plugin_failures import PluginFailure
from lrs_stats.store.worker_state import Check


def blueprint(services: Services) -> Blueprint:
    """Return the resources that tell about the server and the caller."""
    about = Blueprint("about", __name__, url_prefix="/api/v1", description="The server itself")

    @about.get("/metrics")
    @about.response(200)
    def metrics() -> list[dict[str, Any]]:
        """List the metrics with their formulas, and where each means something."""
        services.caller()
        return [_metric(one) for one in services.registry.metrics.values()]

    @about.get("/plugins")
    @about.response(200)
    def plugins() -> list[dict[str, Any]]:
        """List the plugins, where each comes from, and what it provides.

        Who has the scope `admin` is told what of each failed in the last week.
        """
        caller = services.caller()
        told = [asdict(plugin) for plugin in services.registry.plugins]
        if not caller.holds("admin"):
            return told
        failures = [asdict(one) for one in failing(services)]
        return [
            plugin | {"failing": [one for one in failures if one["what"] in plugin["provides"]]}
            for plugin in told
        ]

    @about.get("/me")
    @about.response(200)
    def me() -> dict[str, Any]:
        """Tell who the caller is, and what they may see."""
        caller = services.caller()
        granted = services.grants(caller) if caller.person or caller.holds("stats/read") else []
        pages = frozenset[str]().union(*(grant.granularities for grant in granted))
        return {
            "id": caller.id,
            "name": caller.name,
            "kind": "person" if caller.person else "client",
            "scopes": sorted(caller.scopes),
            "granularities": _ordered(pages),
            "grants": [
                {
                    "role": grant.role,
                    "learners": _some(grant.learners),
                    "courses": _some(grant.courses),
                    "sessions": _some(grant.sessions),
                    "groups": _some(grant.groups),
                    "granularities": _ordered(grant.granularities),
                }
                for grant in granted
            ],
        }

    @about.get("/status")
    @about.response(200)
    def status() -> dict[str, Any]:
        """Tell how far the facts are, and which statements were not understood."""
        services.authenticate("stats/read")
        progress = services.state.progress()
        return {
            "statements": services.statements.count(),
            "as_of": progress.as_of and progress.as_of.isoformat(),
            "worker": "running" if progress.alive else "absent",
            "rebuilding": progress.rebuilding,
            "trouble": progress.trouble,
            "check": _check(services.state.last_check()),
            **understood(services.reader, services.settings.idle_minutes),
        }

    return about


def _metric(metric: Metric) -> dict[str, Any]:
    asked = [Query(name, ()) for name in REPORTS]
    return {
        **{name: getattr(metric, name) for name in ("name", "title", "unit", "formula", "version")},
        "granularities": [query.granularity for query in asked if not why_not(metric, query)],
        "series": metric.series,
    }


def _ordered(pages: frozenset[str]) -> list[str]:
    return [name for name in GRANULARITIES if name in pages]


def _some(some: Some) -> str | list[str]:
    return sorted(some) if isinstance(some, frozenset) else "all"


def _check(check: Check | None) -> dict[str, Any] | None:
    return None if check is None else asdict(check) | {"at": check.at.isoformat()}


def failing(services: Services) -> list[PluginFailure]:
    """Return what of the plugins fails, the latest first.

    Metrics and exporters are told of for a week after they failed. The statements on which an
    interpreter fails are in the facts: they are told of until these are rebuilt without a failure.
    """
    found = [*services.failures.all(), *_unread(services.reader)]
    return sorted(found, key=lambda one: one.last, reverse=True)


def _unread(reader: FactsReader) -> list[PluginFailure]:
    try:
        with readable():
            rows = unread(reader.snapshot().events).collect().iter_rows(named=True)
    except Unavailable:
        return []
    return [
        PluginFailure(
            f"interpreter {row['interpreter']}",
            f"The interpreter {row['interpreter']} failed on statements: {row['statements']}.",
            row["since"],
            row["last"],
        )
        for row in rows
    ]


def understood(reader: FactsReader, idle_minutes: float) -> dict[str, Any]:
    """Tell what became of the statements; nothing while there are no facts to tell it from."""
    try:
        with readable():
            snapshot = reader.snapshot()
            events = snapshot.events
            return {
                "idle_minutes": snapshot.publication.idle / 60,
                "notice": idle_notice(snapshot.publication, idle_minutes),
                "interpreters": counted(statements(events), "interpreter"),
                "unknown_verbs": counted(unknown(events), "verb"),
                "unassigned": unassigned(events).select(pl.len()).collect().item(),
            }
    except Unavailable:
        return dict.fromkeys(
            ("idle_minutes", "notice", "interpreters", "unknown_verbs", "unassigned")
        )
