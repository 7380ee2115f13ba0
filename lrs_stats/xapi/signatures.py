"""Signed statements: the JSON web signature that comes as an attachment (xAPI-Data 2.6; RFC 7515).

This catches mistakes, and says nothing of who signed: whether a certificate is to be trusted is
for the reader of the statement to decide.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509 import InvalidVersion, load_der_x509_certificate
from msgspec import Raw

from lrs_stats.errors import BadRequest, TooLarge
from lrs_stats.xapi.equality import same
from lrs_stats.xapi.faults import fault, quoted
from lrs_stats.xapi.model import SIGNATURE
from lrs_stats.xapi.prepare import Properties, opened
from lrs_stats.xapi.record import Content, Prepared
from lrs_stats.xapi.rules import read
from lrs_stats.xapi.strictness import check_unambiguous

_ALGORITHMS: Final[dict[str, Callable[[], HashAlgorithm]]] = {
    "RS256": SHA256,
    "RS384": SHA384,
    "RS512": SHA512,
}
_BASE64URL: Final = re.compile(rb"[A-Za-z0-9_-]+")


def check_signatures(
    statements: Iterable[Prepared], contents: Sequence[Content], version: str, limit: int
) -> None:
    """Refuse a signature that is malformed, or that signs another statement.

    The signatures are read into memory, one for each statement that declares it, and have
    together no more than `limit` bytes.
    """
    by_hash = {content.sha2: content for content in contents}
    signed: dict[str, Properties] = {}
    left = limit
    for statement in statements:
        for one in statement.attachments:
            if not one.signs:
                continue
            content = by_hash[one.sha2]
            left -= content.length
            if left < 0:
                raise TooLarge(f"The signatures have more than {limit} bytes, the limit together.")
            if one.sha2 not in signed:
                signature = b"".join(content.chunks())
                signed[one.sha2] = signed_statement(signature, one.place, version)
            check_same(signed[one.sha2], statement.properties, one.place)


def signed_statement(signature: bytes, place: str, version: str) -> Properties:
    """Return the statement that a signature signs, by the rules that hold for any statement.

    When the signature comes with a certificate it is verified by the key of that.
    """
    token = _opened(signature, place)
    _check_header(token, place)
    payload = opened(token.payload, f"{place}, payload")
    if isinstance(payload, list):
        raise fault(f"{place}, payload", "expected one statement, got a list")
    read(payload, f"{place}, payload", version)
    check_unambiguous(token.payload, f"{place}, payload")
    return payload


def check_same(payload: Properties, statement: Properties, place: str) -> None:
    """Refuse when what was signed is logically another statement (xAPI-Data 2.3.1)."""
    if "timestamp" in payload and "timestamp" not in statement:
        raise fault(place, "the payload of the signature has a timestamp, the statement has none")
    if "id" in payload and _id(payload) != _id(statement):
        raise fault(place, "the payload of the signature is of another id than the statement")
    # a server that the statement passed before may have given it a timestamp
    is_timed = "timestamp" in payload
    if not same(_unsigned(payload, is_timed=is_timed), _unsigned(statement, is_timed=is_timed)):
        raise fault(place, "the payload of the signature is another statement than the one sent")


def _id(statement: Properties) -> str:
    return msgspec.json.decode(statement["id"], type=str).lower()


def _unsigned(properties: Properties, *, is_timed: bool) -> bytes:
    """Return a statement as it was before its signatures were added."""
    rest = {name: raw for name, raw in properties.items() if is_timed or name != "timestamp"}
    if "attachments" in rest:
        every: list[dict[str, Any]] = msgspec.json.decode(rest.pop("attachments"))
        if others := [one for one in every if one["usageType"] != SIGNATURE]:
            rest["attachments"] = Raw(msgspec.json.encode(others))
    return msgspec.json.encode(rest)


@dataclass(frozen=True)
class _Token:
    """A JWS in compact serialisation, taken apart; `signed` is what the signature is of."""

    header: Mapping[str, Any]
    payload: bytes
    signature: bytes
    signed: bytes


def _opened(signature: bytes, place: str) -> _Token:
    parts = signature.split(b".")
    try:
        raw, payload, mark = (_decoded(part) for part in parts)
        header = msgspec.json.decode(raw)
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        reason = "is no JSON web signature in compact serialisation (RFC 7515, 3.1)"
        raise fault(place, reason) from error
    if not isinstance(header, dict):
        raise fault(place, "the header of the signature is no JSON object")
    return _Token(header, payload, mark, signature.rpartition(b".")[0])


def _decoded(part: bytes) -> bytes:
    """Return the bytes of base64url without padding; raise ValueError for anything else."""
    if not _BASE64URL.fullmatch(part):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _check_header(token: _Token, place: str) -> None:
    """Check the algorithm, and the signature when there is a certificate (xAPI-Data 2.6)."""
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        raise fault(
            f"{place}, header alg", f"expected RS256, RS384 or RS512, got {algorithm!r:.80}"
        )
    if "crit" in token.header:  # RFC 7515, 4.1.11
        raise fault(f"{place}, header crit", "asks for extensions, and none is understood here")
    if "x5c" not in token.header:
        return
    key = _key(token.header["x5c"], f"{place}, header x5c")
    try:
        key.verify(token.signature, token.signed, PKCS1v15(), _ALGORITHMS[algorithm]())
    except (InvalidSignature, ValueError) as error:
        raise fault(place, "the key of its certificate does not verify the signature") from error


def _key(chain: object, place: str) -> RSAPublicKey:
    """Return the key of the certificate that signed, the first of its chain (RFC 7515, 4.1.6)."""
    match chain:
        case [str(first), *_]:
            pass
        case _:
            raise fault(place, "expected a list of certificates")
    try:
        key = load_der_x509_certificate(base64.b64decode(first, validate=True)).public_key()
    except (ValueError, binascii.Error, UnsupportedAlgorithm, InvalidVersion) as error:
        raise _unreadable(first, place) from error
    if not isinstance(key, RSAPublicKey):
        raise fault(place, "the key of the certificate is no RSA key")
    return key


def _unreadable(certificate: str, place: str) -> BadRequest:
    return fault(place, f"{quoted(certificate)} is no certificate in base64 (DER)")
