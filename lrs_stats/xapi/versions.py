"""Which version of xAPI a request is for (xAPI-Communication 3.3; IEEE 9274.1.1, 6.3)."""

import re
from typing import Final

from lrs_stats.xapi.faults import fault, quoted

HEADER: Final = "X-Experience-API-Version"
VERSIONS: Final = {"1.0.3": re.compile(r"1\.0(?:\.[0-9]+)?"), "2.0.0": re.compile(r"2\.0(?:\.0)?")}
"""The versions that are served, and the headers that each of them takes."""


def version_of(header: str | None) -> str:
    """Return the version that serves a header, or raise BadRequest; None is a request without."""
    if header is None:
        raise fault(f"header {HEADER}", "is missing; send 1.0.3 or 2.0.0")
    for version, served in VERSIONS.items():
        if served.fullmatch(header):
            return version
    raise fault(f"header {HEADER}", f"expected 1.0.x or 2.0.0, got {quoted(header)}")
