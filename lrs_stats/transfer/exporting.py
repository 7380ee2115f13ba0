"""An export: the record as JSON lines, in the order of storing, whole or not at all."""

import gzip
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final, Protocol

from lrs_stats.errors import CommandError
from lrs_stats.transfer.refusals import UNFINISHED
from lrs_stats.xapi.record import Page, StatementQuery

PAGE: Final = 1_000


class Record(Protocol):
    """What an export needs of the record."""

    def query(self, query: StatementQuery, *, voided: bool = False) -> Page:
        """Return a page of statements, those that are voided among them if asked for."""


def export(
    record: Record,
    query: StatementQuery,
    file: IO[bytes] | gzip.GzipFile,
    *,
    voided: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the statements that a query finds, one a line, and return how many."""
    count = 0
    for statements in _pages(record, replace(query, ascending=True, limit=PAGE), voided=voided):
        file.write(b"".join(statement + b"\n" for statement in statements))
        count += len(statements)
        progress(count)
    return count


@contextmanager
def written(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Write a file that has its name only once it is whole; packed when the name ends in .gz.

    What a link leads to is replaced, not the link; a pipe or a device is written to as it is.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file, _packed(path, file) as output:
                yield output
            return
        whole = path.resolve()
        descriptor, name = tempfile.mkstemp(UNFINISHED, f"{whole.name}.", whole.parent)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                with _packed(path, file) as output:
                    yield output
                file.flush()
                os.fsync(file.fileno())
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror or error}).") from error


@contextmanager
def _packed(path: Path, file: IO[bytes]) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if not path.name.endswith(".gz"):
        yield file
        return
    # no name and no time inside, so that equal records make equal files
    with gzip.GzipFile("", "wb", fileobj=file, mtime=0, compresslevel=6) as packed:
        yield packed


def _pages(record: Record, query: StatementQuery, *, voided: bool) -> Iterator[list[bytes]]:
    while True:
        page = record.query(query, voided=voided)
        if page.statements:
            yield page.statements
        if page.next is None:
            return
        query = replace(query, after=page.next)
