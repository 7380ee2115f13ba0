"""The pages in a browser, over the demo, as every role: they work, and everybody can use them."""

from collections.abc import Collection, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.browsing import PICTURES, Demo, Looking, chromium, demo, looking

ROLES = ("owner", "admin", "author", "coach", "advisor", "manager", "learner")
LOOKS: tuple[dict[str, Any], ...] = (
    {"width": 1280, "locale": "en-GB", "color_scheme": "light"},
    {"width": 1280, "locale": "fr-FR", "color_scheme": "dark"},
    {"width": 360, "locale": "fr-FR", "color_scheme": "light"},
    {"width": 360, "locale": "en-GB", "color_scheme": "dark"},
    {"width": 2560, "locale": "fr-FR", "color_scheme": "light"},
    {"width": 2560, "locale": "en-GB", "color_scheme": "dark"},
)
DIFFER = {"owner", "author", "coach", "learner"}
"""The roles whose pages differ in more than their rows."""
MOST = 1_300_000
"""Bytes of a page with all that it loads."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("pages")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def walk(one: Looking, names: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Open page after page: those of the menu, one for a row of each, an explanation.

    With names it opens those alone, and whatever leads to them.
    """
    one.page.goto(f"{one.demo.address}/dashboard/")
    waiting = {
        (link.get_attribute("href") or "").partition("?")[0].rsplit("/", 1)[-1]: link
        for link in one.page.query_selector_all(".menu nav a")
    }
    found = {name: link.get_attribute("href") or "" for name, link in waiting.items()}
    seen: set[str] = set()
    while left := [name for name in found if name not in seen]:
        name = left[0]
        seen.add(name)
        if names and name not in names:
            continue
        one.go(found[name])
        for link in one.page.query_selector_all("section.wide tbody tr:first-child a"):
            href = link.get_attribute("href") or ""
            found.setdefault(f"one-{href.split('/')[2]}", href)
        if tile := one.page.query_selector("a.explained"):
            found.setdefault("explain", tile.get_attribute("href") or "")
        yield name, found[name]


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_works_and_everybody_can_use_it(
    browser: Browser, served: Demo, role: str
) -> None:
    wrong, there = [], []
    with looking(browser, served, role, locale="en-GB") as one:
        for name, path in walk(one):
            there.append(name)
            wrong += [(path, told) for told in one.violations()] if role in DIFFER else []
            wrong += [(path, f"{one.weight} bytes")] if one.weight > MOST else []
            one.picture(f"{role}-{name}-en-light-1280")
    assert not wrong
    assert not one.wrong
    assert ("general" in there) == (role in {"owner", "admin"})
    assert len(there) >= (14 if role in {"owner", "admin"} else 3), there


SHOWN = ("general", "learners", "courses", "one-learners", "explain", "export", "server")
"""The pages that are looked at in every window."""


@pytest.mark.parametrize("look", LOOKS[1:], ids=lambda one: "-".join(map(str, one.values())))
def test_pages_fit_every_window_by_day_and_by_night(
    browser: Browser, served: Demo, look: dict[str, Any]
) -> None:
    told = f"{look['locale'][:2]}-{look['color_scheme']}-{look['width']}"
    with looking(browser, served, "owner", **look) as one:
        for name, path in walk(one, SHOWN if PICTURES else SHOWN[:2]):
            over = one.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, f"{path} is {over} pixels wider than the window"
            assert name not in SHOWN[:2] or not one.violations(), path
            one.picture(f"owner-{name}-{told}")
        assert not one.wrong


def test_a_figure_is_explained_in_a_window_and_the_focus_comes_back(
    browser: Browser, served: Demo
) -> None:
    with looking(browser, served, "owner") as one:
        one.go("/dashboard/courses")
        tile = one.page.locator("a.explained").first
        tile.focus()
        one.page.keyboard.press("Enter")
        shown = one.page.get_by_role("dialog")
        expect(shown).to_contain_text("What is behind the figure")
        assert not one.violations()
        one.page.keyboard.press("Escape")
        expect(shown).to_have_count(0)
        expect(tile).to_be_focused()


def test_names_are_found_as_one_types_and_by_keyboard(browser: Browser, served: Demo) -> None:
    with looking(browser, served, "owner") as one:
        one.go("/dashboard/learners")
        name = one.page.locator("tbody th a").first.inner_text()
        one.page.locator("summary", has_text="Learner").first.click()
        one.page.keyboard.type(name.split()[0].lower())
        found = one.page.locator(".found a", has_text=name).first
        expect(found).to_be_visible()
        found.press("Enter")
        expect(one.page.locator(".chips")).to_contain_text(name)
        assert one.page.locator("#learners tbody tr").count() == 1


def test_pages_work_without_scripts(browser: Browser, served: Demo) -> None:
    with looking(browser, served, "owner", java_script_enabled=False) as one:
        one.page.goto(f"{served.address}/dashboard/general")
        pictures = one.page.locator("#graph-connections img")
        assert pictures.evaluate("one => one.naturalWidth") > 100
        one.page.locator("summary", has_text="Group").click()
        one.page.locator('form[action="/dashboard/choose/group"] button').click()
        one.page.locator(".choices a").first.click()
        expect(one.page.locator(".chips")).to_contain_text("Group")
        one.page.locator("#graphs-more a").click()
        expect(one.page.locator("#graph-answers")).to_be_visible()
        one.page.goto(f"{served.address}/dashboard/learners")
        cell = one.page.locator("tbody tr [data-metric]").first.inner_text()
        one.page.locator(".behind a").press("Enter")
        one.page.locator(".reasons summary").nth(1).press("Enter")
        figure = one.page.locator(".reasons details").nth(1).locator("a").first
        expect(figure).to_contain_text(cell)
        figure.press("Enter")
        expect(one.page.locator(".explanation .value")).to_have_text(cell)
        assert not one.wrong


def test_a_page_of_what_is_behind_figures_can_be_used_by_everybody(
    browser: Browser, served: Demo
) -> None:
    with looking(browser, served, "owner", width=360) as one:
        one.go("/dashboard/learners?behind=learners")
        assert not one.violations()
        assert one.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        one.page.locator(".reasons a").first.press("Enter")
        expect(one.page.get_by_role("dialog")).to_contain_text("What is behind the figure")


def test_the_library_of_the_charts_is_loaded_once_and_kept(browser: Browser, served: Demo) -> None:
    loaded = "performance.getEntriesByType('resource').filter((one) => /vega.js$/.test(one.name))"
    with looking(browser, served, "owner") as one:
        one.go("/dashboard/general")
        assert one.page.locator(".chart svg").count() >= 4
        one.go("/dashboard/courses")
        assert one.page.locator(".chart svg").count() == 1
        assert one.page.evaluate(f"{loaded}.map((one) => one.transferSize)") == [0]
