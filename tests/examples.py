"""How many examples the property tests of figures and scope draw."""

from os import environ
from typing import Final

TIMES: Final = int(environ.get("EXAMPLES_TIMES", "1"))
"""`make thorough` draws this many times as many as `make test`, which takes too long each day."""


def examples(number: int) -> int:
    """Return the number of examples to draw where `make test` draws `number`."""
    return number * TIMES
