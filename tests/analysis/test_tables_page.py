"""docs/tables.md is true: its columns are those there are, its examples are rows, its code runs."""

import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from lrs_stats import table_export
from lrs_stats.analysis import Pseudonyms, key_of, published
from lrs_stats.analysis.tables import EXPORTED, Exported
from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.delta import files_of
from lrs_stats.facts.folder import CONNECTION_TABLE, EVENT_TABLE, OPEN_TABLE, SCHEMAS
from lrs_stats.facts.rows import EVENTS, INSTANT
from lrs_stats.testing import statements
from tests.analysis.world import World, asked
from tests.line import Line

PAGE: Final = (Path(__file__).parents[2] / "docs" / "tables.md").read_text("utf-8")
BLOCKS: Final = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
WORDS: Final[dict[pl.DataType, str]] = {
    pl.String(): "text",
    pl.Int32(): "integer",
    pl.Int64(): "integer",
    pl.Float64(): "number",
    pl.Boolean(): "true or false",
    INSTANT: "instant",
}
REGISTRATION: Final = "7c0c25b6-6a0e-4d0b-8a5f-5d5d3a1b9f10"
VISIT: Final = f"session=s1 registration={REGISTRATION}"
SAID: Final = f"""
    09:00 ada initialized course-1 session=s1 registration={REGISTRATION}
    09:05 ada answered question-1 in=course-1 {VISIT} raw=8 max=10 success=yes
    09:20 ada terminated course-1 {VISIT} duration=PT18M
"""
COURSE: Final = "https://example.org/course-1"
SESSION: Final = "https://example.org/session-1"
ROSTER: Final[dict[str, list[dict[str, str]]]] = {
    "people": [{"id": "p0001", "email": "ada@example.org", "status": "active"}],
    "courses": [{"id": COURSE}],
    "programs": [{"id": "p"}],
    "program_courses": [{"program_id": "p", "course_id": COURSE, "position": "1"}],
    "sessions": [{"id": SESSION, "program_id": "p", "start": "2026-03-01", "end": "2026-03-31"}],
    "enrolments": [
        {
            "session_id": SESSION,
            "person_id": "p0001",
            "status": "active",
            "registration": REGISTRATION,
        }
    ],
}


def documented(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*) \|$", section, re.MULTILINE)
    return [re.split(r"(?<!\\)\|", row) for row in rows]


def columns(heading: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in row) for row in documented(heading)]


@pytest.mark.parametrize(
    ("heading", "schema"),
    [("`events`", EVENTS), ("`connections` and `open_connections`", CONNECTIONS)],
)
def test_every_column_is_documented_with_its_type_and_unit(
    heading: str, schema: dict[str, pl.DataType]
) -> None:
    rows = columns(heading)
    assert [(name.strip("`"), word) for name, word, *_ in rows] == [
        (name, WORDS[dtype]) for name, dtype in schema.items()
    ]
    for name, word, unit, meaning, example in rows:
        assert meaning, name
        assert example, name
        assert (unit == "UTC") == (word == "instant"), name


def test_the_schemas_are_those_of_the_tables_on_the_disk(world: World) -> None:
    for name, files in published(world.facts).files.items():
        assert files
        for file in files:
            assert pl.read_parquet_schema(file) == SCHEMAS[name]


def test_the_examples_are_rows_of_the_statements_named(tmp_path: Path) -> None:
    line = Line(tmp_path, ZoneInfo("Europe/Paris"), timedelta(minutes=30), ROSTER)
    said = [
        {
            **one,
            "actor": {**one["actor"], "name": "Ada"},
            "stored": one["timestamp"].replace(":00Z", ":01Z"),
        }
        for one in statements(SAID)
    ]
    line.record.add(said)
    line.catch_up()
    events, connections = line.tables()
    answer = events.sort("instant").row(1, named=True)
    for heading, row in (
        ("`events`", answer),
        ("`connections` and `open_connections`", connections.row(0, named=True)),
    ):
        shown = {cells[0].strip("`"): cells[4].strip("`") for cells in columns(heading)}
        assert shown == {name: spelled(value) for name, value in row.items()}


def test_what_is_exported_is_on_the_page() -> None:
    for table in EXPORTED:
        assert f"\n{row_of(table)}\n" in PAGE


def row_of(table: Exported) -> str:
    """Return the row of the page for a table that is exported."""
    shown = (
        f"`{name}`" + ("" if manner == "kept" else f" {manner}")
        for name, manner in table.columns.items()
    )
    return f"| `{table.name}` | {', '.join(shown)} |"


