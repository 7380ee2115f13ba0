"""What a bench makes once, and finds again in later runs if it is told where to keep it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

Command = Callable[..., Any]


def keeping(command: Command) -> Command:
    """Give a command the option `--keep`, a folder or nothing."""
    return click.option(
        "--keep",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where what the bench needs is made once, and found by later runs.",
    )(command)


def of_facts(command: Command) -> Command:
    """Give a command the options of facts: `--events`, `--learners` and `--keep`."""
    learners = click.option(
        "--learners", default=100_000, show_default=True, help="By how many learners."
    )
    events = click.option(
        "--events", default=10_000_000, show_default=True, help="How many statements."
    )
    return events(learners(keeping(command)))


@contextmanager
def kept_in(keep: Path | None) -> Iterator[Path]:
    """Give the folder to keep things in, or one that is removed afterwards."""
    if keep is not None:
        yield keep
        return
    with TemporaryDirectory() as name:
        yield Path(name)
