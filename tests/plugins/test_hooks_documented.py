"""No hook without a shipped plugin, a contract that tests it, and its signature in the docs."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lrs_stats import hookspecs, testing
from lrs_stats.registry import build
from lrs_stats.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
HOOKS = {
    name: function
    for name, function in vars(hookspecs).items()
    if hasattr(function, f"{hookspecs.PROJECT}_spec")
}


@pytest.mark.parametrize("name", HOOKS)
def test_a_shipped_plugin_uses_the_hook(name: str) -> None:
    word = name.removeprefix("register_").removesuffix("s")
    provided = [
        one
        for plugin in build(Settings()).plugins
        for one in plugin.provides
        if plugin.source.startswith("lrs-stats ")
    ]
    assert any(one.startswith(f"{word} ") for one in provided)


@pytest.mark.parametrize("name", HOOKS)
def test_a_contract_tests_the_hook(name: str) -> None:
    word = name.removeprefix("register_").removesuffix("s")
    assert hasattr(testing, f"{word.capitalize()}Contract")


@pytest.mark.parametrize(("name", "function"), HOOKS.items())
def test_the_page_has_the_signature(name: str, function: Callable[..., Any]) -> None:
    signature = str(inspect.signature(function)).replace("'", "")
    assert f"### `{name}{signature}`\n" in PAGE
