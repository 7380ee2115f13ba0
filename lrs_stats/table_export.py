"""An export of the tables of a server: its newest publication, by the roster that it rests on."""

from datetime import datetime
from pathlib import Path

from lrs_stats import __version__
from lrs_stats.analysis import exporting, published
from lrs_stats.analysis.pseudonyms import key_of, make_key, new_key
from lrs_stats.errors import CommandError
from lrs_stats.progress import Progress
from lrs_stats.roster.roster import Roster
from lrs_stats.serving import Reachable
from lrs_stats.settings import Settings
from lrs_stats.store.erasures import ErasureStore
from lrs_stats.store.rosters import RosterStore

Period = tuple[datetime | None, datetime | None]


def check(settings: Settings, folder: Path, key_file: Path | None) -> None:
    """Raise CommandError for what would be refused later, or be a mistake."""
    if key_file is not None and key_file.resolve().is_relative_to(folder.resolve()):
        raise CommandError("The key would lie among the files that it protects. Keep it elsewhere.")
    exporting.check(folder)
    if not settings.facts.is_dir():
        raise CommandError(
            f"There are no facts in {settings.facts}. Name the data folder of the server with "
            "--data; it makes them when it first runs."
        )


def check_erasures(reachable: Reachable) -> None:
    """Raise CommandError while a person is being erased."""
    if ErasureStore(reachable.database).under_way():
        raise CommandError(
            "A person is being erased, and would be in the files. Export when that is done."
        )


def export(
    reachable: Reachable, folder: Path, key_file: Path | None, period: Period, progress: Progress
) -> dict[str, int]:
    """Write the tables into a folder, and return the rows of each.

    Raises CommandError when they cannot be written, and when a person is erased meanwhile.
    """
    found = published(reachable.settings.facts)
    version = found.publication.mark.roster
    roster = RosterStore(reachable.database).of_version(version) if version else Roster()
    if roster is None:
        raise CommandError(f"Version {version} of the roster is not there any more. Export again.")
    about = {"lrs_stats": __version__, "timezone": reachable.settings.timezone, "roster": version}
    wanted = exporting.Wanted(*period, _key(key_file), about)
    return exporting.export(
        found,
        roster,
        wanted,
        folder,
        progress=progress,
        still_fine=lambda: check_erasures(reachable),
    )


def _key(file: Path | None) -> bytes:
    if file is None:
        return new_key()
    make_key(file)
    return key_of(file)
