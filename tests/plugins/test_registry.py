"""Discovery: built-ins, installed distributions and files enter alike, and faults are told."""

import textwrap
from pathlib import Path
from typing import Any

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.registry import PluginInfo, Registry, build
from lrs_stats.settings import Settings
from lrs_stats.testing import tables

REVISITS = """
    import polars as pl
    from lrs_stats import Metric, hookimpl

    class Revisits(Metric):
        name = "revisits"
        title = "Revisits"
        unit = "count"
        formula = "connections that start after the course was completed"
        source = "connections"
        expression = pl.col("after_completion").sum()

    @hookimpl
    def register_metrics():
        return [Revisits]
"""
INTERPRETER = """
    from lrs_stats import Interpreter, hookimpl

    class Ours(Interpreter):
        name, title, precedence = "ours", "Ours", 90
        def interpret(self, statement):
            return None

    @hookimpl
    def register_interpreters():
        return [Ours]
"""
DATACLASS = """
    from __future__ import annotations
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Point:
        x: int
"""


def plug(folder: Path, **files: str) -> Registry:
    """Build a registry with a plugin folder of these files."""
    for name, source in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
    return build(Settings(plugins=str(folder)))


def fault(folder: Path, **files: str) -> str:
    """Return the sentence that ends the start, with the folder left out."""
    with pytest.raises(CommandError) as refusal:
        plug(folder, **files)
    return str(refusal.value).replace(f"{folder}/", "")


def metric(old: str = "", new: str = "") -> str:
    assert old in REVISITS
    return REVISITS.replace(old, new)


def test_built_ins_are_found_like_any_plugin() -> None:
    registry = build(Settings())
    assert list(registry.metrics) == [
        *("first_connection", "last_connection", "attested_time", "completed_at"),
        *("connections", "connections_12_months", "course_result", "last_activity"),
        *("participants", "course_participants", "session_participants", "attendance", "learners"),
        *("participation", "completion", "progress", "useful", "not_useful"),
        *("score", "answers", "question_success", "respondents", "time_spent"),
    ]
    assert registry.exporters.keys() >= {"csv", "png"}
    assert registry.resolver is registry.resolvers["roles"]
    assert PluginInfo("time_spent", "lrs-stats 0.1.0", ("metric time_spent",)) in registry.plugins


def test_each_app_has_its_own(tmp_path: Path) -> None:
    assert "revisits" in plug(tmp_path, revisits=REVISITS).metrics
    assert "revisits" not in build(Settings()).metrics


def test_a_file_comes_after_the_built_ins(tmp_path: Path) -> None:
    registry = plug(tmp_path, revisits=REVISITS, a_first=metric("revisits", "a_first"))
    assert list(registry.metrics)[-2:] == ["a_first", "revisits"]
    assert registry.plugins[-1] == PluginInfo(
        "revisits", str(tmp_path / "revisits.py"), ("metric revisits",)
    )


def test_interpreters_are_asked_by_falling_precedence(tmp_path: Path) -> None:
    interpreters = plug(tmp_path, ours=INTERPRETER).interpreters
    assert interpreters[0].name == "ours"
    assert interpreters[-1].name == "table"


def test_files_with_an_underscore_are_no_plugins(tmp_path: Path) -> None:
    assert plug(tmp_path, _shared="raise RuntimeError").plugins == build(Settings()).plugins


def test_a_file_may_hold_dataclasses(tmp_path: Path) -> None:
    assert "revisits" in plug(tmp_path, r=DATACLASS + REVISITS).metrics


