"""For whom files can be made: people found by name, among those whom somebody may send to."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lrs_stats.access.callers import present
from lrs_stats.access.owners import reachable, reaches
from lrs_stats.api.asking import LONGEST_SEARCH
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.roster.roster import Roster, name_of
from lrs_stats.roster.tables import Person

MOST: Final = 20
"""How many are offered at once; more of the name finds the others."""
SHOWN: Final = 3
"""How many are named where several are told of in a line."""


@dataclass(frozen=True)
class Recipient:
    """A person as a form names them, and what tells them from others of the name."""

    id: str
    name: str
    mark: str = ""


@dataclass(frozen=True)
class Finder:
    """Those who were chosen, those whom a search has found beside them, and how many more."""

    chosen: Sequence[Recipient]
    found: Sequence[Recipient]
    left: int
    is_alone: bool
    """Whether there is nobody to send to but oneself."""


def finder(visit: Visit, chosen: Sequence[str], search: str) -> Finder:
    """Return who was chosen, and who else has the words of a search in their name or id."""
    roster = visit.services.rosters.load()
    words = _plain(search[:LONGEST_SEARCH]).split()
    others = list(reachable(visit.caller, visit.granted, roster))
    found = _having(visit, others, words, frozenset(chosen)) if words else []
    return Finder(
        chosen=[_recipient(visit, roster, one) for one in dict.fromkeys(chosen)],
        found=[_recipient(visit, roster, one.id) for one in found[:MOST]],
        left=max(0, len(found) - MOST),
        is_alone=all(one.id == visit.caller.id for one in others),
    )


def enumerated(visit: Visit, ids: Sequence[str]) -> str:
    """Return some recipients as an enumeration: the first by name, the others by number."""
    wording, roster = visit.wording, visit.services.rosters.load()
    names = [_recipient(visit, roster, one).name for one in ids[:SHOWN]]
    if left := len(ids) - len(names):
        names.append(wording.count("%(num)s more", "%(num)s more", left))
    return wording.both(names)


def _having(
    visit: Visit, people: Iterable[Person], words: Sequence[str], beside: frozenset[str]
) -> list[Person]:
    """Return the people who have all words, by name, but for those who are chosen already.

    E-mails are looked at for those who may read the roster: others could guess at them.
    """
    reads_all = visit.caller.holds("roster/read")

    def has(one: Person) -> bool:
        text = _plain(f"{name_of(one)} {one.id} {one.email if reads_all else ''}")
        return all(word in text for word in words)

    found = [one for one in people if one.id not in beside and has(one)]
    return sorted(found, key=lambda one: (_plain(name_of(one)), one.id))


def _recipient(visit: Visit, roster: Roster, person: str) -> Recipient:
    """Return somebody by name; by the id alone who may not be sent to, or is not there."""
    one = roster.person(person)
    reached = present(person, roster) is not None and reaches(visit.caller, visit.granted, person)
    if one is None or not reached:
        return Recipient(person, person)
    name, email = name_of(one), one.email if visit.caller.holds("roster/read") else ""
    return Recipient(one.id, name, " · ".join(x for x in (one.id, email) if x and x != name))


def _plain(text: str) -> str:
    """Return a text in small letters without accents."""
    spread = unicodedata.normalize("NFKD", text)
    return "".join(one for one in spread if not unicodedata.combining(one)).casefold()
