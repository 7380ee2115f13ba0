"""What mongod's log says: that it listens, and why it ended."""

import json
import re
from pathlib import Path
from typing import Any, Final

LISTENING: Final = '"id":23016,'  # "Waiting for connections"
NO_SPACE: Final = "No space left on device"
NEWER_FILES: Final = re.compile(
    # From WiredTiger, and from mongod when it meets a feature compatibility version of the future.
    r"unsupported WiredTiger .*?version|[Ii]nvalid feature ?[Cc]ompatibility ?[Vv]ersion"
    r"|Wrong mongod version"
)

_ROTATE_ABOVE: Final = 20 * 1024**2


def rotate(log: Path) -> None:
    """Set a large log aside, in place of the one set aside before."""
    if log.exists() and log.stat().st_size > _ROTATE_ABOVE:
        log.replace(log.with_suffix(".log.1"))


def fault(text: str) -> str:
    """Return the first fault in a piece of log, else its first line that is no log entry."""
    lines = [line for line in text.splitlines() if line.strip()]
    entries = [entry for entry in map(_entry, lines) if entry.get("s") in {"E", "F"}]
    if entries:
        return _sentence(entries[0])
    # The loader and the option parser know no JSON.
    plain = [line.strip() for line in lines if not _entry(line)]
    return plain[0].rstrip(".") if plain else ""


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _sentence(entry: dict[str, Any]) -> str:
    attributes = entry.get("attr", {})
    reason = attributes.get("error") or attributes.get("reason") or attributes.get("message")
    if isinstance(reason, dict):
        reason = reason.get("errmsg") or reason.get("msg")
    message = str(entry.get("msg", "")).strip().rstrip(".")
    return f"{message}: {reason}".rstrip(".") if reason else message
