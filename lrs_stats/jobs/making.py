"""Makes one file that was ordered, in the scope that its owner has now: whole, or not at all."""

import errno
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final, Self, cast
from uuid import uuid4

import polars as pl
import structlog

from lrs_stats.access.covering import written_down
from lrs_stats.access.grants import Grant
from lrs_stats.access.owners import standing
from lrs_stats.api.ordering import Wanted, wanted
from lrs_stats.errors import Forbidden, NoFacts, NoSpace, Problem, Unavailable
from lrs_stats.jobs.delivery import deliver
from lrs_stats.jobs.mail import NotDelivered
from lrs_stats.jobs.naming import file_name
from lrs_stats.reports.exporter import CannotRender, render
from lrs_stats.reports.granularities import page_to_open
from lrs_stats.reports.report import Report, Reports
from lrs_stats.services import Services
from lrs_stats.settings import Settings
from lrs_stats.store.export_files import whole, workplace
from lrs_stats.store.export_space import Kept, NoRoom
from lrs_stats.store.exports import WAITS, Export, ExportStore, Made

BEAT: Final = 1.0
"""Seconds between two signs of life, which tell how far it is."""
MEBIBYTE: Final = 1 << 20
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
Progress = Callable[[int, int], None]

_log = structlog.get_logger()


class Lost(Exception):
    """The run is none any more: it was cancelled, or taken back."""


class Heartbeat:
    """Keeps a run while a file is made, and raises Lost where it makes progress once it is none."""

    def __init__(self, store: ExportStore, export: Export, lost: Callable[[], object]) -> None:
        """Take what is called, in another thread, when the run is lost."""
        self._store = store
        self._export = export
        self._when_lost = lost
        self._rows, self._total = 0, export.total
        self._lost, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._watch, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End; the run is kept for as long as a lease lasts."""
        self._over.set()
        self._thread.join()

    def progress(self, rows: int, total: int) -> None:
        """Take note of how many rows of how many are written, or raise Lost."""
        self._rows, self._total = rows, total
        if self._lost.is_set():
            raise Lost

    def _watch(self) -> None:
        while not self._over.wait(BEAT):
            try:
                kept = self._store.renew(self._export, self._rows, self._total)
            except Unavailable as error:
                _log.warning("a sign of life could not be given", why=str(error))
                continue
            if not kept:
                self._lost.set()
                self._when_lost()
                return


def make(
    services: Services,
    store: ExportStore,
    export: Export,
    lost: Callable[[], object] = lambda: None,
) -> None:
    """Make the file of a run and end the run, whatever comes of it."""
    folder = services.settings.exports
    try:
        with Heartbeat(store, export, lost) as beat:
            made = _made(services, store, export, beat.progress)
            if export.delivery is not None:
                deliver(services, export, export.delivery, made)
        if not store.finish(export, made, timedelta(days=services.settings.export_days)):
            (folder / made.file).unlink(missing_ok=True)
    except Lost:
        _log.info("a file is not wanted any more", export=export.id)
    except NoFacts:
        store.wait(export, WAITS)
    except Unavailable as error:
        store.try_again(export, str(error))
    except NotDelivered as error:
        (store.fail if error.for_good else store.try_again)(export, str(error))
    except Forbidden as error:
        store.fail(export, str(error), is_withheld=export.delivery is not None)
    except (Problem, CannotRender) as error:
        store.fail(export, str(error), is_private=True)
    except Exception as error:  # noqa: BLE001 - an exporter may raise anything; its file alone fails
        _failed(store, export, error)


def _failed(store: ExportStore, export: Export, error: Exception) -> None:
    if isinstance(error, OSError) and error.errno in _FULL:
        store.fail(export, "The disk of the server is full. Nothing of the file is kept.")
        return
    number = uuid4().hex[:12]
    _log.error("a file could not be made", export=export.id, number=number, exc_info=error)
    store.try_again(
        export, f"The {export.format} could not be written. The server's log has it under {number}."
    )


def _no_room(settings: Settings, kept: Kept) -> str:
    """Say what to do when an owner's files leave no room for one more."""
    most = f"{settings.export_mb_per_person} MB that are kept of each person (export_mb_per_person)"
    if kept.until is None:
        return f"The file is larger than the {most}. Ask for a shorter period, or for fewer rows."
    until = kept.until.astimezone(settings.zone)
    return (
        f"There is no room for the file: those that you have take {kept.size / MEBIBYTE:.1f} of "
        f"the {most}. Remove some of them, or wait: the first goes by itself on "
        f"{until:%Y-%m-%d at %H:%M}. Then order it anew."
    )


def _made(services: Services, store: ExportStore, export: Export, progress: Progress) -> Made:
    granted = services.grants(standing(export.owner, services.credentials, services.rosters.load))
    what = wanted(services, export.granularity, export.given, export.format, export.options)
    needed = {need.granularity for need in what.exporter.needs}
    pages = {page_to_open(granularity) for granularity in {what.query.granularity, *needed}}
    folder, file = services.settings.exports, f"{export.id}.{export.run}.{what.exporter.extension}"
    most = services.settings.export_mb_per_person * MEBIBYTE
    left = most - store.kept(export.owner).size
    try:
        with workplace(folder, export), whole(folder, export, file, left) as stream:
            rows = write(services, what, granted, cast("BinaryIO", stream), progress)
            store.take(export, stream.size, most)  # of which another may have taken some meanwhile
    except NoRoom:
        raise NoSpace(_no_room(services.settings, store.kept(export.owner))) from None
    return Made(
        file=file,
        name=file_name(
            what.query,
            what.exporter.extension,
            datetime.now(UTC),
            services.settings.zone,
            stem=what.exporter.stem,
        ),
        media_type=what.exporter.media_type,
        size=stream.size,
        sha256=stream.sha256,
        rows=rows,
        grants=written_down(granted, pages),
    )


def write(
    services: Services, what: Wanted, granted: list[Grant], stream: BinaryIO, progress: Progress
) -> int:
    """Write what is wanted, within some grants, and return the number of its rows."""
    reports = services.reports(what.query, what.exporter.needs, granted)
    every = [reports.asked, *reports.others.values()]
    told = _Told(progress, sum(report.count for report in every))
    others = {name: told.of(report) for name, report in reports.others.items()}
    with services.rendering(what.exporter, Lost):
        render(what.exporter, Reports(told.of(reports.asked), others), stream, what.options)
    return reports.asked.count


class _Told:
    """Reports that tell how many of their rows were asked for."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._rows = 0
        progress(0, total)

    def of(self, report: Report) -> Report:
        return replace(report, batches=self._counted(report.batches))

    def _counted(self, batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        for batch in batches:
            yield batch
            self._rows += batch.height
            self._progress(self._rows, self._total)
