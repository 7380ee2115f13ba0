"""Fifty kills at random moments: what was acknowledged is there, and counted exactly once."""

import http.client
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Literal
from uuid import UUID

from tests.e2e.comparison import answered, assert_figures
from tests.e2e.server import Json, Part, Server, descendants, serving
from tests.waiting import until

ROUNDS = 50
SEED = 20
PATIENCE = 120
"""Seconds: how long a restart takes on a busy machine is not what is tested here."""
Victim = Part | Literal["everything", "supervisor"]
VICTIMS: tuple[Victim, ...] = ("everything", "supervisor", "mongod", "web", "web worker", "worker")
BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)
ADL = "http://adlnet.gov/expapi/verbs/"


class Client(Thread):
    """A tool that posts batches one after the other, and sends again what was not acknowledged."""

    def __init__(self, server: Server, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.batches: list[list[str]] = []
        """The ids of all batches that were ever sent."""
        self.acknowledged: list[str] = []
        self.strange: list[str] = []
        """Answers that no outage explains."""
        self._server = server
        self._rng = rng
        self._moment = BEGINNING
        self._enough = Event()

    def run(self) -> None:
        while not self._enough.wait(0.04):
            batch = [self._statement() for _ in range(self._rng.randint(1, 6))]
            self.batches.append([one["id"] for one in batch])
            while not self._is_acknowledged(batch) and not self._enough.wait(0.02):
                if self._rng.random() < 0.1:  # a tool that gives up
                    break

    def finish(self) -> None:
        """Stop once the batch under way is answered."""
        self._enough.set()
        self.join(60)

    def _is_acknowledged(self, batch: list[Json]) -> bool:
        try:
            answer = self._server.post(batch)
        except (OSError, http.client.HTTPException):
            return False
        if answer.status == 200:
            self.acknowledged += [one["id"] for one in batch]
        elif answer.status != 503:
            self.strange.append(f"{answer.status} {answer.body.decode()}")
        return answer.status == 200

    def _statement(self) -> Json:
        rng = self._rng
        self._moment += timedelta(seconds=rng.choice((1, 20, 300, 4000)))
        course = f"http://example.org/courses/{rng.randrange(3)}"
        statement = {
            "id": str(UUID(int=rng.getrandbits(128), version=4)),
            "actor": {"mbox": f"mailto:{rng.randrange(8)}@example.org"},
            "timestamp": self._moment.isoformat(),
            "context": {
                "contextActivities": {"grouping": [{"id": course}], "parent": [{"id": course}]}
            },
        }
        if rng.random() < 0.5:
            result = {"score": {"raw": rng.randrange(11), "max": 10}}
            return statement | _what("answered", f"{course}/questions/1") | {"result": result}
        return statement | _what(rng.choice(("initialized", "experienced", "terminated")), course)


def _what(verb: str, activity: str) -> Json:
    return {"verb": {"id": f"{ADL}{verb}"}, "object": {"id": activity}}


def end_lease(server: Server) -> None:
    """Let the lease of a killed worker run out at once; fifty times 15 s are too long to wait."""
    with server.database() as database:
        database["states"].update_one(
            {"_id": "worker"}, {"$set": {"until": datetime.fromtimestamp(0, UTC)}}
        )


def kill(server: Server, victim: Victim) -> None:
    """Kill a part, and bring the server back when the supervisor does not do so."""
    if victim == "everything":
        server.kill_everything()
        server.start()
    elif victim == "supervisor":
        server.kill()
        server.wait()
        server.start()
    else:
        before = server.pids(victim)[:1]
        server.kill(victim)
        until(
            lambda: set(server.pids(victim)) - set(before),
            PATIENCE,
            told=lambda: f"No {victim} but {before}; the server said: {server.logged[-4000:]}",
        )


def is_counted(server: Server, since: datetime) -> bool:
    try:
        as_of = server.as_of()
    except (OSError, http.client.HTTPException):
        return False
    return as_of is not None and as_of > since


def test_nothing_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    with serving(tmp_path / "data", settings={"processes": "1"}) as server:
        client = Client(server, random.Random(SEED + 1))
        client.start()
        for number in range(ROUNDS):
            acknowledged, begun = len(client.acknowledged), datetime.now(UTC)
            until(lambda: len(client.acknowledged) > acknowledged, PATIENCE)  # noqa: B023 - called at once
            if number % 3 == 0:
                end_lease(server)
                until(lambda: is_counted(server, begun), PATIENCE)  # noqa: B023 - called at once
            time.sleep(rng.uniform(0, 0.3))  # the random moment itself
            kill(server, rng.choice(VICTIMS))
        acknowledged = len(client.acknowledged)
        until(lambda: len(client.acknowledged) > acknowledged, PATIENCE)
        client.finish()
        end_lease(server)
        server.wait_counted()
        assert client.strange == []
        assert len(descendants(server.pid)) == 4  # mongod, the worker, gunicorn and its worker
        assert_exactly_once(server, client)


def assert_exactly_once(server: Server, client: Client) -> None:
    stored = server.statements()
    ids = {one["id"] for one in stored}
    assert len(ids) == len(stored)
    assert ids >= set(client.acknowledged)
    for batch in client.batches:
        assert ids.issuperset(batch) or ids.isdisjoint(batch), batch
    assert server.status()["statements"] == len(stored)
    for granularity in ("learners", "courses", "platform"):
        assert assert_figures(server, stored, {}, granularity)
    before = answered(server, "learners")
    assert server.run("rebuild").returncode == 0
    server.wait_counted()
    assert answered(server, "learners") == before
    checkup = server.run("doctor")
    assert (checkup.returncode, "!" in checkup.stdout) == (0, False), checkup.stdout
