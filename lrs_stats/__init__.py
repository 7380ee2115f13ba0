"""A learning record store that tells you what the records mean.

This module is the vocabulary of a plugin author: everything that a metric, an exporter, an
interpreter or a role resolver needs is imported from here, and from Polars.
"""

from lrs_stats.access.grants import ALL, Directory, Grant, Person, Resolver
from lrs_stats.evidence import Pack
from lrs_stats.facts.interpreter import Event, Interpreter, Kind
from lrs_stats.facts.millionths import MILLIONTHS
from lrs_stats.facts.scores import percent as answer_score
from lrs_stats.hookspecs import hookimpl
from lrs_stats.options import Options
from lrs_stats.reports import spelling, wording
from lrs_stats.reports.chart import specification as chart
from lrs_stats.reports.exporter import CannotRender, Exporter
from lrs_stats.reports.metric import (
    UNASSIGNED,
    Metric,
    Ratio,
    among,
    beside,
    exact_mean,
    exact_sum,
    gathered,
)
from lrs_stats.reports.pages import document, table_picture
from lrs_stats.reports.pictures import drawn, typeset
from lrs_stats.reports.report import Column, Need, Report, Reports
from lrs_stats.reports.tables import OfRoster, Tables
from lrs_stats.xapi.iris import iri_key
from lrs_stats.xapi.model import Statement

__version__ = "0.1.0"

__all__ = [
    "ALL",
    "MILLIONTHS",
    "UNASSIGNED",
    "CannotRender",
    "Column",
    "Directory",
    "Event",
    "Exporter",
    "Grant",
    "Interpreter",
    "Kind",
    "Metric",
    "Need",
    "OfRoster",
    "Options",
    "Pack",
    "Person",
    "Ratio",
    "Report",
    "Reports",
    "Resolver",
    "Statement",
    "Tables",
    "among",
    "answer_score",
    "beside",
    "chart",
    "document",
    "drawn",
    "exact_mean",
    "exact_sum",
    "gathered",
    "hookimpl",
    "iri_key",
    "spelling",
    "table_picture",
    "typeset",
    "wording",
]
