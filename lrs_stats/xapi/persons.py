"""The person behind an agent: everything under which the same person is known (xAPI-Comm. 2.4)."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET

from lrs_stats.xapi.model import Actor

_PROPERTIES: Final = ("name", "mbox", "mbox_sha1sum", "openid", "account")


def person(agents: Iterable[Actor]) -> bytes:
    """Return the Person, as JSON, whose properties have the values of all these agents."""
    values: dict[str, list[Any]] = {}
    for agent in agents:
        for name in _PROPERTIES:
            value = getattr(agent, name)
            if value is not UNSET and value not in values.setdefault(name, []):
                values[name].append(value)
    said = {name: found for name, found in values.items() if found}
    return msgspec.json.encode({"objectType": "Person", **said})
