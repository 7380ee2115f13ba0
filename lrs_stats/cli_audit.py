"""The command for the audit, and what other commands write into it."""

import getpass
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import click

from lrs_stats.errors import BadRequest, CommandError
from lrs_stats.settings import Settings

Make = Callable[[], Settings]


@click.command()
@click.option("--from", "start", metavar="INSTANT", help="The first day or instant.")
@click.option("--to", "end", metavar="INSTANT", help="The day or instant at which it ends.")
@click.option("--person", metavar="ID", help="Only what this person asked.")
@click.option("--client", metavar="KEY", help="Only what this client asked.")
@click.option("--action", help="Only this, such as `read stats` or `replace roster`.")
@click.option("--limit", default=1_000, show_default=True, help="So many entries at most.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object on each line.")
@click.pass_obj
def audit(
    make: Make,
    start: str | None,
    end: str | None,
    *,
    person: str | None,
    client: str | None,
    action: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List who read or changed what, the newest first.

    Each line has the instant, the status, who asked, what was done, the parameters, and how many
    rows were answered. Entries are kept for the days that the setting audit_days says.
    """
    from lrs_stats.api.periods import period  # noqa: PLC0415 - each command loads what it needs
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.audit import AuditStore, Wanted  # noqa: PLC0415

    settings = make()
    try:
        first, last = period(start, end, settings.zone)
    except BadRequest as error:
        raise CommandError(f"--{error.detail}") from error
    with opened(settings) as reachable:
        store = AuditStore(reachable.database)
        found, more = store.page(Wanted(first, last, client, person, action), limit)
    for entry in found:
        click.echo(_as_json(entry) if as_json else _line(entry))
    if more:
        click.echo(f"There are more than these {limit}; --limit or --to shows them.", err=True)


def written_down(
    reachable: Any,
    action: str,
    *resource: str,
    rows: int | None = None,
    asked: Mapping[str, str | tuple[str, ...] | None] | None = None,
) -> None:
    """Write into the audit what a command does, and who called it on this machine."""
    from lrs_stats.store.audit import AuditStore, Entry, Named  # noqa: PLC0415

    AuditStore(reachable.database).write(
        Entry(
            at=datetime.now(UTC),
            request=uuid4().hex,
            action=action,
            resource=resource,
            status=200,
            client=Named("command line", called_by()),
            rows=rows,
            asked={
                name: [value] if isinstance(value, str) else [*value]
                for name, value in (asked or {}).items()
                if value
            },
        )
    )


def called_by() -> str:
    """Return who calls: the account of the operating system, or nothing where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _as_json(entry: Any) -> str:
    from dataclasses import asdict  # noqa: PLC0415

    return json.dumps(asdict(entry) | {"at": entry.at.isoformat()}, ensure_ascii=False)


def _line(entry: Any) -> str:
    who = [f"{one.name} ({one.id})" for one in (entry.client, entry.person) if one]
    asked = [f"{name}={value}" for name, values in entry.asked.items() for value in values]
    rows = "" if entry.rows is None else f"{entry.rows} rows"
    what = f"{entry.action} {'/'.join(entry.resource)}"
    parts = [
        f"{entry.at:%Y-%m-%dT%H:%M:%SZ}",
        str(entry.status),
        " for ".join(who) or "nobody known",
        what,
        " ".join(asked),
        rows,
        f"and {entry.unwritten} by nobody known" if entry.unwritten else "",
    ]
    return "  ".join(part for part in parts if part)
