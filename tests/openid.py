"""A provider in a process of its own, and a browser that signs in with it."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT = "lrs-stats"
SECRET = "s3cret + ü & more"


@dataclass(frozen=True)
class Provider:
    """A provider that runs; `file` is where it is told what to do wrong."""

    issuer: str
    file: Path

    @contextmanager
    def wrong(self, **what: Any) -> Iterator[None]:
        """Have it do something wrong for a while."""
        self.file.write_text(json.dumps(what))
        try:
            yield
        finally:
            self.file.unlink()


@contextmanager
def provider(
    folder: Path, back: str, *, secret: str = SECRET, by: str = "client_secret_post"
) -> Iterator[Provider]:
    """Run a provider that knows one client."""
    file = folder / "wrong.json"
    command = [sys.executable, "-m", "tests.openid_server", str(file), CLIENT, secret, back, by]
    with (
        (folder / "provider.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout
            yield Provider(process.stdout.readline().strip(), file)
        finally:
            process.kill()


@dataclass(frozen=True)
class Page:
    """What a server answered."""

    status: int
    headers: HTTPMessage
    text: str

    @property
    def place(self) -> str:
        """Where it leads."""
        return self.headers["Location"] or ""

    @property
    def parameters(self) -> dict[str, str]:
        """What is in the address to which it leads."""
        return {name: one for name, [one] in parse_qs(urlsplit(self.place).query).items()}


class _Still(urllib.request.HTTPRedirectHandler):
    """Goes nowhere by itself."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Window:
    """A browser window: it has cookies, and goes where it is told to."""

    address: str
    cookies: CookieJar = field(default_factory=CookieJar)

    def __post_init__(self) -> None:
        kept = urllib.request.HTTPCookieProcessor(self.cookies)
        self._opener = urllib.request.build_opener(kept, _Still)

    def go(self, place: str, form: dict[str, str] | None = None) -> Page:
        """Open an address, or send a form to it, and stay at the answer."""
        address = place if place.startswith("http") else self.address + place
        data = None if form is None else urlencode(form).encode()
        try:
            answer = self._opener.open(urllib.request.Request(address, data), timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Page(answer.status, answer.headers, answer.read().decode())

    def cookie(self, name: str) -> str:
        """Return the value of a cookie, or nothing."""
        return next((one.value or "" for one in self.cookies if one.name == name), "")

    def keep(self, name: str, value: str) -> None:
        """Change the value of a cookie that there is."""
        (one,) = (one for one in self.cookies if one.name == name)
        one.value = value

    def begin(self, place: str = "") -> str:
        """Press the button, and return the address of the provider to which that leads."""
        asked = self.go(f"/sign-in/oidc?{urlencode({'next': place})}" if place else "/sign-in/oidc")
        assert asked.status == 303, asked.text
        return asked.place

    def led_back(self, there: str, person: str = "zoe") -> str:
        """Say at the provider who one is, and return the address to which it leads back."""
        assert self.go(there).text == "Who are you?"
        answer = self.go(there, {"person": person})
        assert answer.status == 302, answer.text
        return answer.place

    def sign_in(self, person: str = "zoe", place: str = "") -> Page:
        """Go the whole way in."""
        return self.go(self.led_back(self.begin(place), person))
