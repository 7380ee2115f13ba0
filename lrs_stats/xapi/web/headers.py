"""Headers that are put on whatever an application answers."""

from collections.abc import Callable
from typing import Any
from wsgiref.types import StartResponse

from werkzeug.datastructures import Headers


def changing(start_response: StartResponse, change: Callable[[Headers], None]) -> StartResponse:
    """Return a `start_response` that changes the headers before any of the answer is sent."""

    def start(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        changed = Headers(headers)
        change(changed)
        return start_response(status, changed.to_wsgi_list(), exc_info)

    return start
