"""Signing in by password or by the token of a link, signing out, and the choice of language.

Signing in by the organisation's provider is `oidc`.
"""

from collections.abc import Callable
from datetime import datetime
from secrets import token_urlsafe
from typing import Final

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.access.callers import person_caller
from lrs_stats.access.grants import Person
from lrs_stats.access.openid import OpenID, openid_of
from lrs_stats.access.sign_in import Refused, SignedIn
from lrs_stats.access.visits import COOKIE, Doors, form_token, is_form_token
from lrs_stats.dashboard import language, oidc
from lrs_stats.dashboard.pages import N_
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.visiting import wording_of
from lrs_stats.errors import Problem, TooManyRequests
from lrs_stats.services import Services

FORM_COOKIE: Final = "lrs_stats_form"
"""What the form of signing in is held to, before there is a visit."""
LONGEST: Final = 8_192
YEAR: Final = 365 * 86_400
FRAMES: Final = frozenset({"iframe", "frame", "embed", "object"})
"""Where a browser says that it shows a page, if it is within another one."""


def on(
    views: Blueprint, services: Services, rendering: Rendering, clock: Callable[[], datetime]
) -> None:
    """Add the pages by which somebody comes in and goes."""
    openid = openid_of(services.settings)
    door = Door(services, rendering, clock, openid)
    if openid is not None:
        oidc.on(views, services, door, openid)
    for path, method, view in (
        ("/sign-in", "GET", door.show),
        ("/sign-in", "POST", door.sign_in),
        ("/sign-out", "POST", door.sign_out),
        ("/language", "POST", door.choose_language),
    ):
        views.add_url_rule(path, view.__name__, view, methods=[method])


class Door:
    """Lets people in and out, and keeps what they have in their browser."""

    def __init__(
        self,
        services: Services,
        rendering: Rendering,
        clock: Callable[[], datetime],
        openid: OpenID | None,
    ) -> None:
        """Take what knows people, what draws pages, what says the time, and who else lets in."""
        self._openid = openid
        self._services = services
        self._rendering = rendering
        self._clock = clock
        self._doors = Doors(
            services.credentials,
            services.rosters.load,
            services.provider,
            services.settings.sign_in_hours,
        )

    def show(self) -> AnyResponse:
        """Show the form, or let in whom the token of a link names.

        The token does not stay in the address: who is let in goes on to a page without it.
        """
        secret = request.args.get("token", "")[:LONGEST]
        if not secret:
            return self.form()
        try:
            with self._services.attempts.guarded(request.remote_addr or ""):
                return self._come_in(self._doors.open(secret, self._clock()))
        except Refused:
            return self.form(401, N_("This link is not good any more. Ask for another one."))

    def sign_in(self) -> AnyResponse:
        """Let in who sends a right password, or a token."""
        secret = self._services.cookie(FORM_COOKIE)
        if not (secret and is_form_token(request.form.get("form", ""), secret)):
            return self.form(400, _NO_COOKIE)
        account, address = request.form.get("account", "")[:LONGEST], request.remote_addr or ""
        given = request.form.get("token", "").strip()[:LONGEST]
        try:
            with self._services.attempts.guarded(address):
                if given:
                    return self._come_in(self._doors.open(given, self._clock()))
                password = request.form.get("password", "")[:LONGEST]
                return self._come_in(self._services.sign_in.open(account, password, address))
        except (Refused, TooManyRequests) as problem:
            return self.form(problem.status, _why(problem, by_token=bool(given)), account)

    def sign_out(self) -> AnyResponse:
        """End the visit."""
        caller = self._services.visitor()
        if caller.token:
            self._services.credentials.tokens.revoke(caller.token)
        answer = redirect("/sign-in?left=1" if self._openid else "/sign-in", 303)
        self.drop(answer, COOKIE)
        return answer

    def choose_language(self) -> AnyResponse:
        """Keep the language that somebody wants."""
        chosen = request.form.get("language", "")
        answer = redirect(_next(), 303)
        if chosen in language.LANGUAGES:
            self.keep(answer, language.COOKIE, chosen, YEAR)
        return answer

    def admit(self, person: Person, place: str) -> AnyResponse:
        """Let in whom somebody else knows, and lead them to a page of ours."""
        return self._come_in(self._doors.admit(person, self._clock()), place)

    def _come_in(self, done: SignedIn, place: str | None = None) -> AnyResponse:
        g.caller = person_caller(done.person, done.token.id)  # for the audit
        answer = redirect(_next() if place is None else own_page(place), 303)
        ends = done.token.expires
        seconds = (ends - self._clock()).total_seconds() if ends else None
        self.keep(answer, COOKIE, done.secret, seconds)
        return answer

    def form(self, status: int = 200, why: str = "", account: str = "") -> Response:
        """Show the ways in, and why one of them has not led anywhere."""
        secret = self._services.cookie(FORM_COOKIE) or token_urlsafe(32)
        answer = self._rendering.page(
            "sign_in.html",
            wording_of(self._services),
            status=status,
            why=why,
            account=account,
            next=_next(),
            token=form_token(secret),
            openid=self._openid,
            leaving=self._openid.leaving() if self._openid and "left" in request.args else "",
            is_framed=request.headers.get("Sec-Fetch-Dest") in FRAMES,
        )
        self.keep(answer, FORM_COOKIE, secret, None)
        return answer

    def keep(self, answer: AnyResponse, name: str, value: str, seconds: float | None) -> None:
        """Set a cookie: for this site alone, unless its pages are shown in those of others."""
        answer.set_cookie(
            self._services.cookie_name(name),
            value,
            max_age=None if seconds is None else int(seconds),
            secure=self._services.is_protected,
            httponly=True,
            samesite="None" if self._services.is_embedded else "Lax",
            partitioned=self._services.is_embedded,
        )

    def drop(self, answer: AnyResponse, name: str) -> None:
        """Have a cookie dropped, said as it was set: else a browser passes over it in a frame."""
        self.keep(answer, name, "", 0)


_NO_COOKIE: Final = N_(
    "The form came back without its cookie. Allow cookies for this site, and use https:// "
    "unless the server is on your own machine; then try again."
)


def _why(problem: Problem, *, by_token: bool) -> str:
    if isinstance(problem, TooManyRequests):
        return N_("There were too many wrong attempts. Wait some minutes, then try again.")
    if by_token:
        return N_("This token is unknown, or not good any more.")
    return N_("The account and the password do not go together.")


def _next() -> str:
    """Return where somebody goes on: a page of ours, and nothing else."""
    return own_page(request.values.get("next", ""))


def own_page(wanted: str) -> str:
    """Return an address if it is one of our pages, else the first of these."""
    return wanted if wanted.startswith("/dashboard/") and "\\" not in wanted else "/dashboard/"
