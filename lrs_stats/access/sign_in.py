"""Signing in with a password: an account and a password become a token that soon expires.

Whatever is wrong with them, the answer is the same, and takes as long. Wrong passwords are limited
by account and by address. The limits are counted under what was typed, not under whom it means:
else two spellings that share a limit would be known to be one person's.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import structlog

from lrs_stats.access.callers import present
from lrs_stats.access.grants import Person
from lrs_stats.access.passwords import Passwords
from lrs_stats.access.throttle import network
from lrs_stats.errors import BadRequest, Forbidden, TooManyRequests, Unauthorized, Unavailable
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings
from lrs_stats.store.passwords import PasswordStore
from lrs_stats.store.sign_in_attempts import SignInAttempts, by_account
from lrs_stats.store.tokens import Token, TokenStore

_log = structlog.get_logger()


class Refused(Unauthorized):
    """The account and the password do not open anything."""

    # a challenge by Basic has browsers open a window of their own, and ask for a client's key
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer realm="lrs-stats"'})


@dataclass(frozen=True)
class SignedIn:
    """A person who has signed in, and their token; `secret` is the token itself."""

    person: Person
    token: Token
    secret: str


@dataclass(frozen=True)
class SignIn:
    """Where people sign in, change their password, and are limited in guessing one."""

    settings: Settings
    roster: Callable[[], Roster]
    store: PasswordStore
    attempts: SignInAttempts
    tokens: TokenStore
    passwords: Passwords
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def open(self, account: str, password: str, address: str) -> SignedIn:
        """Return a token for an account and its password, or raise Refused or TooManyRequests."""
        named, by_address = by_account("sign in", account), f"address {network(address)}"
        self._limit(by_address, self.settings.sign_in_attempts_by_address)
        self._limit(named, self.settings.sign_in_attempts_by_account)
        try:
            person = self._person(account, password)
        except Unavailable:
            self.attempts.give_back(named)
            self.attempts.give_back(by_address)
            raise
        if person is None:
            _log.warning("a password was refused", address=address)
            raise Refused("The account and the password do not go together.")
        self.attempts.forget(named)
        self.attempts.give_back(by_address)
        token, secret = self.tokens.create(
            person.id,
            label="sign-in",
            expires=self.clock() + timedelta(hours=self.settings.sign_in_hours),
            by_password=True,
        )
        return SignedIn(person, token, secret)

    def change(self, person: str, old: str, new: str, token: str) -> None:
        """Change one's own password, and end what the old one has opened, but for one token.

        Who is signed in guesses under a limit of their own, which nobody else can use up.
        """
        limit = by_account("change", person)
        self._limit(limit, self.settings.sign_in_attempts_by_account)
        if not self._is_right(person, old):
            raise Forbidden("The old password is not right, or there is none yet.")
        self.attempts.forget(limit)
        self._set(person, new, token)

    def set(self, person: str, password: str) -> None:
        """Give somebody of the roster a password, and end what the one before has opened."""
        if present(person, self.roster()) is None:
            raise BadRequest("person: the roster knows nobody with this id who has not left.")
        self._set(person, password, "")

    def _set(self, person: str, password: str, token: str) -> None:
        self.store.set(person, self.passwords.hashed(password))
        self.tokens.revoke_signed_in(person, but=token)

    def _limit(self, name: str, most: int) -> None:
        if not most:
            return
        attempted = self.attempts.count(name)
        if attempted.count > most:
            raise TooManyRequests(
                "There were too many wrong passwords. Wait, then try again.",
                seconds=attempted.seconds,
            )

    def _person(self, account: str, password: str) -> Person | None:
        """Return whose account it is if they are there and it is their password, else None."""
        roster = self.roster()
        person = present(_id(account, roster, ignore_case=self.settings.ignore_case), roster)
        is_right = self._is_right("" if person is None else person.id, password)
        return person if is_right else None

    def _is_right(self, person: str, password: str) -> bool:
        """Return whether a password is the person's; who is nobody has none, in the same time."""
        hashed = self.store.hash_of(person)
        if not self.passwords.is_right(hashed, password):
            return False
        with suppress(Unavailable):  # it can be done the next time
            if hashed and (renewed := self.passwords.renewed(hashed, password)):
                self.store.renew(person, renewed, before=hashed)
        return True


def _id(account: str, roster: Roster, *, ignore_case: bool) -> str:
    """Return the id of the person whose id or e-mail it is, as the roster has them."""
    if roster.person(account) is not None:
        return account
    return roster.person_of(f"mailto:{account}", ignore_case=ignore_case) or ""
