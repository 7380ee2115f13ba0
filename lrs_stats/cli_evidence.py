"""The commands for evidence packs: make one for a funder, and verify one later."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from lrs_stats.cli_audit import written_down
from lrs_stats.errors import BadRequest, CommandError
from lrs_stats.settings import Settings

Make = Callable[[], Settings]


@click.group()
def evidence() -> None:
    """Evidence packs for funders: logs, attendance, attestations and certificates."""


@evidence.command("export")
@click.option("--program", multiple=True, metavar="ID", help="Only this program; repeat for more.")
@click.option("--session", multiple=True, metavar="ID", help="Only this session.")
@click.option("--group", multiple=True, metavar="ID", help="Only the learners of this group.")
@click.option("--learner", multiple=True, metavar="ID", help="Only this learner.")
@click.option("--from", "start", metavar="INSTANT", help="The first day or instant.")
@click.option("--to", "end", metavar="INSTANT", help="The day or instant at which it ends.")
@click.option(
    "--open-access", is_flag=True, help="With connections outside of sessions in the log."
)
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              required=True, help="The ZIP to write; it is not there yet.")  # fmt: skip
@click.pass_obj
def export(
    make: Make,
    /,
    output: Path,
    start: str | None,
    end: str | None,
    *,
    open_access: bool,
    **named: tuple[str, ...],
) -> None:
    """Write an evidence pack of all learners in sessions, or of some.

    What the organisation has not set, and what the roster does not say, is told before.
    docs/opco.md says what is in the pack. The hash that is printed shows later that the manifest
    is the one that was made: keep it.
    """
    from lrs_stats import evidence_files  # noqa: PLC0415 - each command loads only what it needs
    from lrs_stats.api.periods import period  # noqa: PLC0415
    from lrs_stats.logs import configure  # noqa: PLC0415
    from lrs_stats.progress import bar  # noqa: PLC0415
    from lrs_stats.reports.query import Query  # noqa: PLC0415
    from lrs_stats.serving import opened  # noqa: PLC0415

    settings = make()
    if output.exists():
        raise CommandError(f"{output} is there already; choose another name.")
    try:
        span = period(start, end, settings.zone)
    except BadRequest as error:
        raise CommandError(f"--{error.detail}") from error
    filters = {name: frozenset(ids) for name, ids in named.items() if ids}
    configure()
    with opened(settings) as reachable:
        order = evidence_files.ordered(
            reachable, Query("enrolments", ("connections",), *span, filters=filters)
        )
        for warning in order.warnings:
            click.echo(f"! {warning}", err=True)
        options = {"open_access": "yes"} if open_access else {}
        with bar("Exporting", 0) as progress:
            digest = evidence_files.write(order, options, output, progress)
        asked = {"from": start, "to": end, "manifest": digest, **named}
        try:
            written_down(reachable, "export evidence", "evidence", rows=order.count, asked=asked)
        except BaseException:
            evidence_files.dropped(output)
            raise
        evidence_files.named(output)
    click.echo(f"Wrote {output}. Learners in sessions: {order.count}.\nmanifest  {digest}")


@evidence.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--manifest", metavar="SHA256", help="The hash that was printed with the pack.")
def verify(file: Path, manifest: str | None) -> None:
    """Say whether each file in the evidence pack FILE is as its manifest has it.

    Names every file that was altered, is missing or was added; the exit status is then 1. Without
    --manifest it cannot show that somebody made a new manifest for other files.
    """
    from lrs_stats import evidence as packs  # noqa: PLC0415

    verdict = packs.verify(file)
    for finding in verdict.findings:
        click.echo(f"! {finding}")
    other = manifest is not None and manifest.lower() != verdict.digest
    if other:
        click.echo(f"! {packs.MANIFEST}: another one than was made; its hash is {verdict.digest}")
    if verdict.findings or other:
        sys.exit(1)
    click.echo(f"All {verdict.files} files are as the manifest has them.")
    click.echo(f"as of     {verdict.manifest.get('as_of')}\nmanifest  {verdict.digest}")
