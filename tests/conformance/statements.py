"""The statements that the conformance tests send, and small changes to them.

Ids, agents and activities are new each time, for all tests share one record.
"""

import json
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Final
from uuid import uuid4

Json = dict[str, Any]

ABSENT: Final = object()
UUID: Final = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
ATTENDED: Final = "http://adlnet.gov/expapi/verbs/attended"

AGENT: Final = {"objectType": "Agent", "mbox": "mailto:noor@example.org"}
OTHER_AGENT: Final = {"mbox": "mailto:sami@example.org"}
ACCOUNT: Final = {"homePage": "https://lms.example.org", "name": "noor"}
SHA1: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334"
IDENTIFIERS: Final[Json] = {
    "mbox": "mailto:noor@example.org",
    "mbox_sha1sum": SHA1,
    "openid": "https://id.example.org/noor",
    "account": ACCOUNT,
}
TEAM: Final = {"objectType": "Group", "member": [AGENT]}
CLUB: Final = {"objectType": "Group", "account": ACCOUNT}
REFERENCE: Final = {"objectType": "StatementRef", "id": UUID}
CERTIFICATE: Final = {
    "usageType": "https://example.org/attachments/certificate",
    "display": {"en": "Certificate"},
    "contentType": "application/pdf",
    "length": 1024,
    "sha2": "c0ffee00" * 8,
    "fileUrl": "https://example.org/files/certificate.pdf",
}

_INSIDE: Final = {"actor", "verb", "object", "result", "context", "timestamp", "attachments"}
"""The properties that a sub-statement has too."""


def statement(**more: Any) -> Json:
    """Return a valid statement with an actor, a verb and an activity that no other has."""
    mark = uuid4().hex
    return {
        "actor": {"objectType": "Agent", "mbox": f"mailto:{mark}@example.org"},
        "verb": {"id": ATTENDED, "display": {"en": "attended", "fr": "a suivi"}},
        "object": {"objectType": "Activity", "id": f"https://example.org/activities/{mark}"},
        **more,
    }


def full() -> Json:
    """Return a valid statement with most properties that there are."""
    return change(
        statement(id=str(uuid4())),
        {
            "object.definition": {
                "name": {"en": "Knots", "fr": "Nœuds"},
                "description": {"en": "How ropes hold"},
                "type": "http://adlnet.gov/expapi/activities/course",
                "moreInfo": "https://example.org/knots",
                "extensions": {"https://example.org/level": 2},
            },
            "result": {
                "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
                "success": True,
                "completion": False,
                "response": "bowline",
                "duration": "PT5M",
                "extensions": {"https://example.org/tries": [1, 2]},
            },
            "context": {
                "registration": UUID,
                "instructor": AGENT,
                "team": TEAM,
                "contextActivities": {"parent": [{"id": "https://example.org/boats"}]},
                "revision": "3",
                "platform": "Sail",
                "language": "en-GB",
                "statement": REFERENCE,
                "extensions": {"https://example.org/wind": "west"},
            },
            "timestamp": "2024-05-06T07:08:09.123Z",
            "attachments": [CERTIFICATE],
        },
    )


def voiding(target: str) -> Json:
    """Return the statement that voids another."""
    return statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": target})


def change(sent: Json, changes: Mapping[str, Any], *, inside: bool = False) -> Json:
    """Return a copy with other values at some places, such as `context.team` or `attachments.0`.

    With `inside` the object becomes a sub-statement before it is changed.
    """
    made = deepcopy(sent)
    if inside:
        made["object"] = {"objectType": "SubStatement", **statement()}
    for place, value in changes.items():
        *parents, last = place.split(".")
        holder: Any = made
        for name in parents:
            holder = holder[int(name)] if isinstance(holder, list) else holder.setdefault(name, {})
        if value is ABSENT:
            del holder[last]
        else:
            holder[int(last) if isinstance(holder, list) else last] = deepcopy(value)
    return made


def varied(part: Json, name: str, values: Iterable[Any]) -> list[Json]:
    """Return copies of a part, with each value in turn under one name."""
    return [{**part, name: value} for value in values]


def in_sub_statement(changes: Mapping[str, Any]) -> bool:
    """Tell whether changes can be made to a sub-statement as well."""
    kinds = (changes.get("object.objectType"), changes.get("object"))
    nested = any("SubStatement" in (one, *_kind(one)) for one in kinds)
    return not nested and all(place.split(".")[0] in _INSIDE for place in changes)


_MARK: Final = re.compile("[0-9a-f]{32}")


def named(changes: Mapping[str, Any]) -> str:
    """Return how a case of a table is called, the same in each run."""
    said = ", ".join(
        f"no {place}" if value is ABSENT else f"{place}={json.dumps(value)}"
        for place, value in changes.items()
    )
    return (_MARK.sub("…", said) or "as it is")[:90]


def _kind(thing: Any) -> list[Any]:
    return [thing.get("objectType")] if isinstance(thing, dict) else []
