"""The command that writes the tables of the facts for analysts, without names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lrs_stats.cli_audit import written_down
from lrs_stats.errors import BadRequest, CommandError
from lrs_stats.settings import Settings

Make = Callable[[], Settings]


@click.group()
def export() -> None:
    """Whole tables, for analysts."""


@export.command("tables")
@click.option("--output", metavar="FOLDER", type=click.Path(path_type=Path), required=True,
              help="The folder to write; it is empty, or not there.")  # fmt: skip
@click.option("--from", "start", metavar="INSTANT", help="The first day or instant.")
@click.option("--to", "end", metavar="INSTANT", help="The day or instant at which it ends.")
@click.option("--key-file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              help="The key of pseudonyms; made if it is not there.")  # fmt: skip
@click.pass_obj
def tables(
    make: Make, output: Path, start: str | None, end: str | None, key_file: Path | None
) -> None:
    """Write events, connections and roster as Parquet, with pseudonyms and without names.

    All is of one publication. Without --key-file nobody can tell of two exports who is the same;
    with it, whoever has the key can tell who is who. docs/tables.md explains every column, and
    what remains a risk.
    """
    from lrs_stats import table_export  # noqa: PLC0415 - each command loads only what it needs
    from lrs_stats.api.periods import period  # noqa: PLC0415
    from lrs_stats.logs import configure  # noqa: PLC0415
    from lrs_stats.progress import bar  # noqa: PLC0415
    from lrs_stats.serving import opened  # noqa: PLC0415

    settings = make()
    try:
        span = period(start, end, settings.zone)
    except BadRequest as error:
        raise CommandError(f"--{error.detail}") from error
    configure()
    table_export.check(settings, output, key_file)
    with opened(settings) as reachable:
        table_export.check_erasures(reachable)
        written_down(reachable, "export tables", "tables", asked={"from": start, "to": end})
        with bar("Exporting", 0) as progress:
            counts = table_export.export(reachable, output, key_file, span, progress)
    click.echo(f"Wrote {output}: {_listed(counts)}.")


def _listed(counts: dict[str, Any]) -> str:
    return ", ".join(f"{rows} {table.replace('_', ' ')}" for table, rows in counts.items())
