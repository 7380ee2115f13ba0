"""The commands for the roster: replace it, change a part of it, write it out, look at it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lrs_stats.cli_audit import written_down
from lrs_stats.roster import folder as folders
from lrs_stats.roster.changes import Change, replacement
from lrs_stats.roster.changing import upsertion
from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.listing import LIMIT, listing
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES
from lrs_stats.settings import Settings

if TYPE_CHECKING:
    from lrs_stats.serving import Reachable
    from lrs_stats.store.rosters import RosterStore, Taken

Make = Callable[[], Settings]

FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only list what would change.")
LIMITED = click.option(
    "--limit", default=LIMIT, show_default=True, help="How many rows --dry-run lists."
)


@click.group()
def roster() -> None:
    """People, groups, courses, programs, sessions and enrolments."""


@roster.command("import")
@FOLDER
@DRY_RUN
@LIMITED
@click.pass_obj
def import_(make: Make, folder: Path, *, dry_run: bool, limit: int) -> None:
    """Replace the roster by the CSV files of FOLDER, all of them or nothing.

    What stands in none of them is not in the roster any more. Where little differs, no more than
    that is written.
    """
    with _reading("Reading", folder) as progress, _refusals():
        tables = folders.read(folder, progress)
    counts = tables.counts()
    with _opened(make()) as (reachable, rosters), _refusals():
        if dry_run:
            _say(rosters, lambda one: replacement(one.all_rows(), tables), limit)
            return
        with _bar("Importing", sum(counts.values())) as progress:
            rosters.exchange(tables, None, progress)
        written_down(reachable, "replace roster", "roster", rows=sum(counts.values()))
    click.echo("Imported " + ", ".join(f"{count} {name}" for name, count in counts.items()) + ".")


@roster.command()
@FOLDER
@DRY_RUN
@LIMITED
@click.pass_obj
def update(make: Make, folder: Path, *, dry_run: bool, limit: int) -> None:
    """Add the rows of the CSV files in FOLDER, or put them in the place of those with their key.

    Files may be missing, and rows that are not in a file stay. A row is taken whole: a cell that
    is empty, or whose column is missing, is empty afterwards.
    """
    with _reading("Reading", folder) as progress, _refusals():
        offered = folders.offered(folder, progress)
    with _opened(make()) as (reachable, rosters), _refusals():
        if dry_run:
            _say(rosters, lambda one: upsertion(offered, one), limit)
            return
        taken = rosters.change(lambda one: upsertion(offered, one))
        written_down(reachable, "change roster", "roster", rows=len(taken.change))
    _say_taken(taken)


@roster.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export(make: Make, folder: Path) -> None:
    """Write the roster into FOLDER, as CSV files that `import` takes back unchanged."""
    with _opened(make()) as (reachable, rosters):
        kept = rosters.load()
        rows = sum(kept.counts().values())
        written_down(reachable, "read roster", "roster", rows=rows)
    with _bar("Exporting", rows) as progress:
        folders.write(folder, kept.tables, progress)
    click.echo(f"Wrote version {kept.version} of the roster to {folder}.")


@roster.command()
@click.pass_obj
def show(make: Make) -> None:
    """Show the version of the roster, and how many rows each table has."""
    with _opened(make()) as (_, rosters):
        kept = rosters.load()
    click.echo(f"version          {kept.version}")
    for table, count in kept.counts().items():
        click.echo(f"{table:<16} {count}")


def _say(rosters: "RosterStore", make: Callable[[Roster], Change], limit: int) -> None:
    kept = rosters.load()
    change = make(kept)
    rosters.refuse_erased(change)
    for line in listing(kept, change, limit).lines():
        click.echo(line)


def _say_taken(taken: "Taken") -> None:
    for line in listing(taken.before, taken.change, 0).counted():
        click.echo(line)
    click.echo(f"The roster is at version {taken.version}.")


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple["Reachable", "RosterStore"]]:
    from lrs_stats.serving import opened  # noqa: PLC0415 - each command loads only what it needs
    from lrs_stats.store.rosters import RosterStore  # noqa: PLC0415

    with opened(settings) as reachable:
        yield reachable, RosterStore(reachable.database)


@contextmanager
def _bar(label: str, total: int) -> Iterator[folders.Progress]:
    from lrs_stats.progress import bar  # noqa: PLC0415

    with bar(label, total) as progress:
        yield progress


@contextmanager
def _reading(label: str, folder: Path) -> Iterator[folders.Progress]:
    """Draw a bar for the bytes of the files of a folder."""
    total = sum((folder / f"{table}.csv").stat().st_size for table in TABLES
                if (folder / f"{table}.csv").is_file())  # fmt: skip
    with _bar(label, total) as progress:
        yield progress


@contextmanager
def _refusals() -> Iterator[None]:
    """Print every fault of a roster that is refused, each on a line."""
    try:
        yield
    except RosterRefused as refused:
        for complaint in refused.complaints:
            click.echo(str(complaint), err=True)
        click.echo(f"lrs-stats: {refused}", err=True)
        sys.exit(1)
