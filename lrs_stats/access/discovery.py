"""Where an OpenID Connect provider is asked for what: its discovery document, held to the rules.

See OpenID Connect Discovery 1.0, sections 3 and 4. Whatever it says, nobody is led, no code sent
and no key read from where somebody on the way could change it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from lrs_stats.access.fetching import fetched
from lrs_stats.access.latest import STALE, Latest
from lrs_stats.errors import Unavailable
from lrs_stats.settings import is_protected

PAUSE: Final = 5.0
"""Seconds from one reading to the next while there is none."""


@dataclass(frozen=True)
class Metadata:
    """The addresses of a provider, and what of the protocol it does."""

    authorization: str
    token: str
    keys: str
    end_session: str = ""
    methods: tuple[str, ...] = ("client_secret_basic",)
    """How a client may say who it is where it gets tokens."""
    says_issuer: bool = False
    """Whether each answer names the issuer (RFC 9207)."""


class Discovery:
    """What a provider says of itself, as far as it could be read last."""

    def __init__(self, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        self._latest = Latest(
            lambda: metadata_in(fetched(place), issuer),
            "the configuration of the OpenID provider",
            clock=clock,
        )

    @property
    def known(self) -> Metadata | None:
        """Return what is known, and have it read in passing; this waits for nothing."""
        known = self._latest.value
        self._latest.look(PAUSE if known is None else STALE)
        return known

    def find(self) -> Metadata:
        """Return what the provider says of itself, or raise Unavailable."""
        if self.known is None:
            self._latest.wait()
        if self._latest.value is None:
            raise Unavailable("The OpenID provider does not answer. Try again.")
        return self._latest.value


def metadata_in(content: bytes, issuer: str) -> Metadata:
    """Return what a discovery document says, or raise ValueError for what will not do."""
    told = msgspec.json.decode(content)
    if not isinstance(told, dict) or told.get("issuer") != issuer:
        raise ValueError("its issuer is not, letter by letter, that of oidc_issuer")
    methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        authorization=_address(told, "authorization_endpoint"),
        token=_address(told, "token_endpoint"),
        keys=_address(told, "jwks_uri"),
        end_session=_address(told, "end_session_endpoint")
        if "end_session_endpoint" in told
        else "",
        methods=tuple(methods) if isinstance(methods, list) else (),
        says_issuer=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(told: Mapping[str, Any], name: str, *, or_none: bool = False) -> str:
    if or_none and name not in told:
        return ""
    address = told.get(name)
    if not isinstance(address, str) or not is_protected(address):
        raise ValueError(f"its {name} is no address with https")
    return address
