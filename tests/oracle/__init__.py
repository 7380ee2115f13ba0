"""The figures of docs/metrics.md computed in the plainest way, to hold the product against.

It shares no code with the product and uses only the standard library: loops over lists, one
learner after the other. A reader of the page should find each of its sentences here.
"""

from .meaning import WHERE, means_nothing
from .presence import Connection, connections
from .reading import Event, events
from .reports import Answer, answer_log, connection_log, report

METRICS = tuple(WHERE)

__all__ = [
    "METRICS",
    "Answer",
    "Connection",
    "Event",
    "answer_log",
    "connection_log",
    "connections",
    "events",
    "means_nothing",
    "report",
]
