"""The parts of a statement, each read on its own."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .people import Json
from .vocabulary import ADL, CMI5_CATEGORY, CMI5_SESSION, SESSION_IDS, same


def is_verb(statement: Json, name: str) -> bool:
    """Tell whether the verb is ADL's verb of this name."""
    return same(statement["verb"]["id"], ADL + name)


def object_of(statement: Json) -> list[Json]:
    """Return the object when it is an activity; else nothing."""
    is_activity = statement["object"].get("objectType", "Activity") == "Activity"
    return [statement["object"]] if is_activity else []


def in_context(statement: Json, *places: str) -> list[Json]:
    """Return the activities in these places of `contextActivities`; in all unless told."""
    activities = statement.get("context", {}).get("contextActivities", {})
    found: list[Json] = []
    for place in places or ("parent", "grouping", "category", "other"):
        here = activities.get(place, [])
        found += here if isinstance(here, list) else [here]
    return found


def type_of(activity: Json) -> str:
    """Return the type of an activity, or an empty string."""
    return str(activity.get("definition", {}).get("type", ""))


def is_of_type(statement: Json, kind: str) -> bool:
    """Tell whether the object is an activity of a type."""
    return any(same(type_of(activity), kind) for activity in object_of(statement))


def value_at(extensions: Json, key: str) -> Any:
    """Return the value of an extension, whichever way its key is spelt; None without it."""
    return next((value for iri, value in extensions.items() if same(iri, key)), None)


def number_at(extensions: Json, key: str) -> float | None:
    """Return the value of an extension when it is a number."""
    value = value_at(extensions, key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else None


def instant_of(text: str) -> datetime:
    """Read an instant; one without an offset is in UTC."""
    instant = datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


DAYS = {"Y": 365, "M": 30, "W": 7, "D": 1}
SECONDS = {"H": 3600, "M": 60, "S": 1}


def duration_of(statement: Json) -> timedelta | None:
    """Return the declared duration; none when it is not an ISO 8601 duration."""
    text = statement.get("result", {}).get("duration", "")
    number = r"\d+(?:[.,]\d+)?"
    if not re.fullmatch(rf"P(?=.)(?:{number}[YMWD])*(?:T(?:{number}[HMS])+)?", text):
        return None
    days, _, time = text.removeprefix("P").partition("T")
    span = timedelta()
    for part, units, name in ((days, DAYS, "days"), (time, SECONDS, "seconds")):
        for amount, unit in re.findall(rf"({number})([A-Z])", part):
            span += timedelta(**{name: float(amount.replace(",", ".")) * units[unit]})
    return span


def thread_of(statement: Json) -> tuple[str, str]:
    """Return the session id, else the registration, else neither."""
    context = statement.get("context", {})
    for extension in SESSION_IDS:
        session_id = value_at(context.get("extensions", {}), extension)
        if session_id:
            return ("session id", str(session_id))
    if "registration" in context:
        return ("registration", context["registration"])
    return ("", "")


def is_cmi5(statement: Json) -> bool:
    """Tell whether a statement has the cmi5 category or a cmi5 session id."""
    extensions = statement.get("context", {}).get("extensions", {})
    by_session = value_at(extensions, CMI5_SESSION) is not None
    return by_session or is_in_category(statement, CMI5_CATEGORY)


def is_in_category(statement: Json, category: str) -> bool:
    """Tell whether a statement is under a category."""
    return any(same(each["id"], category) for each in in_context(statement, "category"))
