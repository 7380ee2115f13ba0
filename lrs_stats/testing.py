"""A kit for testing plugins with pytest: contracts to inherit, and legible test data.

Inherit a contract and give it the fixture that it names; the inherited tests then hold the
plugin to what its hook promises:

    class TestRevisits(MetricContract):
        @pytest.fixture
        def metric(self):
            return Revisits()

`statements` reads statements from text, one a line; `tables` and `report` make what metrics and
exporters are given. A contract that fails says what was expected, and what to change.
"""

# ruff: noqa: S101, D102 - contracts are made of assertions, and the names of tests are sentences
import copy
import gc
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from math import inf
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
    Need,
    Options,
    Person,
    Ratio,
    Report,
    Reports,
    Resolver,
    Tables,
)
from lrs_stats.access.grants import GRANULARITIES, Role
from lrs_stats.facts.interpreter import Kind
from lrs_stats.registry import fault
from lrs_stats.relations import DIRECTORY, PEOPLE, Relations
from lrs_stats.reports.attributes import ATTRIBUTES
from lrs_stats.reports.granularities import EVERY
from lrs_stats.reports.granularities import GRANULARITIES as GRANULARITIES_OF_REPORTS
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.meaning import why_not
from lrs_stats.reports.query import Query
from lrs_stats.reports.tables import Source
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

BY: Final = (
    (),
    *((key,) for key in (*PAIRS, "period")),
    ("learner", "period"),
    ("group", "period"),
    ("learner", "session"),
)


def _is_taken(plugin: object) -> None:
    """Hold a plugin to what the server asks of its class when it starts."""
    why = fault(type(plugin))
    assert not why, f"the server would refuse {type(plugin).__name__}, {why}"
    assert getattr(plugin, "title", ""), "it has no title, which is what people read"
    schema = getattr(plugin, "Options", None)
    if schema is not None:
        assert issubclass(schema, Options), "its Options are no subclass of lrs_stats.Options"
        schema()  # every option has a default, since a server starts without settings


def _figures(metric: Metric, data: Tables, by: Sequence[str]) -> pl.DataFrame:
    """Return what a metric computes of tables, as a report asks for it."""
    lazy = metric.compute(handed(metric, data), by)
    assert isinstance(lazy, pl.LazyFrame), (
        f"compute returned a {type(lazy).__name__}; return a LazyFrame, as .lazy() makes one"
    )
    try:
        return lazy.collect()
    except pl.exceptions.ColumnNotFoundError as error:
        known = {name: getattr(data, name).collect_schema().names() for name in get_args(Source)}
        listed = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in known.items())
        raise AssertionError(
            f"No table has {error}. The tables and columns are {listed}"
        ) from error


def _means(metric: Metric, by: Sequence[str]) -> bool:
    """Tell whether a metric means something by some keys, as a report asks it."""
    keys = set(by) - {"period"}
    granularity = next(
        one.name for one in GRANULARITIES_OF_REPORTS.values() if set(one.keys) == keys
    )
    return not why_not(metric, Query(granularity, (), interval="month" if "period" in by else None))


def _assert_same_as_of_sample(metric: Metric, data: Tables, otherwise: str) -> None:
    """Hold all figures of some tables to those of the sample."""
    for by in (by for by in BY if _means(metric, by)):
        first, second = (
            _figures(metric, each, by).sort(by or metric.name) for each in (SAMPLE, data)
        )
        assert first.equals(second), f"by {by} {otherwise}"


