"""What the plugins provide: found, checked and sorted once, when an app is built.

A plugin is a module with hooks. Those of installed distributions, the built-ins among them, are
found through the entry-point group `lrs_stats`; those of the configured plugin folder are its
files. A fault in any of them ends the start with one sentence that names both sides.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.machinery import SourceFileLoader
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar, get_args

import pluggy

from lrs_stats import hookspecs
from lrs_stats.access.grants import Resolver
from lrs_stats.errors import CommandError
from lrs_stats.facts.interpreter import Interpreter
from lrs_stats.options import Options, filled
from lrs_stats.reports.exporter import Exporter
from lrs_stats.reports.granularities import EVERY, GRANULARITIES
from lrs_stats.reports.metric import Metric, Ratio, Unit
from lrs_stats.reports.tables import Source
from lrs_stats.settings import Settings

OURS: Final = "lrs-stats"
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class _Named(Protocol):
    """What all that plugins provide has in common."""

    name: ClassVar[str]


T = TypeVar("T", bound=_Named)


@dataclass(frozen=True)
class PluginInfo:
    """A plugin that was loaded, where it came from, and what it provides (`metric score`)."""

    name: str
    source: str
    provides: tuple[str, ...]


@dataclass(frozen=True)
class Registry:
    """Everything that plugins provide, by name; interpreters in the order of asking."""

    interpreters: tuple[Interpreter, ...]
    metrics: dict[str, Metric]
    exporters: dict[str, Exporter]
    resolvers: dict[str, Resolver]
    resolver: Resolver
    plugins: tuple[PluginInfo, ...]


@dataclass(frozen=True)
class _Plugin:
    """A plugin that was found; loading it may still fail."""

    name: str
    source: str
    load: Callable[[], ModuleType]

    def __str__(self) -> str:
        return f"plugin {self.name} ({self.source})"


@dataclass(frozen=True)
class _Kind(Generic[T]):
    """A kind of thing that plugins provide: what it says of itself, and what it must do."""

    word: str
    contract: type[T]
    says: tuple[str, ...]
    does: str

    @property
    def hook(self) -> str:
        return f"register_{self.word}s"


_INTERPRETER: Final = _Kind("interpreter", Interpreter, ("name", "title"), "interpret")
_METRIC: Final = _Kind("metric", Metric, ("name", "title", "unit", "formula"), "compute")
_EXPORTER: Final = _Kind(
    "exporter", Exporter, ("name", "title", "media_type", "extension"), "write"
)
_RESOLVER: Final = _Kind("resolver", Resolver, ("name", "title"), "grants")
_KINDS: Final[tuple[_Kind[Any], ...]] = (_INTERPRETER, _METRIC, _EXPORTER, _RESOLVER)
_HOOKS: Final = ", ".join(kind.hook for kind in _KINDS)


def build(settings: Settings) -> Registry:
    """Load every plugin, the built-ins first and then by name, and collect what they provide.

    Raises CommandError with one sentence that names the plugin and what is wrong with it.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    plugins: dict[str, _Plugin] = {}
    for plugin in [*_installed(), *_files(settings.plugins)]:
        _register(manager, plugin, plugins)
    owners: dict[str, _Plugin] = {}
    collect = partial(_collect, manager, plugins=plugins, owners=owners, options=settings.options)
    interpreters = collect(_INTERPRETER)
    metrics = collect(_METRIC)
    exporters = collect(_EXPORTER)
    resolvers = collect(_RESOLVER)
    _check_options(settings.options, [interpreters, metrics, exporters, resolvers])
    return Registry(
        interpreters=tuple(
            sorted(interpreters.values(), key=lambda one: (-one.precedence, one.name))
        ),
        metrics=metrics,
        exporters=exporters,
        resolvers=resolvers,
        resolver=_in_force(resolvers, settings.resolver),
        plugins=tuple(_info(plugin, owners) for plugin in plugins.values()),
    )


