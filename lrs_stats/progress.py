"""A progress bar for long work, fed with how much of how much is done."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Progress = Callable[[int, int], None]


@contextmanager
def bar(label: str, total: int) -> Iterator[Progress]:
    """Draw a bar on stderr while the block reports its progress; nothing off a terminal."""
    length = max(total, 1)
    with click.progressbar(length=length, label=label, file=sys.stderr, show_pos=True) as drawn:

        def progress(done: int, of: int) -> None:
            drawn.length = max(of, 1)
            drawn.update(max(0, done - drawn.pos))

        yield progress