class MetricContract:
    """What every metric keeps."""

    @pytest.fixture
    def metric(self) -> Metric:
        """Return the metric; to be given by the test class that inherits."""
        raise NotImplementedError("Give the test class a fixture metric that returns yours.")

    def test_says_what_it_is(self, metric: Metric) -> None:
        _is_taken(metric)
        assert metric.formula, "it has no formula, by which people understand the figure"
        unknown = set(metric.kinds) - set(get_args(Kind))
        assert not unknown, f"it names the kinds {unknown}; there are {get_args(Kind)}"

    @pytest.mark.parametrize("by", BY, ids="-".join)
    @pytest.mark.parametrize("data", [SAMPLE, tables()], ids=["sample", "empty"])
    def test_gives_its_keys_and_itself(
        self, metric: Metric, data: Tables, by: Sequence[str]
    ) -> None:
        if not _means(metric, by):
            pytest.skip("it means nothing by these keys")
        frame = _figures(metric, data, by)
        expected = [*by, metric.name]
        assert set(frame.columns) == {*expected}, f"expected the columns {expected}"
        figure = frame.schema[metric.name]
        kinds = figure.is_temporal() if metric.unit == "instant" else figure.is_numeric()
        assert kinds or figure == pl.Null, f"a figure in {metric.unit} is no {figure}"
        assert by or frame.height == 1, "without keys it is a total: one row, whatever the data"
        assert not by or not frame.select(by).is_duplicated().any(), "a key has two figures"

    def test_has_one_figure_for_nothing(self, metric: Metric) -> None:
        total = _figures(metric, tables(), [])[metric.name].item()
        assert total == metric.empty, (
            f"a total of nothing is {total!r}, and `empty` differs: it says {metric.empty!r}"
        )

    def test_does_not_depend_on_the_order_of_rows(self, metric: Metric) -> None:
        names = [one.name for one in fields(Tables) if one.name != "rows"]
        turned = replace(SAMPLE, **{name: getattr(SAMPLE, name).reverse() for name in names})
        _assert_same_as_of_sample(
            metric,
            turned,
            "the figures depend on the order of the rows, which is none; exact_sum and exact_mean "
            "add up the same in any order",
        )

    def test_compares_the_results_of_one_learner_alone(self, metric: Metric) -> None:
        place = pl.col("place").rank("ordinal").over("learner").cast(pl.UInt32)
        _assert_same_as_of_sample(
            metric,
            replace(SAMPLE, results=SAMPLE.results.with_columns(place)),
            "it compares the `place` of results of several learners, which says nothing: of two "
            "results of one learner the later has the higher place",
        )

    @pytest.mark.parametrize("whose", ["learner", "group"])
    def test_gives_each_the_same_figure_whoever_else_there_is(
        self, metric: Metric, whose: str
    ) -> None:
        tables_of = {one.name: getattr(SAMPLE, one.name) for one in fields(Tables)}
        whole = {n: t for n, t in tables_of.items() if t is not None}
        known = {n: t for n, t in whole.items() if whose in t.lazy().collect_schema()}
        for by in (by for by in BY if whose in by and _means(metric, by)):
            every = _figures(metric, SAMPLE, by)
            for one in every[whose].drop_nulls().unique():
                own = pl.col(whose).cast(pl.String) == one
                alone = replace(SAMPLE, **{name: each.filter(own) for name, each in known.items()})
                assert _figures(metric, alone, by).sort(by).equals(every.filter(own).sort(by)), (
                    f"by {by} the figure of {one} depends on others, who are not always there: a "
                    "page has the figures of its own learners and groups worked out alone"
                )

    def test_explains_itself_by_its_parts(self, metric: Metric) -> None:
        if not isinstance(metric, Ratio):
            pytest.skip("it is no ratio")
        for by in (by for by in BY if _means(metric, by)):
            parts = metric.parts(handed(metric, SAMPLE), by).collect()
            expected = {*by, "numerator", "denominator"}
            assert set(parts.columns) == expected, f"expected the columns {expected} of parts"


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


class _Enough(Exception):
    """What calls off a file in the making."""


