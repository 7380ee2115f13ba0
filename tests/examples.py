"""How many examples the property tests draw, and whether each run draws the same ones."""

from collections.abc import Callable
from os import environ
from typing import Final, TypeVar

from hypothesis import seed, settings

TIMES: Final = int(environ.get("EXAMPLES_TIMES", "1"))
"""`make thorough` draws this many times as many as `make test`, and others each time."""

_Test = TypeVar("_Test", bound=Callable[..., None])

# A busy machine may take as long as it likes: what is too slow is a matter of the benches.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("random", print_blob=True, deadline=None)


def load_profile() -> None:
    """Have `make test` draw the same examples each time, so that it fails for a change alone."""
    settings.load_profile("steady" if TIMES == 1 else "random")


def examples(number: int) -> int:
    """Return the number of examples to draw where `make test` draws `number`."""
    return number * TIMES


def own_examples(part: int) -> Callable[[_Test], _Test]:
    """Have one of several like tests draw other examples than the rest, the same in `make test`.

    Its settings must say `derandomize=False`: what is derandomised draws by its name alone.
    """
    return seed(part) if TIMES == 1 else lambda test: test
