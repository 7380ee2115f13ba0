"""Facts that are kept up step by step equal facts that are rebuilt from nothing, row for row."""

import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lrs_stats.errors import NoFacts
from lrs_stats.facts import by_learner, projector, tables
from lrs_stats.reports.query import Query
from tests.examples import examples
from tests.line import OVERLAP, Json, Line
from tests.statement_strategies import IDLE, ZONE, World, worlds

SUMMER = datetime(2025, 6, 16, tzinfo=UTC)
METRICS = (
    *("connections", "time_spent", "course_participants", "attendance", "last_activity"),
    *("score", "respondents", "participation", "progress", "completion", "course_result"),
)
QUERIES = [
    Query(granularity, METRICS, start=start)
    for granularity in (
        *("platform", "courses", "learners", "sessions", "programs", "groups", "questions"),
        "enrolments",
    )
    for start in (None, SUMMER)
]


@dataclass(frozen=True)
class Step:
    """What happens between two passes: so many statements arrive, and perhaps something else."""

    arrivals: int
    pass_limit: int
    event: str


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, 9),
        st.sampled_from([1, 2, 5, 1000]),
        st.sampled_from(["", "", "", "restart", "roster", "tidy", "arrange", "crash", "rebuild"]),
    ),
    max_size=12,
)


def arrivals(world: World, seed: int) -> list[Json]:
    """Return the statements as they become visible: each stored now, some seen a little late."""
    chance = random.Random(seed)
    shuffled = {statement["id"]: statement for statement in world.statements}
    order = chance.sample(sorted(shuffled), len(shuffled))
    base = 1_750_000_000
    together = chance.choice([1, 2, 7])  # a batch has one instant
    visible = []
    for place, statement in enumerate(order):
        stored = base + place // together * 5.0
        late = chance.choice([0, 0, 0, OVERLAP.total_seconds() - 6])
        visible.append((stored + late, stored, statement))
    return [
        shuffled[statement] | {"stored": iso(stored)} for _, stored, statement in sorted(visible)
    ]


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def assert_same_facts(kept: Line, rebuilt: Line) -> None:
    for mine, other in zip(kept.tables(), rebuilt.tables(), strict=True):
        assert_frame_equal(mine, other)
    for query in QUERIES:
        one, two = kept.report(query), rebuilt.report(query)
        assert one.failed == {}
        assert (one.rows, one.totals) == (two.rows, two.totals)


@settings(
    deadline=None,
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    world=worlds(),
    steps=STEPS,
    seed=st.integers(0, 1000),
    few=st.sampled_from([0, 3, 20_000]),
    known=st.booleans(),
)
def test_kept_up_equals_rebuilt(
    world: World,
    steps: list[Step],
    seed: int,
    few: int,
    known: bool,  # noqa: FBT001 - Hypothesis passes by name
) -> None:
    coming = arrivals(world, seed)
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        projector.FEW = few  # type: ignore[misc]  # close the open connections often, or never
        tables.SMALL_FILES = tables.OFTEN = 2  # type: ignore[misc]
        by_learner.WHOLE = 0  # type: ignore[misc]  # each file is worth being arranged
        kept = Line(Path(one), ZONE, IDLE, world.roster if known else None)
        running = kept.projector()
        for number, step in enumerate(steps):
            kept.record.add(coming[: step.arrivals])
            coming = coming[step.arrivals :]
            running.step(step.pass_limit)
            match step.event:
                case "restart":
                    running = kept.projector()
                case "crash":
                    running.rebuild()
                    running.step(step.pass_limit)
                    running = kept.projector()
                case "rebuild":
                    running.rebuild()
                case "roster":
                    kept.take(world.roster)
                case "tidy":
                    running.tidy()
                case "arrange":
                    running.arrange(lambda: True)
            with suppress(NoFacts):  # and what is known of this publication is carried on
                kept.report(QUERIES[(seed + number) % len(QUERIES)])
        kept.record.add(coming)
        kept.catch_up(running)
        rebuilt = Line(Path(two), ZONE, IDLE)
        rebuilt.record, rebuilt.roster = kept.record, kept.roster
        rebuilt.catch_up()
        assert_same_facts(kept, rebuilt)


def launched(number: int, second: int, who: str = "ada") -> Json:
    return {
        "id": f"00000000-0000-4000-8000-00000000000{number}",
        "stored": f"2025-06-15T10:00:{second:02}.000Z",
        "actor": {"mbox": f"mailto:{who}@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/launched"},
        "object": {"id": "https://lms.example/course/1"},
    }


def voiding(number: int, second: int, target: Json, who: str = "admin") -> Json:
    return launched(number, second, who) | {
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": target["id"].upper()},
    }


class KilledError(BaseException):
    """The process ends here."""


