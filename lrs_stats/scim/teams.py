"""Groups of the roster as SCIM groups: members are learners, or coaches when their type says so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from scim2_models import Meta, NotFoundException, Reference

from lrs_stats.roster.changes import Change
from lrs_stats.roster.changing import removal
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES, Membership
from lrs_stats.roster.tables import Group as Row
from lrs_stats.scim.models import Group, Member
from lrs_stats.scim.people import is_shown
from lrs_stats.scim.refusals import WORDING, cell, checked, value_of

COACH: Final = "Coach"
"""The type of a member who coaches the group."""


@dataclass(frozen=True)
class Teams:
    """How SCIM groups and groups of the roster become each other."""

    located: Callable[[str, str], str]

    def shown(self, roster: Roster, row: Row) -> Any:
        """Return the SCIM group that a group is."""
        return Group(
            id=row.id,
            external_id=row.external_id or None,
            display_name=row.name or row.id,
            meta=Meta(resource_type="Group", location=self.located("Groups", row.id)),
            members=[self._member(one) for one in self._memberships(roster, row.id)] or None,
        )

    def find(self, roster: Roster, identifier: str) -> Row:
        """Return a group by its id, or raise NotFoundException."""
        row: Row | None = roster.row("groups", identifier)
        if row is None:
            raise NotFoundException(detail=f"There is no group with the id {identifier[:200]!r}.")
        return row

    def created(self, roster: Roster, team: Any, identifier: str) -> tuple[Change, str]:
        """Return the change that adds a group, and the id that it has then."""
        return self.changed(roster, team, Row(identifier, "", "")), identifier

    def changed(self, roster: Roster, team: Any, row: Row) -> Change:
        """Return the change that makes a group what a SCIM group says."""
        named = row._replace(
            name=cell("groups", "name", team.display_name),
            external_id=cell("groups", "external_id", team.external_id),
        )
        wanted = {
            Membership(row.id, value_of(one), _role(one))
            for one in team.members or ()
            if value_of(one)
        }
        had = set(self._memberships(roster, row.id))
        return checked(
            roster,
            Change.of(
                {"groups": [named], "memberships": sorted(wanted - had)},
                {"memberships": map(TABLES["memberships"].key_of, had - wanted)},
            ),
        )

    def removed(self, roster: Roster, row: Row) -> Change:
        """Return the change that removes a group and who is in it; its sub-groups stay."""
        return removal("groups", [row.id], roster, WORDING, cascade=True)

    def _member(self, one: Membership) -> Member:
        return Member(
            value=one.person_id,
            ref=Reference(self.located("Users", one.person_id)),
            type=COACH if one.role == "coach" else "User",
        )

    def _memberships(self, roster: Roster, group: str) -> Iterable[Membership]:
        """Return who is in a group, but for those whom an identity provider does not see."""
        for one in roster.referring("memberships", "group_id", group):
            person = roster.person(one.person_id)
            if person is not None and is_shown(person):
                yield one


def _role(member: Member) -> str:
    return "coach" if (member.type or "").casefold() == COACH.casefold() else "learner"
