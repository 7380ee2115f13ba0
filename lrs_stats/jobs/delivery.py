"""Hands a file that was made by a schedule to the one for whom it was made: by mail, to a folder.

Who got what is in the audit before it leaves.
"""

import hashlib
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from lrs_stats.errors import Forbidden
from lrs_stats.jobs import mail
from lrs_stats.jobs.mail import Letter, NotDelivered
from lrs_stats.services import Services
from lrs_stats.store.audit import Entry, Named
from lrs_stats.store.export_files import sync
from lrs_stats.store.exports import Delivery, Export, Link, Made
from lrs_stats.store.schedules import Schedule

_LONGEST: Final = 100
_FAILED: Final = 503


def deliver(services: Services, export: Export, delivery: Delivery, made: Made) -> None:
    """Deliver a file as its schedule says; raise NotDelivered with the reason when it fails."""
    schedule = services.schedules.one(delivery.schedule)
    if schedule is None:
        raise Forbidden("The schedule is not there any more.")
    _Handing(services, export, schedule, made).do()


@dataclass(frozen=True)
class _Handing:
    """One file and the one to whom it goes."""

    services: Services
    export: Export
    schedule: Schedule
    made: Made

    def do(self) -> None:
        self._hold(self.services.exports.renew(self.export, self.made.rows, self.made.rows))
        self._write_down()
        try:
            if self.schedule.folder is not None:
                self._lay(self.schedule.folder)
            if self.schedule.mail:
                self._mail()
        except NotDelivered:
            self._write_down(status=_FAILED)
            raise

    @staticmethod
    def _hold(is_ours: bool) -> None:  # noqa: FBT001 - it is what a change of the run returned
        """Raise NotDelivered for a run that is none any more: it was cancelled, or taken back."""
        if not is_ours:
            raise NotDelivered("The run was cancelled, or taken back.")

    @property
    def _file(self) -> Path:
        return self.services.settings.exports / self.made.file

    def _lay(self, folder: str) -> None:
        """Lay the file into the recipient's folder below the configured root, whole or not."""
        root = within(self.services.settings.deliveries_folder, folder)
        there = root / _safe(self.export.owner.id)
        part = there / f".{self.export.id}.{self.export.run}.part"
        try:
            there.mkdir(parents=True, exist_ok=True)
            for left in there.glob(f".{self.export.id}.*.part"):  # by a process that was killed
                left.unlink(missing_ok=True)
            with self._file.open("rb") as source, part.open("xb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
            part.replace(there / self._name)
            sync(there)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise NotDelivered(
                f"The file could not be laid into the folder {folder!r} ({error.strerror})."
            ) from error

    @property
    def _name(self) -> str:
        """Return the name in a folder, which no file of another schedule has."""
        name = Path(self.made.name)
        return f"{name.stem}_{self.schedule.id[:8]}{name.suffix}"

    def _mail(self) -> None:
        settings = self.services.settings
        if not settings.smtp_host:
            raise NotDelivered("The settings name no mail server (smtp_host).", for_good=True)
        person = self.services.rosters.load().person(self.export.owner.id)
        if person is None or not person.email:
            raise NotDelivered("The roster has no e-mail of the recipient.", for_good=True)
        letter = Letter(
            self.export.id,
            person.email,
            self.schedule.title,
            self.made.name,
            self.made.media_type,
            datetime.now(UTC),
        )
        if settings.mail_with == "file":
            mail.send(settings, mail.with_file(settings, letter, self._file))
        else:
            until = letter.at + timedelta(days=settings.link_days)
            mail.send(settings, mail.with_link(settings, letter, self._link(until), until))

    def _link(self, until: datetime) -> str:
        """Return an address that opens this file, and nothing else, until an instant."""
        key = secrets.token_urlsafe(32)
        sha256 = hashlib.sha256(key.encode()).hexdigest()
        self._hold(self.services.exports.open_link(self.export, Link(sha256, until)))
        url = self.services.settings.public_url
        return f"{url}/api/v1/exports/{self.export.id}/file?key={key}"

    def _write_down(self, status: int = 202) -> None:
        """Write into the audit who gets what; it is there before anything leaves."""
        given = self.export.given.items()
        asked = {name: v if isinstance(v, list) else [str(v)] for name, v in given}
        ways = {"mail": self.schedule.mail, "folder": self.schedule.folder is not None}
        person = self.export.owner.id
        self.services.audit.write(
            Entry(
                at=datetime.now(UTC),
                request=self.export.run,
                action="deliver exports",
                resource=("exports", self.export.id, "file"),
                status=status,
                person=Named(person, self.services.rosters.load().person_name(person)),
                asked={
                    **asked,
                    "granularity": [self.export.granularity],
                    "schedule": [self.schedule.id],
                    "by": [way for way, is_used in ways.items() if is_used],
                },
                format=self.made.media_type.partition(";")[0],
                rows=self.made.rows,
            )
        )


def within(root: str, folder: str) -> Path:
    """Return a folder below a root, wherever links lead; raise NotDelivered when it is not."""
    if not root:
        raise NotDelivered("The setting deliveries_folder names no folder.", for_good=True)
    top = Path(root).resolve()
    there = (top / folder).resolve()
    if not there.is_relative_to(top):
        raise NotDelivered(f"The folder {folder!r} leads out of deliveries_folder.", for_good=True)
    return there


def _safe(identifier: str) -> str:
    """Return a person's id as the name of one folder."""
    name = quote(identifier, safe="@ ").strip(" ")
    name = name.replace(".", "%2E", 1) if name.startswith(".") else name
    if len(name) <= _LONGEST:
        return name
    return f"{name[:_LONGEST]}-{hashlib.sha256(identifier.encode()).hexdigest()[:16]}"
