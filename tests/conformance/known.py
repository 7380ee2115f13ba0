"""Every number of the public list of requirements, and why some have no test.

The list is that of ADL's conformance requirements for xAPI 1.0.3, which its suite names in the
titles of its tests; numbers that begin with LRS are our own, for what that suite leaves out.
"""

from typing import Final

LAST: Final = 336
_TEXT: Final = "a parameter of an address is always a text, so no other type can be sent"
_NO_SENTENCE: Final = "the number was withdrawn from the list"

NOT_TESTED: Final[dict[str, str]] = {
    "XAPI-00021": "JSON leaves open what a name that stands twice means (RFC 8259, 4)",
    "XAPI-00058": "the suite gives the number neither a sentence nor a test",
    "XAPI-00095": _NO_SENTENCE,
    "XAPI-00136": "there is no such number",
    "XAPI-00137": _NO_SENTENCE,
    "XAPI-00138": _NO_SENTENCE,
    "XAPI-00140": "that all resources are there is shown by the tests of each",
    "XAPI-00152": _NO_SENTENCE,
    "XAPI-00185": "how a merge is done cannot be seen from outside; what comes of it is XAPI-00183",
    "XAPI-00186": "how a merge is done cannot be seen from outside; what comes of it is XAPI-00184",
    "XAPI-00205": "the specification has no `since` for DELETE of state",
    "XAPI-00223": "the specification has no `since` for DELETE of state",
    "XAPI-00224": _TEXT,
    "XAPI-00225": _TEXT,
    "XAPI-00226": _TEXT,
    "XAPI-00228": _TEXT,
    "XAPI-00276": _TEXT,
    "XAPI-00277": _TEXT,
    "XAPI-00305": _TEXT,
    "XAPI-00306": _TEXT,
    "XAPI-00307": _TEXT,
    "XAPI-00320": "the extensions of about may be left out; LRS-0074 tests them when there are any",
    "XAPI-00329": "failures of the server need a server that fails: `tests/e2e/test_outages.py`",
}
"""The numbers without a test, and why."""

KNOWN: Final = frozenset(f"XAPI-{number:05d}" for number in range(1, LAST + 1))
"""All numbers of the list."""
