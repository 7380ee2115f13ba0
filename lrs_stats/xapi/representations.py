"""The forms in which a statement is answered: `ids` and `canonical` (xAPI-Communication 2.1.3).

A statement is changed only where the form says so; everything else keeps the bytes that were
sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Raw

from lrs_stats.xapi.model import ROLES

Thing = dict[str, Raw]
Change = Callable[[Raw], Raw]

_thing: Final[Callable[[bytes], Thing]] = msgspec.json.Decoder(Thing).decode
_things: Final[Callable[[bytes], list[Raw]]] = msgspec.json.Decoder(list[Raw]).decode
_text: Final[Callable[[bytes], str]] = msgspec.json.Decoder(str).decode

MOST_LANGUAGES: Final = 20
"""Languages of a request that are looked for; nobody reads more."""

_IDENTIFYING: Final = ("objectType", "mbox", "mbox_sha1sum", "openid", "account")
_SINGLE_AGENTS: Final = ("actor", "authority", "instructor", "team")


def ids(statement: bytes) -> bytes:
    """Return the statement with no more than what identifies agents, verbs and activities."""
    return bytes(_walked(Raw(statement), agent=_bare_agent, verb=_bare, activity=_bare))


def activity_ids(statements: Iterable[bytes]) -> set[str]:
    """Return the ids of all activities in the statements."""
    found: set[str] = set()

    def note(activity: Raw) -> Raw:
        found.add(_text(_thing(activity)["id"]))
        return activity

    for statement in statements:
        _walked(Raw(statement), agent=_as_it_is, verb=_as_it_is, activity=note)
    return found


def canonical(
    statement: bytes, definitions: Mapping[str, bytes], languages: Sequence[str]
) -> bytes:
    """Return the statement with each activity as the record knows it, in one language.

    `languages` are tags in falling order of preference; a language map keeps the text that fits
    best, or its first.
    """

    def known(activity: Raw) -> Raw:
        thing = _thing(activity)
        definition = definitions.get(_text(thing["id"]))
        if definition is not None:
            thing["definition"] = Raw(definition)
        if "definition" in thing:
            thing["definition"] = _in_one_language(thing["definition"], languages)
        return _raw(thing)

    def displayed(verb: Raw) -> Raw:
        thing = _thing(verb)
        if "display" in thing:
            thing["display"] = _chosen(thing["display"], languages)
        return _raw(thing)

    walked = _thing(_walked(Raw(statement), agent=_as_it_is, verb=displayed, activity=known))
    if "attachments" in walked:
        walked["attachments"] = _each(
            walked["attachments"], lambda one: _maps_chosen(one, languages)
        )
    return bytes(_raw(walked))


def preferred(accept_language: str) -> list[str]:
    """Return the tags of an `Accept-Language` header, the most wanted first (RFC 9110 12.5.4)."""
    wanted = []
    for place, part in enumerate(accept_language.split(",")):
        tag, _, parameters = part.strip().partition(";")
        quality = _quality(parameters)
        if tag.strip() and quality > 0:
            wanted.append((-quality, place, tag.strip().lower()))
    return list(dict.fromkeys(tag for _, _, tag in sorted(wanted)))[:MOST_LANGUAGES]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def _walked(statement: Raw, *, agent: Change, verb: Change, activity: Change) -> Raw:
    """Return a statement or sub-statement whose agents, verb and activities are changed."""
    thing = _thing(statement)
    for name in _SINGLE_AGENTS[:2]:
        if name in thing:
            thing[name] = agent(thing[name])
    thing["verb"] = verb(thing["verb"])
    thing["object"] = _object(thing["object"], agent=agent, verb=verb, activity=activity)
    if "context" in thing:
        thing["context"] = _context(_thing(thing["context"]), agent=agent, activity=activity)
    return _raw(thing)


def _object(raw: Raw, *, agent: Change, verb: Change, activity: Change) -> Raw:
    thing = _thing(raw)
    match _text(thing["objectType"]) if "objectType" in thing else "Activity":
        case "Activity":
            return activity(raw)
        case "Agent" | "Group":
            return agent(raw)
        case "SubStatement":
            return _walked(raw, agent=agent, verb=verb, activity=activity)
        case _:
            return raw


def _context(context: Thing, *, agent: Change, activity: Change) -> Raw:
    for name in _SINGLE_AGENTS[2:]:
        if name in context:
            context[name] = agent(context[name])
    if "contextActivities" in context:
        roles = _thing(context["contextActivities"])
        for role in ROLES:
            if role in roles:
                roles[role] = _each(roles[role], activity)
        context["contextActivities"] = _raw(roles)
    for name, who in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in context:
            context[name] = _each(context[name], _inside(who, agent))
    return _raw(context)


def _inside(name: str, change: Change) -> Change:
    def changed(raw: Raw) -> Raw:
        thing = _thing(raw)
        thing[name] = change(thing[name])
        return _raw(thing)

    return changed


def _each(items: Raw, change: Change) -> Raw:
    return Raw(msgspec.json.encode([change(item) for item in _things(items)]))


def _as_it_is(raw: Raw) -> Raw:
    return raw


def _bare(thing: Raw) -> Raw:
    """Leave the id of a verb or an activity; an object without a type is an activity."""
    return _raw({"id": _thing(thing)["id"]})


def _bare_agent(agent: Raw) -> Raw:
    """Leave the identifier; of a group that has none, its members' (xAPI-Communication 2.1.3)."""
    thing = _thing(agent)
    bare: Thing = {name: thing[name] for name in _IDENTIFYING if name in thing}
    if "member" in thing and bare.keys() <= {"objectType"}:
        bare["member"] = _each(thing["member"], _bare_agent)
    return _raw(bare)


def _in_one_language(definition: Raw, languages: Sequence[str]) -> Raw:
    """Return a definition whose maps, and those of its interaction components, have one text."""
    thing = _thing(_maps_chosen(definition, languages))
    for name in ("choices", "scale", "source", "target", "steps"):
        if name in thing:
            thing[name] = _each(thing[name], lambda one: _maps_chosen(one, languages))
    return _raw(thing)


def _maps_chosen(raw: Raw, languages: Sequence[str]) -> Raw:
    thing = _thing(raw)
    for name in ("name", "display", "description"):
        if name in thing:
            thing[name] = _chosen(thing[name], languages)
    return _raw(thing)


def _chosen(language_map: Raw, languages: Sequence[str]) -> Raw:
    texts = _thing(language_map)
    if len(texts) <= 1:
        return language_map
    tag = _best(list(texts), languages)
    return _raw({tag: texts[tag]})


def _best(tags: Sequence[str], languages: Sequence[str]) -> str:
    """Return the tag that fits best: the same, one more special, one more general (RFC 4647)."""
    for wanted in languages:
        if wanted == "*":
            return tags[0]
        for fits in (_is_same, _is_within, _holds):
            found = next((tag for tag in tags if fits(tag.lower(), wanted)), None)
            if found is not None:
                return found
    return tags[0]


def _is_same(tag: str, wanted: str) -> bool:
    return tag == wanted


def _is_within(tag: str, wanted: str) -> bool:
    return tag.startswith(f"{wanted}-")


def _holds(tag: str, wanted: str) -> bool:
    return wanted.startswith(f"{tag}-")


def _raw(thing: Thing) -> Raw:
    return Raw(msgspec.json.encode(thing))