def connections(line: Line) -> object:
    return line.report(QUERIES[0]).totals["connections"]


def test_a_statement_seen_behind_the_mark_counts_once(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    running = line.projector()
    for statement in (launched(2, 15), launched(1, 10)):
        line.record.add([statement])
        line.catch_up(running)
    line.catch_up(line.projector())
    assert connections(line) == 2


def test_a_voided_statement_counts_no_more_whoever_voids_it(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    running = line.projector()
    first = launched(1, 10)
    for expected, statement in (
        (1, first),
        (2, launched(2, 12, "bob")),
        (1, voiding(3, 14, first)),
    ):
        line.record.add([statement])
        line.catch_up(running)
        assert connections(line) == expected
    line.record.add([voiding(4, 16, voiding(3, 14, first))])
    line.catch_up(running)
    assert connections(line) == 1  # a voiding statement cannot be voided


def test_a_statement_that_is_voided_before_it_arrives_never_counts(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    first = launched(2, 12)
    for statement in (voiding(1, 10, first), first):
        line.record.add([statement])
        line.catch_up()
        assert connections(line) == 0


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_voided_statement_keeps_its_rows(
    tmp_path: Path,
    order: str,
    at_once: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    answer = launched(1, 10) | {
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "result": {"success": True, "completion": True},
    }
    void = voiding(2, 12, answer)
    coming = [answer, void] if order == "after" else [void, answer | {"stored": iso(1_750_000_000)}]
    running = line.projector()
    for batch in [coming] if at_once else [[one] for one in coming]:
        line.record.add(batch)
        line.catch_up(running)
    events, connections = line.tables()
    assert connections.is_empty()
    kept = events.filter(pl.col("kind") == "voided")
    assert kept.height > 1
    assert set(kept["statement"]) == {answer["id"]}
    assert set(kept["learner"]) == {"mailto:ada@example.org"}
    assert kept["value"].to_list()[0] == 100
    assert events.filter(pl.col("kind") == "void")["statement"].to_list() == [void["id"]]


def test_voiding_that_was_cut_off_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    first = launched(1, 10)
    line.record.add([first])
    running = line.projector()
    line.catch_up(running)
    line.record.add([voiding(2, 12, first)])

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(tables.FactsTables, "append", killed)
        with pytest.raises(KilledError):
            running.step()
    assert connections(line) == 1
    line.catch_up(line.projector())
    assert connections(line) == 0
    assert set(line.tables()[0]["kind"]) == {"voided", "void"}


def test_a_folder_that_another_process_writes_is_left_to_it(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    first, second = line.projector(), line.projector()
    line.record.add([launched(1, 10)])
    line.catch_up(first)
    with pytest.raises(tables.FactsGone):
        line.catch_up(second)
    assert connections(line) == 1


def test_readers_keep_the_old_facts_until_a_rebuild_is_whole(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.record.add([launched(1, 10), launched(2, 12)])
    running = line.projector()
    line.catch_up(running)
    running.rebuild()
    running.step(limit=1)
    assert connections(line) == 2
    line.catch_up(line.projector())
    assert connections(line) == 2


def test_what_arrives_while_a_rebuild_reads_ahead_counts_once(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.record.add([launched(1, 10), launched(3, 14), launched(5, 18)])
    running = line.projector()
    running.step(limit=1)  # 3 is read ahead
    line.record.add([launched(2, 12), launched(4, 16)])
    running.step(limit=1)  # and now 4
    line.record.add([voiding(6, 20, launched(1, 10)), launched(7, 15)])
    line.catch_up(running, limit=1)
    assert line.tables()[0].height == len(line.record.statements)
    assert connections(line) == 5


def test_nothing_counts_that_was_taken_out_after_a_rebuild_had_read_it(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.record.add([launched(1, 10), launched(2, 12), launched(3, 14)])
    running = line.projector()
    running.step(limit=1)
    gone = line.record.statements.pop(launched(2, 12)["id"])
    line.record.statements.pop(launched(3, 14)["id"])
    line.record.add([launched(3, 14, "somebody")])
    running.forget({gone.id}, [line.record.fetch({launched(3, 14)["id"]})])
    line.catch_up(running, limit=1)
    events, _ = line.tables()
    assert events["actor"].to_list() == ["mailto:ada@example.org", "mailto:somebody@example.org"]


def test_a_rebuild_counts_all_up_to_when_its_last_batch_was_read(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.record.add([launched(1, 10), launched(2, 12)])
    running = line.projector()
    before = line.record.instant
    running.step(limit=2)  # it also reads that there is nothing more
    line.record.add([launched(3, 14)])
    line.record.instant += OVERLAP
    assert running.step(limit=2).as_of == before
    assert connections(line) == 2
    assert running.step(limit=2).as_of == line.record.instant
    assert connections(line) == 3