def test_the_files_of_a_publication_are_found_without_lrs_stats(
    at_work: Path, world: World
) -> None:
    found = published(world.facts)
    ran = run("publication = opened.history(1)[0]")
    for name, table in (
        ("opened", OPEN_TABLE),
        ("events", EVENT_TABLE),
        ("closed", CONNECTION_TABLE),
    ):
        assert names(files_of(ran[name])) == names(found.files[table])
        assert ran[name].version() == found.versions[table]
    assert names(ran["files"]) == names(found.files[EVENT_TABLE])


def test_the_publication_is_read_as_the_page_says(at_work: Path, world: World) -> None:
    ran = run("facts.versions")
    assert ran["facts"] == published("var/facts")
    closed = pl.read_parquet(list(ran["facts"].files[CONNECTION_TABLE])).height
    opened = pl.read_parquet(list(ran["facts"].files[OPEN_TABLE])).height
    assert opened
    rows = ran["connections"].collect()
    assert rows.height < closed + opened
    assert rows["connection"].is_unique().all()
    assert set(rows["connection"]) <= set(ran["events"].collect()["statement"])


def test_duckdb_finds_the_figures_of_the_api(at_work: Path, world: World) -> None:
    ran = run("create view")
    told = {
        row["id"]: (row["connections"], round(row["time_spent"], 6))
        for row in asked(world, "courses?metrics=connections,time_spent")
        if row["connections"]
    }
    assert {course: (count, seconds) for course, count, seconds in ran["per_course"]} == told
    days = asked(world, "platform?metrics=answers&interval=day")
    assert {day.isoformat(): count for day, count, _ in ran["per_day"]} == {
        row["period"]: row["answers"] for row in days if row["answers"]
    }


def test_polars_finds_the_figures_of_the_api(at_work: Path, world: World) -> None:
    ran = run("import polars as pl")
    months = asked(world, "platform?metrics=connections&interval=month")
    assert {
        row["month"].isoformat(): row["connections"] for row in ran["per_month"].to_dicts()
    } == {row["period"]: row["connections"] for row in months if row["connections"]}
    sent = Counter(one["verb"]["id"] for one in world.statements)
    sent["http://adlnet.gov/expapi/verbs/launched"] -= 1  # the one that is voided
    del sent["http://adlnet.gov/expapi/verbs/voided"]
    assert dict(ran["verbs"].select("verb", "statements").iter_rows()) == dict(sent)


def test_views_are_the_same_as_frames_also_of_an_empty_table(world: World) -> None:
    found = published(world.facts)
    for files in (found.files, {**found.files, OPEN_TABLE: ()}, dict.fromkeys(found.files, ())):
        some = type(found)(found.publication, found.versions, files)
        with duckdb.connect() as database:
            for table, query in some.sql().items():
                frame = (some.events() if table == EVENT_TABLE else some.connections()).collect()
                database.execute(f"create view {table} as {query}")
                [(count,)] = database.sql(f"select count(*) from {table}").fetchall()
                assert count == frame.height
                described = database.sql(f"describe {table}").fetchall()
                assert [row[0] for row in described] == frame.columns


def test_an_export_is_read_as_the_page_says(
    at_work: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = at_work / "study.key"
    table_export.export(world.reachable, at_work / "study", key, (None, None), lambda *_: None)
    ran = run("study/connections")
    count = published("var/facts").connections().select(pl.len()).collect().item()
    assert sum(connections for _, connections in ran["per_course"]) == count
    assert {"active"} <= {status for status, _ in ran["active"]}
    known = run('key_of(Path("study.key"))')
    assert known["learner"] == Pseudonyms(key_of(key)).of("person", "p0001")
    learners = pl.read_parquet(at_work / "study" / "people")["id"].to_list()
    assert known["learner"] in learners


@pytest.fixture
def at_work(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which `var/facts` are those of the company, and in which the page is followed."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "facts").symlink_to(world.facts)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(having: str) -> dict[str, Any]:
    """Run the block of the page that has a text, and return its names."""
    [block] = [block for block in BLOCKS if having in block]
    namespace: dict[str, Any] = {}
    exec(compile(block, "docs/tables.md", "exec"), namespace)
    return namespace


def names(files: Any) -> set[str]:
    return {Path(file).name for file in files}


def spelled(value: object) -> str:
    """Return a value as the page spells it."""
    if value is None:
        return "none"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)
