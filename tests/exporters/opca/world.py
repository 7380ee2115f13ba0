"""The worked example, told to the line from statements to figures, and files made of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from zoneinfo import ZoneInfo

from lrs_stats import Exporter, Reports
from lrs_stats.access.grants import Grant
from lrs_stats.facts.reader import FactsReader
from lrs_stats.registry import build
from lrs_stats.reports.engine import Facts
from lrs_stats.reports.query import Query
from lrs_stats.reports.roster_frames import roster_frames
from lrs_stats.roster import folder
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import load
from lrs_stats.testing import statements
from tests.line import Line

HERE = Path(__file__).parent
PARIS = ZoneInfo("Europe/Paris")
EDITED = datetime(2026, 5, 4, 10, tzinfo=UTC)
IDLE = timedelta(minutes=30)
OWNER = (Grant("owner"),)


@cache
def exporters(config: Path = HERE / "config") -> dict[str, Exporter]:
    """Return the exporters of an organisation."""
    return build(load(environment={}, config=config)).exporters


@contextmanager
def example(text: str | None = None, tables: Path = HERE / "roster") -> Iterator[Line]:
    """Give a line that has counted the example, or other statements of its roster."""
    told = statements((HERE / "statements.txt").read_text("utf-8") if text is None else text)
    with TemporaryDirectory() as facts:
        line = Line(Path(facts), PARIS, IDLE)
        line.record.instant = EDITED
        line.roster = Roster(folder.read(tables), 1)
        line.rosters[1] = line.roster
        line.record.add(one | {"stored": one["timestamp"]} for one in told)
        line.catch_up()
        yield line


def reports(
    line: Line,
    exporter: Exporter,
    granularity: str = "enrolments",
    grants: Sequence[Grant] = OWNER,
    **asked: Any,
) -> Reports:
    """Return what an exporter is given."""
    facts = Facts(
        FactsReader(line.folder).snapshot(), roster_frames(line.roster), line.record.now()
    )
    query = Query(granularity, (), **asked)
    return line.engine.reports(query, exporter.needs, grants, facts)


class Forward:
    """A stream that is written to alone, as a response is."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Have all that was written."""


def made(line: Line, name: str, options: Mapping[str, str] | None = None, **asked: Any) -> bytes:
    """Return the file that an exporter makes of a line."""
    exporter, stream = exporters()[name], Forward()
    exporter.write(reports(line, exporter, **asked), cast("Any", stream), options or {})
    return b"".join(stream.pieces)
