"""What the record knows of agents and activities, and of itself (xAPI-Communication 2.4 to 2.8)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from flask import Response
from msgspec import Raw

from lrs_stats.xapi.access import Authenticate
from lrs_stats.xapi.faults import fault
from lrs_stats.xapi.model import Actor
from lrs_stats.xapi.persons import person
from lrs_stats.xapi.query import check_names, read_actor
from lrs_stats.xapi.record import Record
from lrs_stats.xapi.values import check_iri
from lrs_stats.xapi.versions import VERSIONS
from lrs_stats.xapi.web.http import answer, arguments

SamePerson = Callable[[Actor], Iterable[Actor]]
"""Returns the other agents that are known to be the same person."""


@dataclass(frozen=True)
class Knowledge:
    """Answers what is known of an agent or an activity."""

    record: Record
    authenticate: Authenticate
    same_person: SamePerson

    def agents(self) -> Response:
        """Answer the Person behind an agent; of one who is not known, what was asked for."""
        client = self.authenticate("agents/read")
        agent = read_actor(_only("agent"), "parameter agent")
        if agent.is_group:
            raise fault("parameter agent", "expected an agent, got a group")
        others = self.same_person(agent) if client.reads_people else ()
        return answer(person([agent, *others]))

    def activities(self) -> Response:
        """Answer an activity with all that statements have said of it."""
        self.authenticate("activities/read")
        identifier = _only("activityId")
        check_iri(identifier, "parameter activityId")
        activity: dict[str, str | Raw] = {"objectType": "Activity", "id": identifier}
        definition = self.record.definitions([identifier]).get(identifier)
        if definition is not None:
            activity["definition"] = Raw(definition)
        return answer(msgspec.json.encode(activity))


def about() -> Response:
    """Answer the versions, whatever that of the request (xAPI-Communication 2.8)."""
    return answer(msgspec.json.encode({"version": list(VERSIONS)}))


def _only(name: str) -> str:
    """Return the one parameter that there is."""
    given = arguments()
    check_names(given, (name,))
    if name not in given:
        raise fault(f"parameter {name}", "is missing")
    return given[name]
