"""Whether ingest and figures keep their speed while a large file is made in the background."""

import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import click

from bench.clients import Sent, Work, in_processes, send
from bench.server import Server, served, wait_until
from bench.simulated import company, sent_by
from bench.table import Line, Target, show
from lrs_stats.batches import batches

BATCH: Final = 50
MOST: Final = 10_000
"""Statements a second for which enough are made beforehand."""
PAUSE: Final = 0.1
PAGE: Final = "/api/v1/stats/learners?metrics=connections,time_spent&page_size=50"
BEGINNING: Final = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Speed:
    """Statements a second, and the seconds of a page, at its median, beside each other."""

    statements: float
    page: float


@click.command()
@click.option("--rows", default=200_000, show_default=True, help="Connections in the file.")
@click.option("--learners", default=5_000, show_default=True, help="Whose they are.")
@click.option("--seconds", default=10.0, show_default=True, help="How long each round lasts.")
@click.option("--rounds", default=3, show_default=True, help="How often, with and without a file.")
def background(rows: int, learners: int, seconds: float, rounds: int) -> None:
    """Measure ingest and a page, alone and while the log of connections becomes an Excel file.

    Batches of 50 are posted by one client, as fast as they are answered, while a page of learners
    is asked for again and again. A round without a file is followed by one with a file.
    """
    total = round((2 * rounds + 1) * seconds * MOST)
    with TemporaryDirectory() as folder, served(Path(folder)) as server:
        _fill(server, rows, learners)
        posts = _posts(server, sent_by(company(total), total), BATCH)
        share = len(posts) // (2 * rounds + 1)
        shares = iter([posts[n * share : (n + 1) * share] for n in range(2 * rounds + 1)])
        _measured(server, next(shares), min(seconds, 2.0))  # what is loaded at first is not counted
        alone, beside, took = [], [], []
        for _ in range(rounds):
            server.catch_up()
            alone.append(_measured(server, next(shares), seconds))
            server.catch_up()
            place = _ordered(server)
            beside.append(_measured(server, next(shares), seconds))
            took.append(_finished(server, place))
    pairs = list(zip(alone, beside, strict=True))
    ingest = [file.statements / without.statements for without, file in pairs]
    page = [file.page / without.page for without, file in pairs]
    show(
        f"Made {rounds} Excel files of the log of {rows:,} connections in the background, each "
        f"while ingesting for {seconds:g} s.",
        [
            Line("ingest alone, statements/s", [one.statements for one in alone]),
            Line("ingest while a file is made", [one.statements for one in beside]),
            Line("ingest: beside a file : alone", ingest, "", Target(">=", 0.8)),
            Line("a page alone", [one.page for one in alone], "s"),
            Line("a page while a file is made", [one.page for one in beside], "s"),
            Line("a page: beside a file : alone", page, "", Target("<=", 1.5)),
            Line("the file, from its beginning", took, "s"),
        ],
    )


def _fill(server: Server, rows: int, learners: int) -> None:
    """Store statements each of which opens a connection, and have them counted."""
    posts = _posts(server, _opening(rows, learners), 200)
    in_processes(send, [Work(server.port, posts, 2, 3600.0)])
    server.catch_up()


def _posts(server: Server, statements: Iterable[bytes], size: int) -> list[bytes]:
    """Return the requests that post statements, so many at a time."""
    return [server.post(b"[" + b",".join(some) + b"]") for some in batches(statements, size)]


def _opening(rows: int, learners: int) -> Iterator[bytes]:
    verb = {"id": "http://adlnet.gov/expapi/verbs/initialized"}
    for number in range(rows):
        learner, hour = number % learners, number // learners
        course = f"https://example.org/courses/{number % 50}"
        kind = {"type": "http://adlnet.gov/expapi/activities/course"}
        yield json.dumps(
            {
                "actor": {"mbox": f"mailto:learner-{learner}@example.org"},
                "verb": verb,
                "object": {"id": course, "definition": kind},
                "timestamp": (BEGINNING + timedelta(hours=hour)).isoformat(),
            }
        ).encode()


def _measured(server: Server, posts: list[bytes], seconds: float) -> Speed:
    """Post for a while, and ask for a page meanwhile."""
    sent: list[Sent] = []
    work = Work(server.port, posts, 1, seconds)
    posting = threading.Thread(target=lambda: sent.append(in_processes(send, [work])))
    posting.start()
    pages = []
    while posting.is_alive():
        began = time.perf_counter()
        server.ask("GET", PAGE)
        pages.append(time.perf_counter() - began)
        time.sleep(PAUSE)
    (done,) = sent
    return Speed(done.answered * BATCH / (done.ended - done.began), median(pages))


def _ordered(server: Server) -> str:
    """Order the file, and return its place once it is being made."""
    body = json.dumps({"granularity": "connections", "format": "xlsx"}).encode()
    place: str = server.ask("POST", "/api/v1/exports", body)["links"]["self"]
    wait_until(lambda: server.ask("GET", place)["status"] != "queued")
    return place


def _finished(server: Server, place: str) -> float:
    """Wait for a file, and return how long it took."""
    wait_until(lambda: server.ask("GET", place)["status"] not in {"queued", "running"})
    told: dict[str, Any] = server.ask("GET", place)
    if told["status"] != "done":
        raise RuntimeError(f"The file was not made: {told['reason']}")
    began, ended = (datetime.fromisoformat(told[name]) for name in ("started", "ended"))
    return (ended - began).total_seconds()
