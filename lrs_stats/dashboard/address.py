"""The address of a page: its parameters are those of the API, and each link changes a few.

A page may have several tables. The first goes by `sort`, `page`, `search` and `metrics`; for the
others these have the name of the table before them, as in `sessions.sort`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from lrs_stats.errors import BadRequest
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.query import FILTERS

Pairs = tuple[tuple[str, str], ...]

OF_TABLE: Final = ("sort", "page", "page_size", "search", "metrics")
SHARED: Final = ("from", "to", "interval", "as_of", *FILTERS)
OWN: Final = ("period", "last", "block", "behind", "for", "granularity", "format")
"""Those that the API does not have: all time, the last day of a period, one block alone, what is
behind the figures of one, the page for which a filter is chosen, and what the dialog of exports
asks."""
TABLES: Final = (*GRANULARITIES, *LOGS)
KNOWN: Final = frozenset(
    [*SHARED, *OF_TABLE, *OWN, *(f"{table}.{one}" for table in TABLES for one in OF_TABLE)]
)


@dataclass(frozen=True)
class Address:
    """A path and its parameters, as they were sent."""

    path: str
    given: Pairs

    @classmethod
    def of(cls, path: str, sent: Iterable[tuple[str, str]]) -> "Address":
        """Return an address without empty parameters; raise BadRequest for an unknown one."""
        given = tuple((name, value) for name, value in sent if value)
        for name, _ in given:
            if name not in KNOWN:
                raise BadRequest(f"{name[:40]}: there is no such parameter of a page.")
        return cls(path, given)

    def first(self, name: str) -> str:
        """Return the first value of a parameter, or an empty text."""
        return next((value for one, value in self.given if one == name), "")

    def all(self, name: str) -> list[str]:
        """Return all values of a parameter."""
        return [value for one, value in self.given if one == name]

    def without(self, *names: str) -> "Address":
        """Return the address without some parameters."""
        return Address(self.path, tuple(pair for pair in self.given if pair[0] not in names))

    def having(self, **changed: Any) -> "Address":
        """Return the address with some parameters changed; `from_` is `from`, None is none."""
        named = {name.rstrip("_"): value for name, value in changed.items()}
        kept = [pair for pair in self.given if pair[0] not in named]
        added = [(name, str(value)) for name, value in named.items() if value is not None]
        return Address(self.path, (*kept, *added))

    def adding(self, name: str, value: str) -> "Address":
        """Return the address with one more value of a parameter, on the first page."""
        if (name, value) in self.given:
            return self
        return Address(self.path, (*_on_first_page(self.given), (name, value)))

    def removing(self, name: str, value: str) -> "Address":
        """Return the address without one value of a parameter, on the first page."""
        kept = (pair for pair in _on_first_page(self.given) if pair != (name, value))
        return Address(self.path, tuple(kept))

    def shared(self, path: str) -> "Address":
        """Return another path with the period and the filters of this address."""
        kept = {*SHARED, "period"}
        return Address(path, tuple(pair for pair in self.given if pair[0] in kept))

    def __str__(self) -> str:
        return f"{self.path}?{urlencode(self.given)}" if self.given else self.path


def _on_first_page(given: Pairs) -> Pairs:
    return tuple(pair for pair in given if pair[0].rpartition(".")[2] != "page")


def of_table(given: Address, table: str, *, is_first: bool) -> dict[str, str]:
    """Return the parameters of one table of a page, by their names in the API."""
    prefix = "" if is_first else f"{table}."
    found = {name: given.first(prefix + name) for name in OF_TABLE}
    found["metrics"] = ",".join(given.all(f"{prefix}metrics"))
    return {name: value for name, value in found.items() if value}


def path_of(granularity: str, identifier: str) -> str:
    """Return the path of the page of one entity."""
    return f"/dashboard/{granularity}/{quote(identifier, safe='')}"


def api_path(granularity: str, format_: str, parameters: Mapping[str, Any]) -> str:
    """Return where the API has a report in a format."""
    pairs = [(name, one) for name, value in parameters.items() for one in _several(value)]
    return f"/api/v1/stats/{granularity}.{format_}?{urlencode(pairs)}"


def _several(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
