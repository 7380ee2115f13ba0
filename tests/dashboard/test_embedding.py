"""The pages within those of an LMS, in a browser: for origins that are named, and for no others."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from lrs_stats.access.visits import COOKIE, HOST_ONLY
from lrs_stats.store.database import Database, Document
from lrs_stats.testing import statements
from tests.asking import asking, counted
from tests.dashboard.browsing import chromium
from tests.e2e.server import free_port


@contextmanager
def served(application: WSGIApplication, port: int) -> Iterator[None]:
    """Serve an application in a thread."""
    server = make_server("127.0.0.1", port, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def lms(inside: str) -> WSGIApplication:
    """Return an LMS with one page, which shows another one within it."""

    def answer(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [f'<title>LMS</title><iframe src="{inside}" width=900 height=700>'.encode()]

    return answer


@pytest.fixture
def window(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> Iterator[tuple[Page, str, str]]:
    """A browser, an LMS that is named, and the same under a name that is not."""
    port, of_lms = free_port(), free_port()
    named, other = f"http://localhost:{of_lms}", f"http://127.0.0.1:{of_lms}"
    found = asking(database, mongo_uri, tmp_path, page_origins=named)
    counted(found, statements("09:00 zoe launched course-1"))
    link = f"http://127.0.0.1:{port}/sign-in?token={found.token('zoe')[7:]}"
    with ExitStack() as stack:
        stack.enter_context(served(found.http.application, port))
        stack.enter_context(served(lms(link), of_lms))
        page = stack.enter_context(chromium()).new_context(locale="en-GB").new_page()
        yield page, named, other


def test_an_lms_that_is_named_shows_the_pages_and_another_does_not(
    window: tuple[Page, str, str],
) -> None:
    """The cookie is a third party's there, and is kept for this one LMS."""
    page, named, other = window
    page.goto(named)
    frame = page.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("Zoe")
    frame.get_by_role("link", name="Export").first.click()
    expect(frame.locator("h1")).to_have_text("Export")
    (kept,) = [one for one in page.context.cookies() if COOKIE in one["name"]]
    assert kept["name"] == HOST_ONLY + COOKIE
    assert (kept["secure"], kept["httpOnly"], kept["sameSite"]) == (True, True, "None")
    frame.get_by_role("button", name="Sign out").click()
    expect(frame.locator("h1")).to_have_text("Sign in")
    assert not [one for one in page.context.cookies() if COOKIE in one["name"]]

    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(other)
    page.wait_for_timeout(500)
    assert page.frames[1].url.startswith("chrome-error:")
    assert any("frame-ancestors" in one for one in refused)
