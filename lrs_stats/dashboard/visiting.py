"""Who looks at which page, in which language, and what of it is open to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from flask import g, request

from lrs_stats.access.callers import Caller
from lrs_stats.access.grants import Grant
from lrs_stats.access.visits import COOKIE, form_token
from lrs_stats.dashboard import language
from lrs_stats.dashboard.address import Address
from lrs_stats.dashboard.formatting import Wording
from lrs_stats.dashboard.pages import MENU, Page
from lrs_stats.dashboard.spans import Span, span_of
from lrs_stats.errors import Forbidden
from lrs_stats.services import Services


@dataclass(frozen=True)
class Visit:
    """A person, what they may see, the address at which they are, and the words of the page."""

    services: Services
    caller: Caller
    granted: Sequence[Grant]
    wording: Wording
    address: Address
    now: datetime

    @cached_property
    def open(self) -> frozenset[str]:
        """Return the granularities that the grants open."""
        return frozenset[str]().union(*(grant.granularities for grant in self.granted))

    @property
    def is_own(self) -> bool:
        """Return whether there is nothing for this person but their own page."""
        return all(grant.role == "learner" for grant in self.granted)

    @property
    def administrates(self) -> bool:
        """Return whether the operator's page is for this person."""
        return self.caller.holds("admin")

    @property
    def menu(self) -> list[Page]:
        """Return the pages of the menu that are open."""
        return [] if self.is_own else [page for page in MENU if page.granularity in self.open]

    @property
    def today(self) -> date:
        """Return the day that it is in the configured zone."""
        return self.now.astimezone(self.wording.zone).date()

    @cached_property
    def span(self) -> Span:
        """Return the period of the page."""
        return span_of(self.address, self.wording.zone, self.today)

    @property
    def form_token(self) -> str:
        """Return what the forms of the page bring along; nothing without the cookie."""
        cookie = self.services.cookie(COOKIE)
        return form_token(cookie) if cookie else ""

    def require(self, granularity: str) -> None:
        """Raise Forbidden unless the grants open a granularity."""
        if granularity not in self.open:
            raise Forbidden("Your roles do not include this page.")


def wording_of(services: Services) -> Wording:
    """Return the words of the request at hand."""
    name = language.chosen(services.cookie(language.COOKIE), request.accept_languages)
    return Wording(name, services.settings.zone, language.catalogue(name))


def visit(services: Services, now: datetime) -> Visit:
    """Return the visit that the request at hand is part of, or raise Unauthorized."""
    caller = services.visitor()
    address = Address.of(_path(), request.args.items(multi=True))
    g.visit = made = Visit(
        services, caller, services.grants(caller), wording_of(services), address, now
    )
    return made


def _path() -> str:
    """Return the path of the request at hand as it was sent, percent-encoded."""
    return str(request.environ["RAW_URI"]).partition("?")[0]
