"""A real mail server in a process of its own, and what it has taken."""

import email
import email.policy
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tests.waiting import until


@dataclass(frozen=True)
class Mailbox:
    """The port of a mail server, and the folder in which it keeps what it takes."""

    port: int
    folder: Path

    def taken(self) -> list[EmailMessage]:
        """Return the mails that were taken since the last time."""
        found = []
        for path in sorted((self.folder / "new").glob("*")):
            with path.open("rb") as file:
                message = email.message_from_binary_file(file, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.append(message)
            path.unlink()
        return found


def attached(message: EmailMessage) -> tuple[str, bytes]:
    """Return the name and the content of the one file in a mail."""
    (part,) = message.iter_attachments()
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return part.get_filename() or "", content


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def mail_server(folder: Path) -> Iterator[Mailbox]:
    """Run a mail server for a while."""
    port = free_port()
    handler = ["-c", "aiosmtpd.handlers.Mailbox", str(folder / "mail")]
    process = subprocess.Popen(
        [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", *handler],
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _listens(port))
        yield Mailbox(port, folder / "mail")
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