def test_an_installed_distribution_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / "acme_stats-2.3.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-stats\nVersion: 2.3\n")
    (about / "entry_points.txt").write_text("[lrs_stats]\nrevisits = acme_revisits\n")
    (tmp_path / "acme_revisits.py").write_text(textwrap.dedent(REVISITS))
    monkeypatch.syspath_prepend(tmp_path)
    registry = build(Settings())
    assert registry.plugins[-1] == PluginInfo("revisits", "acme-stats 2.3", ("metric revisits",))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "import no_such_package",
            (
                "The plugin p (p.py) cannot be imported:"
                " ModuleNotFoundError: No module named 'no_such_package'."
            ),
        ),
        (
            "def",
            "The plugin p (p.py) cannot be imported: SyntaxError: invalid syntax (p.py, line 1).",
        ),
        (
            metric("register_metrics", "register_metric"),
            (
                "The plugin p (p.py) does not fit the hooks register_interpreters,"
                " register_metrics, register_exporters, register_resolvers:"
                " unknown hook 'register_metric'."
            ),
        ),
        (
            metric("@hookimpl", ""),
            (
                "The plugin p (p.py) has no hook; mark one of register_interpreters,"
                " register_metrics, register_exporters, register_resolvers with @hookimpl."
            ),
        ),
        (
            metric("return [Revisits]", "return Revisits"),
            (
                "The plugin p (p.py) returns no list of classes from register_metrics:"
                " <class '_lrs_stats_plugin_p.Revisits'>."
            ),
        ),
        (
            metric("return [Revisits]", "raise KeyError('x')"),
            "The plugin p (p.py) fails in register_metrics: KeyError: 'x'.",
        ),
        (
            metric("[Revisits]", "['Revisits']"),
            "The plugin p (p.py) returns 'Revisits' from register_metrics, no subclass of Metric.",
        ),
        (
            metric("name =", "nom ="),
            (
                "The plugin p (p.py) has the class Revisits, which has no name;"
                " its contract asks for name, title, unit and formula."
            ),
        ),
        (
            metric("title =", "titre ="),
            (
                "The plugin p (p.py) has the class Revisits, which has no title;"
                " its contract asks for name, title, unit and formula."
            ),
        ),
        (
            metric('"revisits"', '"Re-visits"'),
            (
                "The plugin p (p.py) has the class Revisits, whose name 'Re-visits' is not"
                " lower-case letters, digits and _, a letter first."
            ),
        ),
        (
            metric('"count"', '"furlongs"'),
            (
                "The plugin p (p.py) has the class Revisits, whose unit is 'furlongs';"
                " it is count, seconds, percent or instant."
            ),
        ),
        (
            metric('"connections"', '"commections"'),
            (
                "The plugin p (p.py) has the class Revisits, whose source is 'commections';"
                " it is connections, connected, events, presence, answered, standing, results,"
                " enrolled, running or learners."
            ),
        ),
        (
            metric("unit =", "granularities = frozenset({'weeks'})\n        unit ="),
            (
                "The plugin p (p.py) has the class Revisits, which names the granularity 'weeks';"
                " there is platform, programs, sessions, courses, questions, groups,"
                " learners and enrolments."
            ),
        ),
        (
            metric("expression =", "numerator =").replace("Metric", "Ratio"),
            (
                "The plugin p (p.py) has the class Revisits,"
                " which has neither numerator and denominator nor a parts method."
            ),
        ),
        (
            metric("expression =", "formule ="),
            (
                "The plugin p (p.py) has the class Revisits,"
                " which has neither an expression nor a compute method."
            ),
        ),
        (
            INTERPRETER.replace("def interpret", "def interprete"),
            "The plugin p (p.py) has the class Ours, which does not implement interpret.",
        ),
        (
            metric("unit =", "def __init__(self): raise OSError('no disk')\n        unit ="),
            "The plugin p (p.py) cannot make a Revisits: OSError: no disk.",
        ),
        (
            metric('"revisits"', '"score"'),
            (
                "The plugin p (p.py) registers the metric score, which the plugin score"
                " (lrs-stats 0.1.0) registers already; rename one."
            ),
        ),
    ],
)
def test_a_fault_is_told_in_one_sentence(tmp_path: Path, source: str, sentence: str) -> None:
    assert fault(tmp_path, p=source) == sentence


def test_a_hook_with_an_unknown_argument_is_told(tmp_path: Path) -> None:
    sentence = fault(tmp_path, p=metric("register_metrics()", "register_metrics(settings)"))
    assert sentence.startswith("The plugin p (p.py) does not fit the hooks ")
    assert "Argument(s) {'settings'}" in sentence
    assert "\n" not in sentence


