"""By what a statement is found: its agents and activities (xAPI-Communication 2.1.3).

Those of `agent` and `activity` alone are in `Prepared.agents` and `Prepared.activity`; what
`related_agents` and `related_activities` find besides stands in the context, the authority and
a sub-statement.
"""

from collections.abc import Iterator

from msgspec import UNSET, UnsetType

from lrs_stats.xapi.model import ROLES, Activity, Actor, Context, Object, Statement


def agents(statement: Statement) -> tuple[str, ...]:
    """Return the keys of the actor and of an agent or group that is the object, with members."""
    return _distinct(_keys(_parties(statement)))


def related_agents(statement: Statement, authority: str) -> tuple[str, ...]:
    """Return the keys of the agents and groups in every place, that of the authority too."""
    keys = [*_keys(_parties(statement)), authority, *_keys(_around(statement.context))]
    inner = statement.object
    if inner.kind == "SubStatement":
        keys += [*_keys(_parties(inner)), *_keys(_around(inner.context))]
    return _distinct(keys)


def activities(statement: Statement) -> list[Activity]:
    """Return the activities in every place: the object, the context, a sub-statement."""
    found = [*statement.object_activity, *_activities(statement.context)]
    inner = statement.object
    if inner.kind == "SubStatement":
        if inner.object and (activity := inner.object.activity) is not None:
            found.append(activity)
        found += _activities(inner.context)
    return found


def refers(statement: Statement) -> str | None:
    """Return the id of the statement that is the object, in lower case."""
    thing = statement.object
    return thing.id.lower() if thing.kind == "StatementRef" and thing.id else None


def _parties(statement: Statement | Object) -> Iterator[Actor]:
    if statement.actor:
        yield statement.actor
    if statement.object and (agent := statement.object.agent) is not None:
        yield agent


def _around(context: Context | UnsetType) -> Iterator[Actor]:
    if not context:
        return
    yield from (one for one in (context.instructor, context.team) if one is not UNSET)
    yield from (one.agent for one in context.context_agents or ())
    yield from (one.group for one in context.context_groups or ())


def _keys(actors: Iterator[Actor]) -> Iterator[str]:
    for actor in actors:
        if (key := actor.key) is not None:
            yield key
        for member in actor.member or ():
            if (key := member.key) is not None:
                yield key


def _activities(context: Context | UnsetType) -> Iterator[Activity]:
    found = context.context_activities if context else UNSET
    if found is UNSET:
        return
    for role in ROLES:
        there = getattr(found, role)
        if isinstance(there, Activity):
            yield there
        elif there is not UNSET:
            yield from there


def _distinct(keys: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))
