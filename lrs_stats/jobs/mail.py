"""Mails that bring a file, or a link to it: written, and handed to the mail server."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Final

from lrs_stats.jobs.mailboxes import in_ascii, mailbox
from lrs_stats.settings import Settings

SECONDS: Final = 30.0
"""How long the mail server may take for an answer."""
_FOR_GOOD: Final = 500
"""SMTP codes from here on mean that it will not be taken later either (RFC 5321, section 4.2.1)."""
_WITH_FILE: Final = (
    "The file {name} is attached. It holds what you may see.\n\n"
    "Le fichier {name} est joint. Il contient ce que vous avez le droit de voir.\n"
)
_WITH_LINK: Final = (
    "The file {name} is here until {day}. The link is for you alone:\n\n"
    "Le fichier {name} est ici jusqu’au {jour}. Ce lien n’est que pour vous :\n\n"
    "{link}\n"
)


_NO_ADDRESS: Final = "The e-mail of the recipient in the roster is no address that mail can go to."
_NO_SMTPUTF8: Final = (
    "{} has characters that take SMTPUTF8 (RFC 6531), which the mail server does not offer."
)


class NotDelivered(Exception):
    """A delivery that failed, with a sentence; `for_good` when it is of no use to try again."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


@dataclass(frozen=True)
class Letter:
    """What is written to one person. `id` is the same each time that the same is sent again."""

    id: str
    to: str
    title: str
    name: str
    media_type: str
    at: datetime


def with_file(settings: Settings, letter: Letter, path: Path) -> EmailMessage:
    """Return the mail that has the file in it."""
    message = _message(settings, letter, _WITH_FILE.format(name=letter.name))
    kind, _, rest = letter.media_type.partition(";")
    main, _, sub = kind.partition("/")
    message.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=letter.name)
    charset = rest.strip()
    if charset.startswith("charset="):
        *_, attached = message.iter_attachments()
        attached.set_param("charset", charset.removeprefix("charset="))
    return message


def with_link(settings: Settings, letter: Letter, link: str, until: datetime) -> EmailMessage:
    """Return the mail that says where the file is."""
    there = until.astimezone(settings.zone)
    days = {"day": f"{there:%Y-%m-%d %H:%M %Z}", "jour": f"{there:%d/%m/%Y %H:%M}"}
    text = _WITH_LINK.format(name=letter.name, link=link, **days)
    return _message(settings, letter, text)


def send(settings: Settings, message: EmailMessage) -> None:
    """Hand a mail to the mail server, or raise NotDelivered."""
    try:
        with _connected(settings) as server:
            _check_reach(server, message)
            server.send_message(message, to_addrs=[str(message["To"])])
    except smtplib.SMTPRecipientsRefused as error:
        ((code, _),) = error.recipients.values()
        raise _refused("the address of the recipient", code) from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotDelivered(
            "The mail server does not take the user and the password of the settings."
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _refused("the message", error.smtp_code) from error
    except smtplib.SMTPNotSupportedError as error:
        raise NotDelivered(
            "The mail server cannot do what the settings ask of it, such as STARTTLS or to sign in."
        ) from error
    except ssl.SSLError as error:
        raise NotDelivered(
            f"The mail server could not be reached by TLS ({error.reason or 'no TLS'})."
        ) from error
    except OSError as error:
        raise NotDelivered(
            f"The mail server {settings.smtp_host}:{settings.smtp_port} does not answer."
        ) from error


def _message(settings: Settings, letter: Letter, text: str) -> EmailMessage:
    message = EmailMessage()
    _, address = parseaddr(settings.smtp_from)
    message["Subject"] = letter.title
    message["From"] = settings.smtp_from
    message["To"] = _recipient(letter)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.id}@{in_ascii(address.rpartition('@')[2])}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{letter.title}\n\n{text}")
    return message


def _recipient(letter: Letter) -> str:
    try:
        return mailbox(letter.to)
    except ValueError:
        raise NotDelivered(_NO_ADDRESS, for_good=True) from None


def _check_reach(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Raise NotDelivered when an address of a mail is beyond the mail server."""
    server.ehlo_or_helo_if_needed()
    if server.has_extn("smtputf8"):
        return
    _, sender = parseaddr(str(message["From"]))
    if not sender.rpartition("@")[0].isascii():
        raise NotDelivered(_NO_SMTPUTF8.format("The address in smtp_from"))
    if not str(message["To"]).isascii():
        raise NotDelivered(_NO_SMTPUTF8.format("The address of the recipient"), for_good=True)


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    place = (settings.smtp_host, settings.smtp_port, socket.gethostname())
    context = ssl.create_default_context()
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(*place, timeout=SECONDS)
    with server:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        yield server


def _refused(what: str, code: int) -> NotDelivered:
    return NotDelivered(
        f"The mail server refused {what} (SMTP {code}).", for_good=code >= _FOR_GOOD
    )
