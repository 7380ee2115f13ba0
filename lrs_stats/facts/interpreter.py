"""What a statement means: the contract of an interpreter, and the event that it returns."""

from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec

if TYPE_CHECKING:
    from lrs_stats.xapi.model import Statement

Kind = Literal[
    "start",
    "access",
    "heartbeat",
    "end",
    "pause",
    "progress",
    "complete",
    "uncomplete",
    "result",
    "answer",
    "enrol",
    "unenrol",
    "invite",
    "reaction",
    "login",
    "void",
    "nothing",
    "unknown",
]


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that a statement says; the rest is taken from the statement itself.

    That a statement was voided is not for it to say: its rows have the kind `voided`, which no
    interpreter may give.

    `value` is a percentage for answer, result and progress, and 1 or −1 for a reaction.
    `seconds` is a declared duration, `session_id` the id of one visit. `course` names the
    activity that is the course when the roster knows none of the statement's activities; empty,
    it says that there is none, and the statement's types are not looked at.
    """

    kind: Kind
    value: float | None = None
    success: bool | None = None
    seconds: float | None = None
    session_id: str | None = None
    course: str | None = None


class Interpreter:
    """Turns the statements of one kind of tool into events."""

    name: ClassVar[str]
    title: ClassVar[str]
    precedence: ClassVar[int] = 50
    """Interpreters are asked from the highest to the lowest; the table-driven default has 0."""

    def interpret(self, statement: "Statement") -> list[Event] | None:
        """Return the events of a statement, or None when it is not of this tool.

        The first event is what the statement does to a connection (it opens, continues or closes
        one); further ones only carry figures. An empty list means that the statement is
        understood and says nothing that counts.
        """
        raise NotImplementedError