def fault(given: type[object]) -> str:
    """Say why the server would refuse a class that a plugin registers, or nothing."""
    kind = next((one for one in _KINDS if issubclass(given, one.contract)), None)
    return _fault(kind, given) if kind else f"which is no {_listed([k.word for k in _KINDS], 'or')}"


def _installed() -> list[_Plugin]:
    """Return the plugins of installed distributions, our own first."""
    points = entry_points(group=hookspecs.PROJECT)
    ordered = sorted(points, key=lambda point: (_distribution(point)[0] != OURS, point.name))
    return [_Plugin(point.name, " ".join(_distribution(point)), point.load) for point in ordered]


def _distribution(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else (point.value, "")


def _files(folder: str) -> Iterator[_Plugin]:
    """Yield the files of the plugin folder; those that begin with `_` are no plugins."""
    if not folder:
        return
    if not Path(folder).is_dir():
        raise CommandError(f"The setting plugins names {folder!r}, which is no folder.")
    for path in sorted(Path(folder).glob("[!_]*.py")):
        yield _Plugin(path.stem, str(path), partial(_run, path))


def _run(path: Path) -> ModuleType:
    """Run a file as a module of a private name, under which dataclasses look it up."""
    name = f"_lrs_stats_plugin_{path.stem}"
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(path)
    SourceFileLoader(name, str(path)).exec_module(module)
    return module


def _register(manager: pluggy.PluginManager, plugin: _Plugin, plugins: dict[str, _Plugin]) -> None:
    """Load one plugin and have its hooks checked against the specifications."""
    if plugin.name in plugins:
        raise CommandError(f"The {plugin} has the name of the {plugins[plugin.name]}; rename one.")
    try:
        module = plugin.load()
    except Exception as error:
        raise CommandError(f"The {plugin} cannot be imported: {_reason(error)}.") from error
    try:
        manager.register(module, plugin.name)
        manager.check_pending()
    except (ValueError, pluggy.PluginValidationError) as error:
        fault = _flat(str(error).partition(" in plugin ")[0])
        raise CommandError(f"The {plugin} does not fit the hooks {_HOOKS}: {fault}.") from error
    if not manager.get_hookcallers(module):
        raise CommandError(f"The {plugin} has no hook; mark one of {_HOOKS} with @hookimpl.")
    plugins[plugin.name] = plugin


def _collect(
    manager: pluggy.PluginManager,
    kind: _Kind[T],
    *,
    plugins: dict[str, _Plugin],
    owners: dict[str, _Plugin],
    options: Mapping[str, Mapping[str, Any]],
) -> dict[str, T]:
    """Call one hook of every plugin, refuse two of one name, and note whose each is."""
    collected: dict[str, T] = {}
    for implementation in getattr(manager.hook, kind.hook).get_hookimpls():
        plugin = plugins[implementation.plugin_name]
        for given in _called(plugin, kind, implementation.function):
            thing = _made(plugin, kind, given, options)
            name = thing.name
            if name in collected:
                owner = owners[f"{kind.word} {name}"]
                raise CommandError(
                    f"The {plugin} registers the {kind.word} {name},"
                    f" which the {owner} registers already; rename one."
                )
            collected[name] = thing
            owners[f"{kind.word} {name}"] = plugin
    return collected


def _called(plugin: _Plugin, kind: _Kind[T], hook: Callable[[], object]) -> list[object]:
    """Return what the hook of one plugin gives."""
    try:
        given = hook()
    except Exception as error:
        raise CommandError(f"The {plugin} fails in {kind.hook}: {_reason(error)}.") from error
    if not isinstance(given, list):
        raise CommandError(f"The {plugin} returns no list of classes from {kind.hook}: {given!r}.")
    return given


def _made(
    plugin: _Plugin, kind: _Kind[T], given: object, options: Mapping[str, Mapping[str, Any]]
) -> T:
    """Make the one instance of a class that keeps its contract, with the options that it takes."""
    if not (isinstance(given, type) and issubclass(given, kind.contract)):
        expected = f"no subclass of {kind.contract.__name__}"
        raise CommandError(f"The {plugin} returns {given!r} from {kind.hook}, {expected}.")
    fault = _fault(kind, given)
    if fault:
        raise CommandError(f"The {plugin} has the class {given.__name__}, {fault}.")
    taken = _options(kind, given, options.get(_table(given), {}))
    try:
        return given(*taken)
    except Exception as error:
        raise CommandError(
            f"The {plugin} cannot make a {given.__name__}: {_reason(error)}."
        ) from error


def _table(given: object) -> str:
    """Return the table of the settings that has the options of a class, or of what it made."""
    return str(getattr(given, "options_table", None) or getattr(given, "name", ""))


def _options(kind: _Kind[T], given: type[T], settings: Mapping[str, Any]) -> list[Options]:
    """Return the options that a class takes, filled from the settings; none if it declares none."""
    schema = getattr(given, "Options", None)
    if schema is None:
        return []
    try:
        return [filled(schema, settings)]
    except ValueError as error:
        raise CommandError(
            f"The settings under [options.{_table(given)}] do not fit the {kind.word} "
            f"{given.name}: {error}."
        ) from error


def _check_options(
    options: Mapping[str, Mapping[str, Any]], provided: Sequence[Mapping[str, object]]
) -> None:
    """Refuse options of something that is not there, or takes none."""
    taking = {
        _table(one)
        for things in provided
        for one in things.values()
        if getattr(one, "Options", None)
    }
    for name in options:
        if name not in taking:
            known = ", ".join(sorted(taking)) or "none"
            raise CommandError(
                f"The settings have [options.{name}], and no plugin of that name takes options; "
                f"those that do: {known}."
            )


def _fault(kind: _Kind[T], given: type[T]) -> str:
    """Say what a class lacks of its contract, or nothing."""
    for word in kind.says:
        if not isinstance(getattr(given, word, None), str):
            return f"which has no {word}; its contract asks for {_listed(kind.says)}"
    if not NAME.fullmatch(given.name):
        return f"whose name {given.name!r} is not lower-case letters, digits and _, a letter first"
    does_nothing = getattr(given, kind.does) is getattr(kind.contract, kind.does)
    if issubclass(given, Metric):
        return _fault_of_metric(given, does_nothing=does_nothing)
    return f"which does not implement {kind.does}" if does_nothing else ""


def _fault_of_metric(given: type[Metric], *, does_nothing: bool) -> str:
    if given.unit not in get_args(Unit):
        return f"whose unit is {given.unit!r}; it is {_listed(get_args(Unit), 'or')}"
    if given.source not in get_args(Source):
        return f"whose source is {given.source!r}; it is {_listed(get_args(Source), 'or')}"
    unknown = sorted((given.granularities or frozenset()) - EVERY.keys())
    if unknown:
        return f"which names the granularity {unknown[0]!r}; there is {_listed([*GRANULARITIES])}"
    if does_nothing and given.expression is None:
        return "which has neither an expression nor a compute method"
    if issubclass(given, Ratio) and _divides_nothing(given):
        return "which has neither numerator and denominator nor a parts method"
    return ""


def _divides_nothing(given: type[Ratio]) -> bool:
    inherited = given.parts is Ratio.parts and given.compute is Ratio.compute
    return inherited and (given.numerator is None or given.denominator is None)


def _listed(words: Sequence[str], last: str = "and") -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _reason(error: Exception) -> str:
    return _flat(f"{type(error).__name__}: {error}").rstrip(".")


def _flat(text: str) -> str:
    return " ".join(text.split())


def _in_force(resolvers: Mapping[str, Resolver], name: str) -> Resolver:
    if name not in resolvers:
        known = ", ".join(resolvers) or "none"
        raise CommandError(
            f"The setting resolver names {name!r}, which no plugin registers; there is {known}."
        )
    return resolvers[name]


def _info(plugin: _Plugin, owners: Mapping[str, _Plugin]) -> PluginInfo:
    provides = (thing for thing, owner in owners.items() if owner is plugin)
    return PluginInfo(plugin.name, plugin.source, tuple(provides))
