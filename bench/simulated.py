"""The statements of all benches: a simulated training company of a size that suits the number."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from lrs_stats.simulate.organisation import Organisation, organisation
from lrs_stats.simulate.statements import MONTHLY, statements

UNTIL: Final = date(2026, 7, 1)
MONTHS: Final = 12
SEED: Final = 1


def learners_for(total: int) -> int:
    """Return by how many learners so many statements are sent in twelve months."""
    return max(30, total // (MONTHLY * MONTHS))


def company(total: int) -> Organisation:
    """Return an organisation whose learners send about so many statements in twelve months."""
    return organisation(learners=learners_for(total), months=MONTHS, seed=SEED, until=UNTIL)


def sent_by(made: Organisation, total: int) -> Iterator[bytes]:
    """Return so many statements of an organisation, each as JSON, in the order of time."""
    return statements(made, months=MONTHS, seed=SEED, until=UNTIL, total=total)
