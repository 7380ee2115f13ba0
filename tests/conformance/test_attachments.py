"""What a statement says of its attachments (Data 2.4.11)."""

from typing import Any, Final

from tests.conformance.requirement import Change, everywhere, statements
from tests.conformance.statements import ABSENT, CERTIFICATE, change

SECTION: Final = "Data 2.4.11"
NO_MAPS: Final = ["Certificate", 1, True, [], {"en": 1}, {"a12345": "x"}]


def _attached(name: str, values: list[Any]) -> list[Change]:
    return [{"attachments": [change(CERTIFICATE, {name: value})]} for value in values]


def _no(name: str) -> list[Change]:
    return _attached(name, [ABSENT])


test_attachments = statements(
    "XAPI-00025",
    "Data 2.4",
    "Attachments are a list of objects.",
    accepted=[{"attachments": []}, {"attachments": [CERTIFICATE, CERTIFICATE]}],
    refused=everywhere(["attachments"], [CERTIFICATE, "a:b", 1, {}, [1], ["a:b"], [{}], [None]]),
)
test_usage_type = statements(
    "XAPI-00107",
    SECTION,
    "The usageType is an IRI, and has to be there.",
    refused=_attached("usageType", ["certificate", "", 1, {}, None]) + _no("usageType"),
)
test_display = statements(
    "XAPI-00106",
    SECTION,
    "The display is a language map and has to be there; a description is one too.",
    accepted=_attached("display", [{}, {"fr": "Certificat"}])
    + _attached("description", [{}, {"fr": "Il est beau."}]),
    refused=_attached("display", NO_MAPS) + _attached("description", NO_MAPS) + _no("display"),
)
test_content_type = statements(
    "XAPI-00105",
    SECTION,
    "The contentType is an Internet media type, and has to be there.",
    accepted=_attached("contentType", ["text/plain; charset=utf-8", "application/vnd.ms-excel"]),
    refused=_attached("contentType", ["pdf", "", "/", "text/", 1, {}]) + _no("contentType"),
)
test_length = statements(
    "XAPI-00102",
    SECTION,
    "The length is a whole number of bytes, and has to be there.",
    accepted=_attached("length", [0, 2**40]),
    refused=_attached("length", ["1024", "", 1.5, -1, True, {}, None]) + _no("length"),
)
test_sha2 = statements(
    "XAPI-00103",
    SECTION,
    "The sha2 is a SHA-2 hash in hexadecimal digits, and has to be there.",
    accepted=_attached("sha2", ["a" * 56, "B" * 64, "0" * 96, "9" * 128]),
    refused=_attached("sha2", ["", "a" * 63, "g" * 64, 1, {}, ["a" * 64]]) + _no("sha2"),
)
test_file_url = statements(
    "XAPI-00104",
    SECTION,
    "The fileUrl is an IRL.",
    accepted=_attached("fileUrl", ["https://example.org/é.pdf", "ftp://example.org/x"]),
    refused=_attached("fileUrl", ["certificate.pdf", "/certificate.pdf", "", 1, {}, None]),
)
