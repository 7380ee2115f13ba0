"""Signing in by password or by the token of a link, signing out, and the choice of language."""

from collections.abc import Callable
from datetime import datetime
from secrets import token_urlsafe
from typing import Final

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.access.callers import person_caller
from lrs_stats.access.sign_in import Refused, SignedIn
from lrs_stats.access.visits import COOKIE, Doors, form_token, is_form_token
from lrs_stats.dashboard import language
from lrs_stats.dashboard.pages import N_
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.visiting import wording_of
from lrs_stats.errors import Forbidden, Problem, TooManyRequests
from lrs_stats.services import Services

FORM_COOKIE: Final = "lrs_stats_form"
"""What the form of signing in is held to, before there is a visit."""
LONGEST: Final = 8_192
YEAR: Final = 365 * 86_400
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def on(
    views: Blueprint, services: Services, rendering: Rendering, clock: Callable[[], datetime]
) -> None:
    """Add the pages by which somebody comes in and goes."""
    door = Door(services, rendering, clock)
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
        self, services: Services, rendering: Rendering, clock: Callable[[], datetime]
    ) -> None:
        """Take what knows people, what draws pages, and what says the time."""
        self._services = services
        self._rendering = rendering
        self._clock = clock
        self._is_embedded = bool(services.settings.page_origins.strip())
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
            return self._form()
        try:
            with self._services.attempts.guarded(request.remote_addr or ""):
                return self._come_in(self._doors.open(secret, self._clock()))
        except Refused:
            return self._form(401, N_("This link is not good any more. Ask for another one."))

    def sign_in(self) -> AnyResponse:
        """Let in who sends a right password, or a token."""
        secret = request.cookies.get(FORM_COOKIE, "")
        if not (secret and is_form_token(request.form.get("form", ""), secret)):
            return self._form(400, _NO_COOKIE)
        account, address = request.form.get("account", "")[:LONGEST], request.remote_addr or ""
        given = request.form.get("token", "").strip()[:LONGEST]
        try:
            with self._services.attempts.guarded(address):
                if given:
                    return self._come_in(self._doors.open(given, self._clock()))
                password = request.form.get("password", "")[:LONGEST]
                return self._come_in(self._services.sign_in.open(account, password, address))
        except (Refused, TooManyRequests) as problem:
            return self._form(problem.status, _why(problem, by_token=bool(given)), account)

    def sign_out(self) -> AnyResponse:
        """End the visit."""
        caller = self._services.visitor()
        _check_form()
        if caller.token:
            self._services.credentials.tokens.revoke(caller.token)
        answer = redirect("/sign-in", 303)
        answer.delete_cookie(COOKIE)
        return answer

    def choose_language(self) -> AnyResponse:
        """Keep the language that somebody wants."""
        chosen = request.form.get("language", "")
        answer = redirect(_next(), 303)
        if chosen in language.LANGUAGES:
            self._keep(answer, language.COOKIE, chosen, YEAR)
        return answer

    def _come_in(self, done: SignedIn) -> AnyResponse:
        g.caller = person_caller(done.person, done.token.id)  # for the audit
        answer = redirect(_next(), 303)
        ends = done.token.expires
        seconds = (ends - self._clock()).total_seconds() if ends else None
        self._keep(answer, COOKIE, done.secret, seconds)
        return answer

    def _form(self, status: int = 200, why: str = "", account: str = "") -> Response:
        secret = request.cookies.get(FORM_COOKIE) or token_urlsafe(32)
        answer = self._rendering.page(
            "sign_in.html",
            wording_of(self._services),
            status=status,
            why=why,
            account=account,
            next=_next(),
            token=form_token(secret),
        )
        self._keep(answer, FORM_COOKIE, secret, None)
        return answer

    def _keep(self, answer: AnyResponse, name: str, value: str, seconds: float | None) -> None:
        """Set a cookie: for this site alone, unless its pages are shown in those of others."""
        answer.set_cookie(
            name,
            value,
            max_age=None if seconds is None else int(seconds),
            secure=self._is_embedded or request.is_secure or _host() not in LOOPBACK,
            httponly=True,
            samesite="None" if self._is_embedded else "Lax",
            partitioned=self._is_embedded,
        )


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


def _check_form() -> None:
    """Raise Forbidden unless the form of the request is one of this visit's pages."""
    cookie = request.cookies.get(COOKIE, "")
    if not (cookie and is_form_token(request.form.get("form", ""), cookie)):
        raise Forbidden("The form did not come from a page of this visit.")


def _next() -> str:
    """Return where somebody goes on: a page of ours, and nothing else."""
    wanted = request.values.get("next", "")
    return wanted if wanted.startswith("/dashboard/") and "\\" not in wanted else "/dashboard/"


def _host() -> str:
    return request.host.rpartition(":")[0] or request.host
