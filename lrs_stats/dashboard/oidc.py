"""Signing in to the pages by the organisation's OpenID Connect provider: there, and back again."""

from secrets import token_urlsafe
from typing import Final, Protocol

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.access.grants import Person
from lrs_stats.access.openid import BACK, Attempt, OpenID
from lrs_stats.dashboard.pages import N_
from lrs_stats.errors import BadRequest, Problem, TooManyRequests, Unauthorized, Unavailable
from lrs_stats.services import Services

COOKIE: Final = "lrs_stats_attempt"
"""The secret of an attempt to sign in, and the page to which it leads."""
MINUTES: Final = 10
"""The time that signing in at the provider may take."""
LONGEST: Final = 2_000
"""Characters of an address that are kept meanwhile."""
_KNOWN: Final = (BadRequest, Unauthorized, TooManyRequests, Unavailable)


class Door(Protocol):
    """What lets people in, whoever knows them."""

    def admit(self, person: Person, place: str) -> AnyResponse:
        """Let a person in, and lead them to a page."""

    def form(self, status: int, why: str) -> AnyResponse:
        """Show the ways in, and why this one has not led anywhere."""

    def keep(self, answer: AnyResponse, name: str, value: str, seconds: float | None) -> None:
        """Have a browser keep something."""

    def drop(self, answer: AnyResponse, name: str) -> None:
        """Have a browser keep it no longer."""


def on(views: Blueprint, services: Services, door: Door, openid: OpenID) -> None:
    """Add the two addresses of signing in by a provider."""

    def begin() -> AnyResponse:
        """Lead to the provider, and have the browser keep by what its answer is known."""
        secret, place = token_urlsafe(32), request.args.get("next", "")
        try:
            answer = redirect(openid.address(Attempt(secret)), 303)
        except Unavailable as problem:
            return door.form(problem.status, _why(problem))
        kept = f"{secret} {place}" if len(place) <= LONGEST else secret
        door.keep(answer, COOKIE, kept, MINUTES * 60)
        return answer

    def come_back() -> AnyResponse:
        """Let in whom the provider names to the browser that was sent there."""
        secret, _, place = services.cookie(COOKIE).partition(" ")
        try:
            with services.attempts.guarded(request.remote_addr or ""):
                answer = door.admit(_person(secret), place)
        except _KNOWN as problem:
            answer = door.form(problem.status, _why(problem))
        if answer.status_code != BadRequest.status:  # else another page could end an attempt
            door.drop(answer, COOKIE)
        return answer

    def _person(secret: str) -> Person:
        if not secret:
            raise BadRequest("This browser has begun no attempt.")
        return openid.person(Attempt(secret), request.args, services.rosters.load)

    views.add_url_rule("/sign-in/oidc", "begin", begin)
    views.add_url_rule(BACK, "come_back", come_back)


def _why(problem: Problem) -> str:
    """Return what is said of a problem, the same for all who may not sign in."""
    match problem:
        case Unavailable():
            return N_(
                "The sign-in of your organisation does not answer at the moment. "
                "Try again in a minute, or sign in another way."
            )
        case TooManyRequests():
            return N_("There were too many wrong attempts. Wait some minutes, then try again.")
        case BadRequest():
            return N_(
                "This sign-in was not begun in this browser, or it took too long. Begin again."
            )
    return N_("The sign-in of your organisation names nobody who may sign in here.")
