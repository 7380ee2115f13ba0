"""Every collection is a place that is rid of a person, or known to hold nobody."""

import re
from pathlib import Path
from typing import Final

import lrs_stats.store
from lrs_stats.store.audit import AUDIT
from lrs_stats.store.database import INDEXES, Database, Document
from lrs_stats.store.erasing import PLACES, WITHOUT_PEOPLE
from lrs_stats.store.erasures import ERASING, ERASURES
from tests.erasure import world

NAMED: Final = re.compile(r"database\[([^\]]+)\]")
CONSTANTS: Final = {"AUDIT": AUDIT, "ERASING": ERASING, "ERASURES": ERASURES}
BY_A_PLACE: Final = {"self.collections[0", "collection"}
"""How code names a collection that is given to it: one of a place, or of INDEXES."""
PLACED: Final = {name for place in PLACES for name in place.collections}


def named_in_the_store() -> set[str]:
    """Return the collections that the code of the store names."""
    folder = Path(lrs_stats.store.__file__).parent
    said = {name for path in folder.glob("*.py") for name in NAMED.findall(path.read_text("utf-8"))}
    return {CONSTANTS.get(one, one.strip('"')) for one in said - BY_A_PLACE}


def test_every_collection_that_the_store_names_is_a_place_or_holds_nobody() -> None:
    named = named_in_the_store() | set(INDEXES)
    assert {"statements", "audit", "roster_versions", "passwords"} <= named
    assert named - PLACED - set(WITHOUT_PEOPLE) == set()


def test_every_collection_that_is_there_is_one_that_the_store_names(
    database: Database[Document],
) -> None:
    world.populate(database)
    assert set(database.list_collection_names()) <= named_in_the_store() | set(INDEXES)


def test_no_place_is_said_to_hold_nobody_and_none_is_made_up() -> None:
    assert not PLACED & set(WITHOUT_PEOPLE)
    assert PLACED | set(WITHOUT_PEOPLE) <= named_in_the_store() | set(INDEXES)
