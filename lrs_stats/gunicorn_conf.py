"""How gunicorn runs the web part; what varies with the settings comes as flags.

A file rather than flags, because gunicorn passes over settings here that its version does not
know, and because a file that is named keeps it from reading one that lies about. It is named by
its path, since the module would bring the whole vocabulary of plugins, and Polars with it.
"""

from pathlib import Path
from signal import SIGKILL
from typing import Any

worker_class = "gthread"

# Workers are forked. Polars and pymongo run threads whose locks do not survive a fork, so the
# master must never import them: each worker loads the application for itself.
preload_app = False

limit_request_line = 8190  # the most there is: agents and more stand in addresses as JSON
keepalive = 65  # longer than the 60 s of common proxies, so that these close idle connections
timeout = 60
graceful_timeout = 10
sendfile = False
loglevel = "warning"
accesslog = None
control_socket_disable = True  # newer gunicorns open one in the home folder

# The heartbeat file must not wait for a disk that is busy with the record.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - as gunicorn advises


def post_fork(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn passes both
    """Tie a worker to its master, so that none holds the port when the next master binds it.

    By SIGKILL: whatever a request had acknowledged is stored, and the rest is for the client to
    send again.
    """
    from lrs_stats.tether import die_with  # noqa: PLC0415 - the master stays without Polars

    die_with(worker.ppid, SIGKILL)
