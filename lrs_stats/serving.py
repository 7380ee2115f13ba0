"""Serving: the parts, the database behind them, and the administrator of a first start."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from lrs_stats import supervisor
from lrs_stats.access.jwt import provider_of
from lrs_stats.access.openid import openid_of
from lrs_stats.logs import configure
from lrs_stats.priority import give_way
from lrs_stats.settings import Settings
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Database, Document, connect, prepare
from lrs_stats.store.folder_lock import locked
from lrs_stats.store.mongod import PrivateMongod, running_uri
from lrs_stats.store.worker_state import WorkerState

Say = Callable[[str], None]


@dataclass(frozen=True)
class Reachable:
    """A database, and the settings with which other parts reach it too."""

    settings: Settings
    database: Database[Document]


@contextmanager
def opened(settings: Settings, *, as_found: bool = False) -> Iterator[Reachable]:
    """Reach the database that --mongo names, or that of the server on the data folder.

    When none runs, a private one is started for the while. What the database lacks is made,
    unless it is to be looked at `as_found`.
    """
    uri = settings.mongo or running_uri(settings.data)
    if uri:
        yield _reach(settings, uri, as_found=as_found)
        return
    with locked(settings.data):
        mongod = PrivateMongod(settings.data)
        try:
            yield _reach(settings, mongod.start(), as_found=as_found)
        finally:
            mongod.stop()


def serve(settings: Settings, *, part: Literal["web", "worker", "all"], say: Say) -> None:
    """Serve one part, or everything, until a signal comes."""
    configure()
    provider_of(settings)  # what is wrong with them is said before anything starts
    openid_of(settings)
    if part == "worker":
        from lrs_stats.jobs import wiring, worker  # noqa: PLC0415 - Polars only where it is used

        give_way(settings.worker_nice)
        working = wiring.create_worker(settings)
        with (
            wiring.create_forwards(settings, working),
            wiring.create_erasing(settings, working),
            wiring.create_exports(settings, working),
        ):
            check = wiring.create_check(settings, working)
            schedules = wiring.create_schedules(settings, working)
            worker.run(working, settings.poll_seconds, check, schedules.tick)
    elif part == "web":
        supervisor.serve_web(settings)
    else:
        supervisor.serve(
            settings, ready=lambda url, mongo: welcome(replace(settings, mongo=mongo), url, say)
        )


def welcome(settings: Settings, url: str, say: Say) -> None:
    """Say where the server is, and on the first start who may administrate it."""
    administrator = _administrator(settings, _reach(settings, settings.mongo).database)
    if administrator:
        say(administrator)
    say(f"Serving at {url}, with the interface explained at {url}/api/docs. Ctrl-C stops it.")


def _reach(settings: Settings, uri: str, *, as_found: bool = False) -> Reachable:
    database = connect(uri, settings.database)
    if not as_found:
        prepare(database)
    return Reachable(replace(settings, mongo=uri), database)


def _administrator(settings: Settings, database: Database[Document]) -> str:
    """Make the administrator on the first start; return what is said of them, once."""
    credentials = CredentialStore(database)
    if settings.admin_key:
        credentials.set_secret(settings.admin_key, settings.admin_secret, "administrator", ("all",))
    if not WorkerState(database).first_time("administrator"):
        return ""
    lines = [f"  token   {credentials.create_token('administrator', 'owner')}"]
    if not settings.admin_key:
        client, secret = credentials.create_client("administrator", ("all",))
        lines = [f"  key     {client.key}", f"  secret  {secret}", *lines]
    return "\n".join(
        [
            "The administrator of this server; this is shown once and kept nowhere in the clear:",
            *lines,
            "Programs send key and secret (Basic), people the token (Bearer).",
        ]
    )
