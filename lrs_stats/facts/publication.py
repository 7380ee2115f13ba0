"""What a commit of the facts says of itself: how far it has read, and what belongs together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_stats.xapi.record import Cursor


@dataclass(frozen=True)
class Mark:
    """How far the record has been read into the events, and by which roster."""

    through: Cursor | None = None
    roster: int = 0
    manner: str = ""
    """How the roster was read: the settings on which its answers depend."""

    def metadata(self) -> dict[str, str]:
        """Return the mark as the custom metadata of a commit."""
        through = self.through
        return {
            "stored": through.stored.isoformat() if through else "",
            "statement": through.id if through else "",
            "roster": str(self.roster),
            "manner": self.manner,
        }

    @classmethod
    def read(cls, metadata: Mapping[str, Any]) -> "Mark":
        """Return the mark of a commit's metadata."""
        through = (
            Cursor(datetime.fromisoformat(metadata["stored"]), metadata["statement"])
            if metadata.get("stored")
            else None
        )
        return cls(through, int(metadata.get("roster", 0)), metadata.get("manner", ""))


@dataclass(frozen=True)
class Publication:
    """The versions of the tables that belong together, and what they hold.

    Every statement that was acknowledged before `as_of` is counted; `idle` is the idle limit in
    seconds with which the connections were derived.
    """

    version: int
    events: int
    connections: int
    mark: Mark
    idle: float
    as_of: datetime

    def metadata(self) -> dict[str, str]:
        """Return all but the version, as the custom metadata of a commit."""
        return self.mark.metadata() | {
            "events": str(self.events),
            "connections": str(self.connections),
            "idle": str(self.idle),
            "as_of": self.as_of.isoformat(),
        }

    @classmethod
    def read(cls, version: int, metadata: Mapping[str, Any]) -> "Publication":
        """Return the publication of a version, from its commit's metadata."""
        return cls(
            version=version,
            events=int(metadata["events"]),
            connections=int(metadata["connections"]),
            mark=Mark.read(metadata),
            idle=float(metadata["idle"]),
            as_of=datetime.fromisoformat(metadata["as_of"]),
        )


def idle_notice(publication: Publication, minutes: float) -> str:
    """Say that figures rest on another idle limit than the setting, in minutes; else nothing."""
    if publication.idle == minutes * 60:
        return ""
    return (
        f"The figures still rest on an idle limit of {publication.idle / 60:g} minutes, and the "
        f"setting idle_minutes says {minutes:g}. A worker that starts with it derives all "
        "connections anew, and until that is done the figures stay as they are."
    )
