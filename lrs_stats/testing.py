"""A kit for testing plugins with pytest: contracts to inherit, and legible test data.

Inherit a contract and give it the fixture that it names; the inherited tests then hold the
plugin to what its hook promises:

    class TestRevisits(MetricContract):
        @pytest.fixture
        def metric(self):
            return Revisits()

`statements` reads statements from text, one a line; `tables` and `report` make what metrics and
exporters are given.
"""

# ruff: noqa: S101, D102 - contracts are made of assertions, and the names of tests are sentences
import copy
import gc
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, BinaryIO, Final, cast, get_args

import polars as pl
import pytest

from lrs_stats import (
    ALL,
    CannotRender,
    Event,
    Exporter,
    Grant,
    Interpreter,
    Metric,
    Person,
    Report,
    Reports,
    Resolver,
    Tables,
)
from lrs_stats.access.grants import GRANULARITIES, Role
from lrs_stats.facts.interpreter import Kind
from lrs_stats.reports.attributes import ATTRIBUTES
from lrs_stats.reports.granularities import EVERY
from lrs_stats.reports.granularities import GRANULARITIES as GRANULARITIES_OF_REPORTS
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.meaning import why_not
from lrs_stats.reports.metric import Unit
from lrs_stats.reports.query import Query
from lrs_stats.samples import (
    PAIRS,
    REPORTS,
    SAMPLE,
    STATEMENTS,
    course,
    decoded,
    handed,
    report,
    statements,
    tables,
)

__all__ = [
    "DIRECTORY",
    "REPORTS",
    "SAMPLE",
    "STATEMENTS",
    "ExporterContract",
    "InterpreterContract",
    "MetricContract",
    "Relations",
    "ResolverContract",
    "course",
    "decoded",
    "handed",
    "once",
    "rendered",
    "report",
    "statements",
    "tables",
]

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

BY: Final = (
    (),
    *((key,) for key in (*PAIRS, "period")),
    ("learner", "period"),
    ("group", "period"),
    ("learner", "session"),
)


def _means(metric: Metric, by: Sequence[str]) -> bool:
    """Tell whether a metric means something by some keys, as a report asks it."""
    keys = set(by) - {"period"}
    granularity = next(
        one.name for one in GRANULARITIES_OF_REPORTS.values() if set(one.keys) == keys
    )
    return not why_not(metric, Query(granularity, (), interval="month" if "period" in by else None))


class MetricContract:
    """What every metric keeps."""

    @pytest.fixture
    def metric(self) -> Metric:
        """Return the metric; to be given by the test class that inherits."""
        raise NotImplementedError("Give the test class a fixture metric that returns yours.")

    def test_says_what_it_is(self, metric: Metric) -> None:
        assert NAME.fullmatch(metric.name), "the name is not lower-case letters, digits and _"
        assert metric.title, "it has no title"
        assert metric.formula, "it has no formula"
        assert metric.unit in get_args(Unit), f"the unit {metric.unit} is unknown"

    @pytest.mark.parametrize("by", BY, ids="-".join)
    @pytest.mark.parametrize("data", [SAMPLE, tables()], ids=["sample", "empty"])
    def test_gives_its_keys_and_itself(
        self, metric: Metric, data: Tables, by: Sequence[str]
    ) -> None:
        if not _means(metric, by):
            pytest.skip("it means nothing by these keys")
        frame = metric.compute(handed(metric, data), by).collect()
        assert set(frame.columns) == {*by, metric.name}, "the columns are not the keys and itself"
        figure = frame.schema[metric.name]
        kinds = figure.is_temporal() if metric.unit == "instant" else figure.is_numeric()
        assert kinds or figure == pl.Null, f"a figure in {metric.unit} is no {figure}"
        assert frame.height == 1 if not by else not frame.select(by).is_duplicated().any()

    def test_has_one_figure_for_nothing(self, metric: Metric) -> None:
        total = metric.compute(tables(), []).collect()[metric.name].item()
        assert total == metric.empty, "a total of nothing and `empty` differ"

    def test_does_not_depend_on_the_order_of_rows(self, metric: Metric) -> None:
        names = [one.name for one in fields(Tables) if one.name != "rows"]
        turned = replace(SAMPLE, **{name: getattr(SAMPLE, name).reverse() for name in names})
        for by in (by for by in BY if _means(metric, by)):
            first, second = (
                metric.compute(handed(metric, data), by).collect().sort(by)
                if by
                else metric.compute(handed(metric, data), by).collect()
                for data in (SAMPLE, turned)
            )
            assert first.equals(second), f"by {by} the figures depend on the order of the rows"


