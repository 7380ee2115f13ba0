"""How long a page takes, and how much it weighs with all that it loads."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
from flask import Flask
from flask.testing import FlaskClient

from bench import facts
from bench.keeping import kept_in, of_facts
from bench.table import Line, Target, show
from bench.timing import timed
from lrs_stats.app import wire
from lrs_stats.dashboard.views import prepare
from lrs_stats.facts.reader import FactsReader
from lrs_stats.parts import parts
from lrs_stats.serving import opened
from lrs_stats.settings import Settings

LOADED: Final = re.compile(r'(?:href|src|data-library)="(/dashboard/static/[^"]+)"')
HEAVIEST: Final = 1_300_000
"""Bytes of a page with all that it loads, compressed or not."""
FEW: Final = 1_000_000
"""Statements up to which a page is to be as fast as on the demo."""
OWNER: Final = "administrator"
PAGES: Final = ("general", "learners", "groups", "programs", "courses", "questions", "connections")
FIND: Final = "choose/learner?for=/dashboard/learners&search=mar"


@click.command()
@of_facts
def pages(events: int, learners: int, keep: Path | None) -> None:
    """Measure the pages of an owner: the first after a start, each again, and their weight.

    The facts are those of the bench `stats`, so `--keep` finds them again. The web application
    answers in this process, with a private MongoDB for roster, tokens and audit; the library of
    the charts is made first. `--events 50000 --learners 300` is about the demo.
    """
    limit = Target("<=", 300 if events <= FEW else 1000)
    with kept_in(keep) as kept:
        folder = kept / f"{events}-{learners}"
        facts.make(folder, events, learners)
        with _signed_in(folder, learners) as (client, ready):
            first = _seconds(client, "general")
            again = {page: timed(partial(_get, client, page)) for page in (*PAGES, FIND)}
            weights = {page: _weight(client, page) for page in PAGES}
    heaviest = max(weights, key=weights.__getitem__)
    show(
        f"Looked at the pages of the facts of {events:,} statements by {learners:,} learners.",
        [
            Line("made ready, beside the start of a process", [1000 * ready], "ms"),
            Line("general, the first page of a process", [1000 * first], "ms", limit),
            *(
                Line(page.partition("?")[0], [1000 * one for one in seconds], "ms", limit)
                for page, seconds in again.items()
            ),
            Line(
                f"weight of {heaviest}, the heaviest",
                [weights[heaviest] / 1000],
                "kB",
                Target("<=", HEAVIEST / 1000),
            ),
        ],
    )


@contextmanager
def _signed_in(folder: Path, learners: int) -> Iterator[tuple[FlaskClient, float]]:
    """Give a browser of an owner, at a server of these facts that nobody has asked yet.

    Beside it are the seconds that the server took to make itself ready for the first page.
    """
    with TemporaryDirectory() as name, opened(Settings(data=Path(name))) as reachable:
        services = replace(
            parts(reachable.settings, reachable.database), reader=FactsReader(folder)
        )
        services.rosters.replace(facts.roster_of(facts.crowd(learners)).tables)
        version = services.reader.snapshot().publication.version
        services.state.report(as_of=datetime.now(UTC), version=version)
        services.rosters.load()
        app = wire(Flask("bench", static_folder=None), services)
        began = time.perf_counter()
        prepare(app)
        ready = time.perf_counter() - began
        client = app.test_client()
        token = services.credentials.create_token(OWNER, "owner")
        client.get("/sign-in", query_string={"token": token})
        yield client, ready


def _get(client: FlaskClient, page: str) -> str:
    answer = client.get(f"/dashboard/{page}")
    if answer.status_code != 200:
        raise RuntimeError(f"{page} was answered {answer.status_code}: {answer.text[:500]}")
    return answer.text


def _seconds(client: FlaskClient, page: str) -> float:
    began = time.perf_counter()
    _get(client, page)
    return time.perf_counter() - began


def _weight(client: FlaskClient, page: str) -> int:
    """Return the bytes of a page and of all that it loads, none of them compressed."""
    text = _get(client, page)
    loaded = set(LOADED.findall(text))
    return len(text.encode()) + sum(len(client.get(one).data) for one in loaded)
