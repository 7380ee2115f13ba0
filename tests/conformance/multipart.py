"""Bodies of several parts, put together by hand so that each fault can be made (RFC 2046)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.conformance.statements import Json

BOUNDARY: Final = "-----parted-here"


@dataclass(frozen=True)
class Part:
    """The headers and the content of one part."""

    headers: Mapping[str, str]
    content: bytes

    def but(self, **headers: str | None) -> "Part":
        """Return the part with other headers; `_` stands for `-`, None leaves a header out."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {**self.headers, **changed}
        return Part(
            {name: value for name, value in kept.items() if value is not None}, self.content
        )


def first(content: Any) -> Part:
    """Return the part that holds statements."""
    return Part({"Content-Type": "application/json"}, json.dumps(content).encode())


def attached(content: bytes, content_type: str = "text/plain") -> Part:
    """Return the part that holds the content of an attachment."""
    return Part(
        {
            "Content-Type": content_type,
            "Content-Transfer-Encoding": "binary",
            "X-Experience-API-Hash": sha2(content),
        },
        content,
    )


def described(content: bytes, content_type: str = "text/plain", **more: Any) -> Json:
    """Return what a statement says of an attachment."""
    return {
        "usageType": "https://example.org/attachments/note",
        "display": {"en": "Note"},
        "contentType": content_type,
        "length": len(content),
        "sha2": sha2(content),
        **more,
    }


def sha2(content: bytes) -> str:
    """Return the SHA-256 hash of a content."""
    return hashlib.sha256(content).hexdigest()


def body(
    parts: Iterable[Part], boundary: str = BOUNDARY, *, begin: bytes = b"", end: bytes = b"\r\n"
) -> bytes:
    """Return the parts as one body."""
    mark = f"--{boundary}".encode()
    said = b"".join(
        mark
        + b"\r\n"
        + b"".join(f"{name}: {value}\r\n".encode() for name, value in part.headers.items())
        + b"\r\n"
        + part.content
        + b"\r\n"
        for part in parts
    )
    return begin + said + mark + b"--" + end


def opened(content_type: str, content: bytes) -> list[Part]:
    """Return the parts of an answer."""
    kind, _, boundary = content_type.partition("; boundary=")
    assert kind == "multipart/mixed"
    mark = b"--" + boundary.strip('"').encode()
    pieces = (b"\r\n" + content).split(b"\r\n" + mark)
    assert pieces[-1].strip() == b"--"
    parts = []
    for piece in pieces[1:-1]:
        head, _, inside = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = (line.partition(": ") for line in head.decode().split("\r\n"))
        parts.append(Part({name.title(): value for name, _, value in lines}, inside))
    return parts
