"""From a multipart request to statements and the contents of their attachments.

The statements come first and are read into memory; each content after them is known to be
declared before a byte of it is read, and is laid aside in a file (xAPI-Communication 1.5.2).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import IO

from lrs_stats.errors import TooLarge
from lrs_stats.xapi.attachments import check_contents, lay_aside, with_files
from lrs_stats.xapi.faults import fault, quoted
from lrs_stats.xapi.multipart import Part, boundary_of, parts
from lrs_stats.xapi.record import Content, Prepared
from lrs_stats.xapi.signatures import check_signatures


def receive(
    chunks: Iterable[bytes],
    content_type: str,
    prepare: Callable[[bytes], list[Prepared]],
    *,
    version: str,
    limit: int,
    spool: IO[bytes],
) -> tuple[list[Prepared], list[Content]]:
    """Return the statements of a request, each with its files, and the contents that came.

    `limit` is that of the statements in bytes, and of the signatures together. Raises BadRequest
    or TooLarge for the first fault.
    """
    found = parts(chunks, boundary_of(content_type))
    statements = prepare(_first(found, limit))
    expected = {one.sha2 for statement in statements for one in statement.attachments}
    contents = lay_aside(found, expected, spool)
    if not contents and version == "1.0.3":
        reason = "has no attachment; in xAPI 1.0.3 such statements are sent as application/json"
        raise fault("body", reason)
    came = {content.sha2 for content in contents}
    check_contents(statements, came)
    check_signatures(statements, contents, version, limit)
    return with_files(statements, came), contents


def _first(found: Iterator[Part], limit: int) -> bytes:
    """Return the first part, which has the statements."""
    part = next(found, None)
    if part is None:
        raise fault("body", "has no part, and the first part has the statements")
    if part.media_type != "application/json":
        reason = f"expected application/json, got {quoted(part.media_type)}"
        raise fault("part 1, header Content-Type", reason)
    taken = bytearray()
    for chunk in part.content:
        taken += chunk
        if len(taken) > limit:
            raise TooLarge(
                f"The statements are larger than {limit} bytes, the limit of this server."
            )
    return bytes(taken)
