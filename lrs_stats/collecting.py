"""Python's collector of cycles, held off where it would look at very many objects for nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector wait while a block makes many objects that are in no cycle.

    It looks at what was made lately whenever that has become some hundred objects more, and at all
    that lives now and then. What is in no cycle goes without it; what is in one stays until the
    block ends, that of other threads too.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
