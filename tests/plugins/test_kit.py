"""The kit: contracts that fail for what breaks them, and statements read from text."""

import io
import time
import uuid
from typing import Any, BinaryIO

import msgspec
import polars as pl
import pytest

from lrs_stats import (
    Event,
    Exporter,
    Grant,
    Interpreter,
    Metric,
    Person,
    Ratio,
    Reports,
    Resolver,
)
from lrs_stats.testing import (
    SAMPLE,
    STATEMENTS,
    ExporterContract,
    InterpreterContract,
    MetricContract,
    ResolverContract,
    decoded,
    statements,
)
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.prepare import prepare


class Wrong(Metric):
    name = "wrong"
    title = "Wrong"
    unit = "count"
    formula = "the first that comes"
    expression = pl.col("seconds").first()
    empty = 0


class Closing(Exporter):
    name = "closing"
    title = "Closing"
    media_type = "text/plain"
    extension = "txt"

    def write(self, reports: Reports, stream: BinaryIO, options: Any) -> None:
        io.TextIOWrapper(stream).write(reports.asked.granularity)


class Guessing(Interpreter):
    name = "guessing"
    title = "Guessing"

    def interpret(self, statement: Any) -> list[Event]:
        return [Event(kind="progress", value=140)]


class Open(Resolver):
    name = "open"
    title = "Open to all"

    def grants(self, person: Person, directory: Any) -> list[Grant]:
        return [Grant(role="learner", granularities=frozenset({"courses"}))]


def test_a_metric_that_depends_on_order_or_emptiness_fails() -> None:
    with pytest.raises(AssertionError, match="order of the rows"):
        MetricContract().test_does_not_depend_on_the_order_of_rows(Wrong())
    with pytest.raises(AssertionError, match="`empty` differ"):
        MetricContract().test_has_one_figure_for_nothing(Wrong())


def changed(**attributes: Any) -> Metric:
    """Return a metric that counts, but for what is changed."""
    made = type("Changed", (Metric,), {
        "name": "changed", "title": "Changed", "unit": "count", "formula": "connections",
        "expression": pl.len(), "empty": 0, **attributes,
    })  # fmt: skip
    found: Metric = made()
    return found


def test_a_metric_that_the_server_would_refuse_fails() -> None:
    MetricContract().test_says_what_it_is(changed())
    for attributes, reason in (
        ({"name": "Late"}, "would refuse Changed, whose name 'Late' is not lower-case"),
        ({"unit": "euros"}, "would refuse Changed, whose unit is 'euros'; it is count"),
        ({"source": "logs"}, "would refuse Changed, whose source is 'logs'; it is connections"),
        ({"granularities": frozenset({"teams"})}, "names the granularity 'teams'; there is"),
        ({"kinds": ("answers",)}, "it names the kinds {'answers'}; there are .*'answer'"),
        ({"expression": None}, "has neither an expression nor a compute method"),
        ({"title": ""}, "it has no title"),
    ):
        with pytest.raises(AssertionError, match=reason):
            MetricContract().test_says_what_it_is(changed(**attributes))


def test_a_metric_is_told_what_a_table_has_and_what_to_return() -> None:
    contract = MetricContract()
    with pytest.raises(AssertionError, match=r"connections: connection, learner, .* seconds"):
        contract.test_has_one_figure_for_nothing(changed(expression=pl.col("minutes").sum()))
    eager = changed(compute=lambda _, tables, by: tables.connections.collect())
    with pytest.raises(AssertionError, match=r"returned a DataFrame; return a LazyFrame"):
        contract.test_has_one_figure_for_nothing(eager)
    with pytest.raises(AssertionError, match=r"expected the columns \['learner', 'changed'\]"):
        contract.test_gives_its_keys_and_itself(
            changed(compute=lambda _, tables, by: tables.connections), SAMPLE, ["learner"]
        )


def test_a_metric_that_compares_the_results_of_several_learners_fails() -> None:
    last = changed(source="results", expression=pl.col("value").sort_by("place").last())
    with pytest.raises(AssertionError, match="results of several learners"):
        MetricContract().test_compares_the_results_of_one_learner_alone(last)


