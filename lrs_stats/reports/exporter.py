"""The contract of an exporter: one rendering of a report, written to a stream."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, BinaryIO, ClassVar, cast

from lrs_stats.reports.report import Need, Reports


class CannotRender(ValueError):
    """The format cannot hold this report; the message is a sentence for the reader."""


class Exporter:
    """Writes reports in one format."""

    name: ClassVar[str]
    """What asks for it: `/api/v1/stats/learners.csv` is rendered by the exporter `csv`."""
    title: ClassVar[str]
    media_type: ClassVar[str]
    """What asks for it by `Accept`; of several with one media type the first that was found."""
    extension: ClassVar[str]
    """How the name of the file ends."""
    stem: ClassVar[str] = ""
    """How it begins; with the granularity unless given."""
    options: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """The parameters that it takes beside those of the question, each with what it does."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    """The values of those options that are not free, the one that holds without any first."""
    needs: ClassVar[tuple[Need, ...]] = ()
    """The reports that it is given beside the one that is asked for."""
    inspects: ClassVar[tuple[Need, ...]] = ()
    """The reports in which `lacking` looks; not logs, since their rows are read from the disk."""
    granularities: ClassVar[frozenset[str] | None] = None
    """Of which reports it makes files; None is any."""

    def refusal(self, granularity: str) -> str:
        """Return why it makes no file of reports by a granularity; empty when it does."""
        if self.granularities is None or granularity in self.granularities:
            return ""
        pages = " or ".join(f"/stats/{name}.{self.name}" for name in sorted(self.granularities))
        return f"{self.title} is no file of {granularity}: ask for it by {pages}."

    def warnings(self) -> Sequence[str]:
        """Return a sentence for each thing that a file will lack, as is known before it is made."""
        return ()

    def lacking(self, reports: Reports) -> Sequence[str]:  # noqa: ARG002 - for those who look
        """Return a sentence for each thing that a file will lack of what is asked for.

        `reports` are those that it `inspects`, in the scope of whoever is told.
        """
        return ()

    def chosen(self, option: str, options: Mapping[str, str]) -> str:
        """Return the value of an option that has choices, or raise CannotRender for another."""
        known = self.choices[option]
        value = options.get(option) or known[0]
        if value not in known:
            raise CannotRender(f"{option}: {value[:40]!r} is none of {', '.join(known)}.")
        return value

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write a report to the stream, a piece at a time.

        `options` holds those of the declared options that were given.
        Raises CannotRender, before anything is written, when the format cannot hold it.
        """
        raise NotImplementedError


def render(
    exporter: Exporter, reports: Reports, stream: BinaryIO, options: Mapping[str, str]
) -> None:
    """Have an exporter write to a stream; what the stream raises is raised as it was.

    Libraries that write files make errors of their own of a full disk.
    """
    forward = _Forward(stream)
    try:
        exporter.write(reports, cast("BinaryIO", forward), options)
    except Exception:
        if forward.failed is not None:
            raise forward.failed from None
        raise


class _Forward:
    """A stream that remembers how it failed, and takes no more after that.

    Some libraries write on when what they have left behind is tidied away.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.failed: OSError | None = None

    def write(self, piece: Any) -> int:
        if self.failed is not None:
            return len(piece)
        try:
            return self._stream.write(piece)
        except OSError as error:
            self.failed = error
            raise

    def flush(self) -> None:
        if self.failed is None:
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return _nothing if self.failed is not None else getattr(self._stream, name)


def _nothing(*_: object) -> int:
    return 0
