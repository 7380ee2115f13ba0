"""How often somebody may ask: buckets that fill with time, and that each request takes from.

The limits hold for one process. Whoever shares an address with others, behind a proxy, is
not locked out by them once this process has known them.
"""

import hashlib
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from lrs_stats.errors import TooManyRequests, Unauthorized

BURST_SECONDS: Final = 10
"""The seconds whose requests may come at once."""

MOST: Final = 10_000
"""How many names are remembered; the one that has been away longest is forgotten first."""


class Throttle:
    """A bucket for each name, which is full when the name is new."""

    def __init__(
        self, per_second: int, *, most: int = MOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Let each name through so many times a second; 0 is without limit."""
        self._rate = per_second
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """For each name what is in its bucket, and when that was so."""

    def admit(self, name: str) -> None:
        """Let a name through once, or raise TooManyRequests."""
        self._pass(name, taken=True)

    def check(self, name: str) -> None:
        """Raise TooManyRequests when `admit` would, and take nothing."""
        self._pass(name, taken=False)

    def _pass(self, name: str, *, taken: bool) -> None:
        if not self._rate:
            return
        with self._lock:
            full, now = self._rate * BURST_SECONDS, self._clock()
            level, since = self._buckets.get(name, (full, now))
            level = min(full, level + (now - since) * self._rate)
            if taken:
                self._buckets[name] = level - (level >= 1), now
                self._buckets.move_to_end(name)
                if len(self._buckets) > self._most:
                    self._buckets.popitem(last=False)
        if level < 1:
            raise TooManyRequests(
                f"This comes more often than {self._rate} times a second. Wait, then try again.",
                seconds=(1 - level) / self._rate,
            )


class Attempts:
    """Limits failed authentications by address, without locking out those who are known."""

    def __init__(self, throttle: Throttle, *, most: int = MOST) -> None:
        """Count failures in a throttle, and know at most so many callers."""
        self._throttle = throttle
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    @contextmanager
    def limited(self, address: str, authorization: str | None) -> Iterator[None]:
        """Run an authentication by a header, or raise TooManyRequests before it.

        A header that has been good is tried in any case, so guesses are limited and nobody who
        guesses keeps others at the same address from working.
        """
        if not authorization:
            yield  # a request by nobody guesses nothing
            return
        caller, source = hashlib.sha256(authorization.encode()).digest(), network(address)
        if caller not in self._known:
            self._throttle.check(source)
        try:
            yield
        except Unauthorized:
            self._forget(caller)
            self._throttle.admit(source)
            raise
        self._remember(caller)

    @contextmanager
    def guarded(self, address: str) -> Iterator[None]:
        """Run an authentication that no header tells, such as by a password, or raise before it."""
        source = network(address)
        self._throttle.check(source)
        try:
            yield
        except Unauthorized:
            self._throttle.admit(source)
            raise

    def _remember(self, caller: bytes) -> None:
        with self._lock:
            self._known[caller] = None
            self._known.move_to_end(caller)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def _forget(self, caller: bytes) -> None:
        with self._lock:
            self._known.pop(caller, None)


def network(address: str) -> str:
    """Return what one host can be taken to hold: an address, or with IPv6 its /64 network."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:  # noqa: PLR2004 - the version of the protocol
        return address
    return str(ipaddress.ip_network((known.packed, 64), strict=False))
