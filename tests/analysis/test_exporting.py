"""Exported tables: the figures of the API in DuckDB, nobody's name, whole or not at all."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from lrs_stats import table_export
from lrs_stats.analysis import Published, exporting, published
from lrs_stats.analysis.exporting import Wanted
from lrs_stats.analysis.pseudonyms import Pseudonyms, key_of, make_key
from lrs_stats.analysis.tables import EXPORTED
from lrs_stats.api.periods import period
from lrs_stats.errors import CommandError
from lrs_stats.roster.identities import keys_of
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.store.audit import AuditStore
from lrs_stats.store.audit import Wanted as Entries
from lrs_stats.store.database import Database, Document
from lrs_stats.store.erasures import Erasure, ErasureStore
from tests.analysis.world import SHA1, STRANGERS, World, asked
from tests.databases import count
from tests.disks import small_disk
from tests.transfer.commands import Commands

HEXADECIMAL = re.compile(r"[0-9a-f]{32}")
MILLIONTHS = "sum(round(seconds * 1e6)::bigint)"
UNKNOWN = "https://autre.example/courses/quentin.inconnu@autre.example"


def command(world: World, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as somebody does it."""
    commands = Commands(world.uri, world.database.name, world.folder.parent)
    line = commands.line("export", "tables", *arguments)
    return subprocess.run(
        [*line[:3], f"--data={world.folder}", *line[4:]],
        env=commands.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def export(
    world: World, folder: Path, key_file: Path | None = None, start: str = "", end: str = ""
) -> dict[str, int]:
    """Do what the command does."""
    table_export.check(world.settings, folder, key_file)
    table_export.check_erasures(world.reachable)
    span = period(start or None, end or None, world.settings.zone)
    return table_export.export(world.reachable, folder, key_file, span, lambda *_: None)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("key") / "key"


@pytest.fixture(scope="module")
def exported(world: World, key_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the company."""
    folder = tmp_path_factory.mktemp("exported") / "tables"
    done = command(world, "--output", folder, "--key-file", key_file)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Wrote {folder}: ")
    return folder


@pytest.fixture(scope="module")
def pseudonyms(world: World, key_file: Path) -> Pseudonyms:
    """What gives the same pseudonyms as the export."""
    roster = Roster(check(world.roster))
    content = roster.courses | roster.sessions | roster.programs
    return Pseudonyms(key_of(key_file), content)


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask DuckDB of an export: every table is a view."""
    with duckdb.connect() as database:
        for table in EXPORTED:
            database.sql(
                f"create view {table.name} as from read_parquet('{folder}/{table.name}/*.parquet')"
            )
        return database.sql(sql).fetchall()


def test_connections_and_time_per_course_are_those_of_the_api(
    world: World, exported: Path, pseudonyms: Pseudonyms
) -> None:
    told = {
        pseudonyms.of_content(row["id"]): (row["connections"], round(row["time_spent"] * 1e6))
        for row in asked(world, "courses?metrics=connections,time_spent")
        if row["connections"]
    }
    found = query(
        exported,
        f"select course, count(*), {MILLIONTHS} from connections group by course",
    )
    assert {course: (count, seconds) for course, count, seconds in found} == told
    assert len(told) > 3
    assert pseudonyms.of("activity", UNKNOWN) in told


def test_connections_by_learner_of_a_period_are_those_of_the_api(
    world: World, key_file: Path, pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    export(world, tmp_path / "a", key_file, "2026-02-10", "2026-03-01T12:00:00Z")
    path = "learners?metrics=connections,time_spent&from=2026-02-10&to=2026-03-01T12:00:00Z"
    told = {
        pseudonyms.of("person", row["id"]): (row["connections"], round(row["time_spent"] * 1e6))
        for row in asked(world, path)
        if row["connections"]
    }
    found = query(
        tmp_path / "a",
        f"select learner, count(*), {MILLIONTHS} from connections group by learner",
    )
    assert {who: (count, seconds) for who, count, seconds in found} == told
    assert len(told) > 10
    [(first, last)] = query(tmp_path / "a", "select min(instant), max(instant) from events")
    assert first >= datetime(2026, 2, 9, 23, tzinfo=UTC)  # a day of Paris
    assert last < datetime(2026, 3, 1, 12, tzinfo=UTC)
    about = json.loads((tmp_path / "a" / "export.json").read_text("utf-8"))
    assert about["from"] == "2026-02-10T00:00:00+01:00"


def test_scores_of_a_group_are_those_of_the_api(
    world: World, exported: Path, pseudonyms: Pseudonyms
) -> None:
    told = {
        pseudonyms.of("group", row["id"]): row["answers"]
        for row in asked(world, "groups?metrics=answers")
    }
    found = query(
        exported,
        """
        select group_id, count(*) filter (kind = 'answer')
        from memberships join events on person_id = learner
        where role = 'learner' group by group_id
        """,
    )
    assert dict(found) == told
    assert any(told.values())


def test_voided_statements_are_left_out(exported: Path, pseudonyms: Pseudonyms) -> None:
    kinds = {kind for (kind,) in query(exported, "select distinct kind from events")}
    assert {"start", "answer"} <= kinds
    assert not kinds & {"void", "voided"}
    gone = pseudonyms.of("statement", "00000000-0000-4000-8000-00000000000e")
    assert query(exported, f"select * from events where statement = '{gone}'") == []


def test_connections_begin_with_a_statement_of_the_events(exported: Path) -> None:
    [(lost,)] = query(
        exported, "select count(*) from connections anti join events on connection = statement"
    )
    assert lost == 0


def test_nobody_is_named_in_any_file(world: World, exported: Path) -> None:
    everything = contents(exported)
    cells = {cell.lower() for cell in everything if isinstance(cell, str)}
    whole = (
        "\n".join(cells)
        + b"\n".join(path.read_bytes() for path in exported.rglob("*") if path.is_file())
        .decode("latin-1")
        .lower()
    )
    names = {name.lower() for name in named(world)}
    assert {"p0001", "groupe-0", SHA1, "quentin inconnu", "qinconnu-77"} <= names
    assert len(names) > 500
    assert {name for name in names if name in whole} == set()


def test_what_stays_is_content_and_vocabulary(world: World, exported: Path) -> None:
    shown = {
        cell
        for path in exported.rglob("*.parquet")
        for row in pl.read_parquet(path).iter_rows()
        for cell in row
        if isinstance(cell, str) and not HEXADECIMAL.fullmatch(cell)
    }
    tables = world.roster
    ids = {row["id"] for name in ("courses", "sessions", "programs") for row in tables[name]}
    verbs = {one["verb"]["id"] for one in world.statements}
    rest = {word for word in shown - ids - verbs if not word.isidentifier()}
    assert rest == set()
    assert shown & ids
    assert not any("@" in word for word in shown)


def test_pseudonyms_are_the_same_with_a_key_and_others_without(
    world: World, exported: Path, key_file: Path, tmp_path: Path
) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    export(world, again, key_file)
    export(world, other)
    learners = "select distinct learner from events where learner is not null order by all"
    assert query(again, learners) == query(exported, learners)
    assert not set(query(other, learners)) & set(query(exported, learners))
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "again").stat().st_mode & 0o777 == 0o700


def test_the_roster_leads_from_table_to_table(world: World, exported: Path) -> None:
    for name, rows in world.roster.items():
        assert query(exported, f"select count(*) from {name}") == [(len(rows),)]
    [(managed,)] = query(
        exported, "select count(*) from people a join people b on a.manager_id = b.id"
    )
    assert managed == sum(bool(one["manager_id"]) for one in world.roster["people"])
    [(registered,)] = query(
        exported,
        "select count(distinct e.registration) from enrolments e join events using (registration)",
    )
    assert registered > 3
    [(coached,)] = query(exported, "select count(*) from people where employer is not null")
    assert coached == sum(bool(one["employer"]) for one in world.roster["people"])


def test_every_table_has_the_columns_that_are_declared(exported: Path) -> None:
    for table in EXPORTED:
        assert pl.read_parquet_schema(exported / table.name / "00001.parquet") == table.schema
    assert sorted(path.name for path in exported.iterdir()) == sorted(
        [*(table.name for table in EXPORTED), "export.json"]
    )


def test_the_export_says_what_it_is(world: World, exported: Path) -> None:
    about = json.loads((exported / "export.json").read_text("utf-8"))
    found = published(world.facts)
    assert about["as_of"] == found.as_of.isoformat()
    assert about["timezone"] == "Europe/Paris"
    assert (about["from"], about["to"]) == (None, None)
    assert about["rows"]["people"] == len(world.roster["people"])
    assert about["rows"]["connections"] == found.connections().select(pl.len()).collect().item()


def test_an_export_is_in_the_audit(world: World, exported: Path) -> None:
    entries, _ = AuditStore(world.database).page(Entries(action="export tables"), 10)
    assert list(entries[-1].resource) == ["tables"]
    assert entries[-1].client
    assert entries[-1].client.id == "command line"


def test_open_connections_take_the_place_of_closed_ones(world: World, tmp_path: Path) -> None:
    found = published(world.facts)
    opened = pl.read_parquet(list(found.files["open_connections"]))
    learner = opened["learner"][0]
    closed = tmp_path / "closed.parquet"
    stale = opened.filter(pl.col("learner") == learner).with_columns(seconds=pl.lit(1e9))
    other = stale.with_columns(learner=pl.lit("someone else"))
    pl.concat([stale, other]).write_parquet(closed)
    both = replace(found, files={**found.files, "connections": (str(closed),)})
    write(both, tmp_path / "out")
    [(longest,)] = query(tmp_path / "out", "select count(*) from connections where seconds = 1e9")
    assert longest == other.filter(pl.col("connection").is_not_null()).height
    assert both.connections().filter(pl.col("seconds") == 1e9).collect().height == longest


def test_rows_are_cut_into_files(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PART", 50)
    whole = write(published(world.facts), tmp_path / "out", Roster(check(world.roster)))
    for table in EXPORTED:
        files = sorted((tmp_path / "out" / table.name).iterdir())
        heights = [pl.read_parquet(file).height for file in files]
        assert files[0].name == "00001.parquet"
        assert sum(heights) == whole[table.name]
    events = sorted((tmp_path / "out" / "events").iterdir())
    assert {pl.read_parquet(file).height for file in events[:-1]} == {50}
    assert len(list((tmp_path / "out" / "connections").iterdir())) > 2


def test_the_place_of_a_row_tells_nothing_of_whose_it_is(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PART", 30)
    found, roster = published(world.facts), check(world.roster)
    write(found, tmp_path / "a", Roster(roster))
    turned = {
        name: tuple(turned_around(tmp_path / name, file) for file in reversed(files))
        for name, files in found.files.items()
    }
    backwards = check({name: rows[::-1] for name, rows in world.roster.items()})
    write(replace(found, files=turned), tmp_path / "b", Roster(backwards))
    for table in EXPORTED:
        first, second = (
            [pl.read_parquet(file) for file in sorted((tmp_path / one / table.name).iterdir())]
            for one in ("a", "b")
        )
        if table.name == "events":  # these come in the order of storing, which they show
            first, second = ([pl.concat(one).sort("statement", "part")] for one in (first, second))
        assert len(first) == len(second)
        assert all(one.equals(other) for one, other in zip(first, second, strict=True))


def turned_around(path: Path, file: str) -> str:
    """Write the rows of a file backwards into another."""
    path.mkdir(exist_ok=True)
    other = path / Path(file).name
    pl.read_parquet(file).reverse().write_parquet(other)
    return str(other)


def test_memory_does_not_grow_with_the_rows(world: World, tmp_path: Path) -> None:
    path = tmp_path / "many.parquet"
    many(published(world.facts), 100_000).write_parquet(path)
    few, more = (peak([path] * times, world.facts, tmp_path / str(times)) for times in (3, 9))
    assert more < few * 1.2, (few, more)


@pytest.mark.parametrize("name", ["kept.txt", ".hidden"])
def test_a_folder_with_something_in_it_is_refused(name: str, world: World, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(CommandError, match="is there already, and not empty"):
        export(world, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_empty_folder_is_taken(world: World, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(world, tmp_path / "out")
    assert (tmp_path / "out" / "export.json").is_file()


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        ("ab" * 32, 0o640, "Others may read .*; run chmod 600"),
        ("ab" * 31, 0o600, "is no key: it has 64 hexadecimal digits"),
        ("é", 0o600, "cannot be read as a key"),
    ],
)
def test_a_key_that_protects_nothing_is_refused(
    content: str, mode: int, reason: str, world: World, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(content)
    key.chmod(mode)
    with pytest.raises(CommandError, match=reason):
        export(world, tmp_path / "out", key)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_key_that_is_not_there_is_made_by_an_export_alone(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read as a key"):
        key_of(tmp_path / "typo")
    assert not any(tmp_path.iterdir())
    with pytest.raises(CommandError, match=r"cannot be written \(No such file or directory\)"):
        make_key(tmp_path / "nowhere" / "key")


def test_a_key_among_the_files_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="The key would lie among the files"):
        export(world, tmp_path / "out", tmp_path / "out" / "key")


def test_a_period_that_is_none_is_refused(world: World, tmp_path: Path) -> None:
    done = command(world, "--output", tmp_path / "out", "--from", "yesterday")
    assert done.returncode == 1
    assert done.stderr.startswith("lrs-stats: --from: 'yesterday' is no date")


def test_a_file_that_went_away_leaves_nothing(world: World, tmp_path: Path) -> None:
    found = published(world.facts)
    gone = replace(found, files={**found.files, "events": (str(tmp_path / "gone.parquet"),)})
    with pytest.raises(CommandError, match=r"The facts cannot be read .* export again"):
        write(gone, tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing(world: World, tmp_path: Path) -> None:
    found = published(world.facts)
    path = tmp_path / "many.parquet"
    many(found, 300_000).write_parquet(path)
    large = replace(found, files={**found.files, "events": (str(path), str(path))})
    disk = tmp_path / "disk"
    with small_disk(disk):
        with pytest.raises(
            CommandError, match=r"out cannot be written \(No space left on device\)"
        ):
            write(large, disk / "out")
        assert not any(disk.iterdir())


def test_who_is_erased_meanwhile_is_in_no_files(world: World, tmp_path: Path) -> None:
    store = ErasureStore(world.database)
    store.add(Erasure("e", "ordered", datetime.now(UTC), "root"))
    try:
        with pytest.raises(CommandError, match="A person is being erased"):
            export(world, tmp_path / "out")
        with pytest.raises(CommandError, match="A person is being erased"):
            table_export.export(
                world.reachable, tmp_path / "out", None, (None, None), lambda *_: None
            )
        assert not any(tmp_path.iterdir())
    finally:
        world.database["erasures"].delete_many({})


def test_a_folder_without_facts_is_told(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    elsewhere = World(mongo_uri, database, tmp_path / "data")
    with pytest.raises(CommandError, match=r"There are no facts in .*data/facts. Name the data"):
        export(elsewhere, tmp_path / "out")


def test_an_empty_store_has_empty_tables(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    empty = World(mongo_uri, database, tmp_path / "data")
    count(database, empty.settings)
    export(empty, tmp_path / "out")
    assert query(tmp_path / "out", "select count(*) from events") == [(0,)]
    assert query(tmp_path / "out", "select count(*) from people") == [(0,)]


def many(found: Published, rows: int) -> pl.DataFrame:
    """Return about so many events, of as many statements."""
    events = found.events().collect()
    return pl.concat([events] * (rows // events.height)).with_columns(
        statement=pl.format("{}", pl.int_range(pl.len()))
    )


def write(found: Published, folder: Path, roster: Roster | None = None) -> dict[str, int]:
    return exporting.export(found, roster or Roster(), Wanted(None, None, b"k" * 32, {}), folder)


def peak(events: list[Path], facts: Path, folder: Path) -> int:
    """Return the most memory that a process had which exported so many files of events."""
    program = f"""
import resource
from dataclasses import replace
from pathlib import Path
from lrs_stats.analysis import Published, exporting, published
from lrs_stats.roster.roster import Roster
found = published({str(facts)!r})
files = {{**found.files, "events": tuple({[str(path) for path in events]!r})}}
wanted = exporting.Wanted(None, None, b"k" * 32, {{}})
exporting.export(replace(found, files=files), Roster(), wanted, Path({str(folder)!r}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return int(ran.stdout)


def contents(folder: Path) -> Iterator[object]:
    """Yield every cell of every table, and the texts of the rest."""
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            for row in pl.read_parquet(path).iter_rows():
                yield from row
        elif path.is_file():
            yield from path.read_text("utf-8").split()


def named(world: World) -> Iterator[str]:
    """Yield by what people, statements and groups are named anywhere, in lower case."""
    roster = check(world.roster)
    for person in roster.people:
        yield from (person.id, *filter(None, (person.email, person.account_name, person.employer)))
        yield from (key.rpartition(":")[2].rpartition("|")[2] for key in keys_of(person))
        yield f"{person.first_name} {person.last_name}"
    for group in roster.groups:
        yield from (group.id, group.name)
    for place in roster.enrolments:
        yield place.registration
    for table in ("courses", "programs", "sessions"):
        yield from (one.title for one in roster.rows(table))
    for statement in world.statements:
        yield statement["id"]
    for who in STRANGERS:
        for value in who.values():
            yield from (value.values() if isinstance(value, dict) else [value])
    yield from ("quentin", "inconnu")
