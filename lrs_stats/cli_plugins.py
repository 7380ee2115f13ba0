"""The commands for plugins: what is installed, and a new one to begin with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lrs_stats.errors import CommandError
from lrs_stats.settings import Settings

Make = Callable[[], Settings]
KINDS = ("metric", "exporter", "interpreter", "resolver")


@click.group(invoke_without_command=True)
@click.pass_context
def plugins(context: click.Context) -> None:
    """List what is installed: metrics, exporters, interpreters, resolvers."""
    if context.invoked_subcommand is not None:
        return
    for plugin in _registry(context.obj).plugins:
        click.echo(f"{plugin.name:<20} {plugin.source:<24} {', '.join(plugin.provides)}")


@plugins.command("new")
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), help="Where.  [default: lrs-stats-NAME]")
@click.pass_obj
def new(make: Make, kind: Any, name: str, folder: Path | None) -> None:
    """Write the package of a new plugin; KIND is metric, exporter, interpreter or resolver.

    It works as it is written and passes its own tests. Change the module, and publish the package.
    """
    from lrs_stats import new_plugin  # noqa: PLC0415 - each command loads only what it needs

    taken: tuple[Any, ...] = ()
    try:
        taken = _registry(make).plugins
    except CommandError as error:
        click.echo(f"Which names are taken cannot be told. {error}", err=True)
    whole = new_plugin.write(kind, name, folder, taken)
    click.echo(
        f"Wrote {whole}: the {kind} is lrs_stats_{name}.py. In that folder, with the Python of "
        "lrs-stats:\n"
        "  pip install --editable '.[dev]'\n"
        "  python -m pytest\n"
        "  lrs-stats plugins"
    )


def _registry(make: Make) -> Any:
    from lrs_stats.registry import build  # noqa: PLC0415

    return build(make())
