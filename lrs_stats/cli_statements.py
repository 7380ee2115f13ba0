"""The commands for statements in and out: import, export, and forwarding to other stores."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import click

from lrs_stats.cli_audit import written_down
from lrs_stats.errors import BadRequest, CommandError, Unavailable
from lrs_stats.settings import Settings

Make = Callable[[], Settings]

PASSWORD: Final = "XAPI_PASSWORD"  # noqa: S105 - the name of a variable
USER = click.option("--user", default="", help="The key of a client of the other store.")
PASSWORD_FILE = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"A file with its password.  [default: ${PASSWORD}, else you are asked]",
)


@click.group()
def statements() -> None:
    """Statements in and out: files, and other stores."""


@statements.command("import")
@click.argument("source")
@USER
@PASSWORD_FILE
@click.option("--since", default="", help="Only what another store stored after this instant.")
@click.option("--xapi-version", type=click.Choice(["1.0.3", "2.0.0"]), default="1.0.3",
              show_default=True, help="The version in which another store is asked.")  # fmt: skip
@click.option("--keep-authority", is_flag=True,
              help="Keep the authority that statements name, as when a store moves.")  # fmt: skip
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write what is refused.  [default: SOURCE.refused.ndjson]")  # fmt: skip
@click.pass_obj
def import_(
    make: Make,
    source: str,
    *,
    user: str,
    password_file: Path | None,
    since: str,
    xapi_version: str,
    keep_authority: bool,
    refused: Path | None,
) -> None:
    """Import the statements of SOURCE: a file, a folder, or the address of another store.

    A file has JSON (a statement, a list, a StatementResult) or a statement on each line, packed
    with gzip or not. An import that was cut off goes on where it was when it is run again. What
    is refused is written down with its place and reason; correct that file, and import it.
    """
    from lrs_stats.serving import opened  # noqa: PLC0415 - each command loads only what it needs
    from lrs_stats.store.imports import ImportStore  # noqa: PLC0415
    from lrs_stats.store.statements import StatementStore  # noqa: PLC0415
    from lrs_stats.transfer.importing import Import, Rules  # noqa: PLC0415
    from lrs_stats.transfer.refusals import Refusals  # noqa: PLC0415

    settings = make()
    where, name = _source(source, user, password_file, since, xapi_version)
    rules = Rules(_importer(), keep_authority, settings.xapi_default_version)
    with (
        opened(settings) as reachable,
        Refusals(refused or name, replace=bool(refused)) as file,
        _import_bar(where.total) as progress,
    ):
        outcome = Import(
            where,
            StatementStore(reachable.database),
            ImportStore(reachable.database),
            refusals=file,
            rules=rules,
            progress=progress,
        ).run()
    if outcome.gone_on_after:
        click.echo(f"Went on after {outcome.gone_on_after} that an earlier run had done.")
    if left_out := getattr(where, "left_out", 0):
        click.echo(f"Left out {left_out} entries of the folder that have other names.")
    if outcome.refusals is None:
        click.echo(f"The record holds all {outcome.stored} statements.")
        return
    click.echo(
        f"The record holds {outcome.stored} of the statements; {outcome.refused} were refused, "
        f"and stand with their reasons in {outcome.refusals}."
    )
    sys.exit(1)


@statements.command("export")
@click.argument("file", default="-")
@click.option("--since", help="Only what was stored after this instant.")
@click.option("--until", help="Only what was stored up to this instant.")
@click.option("--verb", help="Only statements with this verb, an IRI.")
@click.option("--agent", help="Only those of this agent: mailto:…, or an agent as JSON.")
@click.option("--activity", help="Only those about this activity, an IRI.")
@click.option("--voided", is_flag=True, help="Those that are voided too.")
@click.pass_obj
def export_(make: Make, /, file: str, *, voided: bool, **asked: str | None) -> None:
    """Export statements to FILE, one a line, in the order of storing; `-` is the standard output.

    A name that ends in .gz is packed. The file has its name only once it is whole, and holds all
    that was acknowledged before the export began.
    """
    from lrs_stats.logs import configure  # noqa: PLC0415
    from lrs_stats.progress import bar  # noqa: PLC0415
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.statements import StatementStore  # noqa: PLC0415
    from lrs_stats.transfer.exporting import export, written  # noqa: PLC0415

    query = asked_for(asked)
    configure()  # a private mongod says that it is up, which has no place among statements
    with opened(make()) as reachable:
        record = StatementStore(reachable.database)
        # a count of all says nothing of a part
        total = 0 if any(asked.values()) else _counted(record)
        written_down(reachable, "export statements", "statements", asked=asked)
        with bar("Exporting", total) as progress, _output(file, written) as output:
            count = export(
                record,
                query,
                output,
                voided=voided,
                progress=lambda done: progress(done, max(total, done)),
            )
    click.echo(f"Exported {count} statements.", err=True)


def _counted(record: Any) -> int:
    """Return how many statements there are, for a bar; 0 when counting takes too long."""
    try:
        return int(record.count())
    except Unavailable:
        return 0


@click.group()
def forwards() -> None:
    """Other stores, to which the server forwards every statement while it runs."""


@forwards.command("add")
@click.argument("name")
@click.argument("url")
@USER
@PASSWORD_FILE
@click.option("--from-now", is_flag=True, help="Leave out what was stored before.")
@click.pass_obj
def forwards_add(
    make: Make, name: str, url: str, *, user: str, password_file: Path | None, from_now: bool
) -> None:
    """Forward all statements to the statements resource at URL, under a NAME of your choice."""
    from lrs_stats.store.statements import StatementStore  # noqa: PLC0415
    from lrs_stats.transfer.peer import statements_address  # noqa: PLC0415

    address = statements_address(url)
    password = _password(user, password_file)
    with _forwards(make) as (store, database):
        since = StatementStore(database).now() if from_now else None
        store.add(name, address, user=user, password=password, since=since)
    click.echo(f"Statements are forwarded to {address} while lrs-stats serve runs.")


@forwards.command("list")
@click.option("--refused", metavar="NAME", help="List what this one refused, and why.")
@click.pass_obj
def forwards_list(make: Make, *, refused: str | None) -> None:
    """List the forwards: what each has, how far behind it is, what it refused, what fails."""
    from lrs_stats.store.statements import StatementStore  # noqa: PLC0415
    from lrs_stats.transfer.forwarding import waiting_since  # noqa: PLC0415

    with _forwards(make) as (store, database):
        if refused is not None:
            for statement, reason in store.refusals(store.one(refused).name):
                click.echo(f"{statement}  {reason}")
            return
        record = StatementStore(database)
        there = store.all()
        if not there:
            click.echo("There are no forwards; lrs-stats forwards add NAME URL adds one.")
            return
        count = record.count()
        for one in there:
            waiting = count - record.count_through(one.mark)
            oldest = waiting_since(one, record)
            seconds = (record.now() - oldest).total_seconds() if oldest else 0
            click.echo(
                f"{one.name}  {one.state}  {one.address}  sent {one.sent}, refused {one.refused}, "
                f"behind by {waiting} statements and {max(seconds, 0):.0f} s"
            )
            if one.trouble:
                since = f" (since {one.troubled:%Y-%m-%d %H:%M} UTC)" if one.troubled else ""
                click.echo(f"  {one.trouble}{since}")


@forwards.command("pause")
@click.argument("name")
@click.pass_obj
def forwards_pause(make: Make, name: str) -> None:
    """Pause a forward; nothing is lost meanwhile."""
    with _forwards(make) as (store, _):
        store.pause(name, paused=True)
    click.echo(f"Paused {name}.")


@forwards.command("resume")
@click.argument("name")
@click.pass_obj
def forwards_resume(make: Make, name: str) -> None:
    """Have a paused forward go on where it was."""
    with _forwards(make) as (store, _):
        store.pause(name, paused=False)
    click.echo(f"Resumed {name}.")


@forwards.command("retry")
@click.argument("name")
@click.pass_obj
def forwards_retry(make: Make, name: str) -> None:
    """Offer a store again what it refused, as when it was mended."""
    from lrs_stats.store.statements import StatementStore  # noqa: PLC0415
    from lrs_stats.transfer.forwarding import retry  # noqa: PLC0415
    from lrs_stats.transfer.peer import Peer, Trouble  # noqa: PLC0415

    with _forwards(make) as (store, database):
        one = store.one(name)
        peer = Peer(one.address, one.user, one.password)
        try:
            taken, left = retry(one, StatementStore(database), store, peer)
        except Trouble as error:
            raise CommandError(f"{one.address} takes nothing at the moment: {error}") from error
        finally:
            peer.close()
    click.echo(f"{name} took {taken} of what it had refused, and refuses {left} still.")


@forwards.command("remove")
@click.argument("name")
@click.pass_obj
def forwards_remove(make: Make, name: str) -> None:
    """Remove a forward, and the list of what it refused."""
    with _forwards(make) as (store, _):
        store.remove(name)
    click.echo(f"Removed {name}.")


@contextmanager
def _forwards(make: Make) -> Iterator[tuple[Any, Any]]:
    """Reach the forwards, and the database in which they are."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.forwards import ForwardStore  # noqa: PLC0415

    with opened(make()) as reachable:
        yield ForwardStore(reachable.database), reachable.database