def test_a_ratio_that_has_no_parts_fails() -> None:
    made = type("Half", (Ratio,), {**vars(type(changed())), "parts": lambda *_: pl.LazyFrame()})
    with pytest.raises(AssertionError, match="of parts"):
        MetricContract().test_explains_itself_by_its_parts(made())


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"extension": ".txt"}, r"'\.txt' is no extension such as md: no dot before it"),
        ({"media_type": "text"}, "'text' is no media type such as text/plain"),
        ({"name": "a-b"}, "would refuse Changed, whose name 'a-b'"),
    ],
)
def test_an_exporter_that_is_called_wrongly_fails(attributes: dict[str, str], reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        ExporterContract().test_says_what_it_is(type("Changed", (Closing,), attributes)())


def test_an_exporter_that_writes_the_time_fails() -> None:
    class Timed(Closing):
        def write(self, reports: Reports, stream: BinaryIO, options: Any) -> None:
            stream.write(str(time.perf_counter_ns()).encode())

    with pytest.raises(AssertionError, match="leave out the time, ids and hashes of now"):
        ExporterContract().test_writes_the_same_bytes_twice(Timed(), "ordinary")


def test_an_exporter_that_closes_the_stream_fails() -> None:
    with pytest.raises(AssertionError, match="closed the stream"):
        ExporterContract().test_writes_the_same_bytes_twice(Closing(), "ordinary")


def test_an_interpreter_out_of_range_fails() -> None:
    with pytest.raises(AssertionError, match="out of range"):
        InterpreterContract().test_answers_every_statement(Guessing(), STATEMENTS[0])


def test_an_interpreter_that_yields_or_invents_fails() -> None:
    class Other(Guessing):
        def __init__(self, *events: Any) -> None:
            self.events: Any = list(events)

        def interpret(self, statement: Any) -> list[Event]:
            found: list[Event] = self.events
            return found

    yielding = Other()
    yielding.events = iter([])
    for interpreter, reason in (
        (yielding, "returned a list_iterator; return a list of events, or None"),
        (Other(Event(kind="endless", seconds=1)), "the kind 'endless' is unknown; there are"),  # type: ignore[arg-type]
        (Other(Event(kind="end", seconds=float("inf"))), "negative, or no end"),
    ):
        with pytest.raises(AssertionError, match=reason):
            InterpreterContract().test_answers_every_statement(interpreter, STATEMENTS[0])


def test_a_resolver_that_opens_or_withholds_fails() -> None:
    with pytest.raises(AssertionError, match="stranger"):
        ResolverContract().test_gives_a_stranger_at_most_themself(Open())
    with pytest.raises(AssertionError, match="owner"):
        ResolverContract().test_gives_an_owner_everything(Open())


def test_a_line_is_a_statement() -> None:
    line = "09:05 ada answered question-1 in=course-1 raw=8 max=10 success=yes session=s1"
    (read,) = statements(f"# who did what\n\n  {line}\n")
    statement = decoded(read)
    assert statement.agent_key == "mailto:ada@example.org"
    assert statement.verb.id == "http://adlnet.gov/expapi/verbs/answered"
    assert statement.object_type == "http://adlnet.gov/expapi/activities/cmi.interaction"
    assert statement.timestamp == "2026-03-02T09:05:00Z"
    assert [one.is_course for one in statement.activities("parent")] == [True]
    assert read["result"] == {"score": {"raw": 8.0, "max": 10.0}, "success": True}
    assert statements(line) == [read]


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("2026-01-01T10:00:00+02:00 ada viewed page", ["timestamp"], "2026-01-01T10:00:00+02:00"),
        ("09:00 bob@acme.org viewed page", ["actor", "mbox"], "mailto:bob@acme.org"),
        ("09:00 ada viewed page", ["verb", "id"], "http://id.tincanapi.com/verb/viewed"),
        ("09:00 ada urn:x:did page", ["verb", "id"], "urn:x:did"),
        ("09:00 ada viewed urn:x:page", ["object", "id"], "urn:x:page"),
        ("09:00 ada viewed page", ["object"], {"id": "https://example.org/page"}),
        ("09:00 ada viewed page id=7", ["id"], "7"),
    ],
)
def test_parts_of_a_line(line: str, path: list[str], expected: object) -> None:
    value: Any = statements(line)[0]
    for step in path:
        value = value[step]
    assert value == expected


def test_an_option_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="has the option speed; there is in, grouping"):
        statements("09:00 ada viewed page speed=3")
    with pytest.raises(ValueError, match="has the option quickly; there is in, grouping"):
        statements("09:00 ada viewed page quickly")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("09:00 ada viewed", "'09:00 ada viewed' is no statement: expected a time, a person, a v"),
        ("09:00 ada viewed page raw=much", "raw= cannot be 'much'"),
        ("09:00 ada viewed page success=true", "success= cannot be 'true'"),
    ],
)
def test_a_line_that_is_none_is_told(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        statements(line)


def test_the_sample_statements_are_ones_that_the_record_takes() -> None:
    client = Client(b'{"mbox":"mailto:lms@example.org"}', "mailto:lms@example.org")
    body = msgspec.json.encode(STATEMENTS)
    taken = prepare(body, client=client, version="1.0.3", new_id=lambda: str(uuid.uuid4()))
    assert len(taken) == len(STATEMENTS)
