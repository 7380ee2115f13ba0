"""What the xAPI resources need to know of the client that asks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Scope = Literal[
    "statements/write",
    "statements/read",
    "statements/read/mine",
    "state",
    "state/read",
    "profile",
    "profile/read",
    "activities/read",
    "agents/read",
]
"""What the resources ask for: the scopes of xAPI-Communication 4.2, and parts of these."""


@dataclass(frozen=True)
class Client:
    """A client that may do what it asked for.

    `authority` is the agent, as JSON, that asserts what the client sends (xAPI-Data 2.4.9), and
    `key` the identifier of that agent. `defines` tells whether its statements may change what
    activities are taken to be. `reads_all` is False for one that may read its own statements only.
    `reads_people` tells whether it may learn by what other identifiers a person is known.
    """

    authority: bytes
    key: str
    defines: bool = True
    reads_all: bool = True
    reads_people: bool = False


Authenticate = Callable[[Scope], Client]
"""Returns the client of the current request.

Raises Unauthorized when it is not known, Forbidden when it has not the scope.
"""
