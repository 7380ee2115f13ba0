"""How many statements a second are taken, beside MongoDB itself and in batches and one by one."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
from pymongo import ASCENDING

from bench.clients import Sent, Work, dealt, in_processes, send
from bench.processors import measured
from bench.server import Server, served
from bench.simulated import company, sent_by
from bench.table import Line, Target, show
from lrs_stats.batches import batches
from lrs_stats.store.database import Document, connect, prepare
from lrs_stats.store.mongod import running_uri
from lrs_stats.store.statements import StatementStore

BATCH: Final = 50
SINGLES: Final = 64
"""Clients that send one statement at a time."""
PEER: Final = "bench_peer"
MOST: Final = 10_000, 2_500
"""Statements a second, in batches and one by one, for which enough are made beforehand."""


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="How long each part lasts.")
@click.option("--clients", default=4, show_default=True, help="How many send batches at once.")
@click.option("--rounds", default=3, show_default=True, help="How often all is measured in turn.")
def ingest(seconds: float, clients: int, rounds: int) -> None:
    """Measure ingest over HTTP beside insert_many, and single statements beside batches.

    A round posts batches of 50 to a real server, then inserts the documents that this stored
    into a second collection of the same mongod (same indexes, same write concern, as many
    writers, batches of 50), then posts single statements from 64 clients. The worker runs and
    counts what arrives all the while, as it does for a user; before each part it has caught up.
    """
    batched, singles = (max(BATCH, round(seconds * most)) for most in MOST)
    total = rounds * (batched + singles)
    lines = sent_by(company(total), total)
    with TemporaryDirectory() as folder, served(Path(folder)) as server:
        bench = _Bench(server, Path(folder), seconds, clients, lines)
        bench.warm_up()
        done = [bench.round(batched, singles) for _ in range(rounds)]
    show(
        f"Posted for {seconds:g} s in batches of {BATCH} from {clients} clients, inserted the same "
        f"documents directly, posted for {seconds:g} s one by one from {SINGLES} clients; "
        f"{rounds} times, the worker running.",
        [
            Line("batches over HTTP, statements/s", [one.batched for one in done]),
            Line("insert_many of the same, statements/s", [one.peer for one in done]),
            Line("single statements over HTTP, statements/s", [one.single for one in done]),
            Line(
                "batches : insert_many", [r.batched / r.peer for r in done], "", Target(">=", 0.35)
            ),
            Line("single : batches", [r.single / r.batched for r in done], "", Target(">=", 0.15)),
            *(
                Line(
                    f"processor time of a statement in batches, {part}",
                    [r.cost[part] for r in done],
                    "us",
                )
                for part in done[0].cost
            ),
            *(
                Line(f"the same by insert_many, {part}", [r.peer_cost[part] for r in done], "us")
                for part in ("MongoDB", "clients")
            ),
        ],
    )


@dataclass(frozen=True)
class Round:
    """Statements a second: in batches, by insert_many, and one by one; and what the first two cost.

    A cost is microseconds of processor time for each statement, by who spent it, until all that
    was posted is counted.
    """

    batched: float
    peer: float
    single: float
    cost: Mapping[str, float]
    peer_cost: Mapping[str, float]


@dataclass(frozen=True)
class Inserts:
    """What one writer inserts into the peer's collection."""

    uri: str
    batches: Sequence[list[Document]]


@dataclass(frozen=True)
class _Bench:
    server: Server
    folder: Path
    seconds: float
    clients: int
    lines: Iterator[bytes]

    def warm_up(self) -> None:
        """Make the peer's collection, and have every process of the server do all of it once."""
        prepare(self.server.database.client[PEER])
        self._post([self._body(batch) for batch in self._take(4 * BATCH)], self.clients)
        self.server.catch_up()

    def round(self, batched: int, singles: int) -> Round:
        """Measure each part once."""
        since = StatementStore(self.server.database).now()
        bodies = [self._body(b) for b in self._take(batched)]
        in_batches, spent = measured(self.server.pid, lambda: self._counted(bodies))
        by_peer, peer_spent = measured(self.server.pid, lambda: self._insert(since))
        one_by_one = self._post([line for batch in self._take(singles) for line in batch], SINGLES)
        self.server.catch_up()
        return Round(
            _rate(in_batches, BATCH),
            _rate(by_peer, BATCH),
            _rate(one_by_one, 1),
            {part: spent.each(part, in_batches.answered * BATCH) for part in spent.seconds},
            {part: peer_spent.each(part, by_peer.answered * BATCH) for part in spent.seconds},
        )

    def _counted(self, bodies: Sequence[bytes]) -> Sent:
        sent = self._post(bodies, self.clients)
        self.server.catch_up()
        return sent

    def _take(self, number: int) -> Iterator[list[bytes]]:
        whole = batches(self.lines, BATCH)
        return (batch for batch, _ in zip(whole, range(number // BATCH), strict=False))

    @staticmethod
    def _body(batch: list[bytes]) -> bytes:
        return b"[" + b",".join(batch) + b"]"

    def _post(self, bodies: Sequence[bytes], connections: int) -> Sent:
        requests = [self.server.post(body) for body in bodies]
        processes = min(self.clients, connections)
        return in_processes(
            send,
            [
                Work(self.server.port, share, connections // processes, self.seconds)
                for share in dealt(requests, processes)
            ],
        )

    def _insert(self, since: datetime) -> Sent:
        """Insert what was stored since an instant into the peer's collection."""
        stored = self.server.database["statements"].find({"stored": {"$gte": since}})
        found = stored.sort([("stored", ASCENDING), ("_id", ASCENDING)])
        whole = [list(batch) for batch in _chunks(list(found))]
        uri = running_uri(self.folder) or ""
        return in_processes(
            _insert_all, [Inserts(uri, share) for share in dealt(whole, self.clients)]
        )


def _insert_all(inserts: Inserts) -> Sent:
    """Insert batch by batch, by majority and journal as the server does."""
    database = connect(inserts.uri, PEER)
    with database.client:
        began = time.monotonic()
        for batch in inserts.batches:
            database["statements"].insert_many(batch)
        return Sent(len(inserts.batches), began, time.monotonic())


def _chunks(documents: list[Document]) -> Iterator[list[Document]]:
    return (documents[n : n + BATCH] for n in range(0, len(documents), BATCH))


def _rate(sent: Sent, size: int) -> float:
    return sent.answered * size / (sent.ended - sent.began)
