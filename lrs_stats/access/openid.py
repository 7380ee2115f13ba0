"""Signing in by the organisation's OpenID Connect provider: the way there, and the way back.

The authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9700).
Authlib spells the requests; who is believed is decided by the same rules as for other JSON web
tokens (`jwt`), and nothing of it by what the browser brings.
"""

import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import msgspec
import structlog
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from lrs_stats.access.discovery import Discovery, Metadata
from lrs_stats.access.fetching import OK, PATIENCE, answered, fetched, within
from lrs_stats.access.grants import Person
from lrs_stats.access.jwt import IdentityProvider, algorithms_of
from lrs_stats.access.key_source import KeySource
from lrs_stats.access.sign_in import Refused
from lrs_stats.errors import BadRequest, Unavailable
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings

BACK: Final = "/sign-in/oidc/callback"
"""The path to which the provider leads back."""
LONGEST: Final = 4_096
"""Characters of a code."""
_FORM: Final = "application/x-www-form-urlencoded"
_AWAY: Final = "The OpenID provider does not answer as it should. Try again."

_log = structlog.get_logger()


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in: what it is known by follows from a secret of its browser alone."""

    secret: str

    @property
    def state(self) -> str:
        """Return what ties the answer to the browser that has asked."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Return what ties the ID token to this attempt."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Return what ties the code to this attempt (RFC 7636, section 4.1)."""
        return self._derived("verifier")

    def _derived(self, what: str) -> str:
        return hmac.digest(self.secret.encode(), f"OpenID {what}".encode(), "sha256").hex()


class OpenID:
    """The provider of the settings, and this server as its client."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings, which name a provider."""
        self.name = settings.oidc_name
        self._settings = settings
        self._discovery = Discovery(settings.oidc_issuer)
        self._places = threading.BoundedSemaphore(max(1, settings.threads // 4))
        self._believed = IdentityProvider(
            issuer=settings.oidc_issuer,
            audience=settings.oidc_client_id,
            keys=KeySource(self._keys),
            claim=settings.oidc_claim,
            names="email" if settings.oidc_claim_is == "email" else "id",
            algorithms=algorithms_of(settings.oidc_algorithms, "oidc_algorithms"),
            ignore_case=settings.ignore_case,
        )

    def address(self, attempt: Attempt) -> str:
        """Return where a browser goes to sign in, or raise Unavailable."""
        found: str = prepare_grant_uri(
            self._discovery.find().authorization,
            self._settings.oidc_client_id,
            "code",
            redirect_uri=self._back,
            scope=self._settings.oidc_scopes,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return found

    def person(
        self, attempt: Attempt, told: Mapping[str, str], roster: Callable[[], Roster]
    ) -> Person:
        """Return whom the parameters with which a browser comes back name.

        Raises BadRequest for an answer to another attempt, Refused for nobody who may sign in,
        and Unavailable when the provider cannot say.
        """
        if not _is_same(told.get("state", ""), attempt.state):
            raise BadRequest("The answer is to no attempt of this browser.")
        metadata = self._discovery.find()
        self._check(metadata, told)
        token = self._id_token(metadata, attempt, told.get("code", "")[:LONGEST])
        person = self._believed.person(token, roster, lambda claims: self._hold(claims, attempt))
        if person is None:
            raise Refused("The provider names nobody who may sign in.")
        return person

    def leaving(self) -> str:
        """Return where one signs out of the provider, too; nothing if there is no such place.

        See OpenID Connect RP-Initiated Logout 1.0, section 2.
        """
        try:
            place = self._discovery.find().end_session
        except Unavailable:
            return ""
        if not place:
            return ""
        back = f"{self._settings.public_url}/sign-in"
        asked = {"client_id": self._settings.oidc_client_id, "post_logout_redirect_uri": back}
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    @property
    def _back(self) -> str:
        return self._settings.public_url + BACK

    def _keys(self) -> bytes:
        known = self._discovery.known
        if known is None:
            raise ValueError("where they are is not known")
        return fetched(known.keys)

    def _check(self, metadata: Metadata, told: Mapping[str, str]) -> None:
        """Raise unless an answer is of this issuer (RFC 9207, section 2.4), and no refusal."""
        named = told.get("iss", None if metadata.says_issuer else self._settings.oidc_issuer)
        if named != self._settings.oidc_issuer:
            raise BadRequest("The answer is of another issuer.")
        if error := told.get("error"):
            why = told.get("error_description", "")
            _log.warning("the OpenID provider refused", error=error[:100], reason=why[:200])
            if error in {"server_error", "temporarily_unavailable"}:
                raise Unavailable(_AWAY)
            raise Refused("The provider let nobody in.")

    def _id_token(self, metadata: Metadata, attempt: Attempt, code: str) -> str:
        """Return the ID token for a code, or raise Refused or Unavailable."""
        if not code:
            raise Refused("The provider sent no code.")
        status, told = self._asked(metadata, attempt, code)
        token = told.get("id_token")
        if status == OK and isinstance(token, str):
            return token
        error = str(told.get("error", ""))[:100]
        _log.warning("the OpenID provider gave no token for a code", status=status, error=error)
        if error == "invalid_grant":
            raise Refused("The code opens nothing.")
        raise Unavailable(_AWAY)

    def _asked(
        self, metadata: Metadata, attempt: Attempt, code: str
    ) -> tuple[int, Mapping[str, Any]]:
        """Return what the provider answers to a code; few ask at a time, and none waits long."""
        form = prepare_token_request(
            "authorization_code", redirect_uri=self._back, code=code, code_verifier=attempt.verifier
        )
        by = _client(metadata, self._settings)
        address, headers, form = by.prepare("POST", metadata.token, {"Content-Type": _FORM}, form)
        try:
            status, content = self._sent(lambda: answered(address, form=form, headers=headers))
            told = msgspec.json.decode(content)
        except (OSError, HTTPException, ValueError) as error:
            _log.warning("the OpenID provider could not be asked", reason=str(error)[:200])
            raise Unavailable(_AWAY) from error
        return status, told if isinstance(told, dict) else {}

    def _sent(self, call: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """Return what a call returns; its place is free when it has ended, not when it is late."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("Many people are signing in at the moment. Try again.")

        def freeing() -> tuple[int, bytes]:
            try:
                return call()
            finally:
                self._places.release()

        return within(PATIENCE, freeing)

    def _hold(self, claims: Mapping[str, Any], attempt: Attempt) -> None:
        """Raise ValueError unless an ID token is for this client and this attempt.

        OpenID Connect Core 1.0, section 3.1.3.7, numbers 3 to 5 and 11.
        """
        nonce, client = claims.get("nonce"), self._settings.oidc_client_id
        if not (isinstance(nonce, str) and _is_same(nonce, attempt.nonce)):
            raise ValueError("its nonce is of another attempt")
        azp = claims.get("azp", client if claims["aud"] in (client, [client]) else None)
        if azp != client:
            raise ValueError("it was issued to another client")
        if not isinstance(claims.get("sub"), str) or "iat" not in claims:
            raise ValueError("it lacks sub or iat, and so is no ID token")


def openid_of(settings: Settings) -> OpenID | None:
    """Return the OpenID Connect provider that the settings name, if they name one."""
    return OpenID(settings) if settings.oidc_issuer else None


def _client(metadata: Metadata, settings: Settings) -> ClientAuth:
    """Return this server as the client that the provider knows, said as it takes it.

    RFC 6749, section 2.3.1: in the header, both parts are encoded as in a form.
    """
    name, secret = settings.oidc_client_id, settings.oidc_client_secret
    if not secret:
        return ClientAuth(name, secret, "none")
    if "client_secret_basic" in metadata.methods or "client_secret_post" not in metadata.methods:
        return ClientAuth(quote_plus(name), quote_plus(secret), "client_secret_basic")
    return ClientAuth(name, secret, "client_secret_post")


def _is_same(sent: str, own: str) -> bool:
    return hmac.compare_digest(sent.encode(errors="surrogatepass"), own.encode())