class _Forward(io.RawIOBase):
    """A stream as a response is one: it can be written, and neither read nor sought."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)


def once(given: Report) -> Report:
    """Return a report whose rows can be gone through once, as those of a long log may be."""
    return replace(given, batches=iter([*given.batches]))


def rendered(exporter: Exporter, given: Report, options: Mapping[str, str] | None = None) -> bytes:
    """Return what an exporter writes to a stream that cannot be sought.

    What it needs beside the report are reports of the granularity with that report's rows.
    """
    stream = _Forward()
    others = {
        need.name: once(replace(given, granularity=need.granularity)) for need in exporter.needs
    }
    try:
        exporter.write(Reports(once(given), others), cast("BinaryIO", stream), options or {})
    finally:
        gc.collect()
        assert not stream.closed, "the exporter closed the stream, or left it to be closed"
    return b"".join(stream.pieces)


class ExporterContract:
    """What every exporter keeps."""

    @pytest.fixture
    def exporter(self) -> Exporter:
        """Return the exporter; to be given by the test class that inherits."""
        raise NotImplementedError("Give the test class a fixture exporter that returns yours.")

    def test_says_what_it_is(self, exporter: Exporter) -> None:
        assert NAME.fullmatch(exporter.name), "the name is not lower-case letters, digits and _"
        assert exporter.title, "it has no title"
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+(; ?[a-z]+=[\w-]+)*", exporter.media_type)
        assert re.fullmatch(r"[a-z0-9.]+", exporter.extension), "the extension has no leading dot"

    @pytest.mark.parametrize("kind", REPORTS)
    def test_writes_the_same_bytes_twice(self, exporter: Exporter, kind: str) -> None:
        before = copy.deepcopy(REPORTS[kind])
        try:
            first = rendered(exporter, REPORTS[kind])
        except CannotRender:
            of_others = exporter.refusal(REPORTS[kind].granularity)
            assert kind == "log" or of_others, "it cannot hold what has figures"
            return
        assert first or kind == "empty", "nothing was written"
        assert rendered(exporter, REPORTS[kind]) == first, "a second file differs from the first"
        assert (before, before.rows) == (REPORTS[kind], REPORTS[kind].rows), "the report changed"

    def test_says_in_sentences_what_is_missing(self, exporter: Exporter) -> None:
        for sentence in exporter.warnings():
            assert sentence.endswith("."), f"{sentence!r} is not a sentence"

    def test_names_what_it_needs_once(self, exporter: Exporter) -> None:
        names = [need.name for need in exporter.needs]
        assert len(names) == len({*names}), "two needs have one name"
        for need in exporter.needs:
            assert need.granularity in {*EVERY, *LOGS}, f"there is no {need.granularity}"
            assert set(need.attributes) <= set(ATTRIBUTES), f"{need.name} has unknown attributes"

    def test_lets_a_failure_of_the_rows_through(self, exporter: Exporter) -> None:
        def stopping() -> Iterator[pl.DataFrame]:
            yield from REPORTS["ordinary"].batches
            raise InterruptedError("enough")

        stopped = {
            name: replace(REPORTS["ordinary"], batches=stopping())
            for name in ("", *(need.name for need in exporter.needs))
        }
        with pytest.raises((InterruptedError, CannotRender)):
            exporter.write(Reports(stopped[""], stopped), io.BytesIO(), {})

    def test_refuses_before_it_writes(self, exporter: Exporter) -> None:
        stream, refusal = io.BytesIO(), ""
        others = {need.name: REPORTS["ordinary"] for need in exporter.needs}
        try:
            exporter.write(
                Reports(REPORTS["ordinary"], others), stream, {"metric": "no_such_metric"}
            )
        except CannotRender as reason:
            refusal = str(reason)
        if refusal:
            assert refusal.endswith("."), "the refusal is not a sentence"
            assert not stream.getvalue(), "something was written before the refusal"


class InterpreterContract:
    """What every interpreter keeps."""

    @pytest.fixture
    def interpreter(self) -> Interpreter:
        """Return the interpreter; to be given by the test class that inherits."""
        raise NotImplementedError("Give the test class a fixture interpreter that returns yours.")

    def test_says_what_it_is(self, interpreter: Interpreter) -> None:
        assert NAME.fullmatch(interpreter.name), "the name is not lower-case letters, digits and _"
        assert interpreter.title, "it has no title"

    @pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: one["verb"]["id"])
    def test_answers_every_statement(
        self, interpreter: Interpreter, statement: dict[str, Any]
    ) -> None:
        events = interpreter.interpret(decoded(statement))
        assert events == interpreter.interpret(decoded(statement)), "a second answer differs"
        for event in events or []:
            assert isinstance(event, Event), f"{event!r} is no Event"
            assert event.kind in get_args(Kind), f"the kind {event.kind!r} is unknown"
            assert event.seconds is None or event.seconds >= 0, "the seconds are negative"
            low, high = (-1, 1) if event.kind == "reaction" else (0, 100)
            assert event.value is None or low <= event.value <= high, "the value is out of range"


Relation = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Relations:
    """A directory: the courses, groups and people of a person, and what there is of the others.

    That is the learners of a group and the groups `within` it, the sessions `assigned` to a
    learner, the courses that a session has `asked` for, and the `runs` beside a session.
    """

    authored: Relation = field(default_factory=dict)
    supervised: Relation = field(default_factory=dict)
    coached: Relation = field(default_factory=dict)
    managed: Relation = field(default_factory=dict)
    members: Relation = field(default_factory=dict)
    within: Relation = field(default_factory=dict)
    assigned: Relation = field(default_factory=dict)
    asked: Relation = field(default_factory=dict)
    runs: Relation = field(default_factory=dict)

    def courses_authored(self, person: str) -> frozenset[str]:
        """Return the courses that the person created."""
        return self.authored.get(person, frozenset())

    def courses_supervised(self, person: str) -> frozenset[str]:
        """Return the courses of which the person is an advisor."""
        return self.supervised.get(person, frozenset())

    def groups_coached(self, person: str) -> frozenset[str]:
        """Return the groups of which the person is a coach."""
        return self.coached.get(person, frozenset())

    def people_managed(self, person: str) -> frozenset[str]:
        """Return the people whose manager the person is."""
        return self.managed.get(person, frozenset())

    def learners_of(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the learners of the groups."""
        return _of(self.members, groups)

    def groups_within(self, group: str) -> frozenset[str]:
        """Return the groups whose parent the group is."""
        return self.within.get(group, frozenset())

    def sessions_assigned(self, learners: Iterable[str]) -> frozenset[str]:
        """Return the sessions in which the learners have a place."""
        return _of(self.assigned, learners)

    def courses_of(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return the courses that the sessions ask for."""
        return _of(self.asked, sessions)

    def runs_beside(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return all sessions of the programs of the sessions."""
        given = frozenset(sessions)
        return given | _of(self.runs, given)


def _of(relation: Relation, ids: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*(relation.get(one, frozenset()) for one in ids))


DIRECTORY: Final = Relations(
    authored={"zoe": frozenset({"c1"})},
    supervised={"zoe": frozenset({"c2"})},
    coached={"zoe": frozenset({"g1"})},
    managed={"zoe": frozenset({"bob"})},
    members={"g1": frozenset({"ada", "cem"})},
    within={"g1": frozenset({"g2"})},
    assigned={"ada": frozenset({"s1"})},
    asked={"s1": frozenset({"c3"})},
    runs={"s1": frozenset({"s2"})},
)
"""A directory in which Zoe has every relation, and nobody else has any."""
PEOPLE: Final = (Person("zoe"), Person("bob"), Person("zoe", "owner"), Person("eve", "admin"))


class ResolverContract:
    """What every resolver keeps."""

    @pytest.fixture
    def resolver(self) -> Resolver:
        """Return the resolver; to be given by the test class that inherits."""
        raise NotImplementedError("Give the test class a fixture resolver that returns yours.")

    def test_says_what_it_is(self, resolver: Resolver) -> None:
        assert NAME.fullmatch(resolver.name), "the name is not lower-case letters, digits and _"
        assert resolver.title, "it has no title"

    @pytest.mark.parametrize("person", PEOPLE, ids=lambda one: one.id + one.role)
    def test_gives_grants(self, resolver: Resolver, person: Person) -> None:
        grants = resolver.grants(person, DIRECTORY)
        assert grants == resolver.grants(person, DIRECTORY), "a second answer differs"
        for grant in grants:
            assert isinstance(grant, Grant), f"{grant!r} is no Grant"
            assert grant.role in get_args(Role), f"the role {grant.role!r} is unknown"
            assert grant.granularities <= set(GRANULARITIES), "a granularity is unknown"
            for part in (grant.learners, grant.courses, grant.sessions, grant.groups):
                assert part is ALL or isinstance(part, frozenset), (
                    f"{part!r} is neither ALL nor a set"
                )

    @pytest.mark.parametrize("granularity", GRANULARITIES)
    def test_says_which_roles_open_a_page(self, resolver: Resolver, granularity: str) -> None:
        assert set(resolver.needed(granularity)) <= set(get_args(Role)), "a role is unknown"

    def test_gives_a_stranger_at_most_themself(self, resolver: Resolver) -> None:
        for grant in resolver.grants(Person("eve"), DIRECTORY):
            assert isinstance(grant.learners, frozenset), "a stranger sees all learners"
            assert grant.learners <= {"eve"}, "a stranger sees somebody else"

    def test_gives_an_owner_everything(self, resolver: Resolver) -> None:
        assert any(
            grant.learners is ALL
            and grant.courses is ALL
            and grant.sessions is ALL
            and grant.groups is ALL
            and grant.granularities == set(GRANULARITIES)
            for grant in resolver.grants(Person("eve", "owner"), DIRECTORY)
        ), "no single grant of the owner holds everything"
