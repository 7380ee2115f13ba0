"""Everything on one machine: MongoDB when none is named, the worker, the web part.

Each part is a process of its own that is restarted when it dies; one signal stops all of them,
in the order in which they need each other.
"""

import errno
import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Never

import structlog

from lrs_stats.errors import CommandError
from lrs_stats.processes import Kept, Program
from lrs_stats.settings import Settings
from lrs_stats.signals import Signals, Stopped
from lrs_stats.store.folder_lock import locked

Command = tuple[str, list[str]]
Ready = Callable[[str, str], None]
"""Takes the address of a server, and the URI of its database."""

COMMANDS: Final[tuple[Command, ...]] = (
    ("worker", [sys.executable, "-m", "lrs_stats", "serve", "--worker"]),
    ("web", [sys.executable, "-m", "lrs_stats", "serve", "--web"]),
)

GUNICORN: Final = Path(__file__).with_name("gunicorn_conf.py")
DEATHS_AT_START: Final = 3
STOP_SECONDS: Final = 20.0
PORT_SECONDS: Final = 2.0
"""How long a server that was stopped may take to let go of the port."""
ORPHANS_SECONDS: Final = 15.0
"""How long the parts of a server that was killed may take: gunicorn ends its requests first."""

_LOG = structlog.get_logger()


def serve(
    settings: Settings,
    *,
    ready: Ready = lambda _url, _mongo: None,
    commands: Sequence[Command] = COMMANDS,
) -> None:
    """Run all parts until SIGTERM or SIGINT; call `ready` once the server answers."""
    with locked(settings.data), Signals() as signals:
        running: list[Kept] = []
        try:
            _claim(settings, signals.pause)
            mongo = settings.mongo or _start_mongod(settings, signals, running)
            environment = os.environ | settings.environment() | {"LRS_STATS_MONGO": mongo}
            for name, command in commands:
                program = Program(name, command, environment)
                program.start()
                running.append(Kept(program, time.monotonic()))
            _watch(running, signals, settings, lambda url: ready(url, mongo))
        except Stopped:
            _LOG.info("stopping")
        finally:
            for kept in reversed(running):
                kept.part.stop(STOP_SECONDS)
                _LOG.info("part stopped", part=kept.part.name)


def serve_web(settings: Settings) -> Never:
    """Become gunicorn, which serves the web application in several processes."""
    os.execve(  # noqa: S606 - no shell is wanted
        sys.executable,
        [
            *(sys.executable, "-m", "gunicorn", "lrs_stats.wsgi:application"),
            *("--config", str(GUNICORN)),
            *("--bind", _netloc(settings.host, settings.port)),
            *("--workers", str(settings.processes), "--threads", str(settings.threads)),
        ],
        os.environ | settings.environment(),
    )


def _start_mongod(settings: Settings, signals: Signals, running: list[Kept]) -> str:
    # MongoDB's client is loaded only where there is a mongod to set up.
    from lrs_stats.store.mongod import PrivateMongod  # noqa: PLC0415

    mongod = PrivateMongod(settings.data, sleep=signals.pause)
    uri = mongod.start()
    running.append(Kept(mongod, time.monotonic()))
    return uri


def _watch(
    running: Sequence[Kept], signals: Signals, settings: Settings, ready: Callable[[str], None]
) -> Never:
    """Keep every part running, until a signal ends it."""
    is_ready = False
    while True:
        for kept in running:
            kept.tend(time.monotonic())
            if not is_ready and kept.deaths >= DEATHS_AT_START:
                raise CommandError(_cannot_start(kept))
        if not is_ready and _healthy(settings.host, settings.port):
            is_ready = True
            ready(f"http://{_netloc(_reachable(settings.host), settings.port)}")
        signals.pause(_until_next(running) if is_ready else 0.1)


def _until_next(running: Sequence[Kept]) -> float:
    """Return the seconds until something is due; a death ends the pause early by itself."""
    now = time.monotonic()
    return min((wait for kept in running if (wait := kept.wait(now)) is not None), default=1.0)


def _cannot_start(kept: Kept) -> str:
    said = kept.part.last_words() or "It said nothing."
    return (
        f"The {kept.part.name} part ended {kept.deaths} times in a row while starting, "
        f"so everything was stopped. Its last words:\n{said}"
    )


def _claim(settings: Settings, pause: Callable[[float], None]) -> None:
    """Refuse a port that cannot be listened on."""
    host, port = settings.host, settings.port
    was_killed = (settings.data / "mongod" / "uri").exists()  # a stop removes it
    deadline = time.monotonic() + (ORPHANS_SECONDS if was_killed else PORT_SECONDS)
    while error := _bind_error(host, port):
        if error.errno != errno.EADDRINUSE:
            raise CommandError(
                f"{_netloc(host, port)} cannot be listened on ({error.strerror}). "
                "Choose another address with --host and --port."
            )
        if time.monotonic() > deadline:
            raise CommandError(
                f"Port {port} of {host} is already in use. "
                "Stop what uses it, or choose another with --port."
            )
        pause(0.1)


def _bind_error(host: str, port: int) -> OSError | None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn binds
            probe.bind(address)
            probe.listen()
    except OSError as error:
        return error
    return None


def _healthy(host: str, port: int) -> bool:
    # Not urllib, which would ask a proxy that the environment names.
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=2)
    with closing(connection):
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def _reachable(host: str) -> str:
    """Return an address at which a listener on all addresses is found."""
    return {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
