"""Multipart requests for the tests: statements with attachments, and the contents of these."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tests.xapi.statements import PLAIN, Json

BOUNDARY = "-------314159265358979323846"
TYPE = f"multipart/mixed; boundary={BOUNDARY}"
TEXT = b"here is a simple attachment"


def sha2(content: bytes, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, content).hexdigest()


def attachment(content: bytes = TEXT, **changes: Any) -> Json:
    """Return the declaration of a content."""
    return {
        "usageType": "https://example.org/essay",
        "display": {"en": "Essay"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2(content),
    } | changes


def with_attachments(*attachments: Json) -> Json:
    return PLAIN | {"attachments": list(attachments)}


def part(content: bytes, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"--{BOUNDARY}\r\n{lines}\r\n".encode() + content + b"\r\n"


def first(statements: object, **headers: str) -> bytes:
    return part(json.dumps(statements).encode(), {"Content-Type": "application/json"} | headers)


def file(content: bytes = TEXT, **headers: str | None) -> bytes:
    """Return the part of a content; a header that is None is left out."""
    usual: dict[str, str | None] = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha2(content),
    }
    sent = usual | {name.replace("_", "-"): value for name, value in headers.items()}
    return part(content, {name: value for name, value in sent.items() if value is not None})


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
