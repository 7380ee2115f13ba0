"""What a metric reads: tables that are scoped, filtered and keyed, and what is kept of them."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    import polars as pl

Source = Literal[
    "connections",
    "connected",
    "events",
    "presence",
    "answered",
    "standing",
    "results",
    "enrolled",
    "running",
    "learners",
]

LONG: Final[frozenset[Source]] = frozenset({"events"})
"""The tables with a row for each event."""
OF_ROSTER: Final = frozenset({"enrolled", "learners"})
"""The sources that the roster knows alone, without an instant."""
Keep: TypeAlias = "Callable[[Hashable, Callable[[], pl.DataFrame]], pl.DataFrame]"
"""What returns the frame that is kept by a key, or makes it and keeps it."""


@dataclass(frozen=True)
class OfRoster:
    """Those of the tables that follow from the roster alone, whatever the period."""

    pairs: "pl.LazyFrame"
    enrolled: "pl.LazyFrame"
    learners: "pl.LazyFrame"


@dataclass(frozen=True)
class Tables:
    """What a metric may read: already scoped and filtered, keyed for the granularity.

    `events` and `connections` are the facts, with the columns `course`, `learner`, `session`,
    `program` and, where asked for, `group`, `question` and `period`. `events` holds the kinds that
    the metric names, or all. `presence` says who was where, and when last: it has one row or more
    for each learner, course and session in which there is a sign of presence, with `instant`.

    `connected` counts connections: it has one row or more for each learner, course and session,
    with the number of `connections` and their time in `millionths` of a second. `attended` holds
    those of its rows in sessions in which the learner has a place.

    `answered` counts answers: it has one row or more for each learner, course and session, and
    question where asked for, with the number of `answers`, of those that are `correct`, of those
    that have a score (`scored`), and the sum of their scores in `millionths`.

    `standing` and `results` have one row for each seat: a learner, a course and a session, or open
    access. `standing` says how far the learner came: whether they `came`, the `progress` that they
    reached, whether it is `completed`, and since when (`completed_at`), whether the seat is `asked`
    for, and whether the program asks the learner `again` in another session. `results` has the
    `value` of the last result that carries a score; of two results of a learner the later one has
    the higher `place`, and one is the `sole` one of a learner in a course when no other seat has
    any.

    The others are the roster's, and know no instants. `pairs` has one row for each learner ×
    course that a program asks for, with the columns `learner`, `course`, `session`, `program` and
    `again`, which says whether the program asks the learner in another session, too;
    `enrolled` one for each place in a session, `learner`, `session`, `program`; `running` those
    of `enrolled` whose session overlaps the period, in a series with the `period` that it
    overlaps; `learners` one for each learner who is here now. All have `group` where asked for.

    `rows` holds the keys of the rows that the report lists, when they are known.
    """

    events: "pl.LazyFrame"
    connections: "pl.LazyFrame"
    connected: "pl.LazyFrame"
    attended: "pl.LazyFrame"
    presence: "pl.LazyFrame"
    answered: "pl.LazyFrame"
    standing: "pl.LazyFrame"
    results: "pl.LazyFrame"
    pairs: "pl.LazyFrame"
    enrolled: "pl.LazyFrame"
    running: "pl.LazyFrame"
    learners: "pl.LazyFrame"
    rows: "pl.LazyFrame | None" = None

    @property
    def many(self) -> frozenset[Source]:
        """Return the tables that may have millions of rows, where others have far fewer."""
        return LONG

    def whoever(self, source: Source) -> "pl.LazyFrame | None":  # noqa: ARG002 - others have some
        """Return the few rows that stand for a table where no figure looks at `learner`, if any."""
        return None

    def of_roster(self, work_out: "Callable[..., pl.LazyFrame]", *args: Hashable) -> "pl.LazyFrame":
        """Return what `work_out` makes of the roster's tables, which is likely to be known.

        It is a function of a module, and its arguments are hashable: what it once returned for
        them is kept for a while where nothing is left out, as long as the roster stays as it is.
        """
        hash(args)  # where nothing is kept, too, so that a plugin's own tests find it out
        return work_out(OfRoster(self.pairs, self.enrolled, self.learners), *args)

    def of_running(
        self, work_out: "Callable[..., pl.LazyFrame]", *args: Hashable
    ) -> "pl.LazyFrame":
        """Return what `work_out` makes of `running`; outside a series it is likely to be known."""
        hash(args)
        return work_out(self.running, *args)


def whoever_in(source: Source) -> str:
    """Return the name of what stands for a table where learners are not told apart."""
    return f"{source} of whoever"


class TablesWhenRead(Tables):
    """The same, each made when a metric reads it for the first time."""

    _many: frozenset[Source]
    _keep: "Keep | None"
    _keep_running: "Keep | None"

    def __init__(
        self,
        making: "Mapping[str, Callable[[], pl.LazyFrame]]",
        rows: "pl.LazyFrame | None",
        many: frozenset[Source],
        keep: "Keep | None" = None,
        keep_running: "Keep | None" = None,
    ) -> None:
        """Take what makes each table, by its name, and what keeps what follows from the roster.

        `keep_running` keeps what follows from `running`, for the period.
        """
        object.__setattr__(self, "_making", making)
        object.__setattr__(self, "_keep", keep)
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "_many", many)
        object.__setattr__(self, "_keep_running", keep_running)

    def __getattr__(self, name: str) -> "pl.LazyFrame":
        """Make a table that was not read yet, and keep it."""
        making: Mapping[str, Callable[[], pl.LazyFrame]] = self.__dict__.get("_making", {})
        if name not in making:
            raise AttributeError(f"There is no table {name!r}.")
        table = making[name]()
        object.__setattr__(self, name, table)
        return table

    @property
    def many(self) -> frozenset[Source]:
        """Return those of the tables that have many rows."""
        return self._many

    def with_events(self, events: "Callable[[], pl.LazyFrame]") -> "TablesWhenRead":
        """Return the same tables but for the events."""
        making: Mapping[str, Callable[[], pl.LazyFrame]] = self.__dict__["_making"]
        return TablesWhenRead(
            {name: partial(getattr, self, name) for name in making} | {"events": events},
            self.rows,
            self._many,
            self._keep,
            self._keep_running,
        )

    def whoever(self, source: Source) -> "pl.LazyFrame | None":
        """Return what stands for all rows of a table, if there is such."""
        return getattr(self, whoever_in(source), None)

    def of_roster(self, work_out: "Callable[..., pl.LazyFrame]", *args: Hashable) -> "pl.LazyFrame":
        """Return what is kept of it, or work it out now."""
        make = partial(super().of_roster, work_out, *args)
        if self._keep is None:
            return make()
        return self._keep((work_out, args), lambda: make().collect()).lazy()

    def of_running(
        self, work_out: "Callable[..., pl.LazyFrame]", *args: Hashable
    ) -> "pl.LazyFrame":
        """Return what is kept of it for the period, or work it out now."""
        make = partial(super().of_running, work_out, *args)
        if self._keep_running is None:
            return make()
        return self._keep_running((work_out, args), lambda: make().collect()).lazy()
