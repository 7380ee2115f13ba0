"""The figures of docs/metrics.md computed in the plainest way, to hold the product against.

It shares no code with the product and uses only the standard library: loops over lists, one
learner after the other. A reader of the page should find each of its sentences here.
"""

from .figures import Answer, report
from .presence import Connection, connections
from .reading import Event, events

__all__ = ["Answer", "Connection", "Event", "connections", "events", "report"]
