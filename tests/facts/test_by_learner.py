"""The events of some learners are those that their files hold, wherever they are found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lrs_stats.facts import by_learner
from lrs_stats.facts.by_learner import FOLDER, ByLearner
from lrs_stats.facts.connections import signs
from lrs_stats.facts.delta import scan
from lrs_stats.facts.rows import EVENTS
from tests.examples import examples
from tests.facts.test_open_learners import EVENT, event, rows

WHO = ("ana", "bob", "zoé", "nobody")


@pytest.fixture(autouse=True)
def _small_files_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_learner, "WHOLE", 0)


def written(folder: Path, name: str, events: pl.DataFrame) -> str:
    path = folder / "events" / f"{name}.parquet"
    path.parent.mkdir(exist_ok=True)
    events.write_parquet(path)
    return str(path)


def assert_found(held: ByLearner, learners: set[str], events: dict[str, pl.DataFrame]) -> None:
    everything = pl.concat([pl.DataFrame(schema=EVENTS), *events.values()])
    expected = signs(everything.lazy()).filter(pl.col("learner").is_in(learners)).collect()
    assert_frame_equal(held.of(learners, list(events)), expected, check_row_order=False)


@settings(deadline=None, max_examples=examples(30))
@given(
    files=st.lists(st.lists(EVENT, max_size=8), max_size=4),
    where=st.lists(st.sampled_from(["memory", "beside", "file"]), min_size=4, max_size=4),
    learners=st.sets(st.sampled_from(WHO)),
)
def test_they_are_found_in_memory_beside_the_file_and_in_it(
    tmp_path_factory: pytest.TempPathFactory,
    files: list[list[dict[str, Any]]],
    where: list[str],
    learners: set[str],
) -> None:
    folder = tmp_path_factory.mktemp("facts")
    held, events = ByLearner(folder), dict[str, pl.DataFrame]()
    for number, said in enumerate(files):
        frame = rows([event(10 * number + n, n, **one) for n, one in enumerate(said)])
        file = written(folder, str(number), frame)
        events[file] = frame
        if where[number] == "memory":
            held.add(file, frame)
    held.arrange([one for one, place in zip(events, where, strict=False) if place == "beside"], go)
    assert_found(held, learners, events)


def go() -> bool:
    return True


@pytest.fixture
def events(tmp_path: Path) -> dict[str, pl.DataFrame]:
    """Two files with events of ana and bob."""
    made = (rows([event(n, n), event(n + 1, n + 1, learner="bob")]) for n in (0, 10))
    return {written(tmp_path, str(n), frame): frame for n, frame in enumerate(made)}


@pytest.fixture
def looked_into(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Say which files of events are read."""
    files: list[str] = []

    def noted(some: list[str], schema: Any) -> pl.LazyFrame:
        files.extend(some)
        return scan(some, schema)

    monkeypatch.setattr(by_learner, "scan", noted)
    return iter([files])


def test_what_is_arranged_is_found_by_the_next_process_and_no_file_is_read(
    tmp_path: Path, events: dict[str, pl.DataFrame], looked_into: Iterator[list[str]]
) -> None:
    ByLearner(tmp_path).arrange(list(events), go)
    files = next(looked_into)
    assert files == list(events)
    files.clear()
    held = ByLearner(tmp_path)
    held.arrange(list(events), go)
    assert_found(held, {"bob"}, events)
    assert files == []


@pytest.mark.parametrize("left", [0, 1, 7, 30, -1, -8, -9])
def test_what_was_cut_short_is_made_anew(
    tmp_path: Path, events: dict[str, pl.DataFrame], left: int
) -> None:
    ByLearner(tmp_path).arrange(list(events), go)
    for path in (tmp_path / FOLDER).iterdir():
        path.write_bytes(path.read_bytes()[:left])
    held = ByLearner(tmp_path)
    held.arrange(list(events), go)
    assert_found(held, {"ana"}, events)


def test_learners_with_the_same_digest_are_told_apart(
    tmp_path: Path, events: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_learner, "_digest", lambda _: 7)
    held = ByLearner(tmp_path)
    held.arrange(list(events), go)
    assert_found(held, {"ana"}, events)
    assert_found(held, {"bob", "nobody"}, events)


def test_what_lies_beside_a_file_goes_with_it(
    tmp_path: Path, events: dict[str, pl.DataFrame]
) -> None:
    held = ByLearner(tmp_path)
    held.arrange(list(events), go)
    first, second = events
    held.arrange([second], go)
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [Path(second).name]
    assert_found(held, {"ana"}, {second: events[second]})
    assert_found(held, {"ana"}, {first: events[first]})  # it is read itself


def test_a_file_that_is_gone_holds_nobody_up(
    tmp_path: Path, events: dict[str, pl.DataFrame]
) -> None:
    first, second = events
    Path(first).unlink()
    held = ByLearner(tmp_path)
    held.arrange(list(events), go)
    assert_found(held, {"ana"}, {second: events[second]})


def test_it_stops_when_it_is_to(tmp_path: Path, events: dict[str, pl.DataFrame]) -> None:
    answers = iter([True, False])
    ByLearner(tmp_path).arrange(list(events), lambda: next(answers))
    assert len(list((tmp_path / FOLDER).iterdir())) == 1


def test_no_more_is_held_in_memory_than_there_is_room_for(
    tmp_path: Path, events: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_learner, "IN_MEMORY", 2)
    held = ByLearner(tmp_path)
    for file, frame in events.items():
        held.add(file, frame)
    assert len(held._young) == 1
    assert_found(held, {"ana", "bob"}, events)
    held.keep([])
    assert not held._young


def test_a_small_file_is_read_once(
    tmp_path: Path,
    events: dict[str, pl.DataFrame],
    looked_into: Iterator[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(by_learner, "WHOLE", 1 << 20)
    held, files = ByLearner(tmp_path), next(looked_into)
    assert_found(held, {"ana"}, events)
    assert_found(held, {"bob"}, events)
    assert files == list(events)
    held.arrange(list(events), go)
    assert not list((tmp_path / FOLDER).iterdir())
