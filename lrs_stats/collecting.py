"""Python's collector of cycles, held off where it would look at very many objects for nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector wait while a block makes many objects that are in no cycle.

    It looks at all that lives whenever some hundred objects were made. What is in no cycle goes
    without it, so the block may be long in objects, and must be short in garbage that is.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
