"""A progress bar for long work, fed with how much of how much is done."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Progress = Callable[[int, int], None]


@contextmanager
def bar(label: str, total: int, note: Callable[[], str] | None = None) -> Iterator[Progress]:
    """Draw a bar on stderr while the block reports its progress; nothing off a terminal.

    `note` says what stands behind the bar, in the place of how much of how much is done.
    """
    shown: Callable[[int | None], str] | None = None if note is None else lambda _: note()
    with click.progressbar(
        length=max(total, 1),
        label=label,
        file=sys.stderr,
        show_pos=note is None,
        item_show_func=shown,
    ) as drawn:

        def progress(done: int, of: int) -> None:
            drawn.length = max(of, 1)
            drawn.update(max(0, done - drawn.pos))

        yield progress
