"""A rebuild that is killed goes on where it stood; figures stay as they are until it is whole."""

import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lrs_stats import rebuilding
from lrs_stats.errors import CommandError
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.reader import FactsReader
from lrs_stats.serving import Reachable
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document
from lrs_stats.store.worker_state import WorkerState
from lrs_stats.testing import statements
from tests.databases import count, numbered, store

MANY = 50
AT_ONCE = 10
"""Statements that a pass reads, rather than 20 000."""
KILLED_AFTER = 2
"""Passes after which the process that rebuilds is killed."""

KILL = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from lrs_stats import rebuilding
    from lrs_stats.facts.projector import Projector
    from lrs_stats.serving import Reachable
    from lrs_stats.settings import Settings
    from lrs_stats.store.database import connect

    uri, name, folder, at_once, passes = sys.argv[1:]
    settings = Settings(mongo=uri, database=name, data=Path(folder))
    step, done = Projector.step, []

    def until_killed(self):
        if len(done) == int(passes):
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(1)
        return step(self, int(at_once))

    Projector.step = until_killed
    reachable = Reachable(settings, connect(uri, name))
    rebuilding.rebuild(reachable, rebuilding.count(reachable), lambda done, total: None)
    """
)


@pytest.fixture
def reachable(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Reachable:
    """Give a store of fifty statements, counted, and no worker."""
    settings = Settings(mongo=mongo_uri, database=database.name, data=tmp_path)
    lines = "\n".join(f"09:{n:02} w{n} launched course-1" for n in range(MANY))
    store(database, numbered(statements(lines)))
    count(database, settings)
    return Reachable(settings, database)


@pytest.fixture(autouse=True)
def _small_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Projector.step
    monkeypatch.setattr(Projector, "step", lambda self: step(self, AT_ONCE))


def killed(reachable: Reachable) -> None:
    """Have another process begin a rebuild, and be killed midway."""
    settings = reachable.settings
    given = (settings.mongo, settings.database, str(settings.data), AT_ONCE, KILLED_AFTER)
    done = subprocess.run(
        [sys.executable, "-c", KILL, *map(str, given)], check=False, timeout=60, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    end_lease(reachable)


def end_lease(reachable: Reachable) -> None:
    """Let the lease of a killed process run out at once."""
    reachable.database["states"].update_one(
        {"_id": "worker"}, {"$set": {"until": datetime.fromtimestamp(0, UTC)}}
    )


def seen(reachable: Reachable) -> tuple[int, int]:
    """Return how many events and connections readers see, those of a new process too."""
    snapshot = FactsReader(reachable.settings.facts).snapshot()
    return snapshot.events.collect().height, snapshot.connections.height


def test_a_rebuild_that_is_killed_goes_on(
    reachable: Reachable, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = FactsReader(reachable.settings.facts).snapshot()
    killed(reachable)
    assert seen(reachable) == (MANY, MANY)
    state = WorkerState(reachable.database)
    assert (state.progress().rebuilding, state.progress().read) == (True, KILLED_AFTER * AT_ONCE)
    begun, told = list[object](), list[int]()
    monkeypatch.setattr(Projector, "rebuild", begun.append)
    rebuilding.rebuild(reachable, MANY, lambda done, _: told.append(done))
    assert begun == []
    assert told[0] == KILLED_AFTER * AT_ONCE
    assert told == sorted(told)
    assert len(set(told)) > 3  # the bar moves with each pass
    assert told[-1] == MANY
    assert not state.progress().rebuilding
    assert seen(reachable) == (MANY, MANY)
    after = FactsReader(reachable.settings.facts).snapshot()
    assert after.publication.version > before.publication.version
    assert after.connections.sort("connection").equals(before.connections.sort("connection"))


def test_a_server_that_starts_goes_on_with_it(reachable: Reachable) -> None:
    killed(reachable)
    count(reachable.database, reachable.settings)
    reached = WorkerState(reachable.database).progress()
    assert (reached.rebuilding, reached.read) == (False, MANY)
    assert seen(reachable) == (MANY, MANY)


def test_a_rebuild_can_begin_anew(reachable: Reachable) -> None:
    killed(reachable)
    told = list[int]()
    rebuilding.rebuild(reachable, MANY, lambda done, _: told.append(done), anew=True)
    assert told[0] == 0
    assert seen(reachable) == (MANY, MANY)


def test_an_earlier_state_can_be_asked_for_amid_a_rebuild(reachable: Reachable) -> None:
    reader = FactsReader(reachable.settings.facts)
    stood = reader.snapshot().publication
    killed(reachable)
    then = FactsReader(reachable.settings.facts).at(stood.as_of)
    assert then.publication == stood
    assert then.events.collect().height == MANY


def test_an_old_trouble_does_not_end_a_rebuild_that_goes_on(reachable: Reachable) -> None:
    killed(reachable)
    WorkerState(reachable.database).report(trouble="OSError: No space left on device")
    rebuilding.rebuild(reachable, MANY, lambda done, total: None)
    assert seen(reachable) == (MANY, MANY)


def test_a_worker_that_was_asked_and_has_gone_is_told(
    reachable: Reachable, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = WorkerState(reachable.database)
    state.hold("another")
    monkeypatch.setattr(rebuilding, "ABSENT", 0.3)

    def gone(_done: int, _total: int) -> None:
        end_lease(reachable)

    with pytest.raises(CommandError, match="goes on where it stood"):
        rebuilding.rebuild(reachable, MANY, gone)
