"""A map that never changes, whose next version costs what differs rather than what it holds.

A version is a large dict that many versions share, and beside it what has been put and removed
since. It behaves as a dict of its own: what is put in the place of another keeps that place, what
is new stands at the end. When much has come together, a new large dict is made of both.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from math import isqrt
from typing import Any, Final, Generic, Self, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

FEW: Final = 256
"""Entries that may always stand beside the large dict; of a larger one its square root."""
FEW_PART: Final = 8
"""What is derived is amended while at most one row in so many differs, else made anew."""

Amend = Callable[[T, list[V], list[V]], T]
"""Takes what was derived, the rows that are gone from it, and those that are new."""


class Layers(Generic[K, V]):
    """One version. `len`, `in`, `get`, and the keys and values in their order.

    `base` is shared with other versions, and `changed`, `gone` and `added` say what differs from
    it. `made` is what was derived, `origin` an earlier version of which something was.
    """

    def __init__(self, base: dict[K, V]) -> None:
        self.base = base
        self.changed: dict[K, V] = {}
        self.gone: set[K] = set()
        self.added: dict[K, V] = {}
        self.made: dict[str, Any] = {}
        self.origin: Layers[K, V] | None = None

    @classmethod
    def of(cls, values: Iterable[V], key: Callable[[V], K]) -> Self:
        """Return the map of some values by their keys."""
        return cls({key(value): value for value in values})

    def __len__(self) -> int:
        return len(self.base) - len(self.gone) + len(self.added)

    def __contains__(self, key: K) -> bool:
        return key in self.added or (key in self.base and key not in self.gone)

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None."""
        found = self.added.get(key)
        if found is None and key not in self.gone:
            found = self.changed.get(key)
            return self.base.get(key) if found is None else found
        return found

    def items(self) -> Iterator[tuple[K, V]]:
        """Yield the keys and values in their order."""
        if not (self.changed or self.gone):
            yield from self.base.items()
        else:
            for key, value in self.base.items():
                if key not in self.gone:
                    yield key, self.changed.get(key, value)
        yield from self.added.items()

    @cached_property
    def keys(self) -> frozenset[K]:
        """Return all keys."""
        return frozenset(key for key, _ in self.items())

    @cached_property
    def values(self) -> tuple[V, ...]:
        """Return all values in their order."""
        if not (self.changed or self.gone):
            return (*self.base.values(), *self.added.values())
        return tuple(value for _, value in self.items())

    def amended(self, put: Mapping[K, V], gone: Iterable[K] = ()) -> "Layers[K, V]":
        """Return the next version: without some keys, and with some values put."""
        after = Layers(self.base)
        after.changed = self.changed.copy()
        after.gone, after.added = self.gone.copy(), self.added.copy()
        after.origin = self if self.made else self.origin
        for key in gone:
            after._remove(key)
        for key, value in put.items():
            after._put(key, value)
        beside = len(after.changed) + len(after.gone) + len(after.added)
        return after._merged() if beside > max(FEW, isqrt(len(self.base))) else after

    def differing(self, other: "Layers[K, V]") -> set[K]:
        """Return the keys whose values differ in another version, or that only one has."""
        if self.base is other.base:
            near = (self.changed, self.gone, self.added)
            far = (other.changed, other.gone, other.added)
            keys = frozenset[K]().union(*near, *far)
        else:
            keys = self.keys | other.keys
        pairs = ((key, self.get(key), other.get(key)) for key in keys)
        return {key for key, one, two in pairs if one is not two and one != two}

    def derived(self, name: str, make: Callable[[tuple[V, ...]], T], amend: Amend[T, V]) -> T:
        """Return what is made of the values, or amended of what was made of an earlier version.

        It is made once for a version, and kept with it under a name.
        """
        if name not in self.made:
            self.made[name] = self._derive(name, make, amend)
            self.origin = None
        found: T = self.made[name]
        return found

    def _derive(self, name: str, make: Callable[[tuple[V, ...]], T], amend: Amend[T, V]) -> T:
        origin = self.origin
        if origin is not None and name in origin.made:
            keys = self.differing(origin)
            if len(keys) * FEW_PART <= len(origin):
                gone = [value for key in keys if (value := origin.get(key)) is not None]
                new = [value for key in keys if (value := self.get(key)) is not None]
                return amend(origin.made[name], gone, new)
        return make(self.values)

    def _put(self, key: K, value: V) -> None:
        if key in self.base and key not in self.gone:
            self.changed[key] = value
        else:
            self.added[key] = value

    def _remove(self, key: K) -> None:
        if self.added.pop(key, None) is None and key in self.base:
            self.changed.pop(key, None)
            self.gone.add(key)

    def _merged(self) -> "Layers[K, V]":
        base = self.base.copy()
        for key in self.gone:
            del base[key]
        base.update(self.changed)
        base.update(self.added)
        merged = Layers(base)
        merged.origin = self.origin
        return merged
