"""How long after its acknowledgement a statement is counted, while others are being taken."""

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

import click

from bench.clients import Sent, Work, dealt, in_processes, send
from bench.server import Server, served, wait_until
from bench.simulated import company, sent_by
from bench.table import Line, Target, show
from lrs_stats.batches import batches

BATCH: Final = 50
LOOK_EVERY: Final = 0.05
"""Seconds between two looks at the figures, which is how exact the latency is."""
PROBE_EVERY: Final = 0.1
MOST: Final = 10_000
"""Statements a second for which enough are made beforehand when there is no limit."""


@click.command()
@click.option("--seconds", default=20.0, show_default=True, help="How long to ingest and probe.")
@click.option("--clients", default=2, show_default=True, help="How many send batches of 50.")
@click.option(
    "--rate", default=0, show_default=True,
    help="Statements a second that they send; 0 is as many as the server takes.",
)  # fmt: skip
def freshness(seconds: float, clients: int, rate: int) -> None:
    """Measure accepted → counted: under 2 s at the 99th percentile, while ingesting.

    Ten times a second a statement by a learner of its own is posted. The time runs from its
    acknowledgement until /api/v1/stats/learners counts a connection of that learner.
    """
    total = round(seconds * (rate or MOST))
    with TemporaryDirectory() as folder, served(Path(folder)) as server:
        server.catch_up()
        posts = [
            server.post(b"[" + b",".join(batch) + b"]")
            for batch in batches(sent_by(company(total), total), BATCH)
        ]
        interval = clients * BATCH / rate if rate else 0.0
        shares = [Work(server.port, share, 1, seconds, interval) for share in dealt(posts, clients)]
        probes, stream = Probes(server), _Stream(shares)
        with stream:
            probes.run(seconds)
        sent = stream.sent
    latencies = sorted(probes.latencies)
    show(
        f"Posted {len(latencies)} probes in {seconds:g} s beside batches of {BATCH} from {clients} "
        f"clients ({_rate(sent):,.0f} statements/s), and looked every {LOOK_EVERY * 1000:g} ms.",
        [
            Line("accepted → counted, p50", [latencies[len(latencies) // 2]], "s"),
            Line(
                "accepted → counted, p99",
                [latencies[len(latencies) * 99 // 100]],
                "s",
                Target("<=", 2),
            ),
            Line("accepted → counted, worst", [latencies[-1]], "s"),
        ],
    )


@dataclass
class Probes:
    """Statements by learners of their own, and when each was accepted and counted."""

    server: Server
    accepted: dict[str, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Post probes for a while, look whenever it is time, and wait for the last."""
        over = threading.Event()
        poster = threading.Thread(target=self._post_until, args=(over,))
        poster.start()
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until:
                self._look()
                time.sleep(LOOK_EVERY)
        finally:
            over.set()
            poster.join()
        wait_until(self._all_counted)

    def _post_until(self, over: threading.Event) -> None:
        while not over.wait(PROBE_EVERY):
            learner = f"mailto:{uuid4()}@example.org"
            self.server.ask("POST", "/xAPI/statements", _opened_by(learner))
            self.accepted[learner] = time.monotonic()

    def _look(self) -> None:
        """Take note of the probes that are counted by now."""
        waiting = list(self.accepted)
        if not waiting:
            return
        asked = [("metrics", "connections"), *(("learner", one) for one in waiting)]
        report = self.server.ask("GET", f"/api/v1/stats/learners?{urlencode(asked)}")
        now = time.monotonic()
        for row in report["rows"]:
            if row["connections"]:
                self.latencies.append(now - self.accepted.pop(row["id"]))

    def _all_counted(self) -> bool:
        self._look()
        return not self.accepted


class _Stream:
    """The batches that are sent behind the probes, from entry to exit of the block."""

    def __init__(self, shares: list[Work]) -> None:
        self._thread = threading.Thread(target=self._send, args=(shares,))
        self.sent = Sent(0, 0, 1)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _send(self, shares: list[Work]) -> None:
        self.sent = in_processes(send, shares)


def _opened_by(learner: str) -> bytes:
    """Return a statement with which a learner opens a course."""
    course = {
        "id": "https://example.org/course",
        "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
    }
    verb = {"id": "http://adlnet.gov/expapi/verbs/initialized"}
    return json.dumps({"actor": {"mbox": learner}, "verb": verb, "object": course}).encode()


def _rate(sent: Sent) -> float:
    return sent.answered * BATCH / (sent.ended - sent.began)
