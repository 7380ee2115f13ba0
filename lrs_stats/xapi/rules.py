"""The rules that types cannot say: formats, ranges, what excludes what (xAPI-Data 2.2 to 4.6).

Each check raises BadRequest, whose detail names the place and the reason. The properties of a
statement are decoded and checked one after the other, so the fault that is named is the first.
Tools send the same actors, verbs, objects and contexts again and again, and these are checked
when they come for the first time.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw

from lrs_stats.errors import BadRequest
from lrs_stats.xapi.actors import IDENTIFIERS, check_actor, check_authority, check_group
from lrs_stats.xapi.decoding import DECODERS, REPEATED, remembering
from lrs_stats.xapi.faults import fault, quoted, translated
from lrs_stats.xapi.formats import is_duration, is_language_tag, is_media_type, is_sha2
from lrs_stats.xapi.model import (
    ROLES,
    SIGNATURE,
    VOIDED,
    Activity,
    Attachment,
    Context,
    ContextActivities,
    ContextAgent,
    ContextGroup,
    Definition,
    Object,
    Result,
    Score,
    Statement,
    StatementRef,
    Verb,
)
from lrs_stats.xapi.strictness import check_unambiguous
from lrs_stats.xapi.values import (
    check_extensions,
    check_iri,
    check_language_map,
    check_timestamp,
    check_uuid,
)

_VERSION: Final = re.compile(r"1\.0(?:\.[0-9]+)?|2\.0\.0")
_LISTS: Final = {
    "choices": {"choice", "sequencing"},
    "scale": {"likert"},
    "source": {"matching"},
    "target": {"matching"},
    "steps": {"performance"},
}
"""The interaction types that have each list of components."""

_AGENT: Final = ("name", *IDENTIFIERS)
_SUB_STATEMENT: Final = (
    "actor",
    "verb",
    "object",
    "result",
    "context",
    "timestamp",
    "attachments",
)
_OWN: Final = {
    "Activity": ("id", "definition"),
    "Agent": _AGENT,
    "Group": (*_AGENT, "member"),
    "StatementRef": ("id",),
    "SubStatement": _SUB_STATEMENT,
}
_FOREIGN: Final = {
    kind: tuple(name for name in Object.__struct_fields__ if name not in {"object_type", *own})
    for kind, own in _OWN.items()
}
"""The properties of other kinds of object, which one kind must not have."""


def read(properties: Mapping[str, Raw], place: str, version: str) -> Statement:
    """Return the statement of these properties, checked for a request in this version of xAPI."""
    values = {}
    for name, raw in properties.items():
        if name not in _READERS:
            raise fault(place, f"unknown property {quoted(name)}")
        try:
            values[name] = _READERS[name](bytes(raw))
        except BadRequest as error:
            raise BadRequest(f"{place}.{error.detail}") from error
    for name in ("actor", "verb", "object"):
        if name not in values:
            raise fault(f"{place}.{name}", "is missing")
    statement = Statement(**values)
    _together(statement, place)
    _of_version(statement, place, version)
    return statement


def _verb(verb: Verb, place: str) -> None:
    check_iri(verb.id, f"{place}.id")
    if verb.display:
        check_language_map(verb.display, f"{place}.display")


def _object(thing: Object, place: str) -> None:
    kind = thing.kind
    for name in _FOREIGN[kind]:
        if getattr(thing, name) is not UNSET:
            hint = "" if thing.object_type else "; an object that is none needs its objectType"
            raise fault(f"{place}.{name}", f"is no property of an object of type {kind}{hint}")
    if (agent := thing.agent) is not None:
        check_actor(agent, place)
    elif kind == "SubStatement":
        _sub_statement(thing, place)
    elif thing.id is UNSET:
        raise fault(f"{place}.id", "is missing")
    elif kind == "StatementRef":
        check_uuid(thing.id, f"{place}.id")
    else:
        check_iri(thing.id, f"{place}.id")
        if thing.definition:
            _definition(thing.definition, f"{place}.definition")


def _sub_statement(thing: Object, place: str) -> None:
    """Check a statement inside a statement (xAPI-Data 2.4.4.3)."""
    if thing.object and thing.object.kind == "SubStatement":
        raise fault(f"{place}.object", "a sub-statement holds no sub-statement of its own")
    for name in _SUB_STATEMENT:
        value = getattr(thing, name)
        if value is not UNSET:
            _CHECKS[name](value, f"{place}.{name}")
        elif name in {"actor", "verb", "object"}:
            raise fault(f"{place}.{name}", "is missing")
    _together(thing, place)


def _activity(activity: Activity, place: str) -> None:
    check_iri(activity.id, f"{place}.id")
    if activity.definition:
        _definition(activity.definition, f"{place}.definition")


def _definition(definition: Definition, place: str) -> None:
    if definition.name:
        check_language_map(definition.name, f"{place}.name")
    if definition.description:
        check_language_map(definition.description, f"{place}.description")
    if definition.type is not UNSET:
        check_iri(definition.type, f"{place}.type")
    if definition.more_info is not UNSET:
        check_iri(definition.more_info, f"{place}.moreInfo")
    if definition.extensions:
        check_extensions(definition.extensions, f"{place}.extensions")
    _interaction(definition, place)


def _interaction(definition: Definition, place: str) -> None:
    """Check the interaction properties (xAPI-Data 2.4.4.1, Interaction Activities)."""
    kind = definition.interaction_type
    if kind is UNSET and definition.correct_responses_pattern is not UNSET:
        raise fault(f"{place}.interactionType", "is missing; correctResponsesPattern needs it")
    for name, kinds in _LISTS.items():
        components = getattr(definition, name)
        if components is UNSET:
            continue
        if kind is UNSET:
            raise fault(f"{place}.interactionType", f"is missing; {name} needs it")
        if kind not in kinds:
            raise fault(f"{place}.{name}", f"does not go with the interactionType {quoted(kind)}")
        seen = set()
        for index, component in enumerate(components):
            if component.id in seen:
                raise fault(f"{place}.{name}[{index}].id", f"{quoted(component.id)} stands twice")
            seen.add(component.id)
            if component.description:
                check_language_map(component.description, f"{place}.{name}[{index}].description")


def _result(result: Result, place: str) -> None:
    if result.score:
        _score(result.score, f"{place}.score")
    if result.duration is not UNSET and not is_duration(result.duration):
        reason = f"{quoted(result.duration)} is not an ISO 8601 duration such as PT1H30M"
        raise fault(f"{place}.duration", reason)
    if result.extensions:
        check_extensions(result.extensions, f"{place}.extensions")


def _score(score: Score, place: str) -> None:
    """Check the figures of a score (xAPI-Data 2.4.5.1)."""
    if score.scaled is not UNSET and not -1 <= score.scaled <= 1:
        raise fault(f"{place}.scaled", f"must lie between -1 and 1, and is {score.scaled:g}")
    low = float("-inf") if score.min is UNSET else score.min
    high = float("inf") if score.max is UNSET else score.max
    if low >= high:
        raise fault(place, f"min must be below max; they are {low:g} and {high:g}")
    if score.raw is not UNSET and not low <= score.raw <= high:
        raise fault(f"{place}.raw", f"{score.raw:g} does not lie between min and max")


def _context(context: Context, place: str) -> None:
    if context.registration is not UNSET:
        check_uuid(context.registration, f"{place}.registration")
    if context.instructor:
        check_actor(context.instructor, f"{place}.instructor")
    if context.team:
        check_group(context.team, f"{place}.team")
    if context.context_activities:
        _context_activities(context.context_activities, f"{place}.contextActivities")
    if context.language is not UNSET and not is_language_tag(context.language):
        reason = f"{quoted(context.language)} is not a language tag of RFC 5646"
        raise fault(f"{place}.language", reason)
    if context.statement:
        _statement_ref(context.statement, f"{place}.statement")
    if context.extensions:
        check_extensions(context.extensions, f"{place}.extensions")
    for index, agent in enumerate(context.context_agents or ()):
        _context_agent(agent, f"{place}.contextAgents[{index}]")
    for index, group in enumerate(context.context_groups or ()):
        _context_group(group, f"{place}.contextGroups[{index}]")


def _context_activities(activities: ContextActivities, place: str) -> None:
    for role in ROLES:
        found = getattr(activities, role)
        if found is UNSET:
            continue
        if isinstance(found, Activity):
            _activity(found, f"{place}.{role}")
            continue
        for index, activity in enumerate(found):
            _activity(activity, f"{place}.{role}[{index}]")


def _context_agent(context: ContextAgent, place: str) -> None:
    if context.agent.is_group:
        raise fault(f"{place}.agent", "must be an agent, not a group")
    check_actor(context.agent, f"{place}.agent")
    _relevant_types(context, place)


def _context_group(context: ContextGroup, place: str) -> None:
    check_group(context.group, f"{place}.group")
    _relevant_types(context, place)


def _relevant_types(context: ContextAgent | ContextGroup, place: str) -> None:
    if context.relevant_types is UNSET:
        return
    if not context.relevant_types:
        raise fault(f"{place}.relevantTypes", "must name a type; leave it out when there is none")
    for index, iri in enumerate(context.relevant_types):
        check_iri(iri, f"{place}.relevantTypes[{index}]")


def _statement_ref(reference: StatementRef, place: str) -> None:
    check_uuid(reference.id, f"{place}.id")


def _attachments(attachments: list[Attachment], place: str) -> None:
    for index, attachment in enumerate(attachments):
        _attachment(attachment, f"{place}[{index}]")


def _attachment(attachment: Attachment, place: str) -> None:
    """Check the header of an attachment (xAPI-Data 2.4.11)."""
    check_iri(attachment.usage_type, f"{place}.usageType")
    check_language_map(attachment.display, f"{place}.display")
    if attachment.description:
        check_language_map(attachment.description, f"{place}.description")
    if not is_media_type(attachment.content_type):
        raise fault(f"{place}.contentType", f"{quoted(attachment.content_type)} is no media type")
    if attachment.length < 0:
        raise fault(f"{place}.length", "must not be below 0")
    if not is_sha2(attachment.sha2):
        raise fault(f"{place}.sha2", f"{quoted(attachment.sha2)} is not a SHA-2 hash")
    if attachment.file_url is not UNSET:
        check_iri(attachment.file_url, f"{place}.fileUrl")
    media_type = attachment.content_type.partition(";")[0].strip().lower()
    if attachment.usage_type == SIGNATURE and media_type != "application/octet-stream":
        reason = "a signature is of type application/octet-stream"  # xAPI-Data 2.6
        raise fault(f"{place}.contentType", reason)


def _together(statement: Statement | Object, place: str) -> None:
    """Check what properties say about each other (xAPI-Data 2.3.2 and 2.4.6)."""
    thing, verb, context = statement.object, statement.verb, statement.context
    kind = thing.kind if thing else "Activity"
    if context and kind != "Activity":
        for name in ("revision", "platform"):
            if getattr(context, name) is not UNSET:
                raise fault(f"{place}.context.{name}", "goes only with an Activity as object")
    if verb and verb.id == VOIDED and kind != "StatementRef":
        raise fault(f"{place}.object", "what a voiding statement names is a StatementRef")


def _of_version(statement: Statement, place: str, version: str) -> None:
    """Refuse what only xAPI 2.0.0 knows, in a request of another version."""
    if version == "2.0.0":
        return
    if statement.version == "2.0.0":
        raise fault(f"{place}.version", f'"2.0.0" cannot come in a request of version {version}')
    for context, where in ((statement.context, ""), (statement.object.context, ".object")):
        for name in ("contextAgents", "contextGroups") if context else ():
            attribute = "context_agents" if name == "contextAgents" else "context_groups"
            if getattr(context, attribute) is not UNSET:
                reason = f"{quoted(name)} belongs to xAPI 2.0.0, and the request is {version}"
                raise fault(f"{place}{where}.context.{name}", reason)


def _version(text: str, place: str) -> None:
    if not _VERSION.fullmatch(text):
        raise fault(place, f"{quoted(text)} is none of 1.0, 1.0.x and 2.0.0")


_CHECKS: Final[dict[str, Callable[[Any, str], None]]] = {
    "actor": check_actor,
    "attachments": _attachments,
    "authority": check_authority,
    "context": _context,
    "id": check_uuid,
    "object": _object,
    "result": _result,
    "stored": check_timestamp,
    "timestamp": check_timestamp,
    "verb": _verb,
    "version": _version,
}


def _read(name: str, raw: bytes) -> Any:
    """Return the value of a property, checked; its place begins with its name."""
    try:
        value = DECODERS[name](raw)
    except msgspec.ValidationError as error:
        raise translated(error, name) from error
    except RecursionError as error:
        raise fault(name, "it is nested too deeply") from error
    _CHECKS[name](value, name)
    if not isinstance(value, str):
        check_unambiguous(raw, name)
    return value


_READERS: Final = {
    name: remembering(partial(_read, name)) if name in REPEATED else partial(_read, name)
    for name in _CHECKS
}
