"""Visits: a person is signed in with a browser, whose cookie holds a token of its own.

A visit is opened by a password (`sign_in`), by the organisation's provider (`openid`), or by a
token, as in a link of an LMS. The browser gets another token than the one in the link, good for
some hours and no longer than that one; revoking the one in the link ends the visits that it has
opened, and those that were opened by the token of such a visit.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lrs_stats.access.callers import Provider, identify
from lrs_stats.access.grants import Person
from lrs_stats.access.sign_in import Refused, SignedIn
from lrs_stats.errors import Unauthorized
from lrs_stats.roster.roster import Roster
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.tokens import Token

COOKIE: Final = "lrs_stats_visit"
HOST_ONLY: Final = "__Host-"
"""The beginning of a name by which browsers take a cookie of this host alone, and over https.

No neighbour, such as another site below the same domain, can then plant one (RFC 6265bis).
"""
SAFE: Final = frozenset({"GET", "HEAD"})
"""The methods that change nothing."""


@dataclass(frozen=True)
class Doors:
    """What it takes to let somebody in by a token."""

    credentials: CredentialStore
    roster: Callable[[], Roster]
    provider: Provider | None
    hours: float

    def open(self, secret: str, now: datetime) -> SignedIn:
        """Return a visit for whom a token names, or raise Refused."""
        try:
            caller = identify(f"Bearer {secret}", self.credentials, self.roster, self.provider)
        except Unauthorized as error:
            raise Refused("The token is unknown, expired or revoked.") from error
        if caller.person is None:
            raise Refused("This is the key of a program; pages are for people.")
        known = self.credentials.tokens.find(secret) if caller.token else None
        return self.admit(caller.person, now, known)

    def admit(self, person: Person, now: datetime, by: Token | None = None) -> SignedIn:
        """Return a visit for a person who is known already, perhaps by a token."""
        ends = now + timedelta(hours=self.hours)
        token, secret = self.credentials.tokens.create(
            person.id,
            role=by.role if by else "",
            label="pages",
            expires=min(ends, by.expires) if by and by.expires else ends,
            by_password=by is not None and by.by_password,
            opened_by=(by.opened_by or by.id) if by else "",
        )
        return SignedIn(person, token, secret)


def form_token(secret: str) -> str:
    """Return what the forms of a visit must bring along: nobody without its cookie knows it."""
    return hmac.digest(secret.encode(), b"a form of the pages", "sha256").hex()


def is_form_token(sent: str, secret: str) -> bool:
    """Tell whether a form has brought the right one along."""
    return hmac.compare_digest(sent.encode(), form_token(secret).encode())
