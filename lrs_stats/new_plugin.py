"""A plugin to begin with: a package that works, passes its tests, and waits to be changed."""

import keyword
import re
import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Final, Literal

from lrs_stats.errors import CommandError
from lrs_stats.registry import NAME, PluginInfo

Kind = Literal["metric", "exporter", "interpreter", "resolver"]
LONGEST: Final = 30
"""Letters of a name: with more, lines of the package would be too long."""

_USES: Final[Mapping[Kind, str]] = {
    "metric": "The figure is a column everywhere: `/api/v1/stats/learners?metrics=$name`.",
    "exporter": "Any report is rendered by it: `/api/v1/stats/learners.$name`.",
    "interpreter": (
        "It reads what arrives from then on. `lrs-stats rebuild` has it read all that there is."
    ),
    "resolver": 'It is in force once the settings say so: `resolver = "$name"`.',
}
_PLACES: Final[Mapping[str, str]] = {
    "module.py": "$module.py",
    "test.py": "tests/test_$name.py",
    "gitignore": ".gitignore",
}
"""Where the templates that are not called as their files go to."""


def write(kind: Kind, name: str, folder: Path | None, taken: Sequence[PluginInfo]) -> Path:
    """Write the package of a new plugin beside those that are there, and return its folder.

    Raises CommandError for a name that cannot be taken, and for a folder that is there already.
    """
    _check(kind, name, taken)
    words = _words(kind, name)
    whole = folder or Path(words["distribution"])
    if whole.exists():
        raise CommandError(f"{whole} is there already; choose another folder with --folder.")
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=whole.parent, prefix=f".{whole.name}.") as beside:
            part = Path(beside) / whole.name
            for place, text in _files(kind, words):
                path = part / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            part.rename(whole)
    except OSError as error:
        raise CommandError(f"{whole} cannot be written ({error.strerror or error}).") from error
    return whole


def _check(kind: Kind, name: str, taken: Sequence[PluginInfo]) -> None:
    """Refuse a name that the server would refuse, or with which the package would not work."""
    if not NAME.fullmatch(name):
        raise CommandError(
            f"{name!r} is no name for a plugin: it is lower-case letters, digits and _, a letter "
            "first."
        )
    if len(name) > LONGEST:
        raise CommandError(f"{name} has {len(name)} letters; a name has {LONGEST} at most.")
    for plugin in taken:
        if plugin.name == name or f"{kind} {name}" in plugin.provides:
            raise CommandError(
                f"The name {name} is taken by the plugin {plugin.name} ({plugin.source}); "
                "choose another."
            )
    if find_spec(f"lrs_stats_{name}"):
        raise CommandError(f"There is a module lrs_stats_{name} already; choose another name.")


def _words(kind: Kind, name: str) -> dict[str, str]:
    """Return what stands in the templates for the words with a dollar sign."""
    parts = [part for part in name.split("_") if part]
    called = "".join(part.capitalize() for part in parts)
    module = _template(kind, "module.py").template
    if keyword.iskeyword(called) or re.search(rf"\b{called}\b", module):
        called += kind.capitalize()
    needed = ["lrs-stats>=0.1", *(["polars>=1.30"] if "import polars" in module else [])]
    words = {
        "kind": kind,
        "article": "an" if kind[0] in "aeiou" else "a",
        "name": name,
        "title": " ".join(parts).capitalize(),
        "class": called,
        "module": f"lrs_stats_{name}",
        "distribution": "-".join(["lrs-stats", *parts]),
        "subtype": "-".join(parts),
        "dependencies": ", ".join(f'"{one}"' for one in needed),
    }
    return words | {"use": Template(_USES[kind]).substitute(words)}


def _files(kind: Kind, words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the places and the texts of the files of a package."""
    found = []
    for folder in ("every", kind):
        for template in sorted(_templates(folder).iterdir(), key=lambda one: one.name):
            name = template.name.removesuffix(".tmpl")
            place = Template(_PLACES.get(name, name)).substitute(words)
            found.append((place, _template(folder, name).substitute(words)))
    return found


def _template(folder: str, name: str) -> Template:
    return Template((_templates(folder) / f"{name}.tmpl").read_text("utf-8"))


def _templates(folder: str) -> Traversable:
    return files("lrs_stats") / "plugin_templates" / folder
