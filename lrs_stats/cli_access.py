"""The commands for people who ask: their tokens and their passwords."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from lrs_stats.cli_audit import written_down
from lrs_stats.errors import CommandError
from lrs_stats.settings import Settings

Make = Callable[[], Settings]


@click.group()
def tokens() -> None:
    """Bearer tokens, with which people of the roster sign in."""


@tokens.command("create")
@click.argument("person")
@click.option("--label", default="", help="What it is for, as the list shows it.")
@click.option("--days", type=click.FloatRange(min=0, min_open=True, max=36_500),
              help="For how many days it is good.  [default: for ever]")  # fmt: skip
@click.pass_obj
def tokens_create(make: Make, person: str, label: str, days: float | None) -> None:
    """Create a token for PERSON, an id of the roster, and print it this once."""
    from lrs_stats.serving import opened  # noqa: PLC0415 - each command loads only what it needs
    from lrs_stats.store.tokens import TokenStore  # noqa: PLC0415

    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with opened(make()) as reachable:
        _check(person, reachable)
        store = TokenStore(reachable.database)
        token, secret = store.create(person, label=label, expires=expires)
        written_down(reachable, "create tokens", "tokens", person)
    click.echo(f"lrs-stats tokens revoke {token.id} takes it back.", err=True)
    click.echo(secret)


@tokens.command("list")
@click.option("--person", help="Only those of one person.")
@click.pass_obj
def tokens_list(make: Make, person: str | None) -> None:
    """List the tokens, newest first: id, day, what became of it, whose, and its label."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.tokens import TokenStore  # noqa: PLC0415

    now = datetime.now(UTC)
    with opened(make()) as reachable:
        for one in TokenStore(reachable.database).all(person):
            label = f"  ({one.label})" if one.label else ""
            state = one.state(now)
            click.echo(f"{one.id}  {one.created:%Y-%m-%d}  {state:<18}  {one.person}{label}")


@tokens.command("revoke")
@click.argument("token", metavar="ID")
@click.pass_obj
def tokens_revoke(make: Make, token: str) -> None:
    """Revoke the token with an ID of the list for good; within five seconds no process takes it."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.tokens import TokenStore  # noqa: PLC0415

    with opened(make()) as reachable:
        TokenStore(reachable.database).revoke(token)
        written_down(reachable, "delete tokens", "tokens", token)
    click.echo(f"Revoked {token}.")


@click.group()
def passwords() -> None:
    """Passwords, with which people of the roster sign in to the pages."""


@passwords.command("set")
@click.argument("person")
@click.pass_obj
def passwords_set(make: Make, person: str) -> None:
    """Set the password of PERSON, an id of the roster; it is asked for, or read from a pipe.

    Whoever is signed in with the one before is signed out.
    """
    from lrs_stats.access.passwords import Passwords  # noqa: PLC0415
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.passwords import PasswordStore  # noqa: PLC0415
    from lrs_stats.store.tokens import TokenStore  # noqa: PLC0415

    hashed = Passwords().hashed(_asked())
    with opened(make()) as reachable:
        _check(person, reachable)
        PasswordStore(reachable.database).set(person, hashed)
        TokenStore(reachable.database).revoke_signed_in(person)
        written_down(reachable, "create passwords", "passwords", person)
    click.echo(f"Set the password of {person}.")


@passwords.command("remove")
@click.argument("person")
@click.pass_obj
def passwords_remove(make: Make, person: str) -> None:
    """Take the password of PERSON away, and sign them out where they signed in with it."""
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.passwords import PasswordStore  # noqa: PLC0415
    from lrs_stats.store.tokens import TokenStore  # noqa: PLC0415

    with opened(make()) as reachable:
        PasswordStore(reachable.database).remove(person)
        TokenStore(reachable.database).revoke_signed_in(person)
        written_down(reachable, "delete passwords", "passwords", person)
    click.echo(f"{person} has no password.")


def _asked() -> str:
    """Return a new password, from whoever sits there or from a pipe; never an argument."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _check(person: str, reachable: Any) -> None:
    """Raise CommandError unless the roster knows a person, and they have not left."""
    from lrs_stats.access.callers import present  # noqa: PLC0415
    from lrs_stats.store.rosters import RosterStore  # noqa: PLC0415

    if present(person, RosterStore(reachable.database).load()) is None:
        raise CommandError(f"The roster knows no person with the id {person!r} who has not left.")
