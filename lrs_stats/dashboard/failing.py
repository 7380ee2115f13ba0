"""Pages for what goes wrong: what happened, and what to do."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

import structlog
from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.access.visits import SAFE
from lrs_stats.dashboard.pages import N_
from lrs_stats.dashboard.rendering import FRAGMENT, Rendering
from lrs_stats.dashboard.visiting import wording_of
from lrs_stats.errors import BadRequest, Problem, TooManyRequests, Unauthorized, Unavailable
from lrs_stats.services import Services

_log = structlog.get_logger()

SENTENCES: Final = {
    400: (N_("This cannot be shown"), N_("The address asks for something that is not there.")),
    401: (N_("Please sign in again"), N_("Your visit has ended.")),
    403: (N_("Not for your roles"), N_("Your roles do not include this page.")),
    404: (
        N_("Nothing is here"),
        N_("There is no such page, or none that your roles include."),
    ),
    429: (N_("Too often"), N_("Wait a moment, then try again.")),
    503: (
        N_("The figures are being prepared"),
        N_("They will be here in a moment; this page looks again by itself."),
    ),
}
OTHER: Final = (N_("Something failed"), N_("The server's log says more."))


def on(views: Blueprint, services: Services, rendering: Rendering) -> None:
    """Have every failure of the pages answered as a page."""

    def page(problem: Problem) -> Response:
        title, text = SENTENCES.get(problem.status, OTHER)
        wording = wording_of(services)
        answer = rendering.page(
            "failed.html",
            wording,
            status=problem.status,
            code=problem.status,
            visit=g.get("visit"),
            title=wording.text(title),
            text=text,
            detail=problem.detail if isinstance(problem, BadRequest | TooManyRequests) else "",
            again=isinstance(problem, Unavailable),
            number=problem.more.get("number", ""),
        )
        for name, value in problem.headers.items():
            if name != "WWW-Authenticate":  # with which browsers ask for a client's key
                answer.headers[name] = value
        return answer

    @views.errorhandler(Problem)
    def failed(problem: Problem) -> AnyResponse:
        if isinstance(problem, Unauthorized) and request.method in SAFE and not _is_part():
            return redirect(f"/sign-in?{urlencode({'next': request.full_path.rstrip('?')})}")
        return page(problem)

    @views.errorhandler(Exception)
    def unexpected(error: Exception) -> Any:
        number = uuid4().hex[:12]
        _log.error("unexpected error", number=number, exc_info=error)
        return page(Problem("", number=number))


def _is_part() -> bool:
    return FRAGMENT in request.headers
