"""By what a statement is found: its agents and activities (xAPI-Communication 2.1.3).

Those of `agent` and `activity` alone are in `Prepared.agents` and `Prepared.activity`; what
`related_agents` and `related_activities` find besides stands in the context, the authority and
a sub-statement.
"""

from msgspec import UNSET, UnsetType

from lrs_stats.xapi.model import ROLES, Activity, Actor, Context, Object, Statement


def agents(statement: Statement) -> tuple[str, ...]:
    """Return the keys of the actor and of an agent or group that is the object, with members."""
    return _distinct(_keys(_parties(statement)))


def related_agents(
    statement: Statement, direct: tuple[str, ...], authority: str
) -> tuple[str, ...]:
    """Return the keys of the agents and groups in every place, that of the authority too.

    `direct` are those that `agents` finds.
    """
    inner = statement.object
    around = _around(statement.context)
    if inner.kind == "SubStatement":
        around += [*_parties(inner), *_around(inner.context)]
    return _distinct([*direct, authority, *_keys(around)])


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


def _parties(statement: Statement | Object) -> list[Actor]:
    found = [statement.actor] if statement.actor else []
    if statement.object and (agent := statement.object.agent) is not None:
        found.append(agent)
    return found


def _around(context: Context | UnsetType) -> list[Actor]:
    if not context:
        return []
    return [
        *(one for one in (context.instructor, context.team) if one is not UNSET),
        *(one.agent for one in context.context_agents or ()),
        *(one.group for one in context.context_groups or ()),
    ]


def _keys(actors: list[Actor]) -> list[str]:
    everybody = [one for actor in actors for one in (actor, *(actor.member or ()))]
    return [key for one in everybody if (key := one.key) is not None]


def _activities(context: Context | UnsetType) -> list[Activity]:
    found = context.context_activities if context else UNSET
    if found is UNSET:
        return []
    activities: list[Activity] = []
    for role in ROLES:
        there = getattr(found, role)
        if isinstance(there, Activity):
            activities.append(there)
        elif there is not UNSET:
            activities += there
    return activities


def _distinct(keys: list[str]) -> tuple[str, ...]:
    return tuple(keys) if len(keys) == 1 else tuple(dict.fromkeys(keys))
