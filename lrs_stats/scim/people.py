"""People of the roster as SCIM users: shown, created, changed, removed.

Somebody who is removed stays in the roster with the status `deleted`, so that what they did keeps
its name; here they are not there any more (RFC 7644, section 3.6). Who comes again under the same
mailbox is the same person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from scim2_models import Meta, NotFoundException, Reference, UniquenessException

from lrs_stats.roster.changes import Change
from lrs_stats.roster.indexes import SHOWN_NAMES, UNIQUE, shown_name
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES
from lrs_stats.roster.tables import Person as Row
from lrs_stats.scim.models import Email, EnterpriseUser, Manager, Name, Person, Place
from lrs_stats.scim.refusals import cell, checked, value_of

_ACTIVE: Final = {"active": True, "invited": None, "deleted": False}
"""What `active` says of each status: of those who are invited, nothing."""
_STATUS: Final = {active: status for status, active in _ACTIVE.items()}
_UNIQUE: Final = (("email",), ("account_homepage", "account_name"))


@dataclass(frozen=True)
class People:
    """How users and people become each other.

    `located` gives the address of a resource by its type and id. With a `home_page` the userName is
    the name of an account there, under which statements may know somebody.
    """

    located: Callable[[str, str], str]
    home_page: str = ""

    def shown(self, roster: Roster, row: Row) -> Any:
        """Return the user that a person is."""
        user = Person(
            id=row.id,
            external_id=row.external_id or None,
            user_name=shown_name(row),
            display_name=roster.person_name(row.id),
            active=_ACTIVE[row.status],
            meta=Meta(resource_type="User", location=self.located("Users", row.id)),
        )
        if row.first_name or row.last_name:
            user.name = Name(given_name=row.first_name or None, family_name=row.last_name or None)
        if row.email:
            user.emails = [Email(value=row.email, type=Email.Type.work)]
        places = roster.referring("memberships", "person_id", row.id)
        if groups := sorted({one.group_id for one in places}):
            user.groups = [self._place(roster, group) for group in groups]
        if row.employer or row.manager_id:
            manager = self._manager(row.manager_id)
            user[EnterpriseUser] = EnterpriseUser(
                organization=row.employer or None, manager=manager
            )
        return user

    def find(self, roster: Roster, identifier: str) -> Row:
        """Return somebody by their id, or raise NotFoundException."""
        row = roster.person(identifier)
        if row is None or not is_shown(row):
            raise NotFoundException(detail=f"There is no user with the id {identifier[:200]!r}.")
        return row

    def created(self, roster: Roster, user: Any, identifier: str) -> tuple[Change, str]:
        """Return the change that adds a user, and the id that they have then."""
        empty = Row(identifier, "", "", "", "", "", "", "", "", "", "active")
        wanted = self._row(user, empty)
        before = self._before(roster, wanted)
        if before is None:
            return self._put(roster, wanted, ()), identifier
        again = self._row(user, before._replace(status="active", role="", manager_id=""))
        places = roster.referring("memberships", "person_id", before.id)
        left = [TABLES["memberships"].key_of(one) for one in places]
        return self._put(roster, again, left), before.id

    def changed(self, roster: Roster, user: Any, row: Row) -> Change:
        """Return the change that makes a person what a user says."""
        return self._put(roster, self._row(user, row), ())

    def removed(self, row: Row) -> Change:
        """Return the change after which somebody is not shown any more."""
        gone = row._replace(status="deleted", user_name="", external_id="")
        return Change.of({"people": [gone]})

    def _row(self, user: Any, row: Row) -> Row:
        """Return the person whom a user describes, with what only the roster knows of them."""
        name = user.name or Name()
        enterprise = user[EnterpriseUser] or EnterpriseUser()
        emails = [one.value for one in user.emails or () if one.value]
        said = {
            "email": emails[0] if emails else "",
            "first_name": name.given_name or "",
            "last_name": name.family_name or "",
            "manager_id": value_of(enterprise.manager),
            "employer": enterprise.organization or "",
            "user_name": user.user_name or "",
            "external_id": user.external_id or "",
        }
        if self.home_page and row.account_homepage in {"", self.home_page}:
            said |= {"account_homepage": self.home_page, "account_name": said["user_name"]}
        cells = {column: cell("people", column, text) for column, text in said.items()}
        return row._replace(**cells, status=_STATUS[user.active])

    def _put(self, roster: Roster, row: Row, left: Any) -> Change:
        name = row.user_name.casefold()
        others = [one for one in roster.find(SHOWN_NAMES, name) if one.id != row.id]
        if any(is_shown(one) for one in others):
            raise UniquenessException(detail=f"The userName {row.user_name!r} is another user's.")
        for names in _UNIQUE:
            index = UNIQUE["people", names]
            if any(one.id != row.id for v in index.values(row) for one in roster.find(index, v)):
                raise UniquenessException(
                    detail=f"The {' and '.join(names)} of this user are another's already."
                )
        return checked(roster, Change.of({"people": [row]}, {"memberships": left}))

    def _before(self, roster: Roster, wanted: Row) -> Row | None:
        """Return the person who is not shown any more and whom a new user is."""
        for names in _UNIQUE:
            index = UNIQUE["people", names]
            for value in index.values(wanted):
                for one in roster.find(index, value):
                    if not is_shown(one):
                        found: Row = one
                        return found
        return None

    def _place(self, roster: Roster, group: str) -> Place:
        located: Reference[Any] = Reference(self.located("Groups", group))
        return Place(value=group, ref=located, display=roster.title("groups", group))

    def _manager(self, person: str) -> Manager | None:
        if not person:
            return None
        located: Reference[Any] = Reference(self.located("Users", person))
        return Manager(value=person, ref=located)


def is_shown(row: Row) -> bool:
    """Tell whether an identity provider sees somebody: not who is deleted and has no userName."""
    return row.status != "deleted" or bool(row.user_name)
