"""How many examples the property tests draw, and whether each run draws the same ones."""

from os import environ
from typing import Final

from hypothesis import settings

TIMES: Final = int(environ.get("EXAMPLES_TIMES", "1"))
"""`make thorough` draws this many times as many as `make test`, and others each time."""

settings.register_profile("steady", derandomize=True)
settings.register_profile("random", print_blob=True)


def load_profile() -> None:
    """Have `make test` draw the same examples each time, so that it fails for a change alone."""
    settings.load_profile("steady" if TIMES == 1 else "random")


def examples(number: int) -> int:
    """Return the number of examples to draw where `make test` draws `number`."""
    return number * TIMES
