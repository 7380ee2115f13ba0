"""Every hook that a plugin can implement, in the order of a statement's life.

A plugin is a module. It implements any of these functions, marked with `hookimpl`, and is found
through the entry-point group `lrs_stats` or as a file in the configured plugin folder.
"""

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from lrs_stats.access.grants import Resolver
    from lrs_stats.facts.interpreter import Interpreter
    from lrs_stats.reports.exporter import Exporter
    from lrs_stats.reports.metric import Metric

PROJECT = "lrs_stats"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_interpreters() -> "list[type[Interpreter]]":
    """Return interpreter classes, which turn statements into events.

    Called once when the worker starts. An interpreter runs behind the acknowledgement: when it
    fails, the statement is stored all the same and counted as not understood.
    """
    raise NotImplementedError


@hookspec
def register_metrics() -> "list[type[Metric]]":
    """Return metric classes, each one column of a report.

    Called once when the server starts. A metric sees only the rows that its reader may see.
    """
    raise NotImplementedError


@hookspec
def register_exporters() -> "list[type[Exporter]]":
    """Return exporter classes, each one rendering of a report.

    Called once when the server starts.
    """
    raise NotImplementedError


@hookspec
def register_resolvers() -> "list[type[Resolver]]":
    """Return role resolvers, of which the settings name the one in force.

    Called once when the server starts. A resolver turns a person and the roster into grants.
    """
    raise NotImplementedError
