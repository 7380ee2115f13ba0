"""Each bench runs, small, and prints a figure for every line of its table."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ("simulate --statements 500", ["statements per second"]),
        ("rebuild --statements 500", ["statements per second"]),
        (
            "stats --events 500 --learners 30",
            ["learners, 30 days", "MongoDB : ours", "memory of", "the same, at its peak"],
        ),
        (
            "exports --statements 500 --learners 30 --rows 300 --times 1",
            ["CSV, 300 rows", "Parquet, 300 rows", "memory: Excel", "memory: CSV, many rows"],
        ),
        (
            "background --rows 300 --learners 30 --seconds 1 --rounds 1",
            ["ingest: beside a file", "a page: beside a file", "the file"],
        ),
        (
            "pages --events 500 --learners 30",
            ["made ready", "general, the first page", "learners", "choose/learner", "weight of"],
        ),
        (
            "roles --events 500 --learners 30",
            ["learners, all time: coach", "courses, 30 days: owner"],
        ),
        (
            "adding --events 12000 --learners 30",
            ["late, among 12,000", "late, many : few", "in order, many : few"],
        ),
        (
            "roster --people 200 --enrolments 2000",
            ["import of the folder", "change of one person", "read whole : followed"],
        ),
        ("rekey --events 2000", ["what the roster touches", "all events :"]),
        ("queries --statements 500", ["all, ascending", "agent, rare", "more: pages of 10"]),
        ("ingest --seconds 0.5 --rounds 1", ["batches : insert_many", "single : batches"]),
        ("freshness --seconds 1 --rate 200", ["accepted → counted, p99"]),
    ],
)
def test_a_bench_prints_its_table(arguments: str, lines: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments.split()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for line in lines:
        [shown] = [one for one in done.stdout.splitlines() if one.startswith(line)]
        assert any(character.isdigit() for character in shown.removeprefix(line))
