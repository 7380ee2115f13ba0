"""Pseudonyms by a key: the same for the same, and nothing that leads back without the key."""

import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final, Literal

from lrs_stats.errors import CommandError

Kind = Literal["person", "group", "employer", "statement", "registration", "visit", "activity"]
"""What is named; two things of different kinds have different pseudonyms, whatever their names."""
KEY_BYTES: Final = 32
LETTERS: Final = 32
"""Letters of a pseudonym: 128 bits, so that no two of a billion are the same."""
_KEY: Final = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}\s*")
_MAILBOX: Final = re.compile(r"@|%40", re.IGNORECASE)
_SHA1: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])", re.IGNORECASE)


class Pseudonyms:
    """Gives each name its pseudonym: a keyed digest (HMAC-SHA-256) of the kind and the name.

    `content` are the ids of courses, sessions and programs, which name no person and stay; unless
    a mailbox or the SHA-1 of one stands in them.
    """

    def __init__(self, key: bytes, content: Collection[str] = ()) -> None:
        self._key = key
        self._content = content

    def of(self, kind: Kind, name: str) -> str:
        """Return the pseudonym of a name."""
        spelled = name.lower() if kind == "registration" else name  # of which case says nothing
        said = f"{kind}\0{spelled}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, hashlib.sha256).hex()[:LETTERS]

    def of_content(self, name: str) -> str:
        """Return the id of a course, a session or a program, or the pseudonym of an activity."""
        if name in self._content and not names_a_mailbox(name):
            return name
        return self.of("activity", name)

    def of_vocabulary(self, name: str) -> str:
        """Return the id of a verb, unless a mailbox stands in it."""
        return self.of("activity", name) if names_a_mailbox(name) else name


def names_a_mailbox(text: str) -> bool:
    """Tell whether a mailbox may stand in a text, or the SHA-1 of one."""
    return bool(_MAILBOX.search(text) or _SHA1.search(text))


def new_key() -> bytes:
    """Return a random key, which nobody keeps."""
    return secrets.token_bytes(KEY_BYTES)


def make_key(path: Path) -> None:
    """Write a new key into a file, readable by its owner alone; one that is there stays."""
    try:
        with open(path, "x", opener=_only_mine) as file:
            file.write(f"{new_key().hex()}\n")
    except FileExistsError:
        return
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror}).") from error


def key_of(path: Path) -> bytes:
    """Return the key of a file; raise CommandError for none, and for one that others may read."""
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read as a key ({error}).") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CommandError(f"Others may read {path}; run chmod 600 {path}, and keep it apart.")
    if not _KEY.fullmatch(text):
        raise CommandError(
            f"{path} is no key: it has {2 * KEY_BYTES} hexadecimal digits. An export makes one "
            "when --key-file names a file that is not there."
        )
    return bytes.fromhex(text.strip())


def _only_mine(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
