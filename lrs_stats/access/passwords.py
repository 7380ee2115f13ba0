"""People's passwords: hashed by Argon2id, and held against the hash in the time that this takes.

Argon2 is meant to cost time and memory. Only a few verifications run at once, and few more wait:
however many people sign in, most threads of a process are there for everybody else.
"""

import base64
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lrs_stats.errors import BadRequest, Unavailable

SHORTEST: Final = 12
LONGEST: Final = 1000
"""Characters of a password."""
AT_ONCE: Final = 2
"""Passwords that are hashed at a time, each in 64 MiB (RFC 9106, section 4, second choice)."""


class Passwords:
    """Hashes passwords, and verifies them; `threads` are those of the process."""

    def __init__(self, threads: int = 16, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys = _hash_of_nothing(self._hasher)
        self._places = threading.BoundedSemaphore(max(1, threads // 4))
        self._running = threading.BoundedSemaphore(AT_ONCE)

    def hashed(self, password: str) -> str:
        """Return the hash of a new password, or raise BadRequest for one that will not do."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise BadRequest(f"password: it must have {SHORTEST} to {LONGEST} characters.")
        with self._turn():
            return self._hasher.hash(_spelled(password))

    def is_right(self, hashed: str | None, password: str) -> bool:
        """Return whether a hash is that of a password; where there is none it takes as long."""
        with self._turn():
            try:
                right = self._hasher.verify(hashed or self._nobodys, _spelled(password))
            except (VerificationError, InvalidHashError):
                return False
        return right and hashed is not None

    def renewed(self, hashed: str, password: str) -> str | None:
        """Return another hash of a right password, if this one was made at another cost."""
        if not self._hasher.check_needs_rehash(hashed):
            return None
        with self._turn():
            return self._hasher.hash(_spelled(password))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Unavailable("Many people are signing in at the moment. Try again.")
        try:
            with self._running:
                yield
        finally:
            self._places.release()


def _spelled(password: str) -> bytes:
    """Return a password as it is hashed: the same for two keyboards that spell it differently."""
    return unicodedata.normalize("NFKC", password[:LONGEST]).encode(errors="surrogatepass")


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """Return what verifies at the cost of every other hash, and is that of no password."""
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, hashed = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v=19${cost}${salt}${hashed}"
