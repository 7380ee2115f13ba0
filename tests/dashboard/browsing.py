"""A browser on the demo: who is in it, and what goes wrong on its pages."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.server import free_port
from tests.waiting import until

PICTURES: Final = os.environ.get("DASHBOARD_PICTURES", "")
"""The folder in which pictures of the pages are kept; without it none are taken."""
CHROMIUM: Final = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
LINK: Final = re.compile(r"^  (\w+) +http://[^/]+(/sign-in\?token=\S+)$", re.MULTILINE)
PATIENCE_MS: Final = 90_000
"""How long a page may take on a busy machine: without scripts a process draws each picture."""
WAITING: Final = ".chart.waiting, [aria-busy], [data-later]"
DRAWN: Final = """async (waiting) => {
    for (let turn = 0; turn < 400; turn += 1) {
        const one = document.querySelector(waiting);
        if (!one) { scrollTo(0, 0); return true; }
        one.scrollIntoView();
        await new Promise((done) => setTimeout(done, 25));
    }
    return false;
}"""
"""Scrolls to whatever is not drawn yet, until nothing is."""


@dataclass(frozen=True)
class Demo:
    """A demo that is served, and the link with which each role signs in."""

    address: str
    links: Mapping[str, str]


@contextmanager
def demo(folder: Path) -> Iterator[Demo]:
    """Serve a small demo until it is left."""
    port, said = free_port(), folder / "said"
    command = [sys.executable, "-m", "lrs_stats", f"--data={folder}", f"--config={folder}/none"]
    with said.open("w") as file:
        process = subprocess.Popen(
            [*command, "demo", "--learners=60", f"--port={port}"],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LRS_STATS_PROCESSES": "1"},
        )
        try:
            until(lambda: len(LINK.findall(said.read_text())) == 7, seconds=120)
            yield Demo(f"http://127.0.0.1:{port}", dict(LINK.findall(said.read_text())))
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the system's Chromium; tests that find none are skipped, but not where CI is set."""
    found = next((path for path in CHROMIUM if Path(path).exists()), "")
    if not (found or os.environ.get("CI")):
        pytest.skip("no Chromium: apt-get install chromium")
    assert found, "Chromium is not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Looking:
    """Somebody with a browser window."""

    demo: Demo
    context: BrowserContext
    page: Page
    wrong: list[str] = field(default_factory=list)
    weight: int = 0

    def go(self, path: str) -> None:
        """Open a page, scroll to its end, and wait until everything is drawn."""
        self.weight = 0
        answer = self.page.goto(self.demo.address + path)
        assert answer, path
        assert self.page.evaluate(DRAWN, WAITING), f"{path} is not drawn to its end"

    def violations(self) -> list[str]:
        """Return what axe finds wrong with the page for those who use it without eyes or mouse."""
        found: Any = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['help']}: {node['html'][:200]}"
            for one in found
            for node in one["nodes"][:3]
        ]

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, if pictures are wanted."""
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@contextmanager
def looking(
    browser: Browser, demo: Demo, role: str, *, width: int = 1280, **more: Any
) -> Iterator[Looking]:
    """Sign somebody in with a browser of their own."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)
    context.set_default_navigation_timeout(PATIENCE_MS)
    page = context.new_page()
    one = Looking(demo, context, page)
    page.on(
        "console", lambda m: one.wrong.append(m.text) if m.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: one.wrong.append(str(error)))

    def weighed(response: Any) -> None:
        one.weight += int(response.headers.get("content-length", 0))

    page.on("response", weighed)
    page.goto(demo.address + demo.links[role])
    yield one
    context.close()