def _source(
    source: str, user: str, password_file: Path | None, since: str, version: str
) -> tuple[Any, Path]:
    """Return what is imported, and the name for what is refused of it."""
    from lrs_stats.transfer.files import LINES, NAMES, Files  # noqa: PLC0415
    from lrs_stats.transfer.pages import Pages  # noqa: PLC0415
    from lrs_stats.transfer.peer import Peer, statements_address  # noqa: PLC0415
    from lrs_stats.transfer.refusals import REFUSED  # noqa: PLC0415

    if source.startswith(("http://", "https://")):
        peer = Peer(statements_address(source), user, _password(user, password_file))
        host = peer.address.split("/")[2].replace(":", "-")
        return Pages(peer, since=since, version=version), Path(host + REFUSED)
    if since or user:
        raise click.UsageError("--since and --user are for the address of another store.")
    path = Path(source)
    if not path.exists():
        raise CommandError(f"{path} is not there.")
    name = path.resolve().name.removesuffix(".gz")
    for ending in {*LINES, *NAMES}:
        name = name.removesuffix(ending)
    return Files(path), path.resolve().with_name(name + REFUSED)


def _importer() -> Any:
    """Return who asserts what is imported (xAPI-Data 2.4.9)."""
    from lrs_stats.xapi.access import Client  # noqa: PLC0415

    page, name = "https://lrs-stats.invalid/commands", "import"
    return Client(
        authority=(
            b'{"objectType":"Agent","name":"lrs-stats statements import",'
            b'"account":{"homePage":"%s","name":"%s"}}' % (page.encode(), name.encode())
        ),
        key=f"{page}|{name}",
    )