def test_two_files_cannot_register_one_name(tmp_path: Path) -> None:
    assert fault(tmp_path, one=REVISITS, two=REVISITS) == (
        "The plugin two (two.py) registers the metric revisits, which the plugin one (one.py)"
        " registers already; rename one."
    )


def test_a_file_cannot_take_the_name_of_a_plugin(tmp_path: Path) -> None:
    assert fault(tmp_path, score=REVISITS) == (
        "The plugin score (score.py) has the name of the plugin score (lrs-stats 0.1.0);"
        " rename one."
    )


def test_a_resolver_that_nobody_registers_is_told() -> None:
    with pytest.raises(CommandError) as refusal:
        build(Settings(resolver="ldap"))
    assert str(refusal.value) == (
        "The setting resolver names 'ldap', which no plugin registers; there is roles."
    )


def test_a_plugin_folder_that_is_none_is_told(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(CommandError) as refusal:
        build(Settings(plugins=missing))
    assert str(refusal.value) == f"The setting plugins names {missing!r}, which is no folder."


LIMITED = """
    import polars as pl
    from lrs_stats import Metric, Options, gathered, hookimpl

    class Long(Metric):
        name, title, unit = "long", "Long", "count"
        formula = "connections that are longer than is set"

        class Options(Options, frozen=True):
            seconds: int = 60

        def __init__(self, options):
            self._longer = (pl.col("seconds") > options.seconds).sum().alias("long")

        def compute(self, tables, by):
            return gathered(tables.connections, by, self._longer)

    @hookimpl
    def register_metrics():
        return [Long]
"""


def with_options(folder: Path, options: dict[str, dict[str, Any]]) -> Registry:
    (folder / "long.py").write_text(textwrap.dedent(LIMITED))
    return build(Settings(plugins=str(folder), options=options))


@pytest.mark.parametrize(("seconds", "counted"), [(None, 2), (100, 1), ("9", 3)])
def test_a_plugin_is_given_its_options(tmp_path: Path, seconds: Any, counted: int) -> None:
    options = {} if seconds is None else {"long": {"seconds": seconds}}
    metric = with_options(tmp_path, options).metrics["long"]
    given = tables(connections=[{"seconds": 10.0}, {"seconds": 70.0}, {"seconds": 170.0}])
    assert metric.compute(given, []).collect().item() == counted


FIT = "The settings under [options.long] do not fit the metric long: "
NO_SUCH = "no plugin of that name takes options; those that do: long, organisation, roles."


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("long", {"second": 9}, FIT + "second is none of its options, which are seconds."),
        ("long", {"seconds": "soon"}, FIT + "Expected `int`, got `str` - at `$.seconds`."),
        ("lang", {}, f"The settings have [options.lang], and {NO_SUCH}"),
        ("csv", {"x": 1}, f"The settings have [options.csv], and {NO_SUCH}"),
    ],
)
def test_options_that_do_not_fit_end_the_start(
    tmp_path: Path, name: str, given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError) as refusal:
        with_options(tmp_path, {name: given})
    assert str(refusal.value) == sentence


RESOLVER = """
    from lrs_stats import Grant, Resolver, hookimpl

    class Everybody(Resolver):
        name, title = "everybody", "Everybody sees the courses"

        def grants(self, person, directory):
            pages = frozenset({"courses"})
            return [Grant("learner", groups=frozenset(), granularities=pages)]

        def needed(self, granularity):
            return ["owner"]

    @hookimpl
    def register_resolvers():
        return [Everybody]
"""


def test_a_file_takes_the_place_of_the_resolver(tmp_path: Path) -> None:
    (tmp_path / "everybody.py").write_text(textwrap.dedent(RESOLVER))
    named = build(Settings(plugins=str(tmp_path), resolver="everybody"))
    assert named.resolver is named.resolvers["everybody"]
    assert build(Settings(plugins=str(tmp_path))).resolver.name == "roles"
