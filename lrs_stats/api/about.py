"""What this server has, who is asking, and how far the facts are."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from dataclasses import asdict
from typing import Any

import polars as pl
from flask_smorest import Blueprint

from lrs_stats.access.grants import GRANULARITIES, Some
from lrs_stats.errors import Unavailable
from lrs_stats.facts.rows import UNCOUNTED, VOIDED
from lrs_stats.facts.tables import FactsReader, readable
from lrs_stats.services import Services


def blueprint(services: Services) -> Blueprint:
    """Return the resources that tell about the server and the caller."""
    about = Blueprint("about", __name__, url_prefix="/api/v1", description="The server itself")

    @about.get("/metrics")
    @about.response(200)
    def metrics() -> list[dict[str, Any]]:
        """List the metrics with their formulas."""
        services.caller()
        return [
            {name: getattr(one, name) for name in ("name", "title", "unit", "formula", "version")}
            for one in services.registry.metrics.values()
        ]

    @about.get("/plugins")
    @about.response(200)
    def plugins() -> list[dict[str, Any]]:
        """List the plugins, where each comes from, and what it provides."""
        services.caller()
        return [asdict(plugin) for plugin in services.registry.plugins]

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
            "granularities": [name for name in GRANULARITIES if name in pages],
            "grants": [
                {
                    "role": grant.role,
                    "learners": _some(grant.learners),
                    "courses": _some(grant.courses),
                    "sessions": _some(grant.sessions),
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
            **_understood(services.reader),
        }

    return about


def _some(some: Some) -> str | list[str]:
    return sorted(some) if isinstance(some, frozenset) else "all"


def _understood(reader: FactsReader) -> dict[str, Any]:
    """Tell what became of the statements; nothing while there are no facts to tell it from."""
    try:
        with readable():
            events = reader.snapshot().events.filter(pl.col("kind") != VOIDED)
            outside = events.filter(pl.col("part") == 0, _outside()).select(pl.len())
            return {
                "interpreters": _counted(events.filter(pl.col("part") == 0), "interpreter"),
                "unknown_verbs": _counted(events.filter(pl.col("kind") == "unknown"), "verb"),
                "unassigned": outside.collect().item(),
            }
    except Unavailable:
        return {"interpreters": None, "unknown_verbs": None, "unassigned": None}


def _outside() -> pl.Expr:
    known = ~pl.col("kind").is_in(("nothing", "unknown", "login", *UNCOUNTED))
    return pl.col("course").is_null() & known


def _counted(events: pl.LazyFrame, column: str) -> dict[str, int]:
    counts = (
        events.group_by(pl.col(column).fill_null("none"))
        .len()
        .sort("len", column, descending=[True, False])
    )
    return dict(counts.collect().iter_rows())
