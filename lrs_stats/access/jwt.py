"""People by JSON web token (RFC 7519) of the organisation's own identity provider.

What is checked is fixed by the settings, and nothing of it by the token (RFC 8725): who issued
it, for whom, by which algorithms, and with which keys. The token says only which of these it is
of, when it holds, and whose it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import jwt
import structlog

from lrs_stats.access.callers import present
from lrs_stats.access.grants import Person
from lrs_stats.access.key_source import KeySource, source_of
from lrs_stats.access.keys import ALGORITHMS
from lrs_stats.errors import CommandError
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings

LONGEST: Final = 16_384
"""Characters of a token."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class IdentityProvider:
    """Whose tokens are believed, and how they name a person: by id or by e-mail in a claim."""

    issuer: str
    audience: str
    keys: KeySource = field(repr=False)
    claim: str = "sub"
    names: Literal["id", "email"] = "id"
    algorithms: tuple[str, ...] = ("RS256",)
    leeway: float = 60.0
    ignore_case: bool = False

    def person(
        self,
        token: str,
        roster: Callable[[], Roster],
        also: Callable[[Mapping[str, Any]], None] = lambda _: None,
    ) -> Person | None:
        """Return the person of a token, or None; why it is refused is told to the log alone.

        `also` raises ValueError for claims that do not hold for what the token is used for.
        """
        try:
            claims = self._claims(token)
            also(claims)
            return self._named(claims, roster())
        except (jwt.PyJWTError, _Refused, ValueError) as error:
            _log.warning("a JSON web token was refused", reason=str(error)[:200])
            return None

    def _claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that holds now, or raise what speaks against it."""
        if len(token) > LONGEST:
            raise _Refused(f"it is longer than {LONGEST} characters")
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self.algorithms:
            raise _Refused("its algorithm is none of those that are set")
        if "crit" in header:  # RFC 7515, section 4.1.11: what is critical must be understood
            raise _Refused("it needs extensions that are not known here")
        key = self.keys.find(kid, algorithm)
        if key is None:
            raise _Refused("no key of the identity provider is of its kid and algorithm")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=self.issuer,
            audience=self.audience,
            leeway=self.leeway,
            options={"require": ["exp", "iss", "aud", self.claim]},
        )
        return claims

    def _named(self, claims: dict[str, Any], roster: Roster) -> Person:
        named = claims[self.claim]
        if not isinstance(named, str):
            raise _Refused("the claim that names the person is no text")
        if self.names == "email" and claims.get("email_verified", True) is not True:
            raise _Refused("its e-mail is not verified")
        found = present(self._id(named, roster), roster)
        if found is None:
            raise _Refused("the person whom it names is not in the roster, or has left")
        return found

    def _id(self, named: str, roster: Roster) -> str:
        if self.names == "id":
            return named
        return roster.person_of(f"mailto:{named}", ignore_case=self.ignore_case) or ""


class _Refused(Exception):
    """What speaks against a token, for the log."""


def provider_of(settings: Settings) -> IdentityProvider | None:
    """Return the identity provider that the settings name, if they name one."""
    if not settings.jwt_issuer:
        return None
    return IdentityProvider(
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        keys=source_of(settings.jwt_keys),
        claim=settings.jwt_claim,
        names="email" if settings.jwt_claim_is == "email" else "id",
        algorithms=algorithms_of(settings.jwt_algorithms, "jwt_algorithms"),
        leeway=settings.jwt_leeway_seconds,
        ignore_case=settings.ignore_case,
    )


def algorithms_of(listed: str, setting: str) -> tuple[str, ...]:
    """Return the algorithms that a setting lists, or raise CommandError."""
    algorithms = tuple(listed.split())
    if unknown := [one for one in algorithms if one not in ALGORITHMS]:
        raise CommandError(
            f"{setting} has {unknown[0]!r}; those with a public key are: {', '.join(ALGORITHMS)}."
        )
    return algorithms
