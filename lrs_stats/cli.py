"""The commands. Each says what it does, and ends with one sentence when it cannot."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from lrs_stats.cli_access import passwords, tokens
from lrs_stats.cli_audit import audit, written_down
from lrs_stats.cli_erasure import erase
from lrs_stats.cli_evidence import evidence
from lrs_stats.cli_export import export
from lrs_stats.cli_exports import exports, schedules
from lrs_stats.cli_plugins import plugins
from lrs_stats.cli_roster import roster
from lrs_stats.cli_statements import forwards, statements
from lrs_stats.errors import CommandError, Problem
from lrs_stats.settings import Settings, load

P = ParamSpec("P")
R = TypeVar("R")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="lrs-stats")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.  [default: var]")
@click.option("--mongo", metavar="URI", help="A MongoDB of your own (a replica set).")
@click.option(
    "--config", type=click.Path(path_type=Path), default=Path("config"), show_default=True
)
@click.pass_context
def cli(context: click.Context, data: Path | None, mongo: str | None, config: Path) -> None:
    """Keep learning records, and tell what they mean.

    Start with `lrs-stats demo`, or with `lrs-stats serve` for an empty store. Every setting can
    also stand in config/*.toml, or in the environment as LRS_STATS_NAME.
    """
    context.obj = lambda **flags: load({"data": data, "mongo": mongo} | flags, config=config)


cli.add_command(roster)
cli.add_command(statements)
cli.add_command(forwards)
cli.add_command(tokens)
cli.add_command(passwords)
cli.add_command(audit)
cli.add_command(erase)
cli.add_command(exports)
cli.add_command(schedules)
cli.add_command(plugins)
cli.add_command(export)
cli.add_command(evidence)


def main() -> None:
    """Run the command line."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (CommandError, Problem) as error:
        click.echo(f"lrs-stats: {error}", err=True)
        sys.exit(1)


def with_settings(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the settings as its first argument; host and port are flags of it."""

    @click.pass_obj
    @wraps(command)
    def run(make: Callable[..., Settings], *args: Any, **kwargs: Any) -> R:
        named = {name: kwargs.pop(name) for name in ("host", "port") if name in kwargs}
        return command(make(**named), *args, **kwargs)

    return run


HOST = click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
PORT = click.option("--port", type=int, help="The port to listen on.  [default: 8080]")


@cli.command()
@HOST
@PORT
@click.option("--web", is_flag=True, help="Only the web part; needs --mongo.")
@click.option("--worker", is_flag=True, help="Only the worker; needs --mongo.")
@with_settings
def serve(settings: Settings, *, web: bool, worker: bool) -> None:
    """Run the server: web, worker, and a private MongoDB unless --mongo names one.

    The first start prints an administrator's key, secret and sign-in token, once. Set
    LRS_STATS_ADMIN_KEY and LRS_STATS_ADMIN_SECRET to choose key and secret yourself.
    """
    from lrs_stats import serving  # noqa: PLC0415 - each command loads only what it needs

    if web and worker:
        raise click.UsageError("Give --web or --worker, or neither to run both.")
    if (web or worker) and not settings.mongo:
        raise click.UsageError("--web and --worker run apart from MongoDB: name it with --mongo.")
    serving.serve(settings, part="web" if web else "worker" if worker else "all", say=click.echo)


@cli.command()
@HOST
@PORT
@click.option("--learners", default=300, show_default=True, help="How many learners.")
@click.option("--months", default=12, show_default=True, help="How many months of activity.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another organisation.")
@with_settings
def demo(settings: Settings, learners: int, months: int, seed: int) -> None:
    """Serve a demo organisation with twelve months of activity, and print where to look."""
    from lrs_stats import demo as demonstration  # noqa: PLC0415

    in_demo = replace(settings, data=settings.data / "demo")
    demonstration.serve(in_demo, learners=learners, months=months, seed=seed, say=click.echo)


@cli.command()
@click.option("--learners", default=300, show_default=True)
@click.option("--months", default=12, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day.  [default: today]")
@click.option("--total", type=int, help="So many statements, whatever the learners would do.")
@click.option("--roster", type=click.Path(path_type=Path), help="Also write the roster here.")
@click.option("--output", type=click.File("wb"), default="-", help="Where to.  [default: stdout]")
def simulate(
    *,
    learners: int,
    months: int,
    seed: int,
    until: datetime | None,
    total: int | None,
    roster: Path | None,
    output: Any,
) -> None:
    """Write plausible statements, one a line, in the order of time; the same for a seed."""
    from lrs_stats.simulate.organisation import organisation  # noqa: PLC0415
    from lrs_stats.simulate.statements import statements  # noqa: PLC0415

    last = until.date() if until else datetime.now(UTC).date()
    made = organisation(learners=learners, months=months, seed=seed, until=last)
    if roster is not None:
        made.write(roster)
    for statement in statements(made, months=months, seed=seed, until=last, total=total):
        output.write(statement + b"\n")


@cli.group()
def clients() -> None:
    """Programs that may call, each with a key and a secret."""


@clients.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True,
    help="What it may do; repeat for more. `all` is everything.  [default: statements/write]",
)  # fmt: skip
@with_settings
def clients_create(settings: Settings, name: str, scopes: tuple[str, ...]) -> None:
    """Create a client and print its key and secret; the secret is shown this once."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.credentials import LEAST, CredentialStore  # noqa: PLC0415

    with opened(settings) as reachable:
        client, secret = CredentialStore(reachable.database).create_client(name, scopes or LEAST)
        written_down(reachable, "create clients", "clients", client.key)
    click.echo(f"key     {client.key}\nsecret  {secret}\nscopes  {' '.join(client.scopes)}")


@clients.command("list")
@with_settings
def clients_list(settings: Settings) -> None:
    """List the clients, oldest first."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.credentials import CredentialStore  # noqa: PLC0415

    with opened(settings) as reachable:
        for one in CredentialStore(reachable.database).clients():
            state = f"revoked {one.revoked:%Y-%m-%d}" if one.revoked else "in use"
            scopes = " ".join(one.scopes)
            click.echo(f"{one.key}  {one.created:%Y-%m-%d}  {state:<18}  {one.name}  ({scopes})")


@clients.command("revoke")
@click.argument("key")
@with_settings
def clients_revoke(settings: Settings, key: str) -> None:
    """Revoke a client for good; within five seconds no process accepts it."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.credentials import CredentialStore  # noqa: PLC0415

    with opened(settings) as reachable:
        CredentialStore(reachable.database).revoke_client(key)
        written_down(reachable, "delete clients", "clients", key)
    click.echo(f"Revoked {key}.")


@cli.command()
@click.option("--anew", is_flag=True, help="Begin again when a rebuild is under way already.")
@with_settings
def rebuild(settings: Settings, *, anew: bool) -> None:
    """Rebuild the facts from the record; figures stay as they are until it is done.

    A running server does it, and goes on when this command is interrupted. One that was cut off
    goes on where it stood when this is run again. It helps after `lrs-stats doctor` has told of
    drift, and after another interpreter was installed: what is there was read by the one before.
    """
    from lrs_stats import rebuilding  # noqa: PLC0415
    from lrs_stats.serving import opened  # noqa: PLC0415

    with opened(settings) as reachable:
        total = rebuilding.count(reachable)
        with _bar("Rebuilding", total) as progress:
            rebuilding.rebuild(reachable, total, progress, anew=anew)
    click.echo(f"The facts hold all {total} statements.")


@cli.command()
@with_settings
def openapi(settings: Settings) -> None:
    """Print the OpenAPI document of the HTTP interface, as YAML."""
    from lrs_stats.openapi import document  # noqa: PLC0415

    click.echo(document(settings), nl=False)


@cli.command()
@click.option("--thorough", is_flag=True, help="Hold every statement against the facts, now.")
@with_settings
def doctor(settings: Settings, *, thorough: bool) -> None:
    """Look for what is wrong, and say what it means and what to do.

    It looks at the lag of the figures, at drift between record and facts, at what the daily check
    found, at statements that were not understood or are tied to no course, at the indexes, the
    disk and the history. Lines that begin with `!` are to be mended, and the exit status is then 1.

    Drift is looked for by number, and statement by statement when the numbers differ. `--thorough`
    always does the latter, at some hundred thousand statements a second. Nothing is mended.
    """
    from lrs_stats import checkup  # noqa: PLC0415
    from lrs_stats.serving import opened  # noqa: PLC0415

    with opened(settings, as_found=True) as reachable:
        found = list(checkup.findings(reachable, thorough=thorough))
    for finding in found:
        click.echo(str(finding))
    if any(finding.is_wrong for finding in found):
        sys.exit(1)


def _bar(label: str, total: int) -> Any:
    """Return a context that gives `progress(done, total)` and draws it."""
    from lrs_stats.progress import bar  # noqa: PLC0415

    return bar(label, total)