class ExporterContract:
    """What every exporter keeps."""

    @pytest.fixture
    def exporter(self) -> Exporter:
        """Return the exporter; to be given by the test class that inherits."""
        raise NotImplementedError("Give the test class a fixture exporter that returns yours.")

    def test_says_what_it_is(self, exporter: Exporter) -> None:
        _is_taken(exporter)
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+(; ?[a-z]+=[\w-]+)*", exporter.media_type), (
            f"{exporter.media_type!r} is no media type such as text/plain; charset=utf-8"
        )
        assert re.fullmatch(r"[a-z0-9][a-z0-9.]*", exporter.extension), (
            f"{exporter.extension!r} is no extension such as md: no dot before it, lower case"
        )

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
        assert rendered(exporter, REPORTS[kind]) == first, (
            "a second file of the same report differs; leave out the time, ids and hashes of now"
        )
        assert (before, before.rows) == (REPORTS[kind], REPORTS[kind].rows), "the report changed"

    def test_says_in_sentences_what_is_missing(self, exporter: Exporter) -> None:
        for sentence in exporter.warnings():
            assert sentence.endswith("."), f"{sentence!r} is not a sentence"

    @pytest.mark.parametrize("needs", ["needs", "inspects"])
    def test_names_what_it_needs_once(self, exporter: Exporter, needs: str) -> None:
        of_these: tuple[Need, ...] = getattr(exporter, needs)
        names = [need.name for need in of_these]
        assert len(names) == len({*names}), "two needs have one name"
        for need in of_these:
            assert need.granularity in {*EVERY, *LOGS}, f"there is no {need.granularity}"
            assert needs == "needs" or need.granularity not in LOGS, "it looks into a log"
            assert set(need.attributes) <= set(ATTRIBUTES), f"{need.name} has unknown attributes"

    def test_lets_a_failure_of_the_rows_through(self, exporter: Exporter) -> None:
        def stopping() -> Iterator[pl.DataFrame]:
            yield from REPORTS["ordinary"].batches
            raise _Enough("enough")

        stopped = {
            name: replace(REPORTS["ordinary"], batches=stopping())
            for name in ("", *(need.name for need in exporter.needs))
        }
        with pytest.raises((_Enough, CannotRender)):
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
        _is_taken(interpreter)

    @pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: one["verb"]["id"])
    def test_answers_every_statement(
        self, interpreter: Interpreter, statement: dict[str, Any]
    ) -> None:
        events = interpreter.interpret(decoded(statement))
        assert events is None or isinstance(events, list), (
            f"interpret returned a {type(events).__name__}; return a list of events, or None"
        )
        assert events == interpreter.interpret(decoded(statement)), "a second answer differs"
        for event in events or []:
            assert isinstance(event, Event), f"{event!r} is no Event"
            assert event.kind in get_args(Kind), (
                f"the kind {event.kind!r} is unknown; there are {get_args(Kind)}"
            )
            assert event.seconds is None or 0 <= event.seconds < inf, (
                "the seconds are negative, or no end"
            )
            low, high = (-1, 1) if event.kind == "reaction" else (0, 100)
            assert event.value is None or low <= event.value <= high, (
                f"the value {event.value} of {event.kind} is out of range: {low} to {high}"
            )


class ResolverContract:
    """What every resolver keeps."""

    @pytest.fixture
    def resolver(self) -> Resolver:
        """Return the resolver; to be given by the test class that inherits."""
        raise NotImplementedError("Give the test class a fixture resolver that returns yours.")

    def test_says_what_it_is(self, resolver: Resolver) -> None:
        _is_taken(resolver)

    @pytest.mark.parametrize("person", PEOPLE, ids=lambda one: one.id + one.role)
    def test_gives_grants(self, resolver: Resolver, person: Person) -> None:
        grants = resolver.grants(person, DIRECTORY)
        assert isinstance(grants, list), "grants returns a list of Grant, empty for nobody"
        assert grants == resolver.grants(person, DIRECTORY), "a second answer differs"
        for grant in grants:
            assert isinstance(grant, Grant), f"{grant!r} is no Grant"
            assert grant.role in get_args(Role), f"the role {grant.role!r} is unknown"
            unknown = grant.granularities - set(GRANULARITIES)
            assert not unknown, f"{unknown} are no granularities; there are {GRANULARITIES}"
            for part in (grant.learners, grant.courses, grant.sessions, grant.groups):
                assert part is ALL or isinstance(part, frozenset), (
                    f"{part!r} is neither ALL nor a set"
                )

    @pytest.mark.parametrize("granularity", GRANULARITIES)
    def test_says_which_roles_open_a_page(self, resolver: Resolver, granularity: str) -> None:
        unknown = set(resolver.needed(granularity)) - set(get_args(Role))
        assert not unknown, f"{unknown} are no roles; there are {get_args(Role)}"

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
        ), "no single grant of the owner holds everything, as Grant(role='owner') does"
