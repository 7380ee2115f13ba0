"""The places in MongoDB where data of a person lie: one list of them all.

What keeps data of people in another collection gets a place here. Each can be asked how much it
holds, and be rid of it; doing so again does no harm, so an erasure that was cut off begins its
place anew. A collection without a place is in `WITHOUT_PEOPLE`, with the reason. The places outside
of the database are added where all of them are worked through (`lrs_stats.jobs.erasing`).
"""

from typing import Final

from lrs_stats.store.erasing_exports import Exports, Schedules
from lrs_stats.store.erasing_people import Attempts, Audit, Passwords, RosterEntry, Tokens
from lrs_stats.store.erasing_record import Attachments, Statements
from lrs_stats.store.erasing_texts import Activities, Documents, Imports, Refused
from lrs_stats.store.erasures import ERASING
from lrs_stats.store.places import Place

PLACES: Final[tuple[type[Place], ...]] = (
    Statements,
    Attachments,
    Documents,
    Activities,
    RosterEntry,
    Tokens,
    Passwords,
    Attempts,
    Refused,
    Imports,
    Schedules,
    Exports,
    Audit,
)
WITHOUT_PEOPLE: Final = {
    "writers": "which process stores at the moment",
    "states": "which process is the worker, what it has reached, what checks have found",
    "clients": "programs, by key and name",
    "plugin_failures": "which metrics and exporters failed, how and when",
    "forwards": "other stores, and how far each is",
    "tombstones": "keyed hashes",
    ERASING: "the ids of statements while an erasure is under way",
}
