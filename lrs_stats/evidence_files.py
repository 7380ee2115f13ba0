"""An evidence pack of a server's own data, made by whoever operates it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final, cast

import polars as pl

from lrs_stats.access.grants import Grant
from lrs_stats.api.forewarning import forewarned
from lrs_stats.errors import CommandError
from lrs_stats.evidence import verify
from lrs_stats.parts import parts
from lrs_stats.progress import Progress
from lrs_stats.reports.exporter import CannotRender, Exporter
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Report, Reports
from lrs_stats.serving import Reachable
from lrs_stats.store.erasures import ErasureStore

EXPORTER: Final = "opca"
_PIECE: Final = 20
"""Rows after which the progress is told."""


@dataclass(frozen=True)
class Order:
    """What is to be written: an exporter, the reports that it is given, and what they lack."""

    exporter: Exporter
    reports: Reports
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Return the number of learners in sessions."""
        return self.reports.asked.count


def ordered(reachable: Reachable, query: Query) -> Order:
    """Return what a question asks for; raise CommandError for what cannot be evidence."""
    if ErasureStore(reachable.database).under_way():
        raise CommandError("A person is being erased, and would be in the pack. Try again later.")
    services = parts(reachable.settings, reachable.database)
    exporter = services.registry.exporters.get(EXPORTER)
    if exporter is None:
        raise CommandError(f"There is no exporter {EXPORTER}, which makes evidence packs.")
    granted = [Grant("owner")]
    reports = services.reports(query, exporter.needs, granted)
    if not reports.asked.count:
        raise CommandError("Nobody has a place in what is asked for; look at the ids and the days.")
    warnings = forewarned(services, query, [exporter], granted)[exporter.name]
    return Order(exporter, reports, tuple(warnings))


def write(order: Order, options: Mapping[str, str], output: Path, progress: Progress) -> str:
    """Write a pack beside the place where it is to be, and return the hash of its manifest.

    `named` gives it its name. Raises CommandError when it cannot be written.
    """
    try:
        with _beside(output).open("xb") as file:
            told = _telling(order.reports, progress)
            order.exporter.write(told, cast("BinaryIO", file), options)
        return verify(_beside(output)).digest
    except FileExistsError as error:
        raise CommandError(
            f"{_beside(output)} is there already: a pack in the making, or one that was cut off. "
            "Remove it, or choose another name."
        ) from error
    except (OSError, CannotRender) as error:
        dropped(output)
        raise CommandError(f"The pack cannot be written: {error}") from error
    except BaseException:
        dropped(output)
        raise


def named(output: Path) -> None:
    """Give a pack that was written its name."""
    _beside(output).rename(output)


def dropped(output: Path) -> None:
    """Remove a pack that was written, or begun, and has no name yet."""
    _beside(output).unlink(missing_ok=True)


def _beside(output: Path) -> Path:
    return output.with_name(f"{output.name}.part")


def _telling(reports: Reports, progress: Progress) -> Reports:
    """Return reports that tell how many of their rows were gone through."""
    total = sum(report.count for report in reports.others.values())
    done = 0

    def told(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        nonlocal done
        for batch in batches:
            if not batch.height:
                yield batch
            for piece in batch.iter_slices(_PIECE):
                yield piece
                done += piece.height
                progress(done, total)

    def telling(report: Report) -> Report:
        return replace(report, batches=told(report.batches))

    return Reports(reports.asked, {name: telling(one) for name, one in reports.others.items()})