def _password(user: str, file: Path | None) -> str:
    """Return the password, from a file, the environment, or whoever sits there; never a flag."""
    if file is not None:
        return file.read_text("utf-8").strip("\r\n")
    if not user or PASSWORD in os.environ:
        return os.environ.get(PASSWORD, "")
    if not sys.stdin.isatty():
        raise CommandError(f"Give the password of {user} as --password-file or in ${PASSWORD}.")
    return str(click.prompt("Password", hide_input=True, err=True))


def asked_for(asked: dict[str, str | None]) -> Any:
    """Return the query of the options, as the statements resource would take them."""
    from lrs_stats.transfer.exporting import PAGE  # noqa: PLC0415
    from lrs_stats.xapi.query import parse  # noqa: PLC0415

    given = {name: value for name, value in asked.items() if value is not None}
    if given.get("agent", "").startswith("mailto:"):
        given["agent"] = f'{{"mbox":"{given["agent"]}"}}'
    try:
        return parse(given, maximum=PAGE)
    except BadRequest as error:
        raise CommandError(error.detail.replace("parameter ", "--", 1)) from error


@contextmanager
def _output(file: str, written: Any) -> Iterator[IO[bytes]]:
    if file != "-":
        with written(Path(file)) as output:
            yield output
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or it fails at exit
        raise CommandError("Whoever read the export went away before its end.") from None


@contextmanager
def _import_bar(total: int) -> Iterator[Callable[[Any], None]]:
    """Draw how far an import is, with its counts and its pace."""
    from lrs_stats.progress import bar  # noqa: PLC0415

    began = time.monotonic()
    said = ""
    first: int | None = None
    with bar("Importing", total, lambda: said) as progress:

        def show(reached: Any) -> None:
            nonlocal said, first
            done = reached.stored + reached.refused
            first = done if first is None else first
            pace = (done - first) / max(time.monotonic() - began, 0.001)
            said = f"{reached.stored} stored, {reached.refused} refused, {pace:.0f}/s"
            progress(reached.read, max(total, reached.read))

        yield show
