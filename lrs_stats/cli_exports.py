"""The commands that show files in the background and on a schedule, of everybody."""

from collections.abc import Callable
from typing import Any

import click

from lrs_stats.cli_audit import written_down
from lrs_stats.errors import CommandError
from lrs_stats.settings import Settings

Make = Callable[[], Settings]


@click.group()
def exports() -> None:
    """Files that are made in the background, of everybody."""


@exports.command("list")
@click.option("--limit", default=100, show_default=True, help="So many at most.")
@click.pass_obj
def exports_list(make: Make, limit: int) -> None:
    """List the orders, newest first: id, instant, state, how far it is, whose, and what."""
    from lrs_stats.serving import opened  # noqa: PLC0415 - each command loads only what it needs
    from lrs_stats.store.exports import ExportStore  # noqa: PLC0415

    with opened(make()) as reachable:
        found = ExportStore(reachable.database).of(None, limit=limit)
        written_down(reachable, "read exports", "exports", rows=len(found))
    for one in found:
        total = "?" if one.total is None else one.total
        click.echo(
            f"{one.id}  {one.ordered:%Y-%m-%dT%H:%MZ}  {one.state:<9}  {one.rows}/{total}  "
            f"{one.owner.key}  {one.granularity}.{one.format}"
        )


@exports.command("show")
@click.argument("export", metavar="ID")
@click.pass_obj
def exports_show(make: Make, export: str) -> None:
    """Show all that is known of the order with an ID."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.exports import ExportStore  # noqa: PLC0415

    with opened(make()) as reachable:
        found = ExportStore(reachable.database).one(export)
        written_down(reachable, "read exports", "exports", export)
    if found is None:
        raise CommandError(f"There is no export {export[:40]!r}.")
    made = found.made
    _tell(
        {
            "state": found.state,
            "of": found.owner.key,
            "asks": f"{found.granularity}.{found.format} {dict(found.given)}",
            "options": dict(found.options) or None,
            "schedule": found.delivery and found.delivery.schedule,
            "rows": f"{found.rows} of {'?' if found.total is None else found.total}",
            "attempts": found.attempts,
            "ordered": found.ordered,
            "started": found.started,
            "ended": found.ended,
            "kept until": found.expires,
            "file": made and f"{made.name}, {made.size} bytes, as {made.file}",
            "reason": found.trouble or None,
        }
    )


@click.group()
def schedules() -> None:
    """Files on a schedule, of everybody."""


@schedules.command("list")
@click.pass_obj
def schedules_list(make: Make) -> None:
    """List the schedules, newest first: id, status, when due, whose, and why one failed."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.schedules import ScheduleStore  # noqa: PLC0415

    with opened(make()) as reachable:
        found = ScheduleStore(reachable.database).of(None)
        written_down(reachable, "read schedules", "schedules", rows=len(found))
    for one in found:
        due = "never" if one.next is None else f"{one.next:%Y-%m-%dT%H:%MZ}"
        reason = f"  ({one.trouble})" if one.trouble else ""
        click.echo(
            f"{one.id}  {one.status:<6}  {due:<17}  {one.owner.key}  {one.title}, "
            f"to {len(one.recipients)}{reason}"
        )


def _tell(known: dict[str, Any]) -> None:
    for name, value in known.items():
        if value is not None:
            click.echo(f"{name:<11} {value}")
