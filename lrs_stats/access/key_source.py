"""Where the keys of an identity provider come from: an address or a file, read when it is needed.

Providers change their keys whenever they like, and tell of it by a `kid` that nobody has seen.
Nobody can have them asked all the time by inventing one: keys are read once a minute at most.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from lrs_stats.access.fetching import LARGEST, fetched
from lrs_stats.access.keys import Key, PublicKey, fitting, keys_in
from lrs_stats.access.latest import STALE, Latest
from lrs_stats.errors import CommandError, Unavailable

PAUSE: Final = 60.0
"""Seconds from one reading to the next, whatever was asked for."""


class KeySource:
    """The newest keys that could be read."""

    def __init__(
        self,
        read: Callable[[], bytes],
        *,
        keys: Sequence[Key] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._latest = Latest(
            lambda: keys_in(read()),
            "the keys of the identity provider",
            known=tuple(keys) or None,
            clock=clock,
        )

    def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """Return the key for a token, None when there is none; Unavailable while none is known."""
        found = fitting(self._latest.value or (), kid, algorithm)
        self._latest.look(STALE if found is not None else PAUSE)
        if found is None:
            self._latest.wait()
            found = fitting(self._latest.value or (), kid, algorithm)
        if not self._latest.value:
            raise Unavailable("The keys of the identity provider could not be read. Try again.")
        return found


def source_of(keys: str) -> KeySource:
    """Return the source of an address, or of a file, which must be sound from the start."""
    if keys.startswith(("http:", "https:")):
        return KeySource(lambda: fetched(keys))
    try:
        return KeySource(lambda: _content(keys), keys=keys_in(_content(keys)))
    except (OSError, ValueError) as error:
        raise CommandError(f"The file of jwt_keys, {keys}, cannot be used: {error}.") from error


def _content(file: str) -> bytes:
    with Path(file).open("rb") as opened:
        return opened.read(LARGEST)
