"""Signed statements: what is signed is what is sent, by the algorithms that xAPI allows."""

import base64
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from lrs_stats.errors import BadRequest, TooLarge
from lrs_stats.xapi.receiving import receive
from lrs_stats.xapi.record import Prepared
from tests.xapi.parcels import TEXT, TYPE, attachment, body, file, first
from tests.xapi.statements import ABSENT, STATEMENT, UUID, Json, changed, prepared

SIGNED = changed("result.duration", "PT12.50S", STATEMENT | {"id": UUID})
HASHES: dict[str, Any] = {"RS256": hashes.SHA256, "RS384": hashes.SHA384, "RS512": hashes.SHA512}


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    assert number >= 0
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(number: int = 0, *, is_rsa: bool = True) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example")])
    own = key(number) if is_rsa else ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, own.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now - timedelta(days=1))  # it has expired: only the key is looked at
        .sign(own, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()


def of_version(number: int) -> str:
    """Return a certificate that says that it is of another version."""
    said = base64.b64decode(certificate())
    return base64.b64encode(
        said.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01%c" % number, 1)
    ).decode()


def encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def jws(payload: object, header: Mapping[str, Any] | None = None) -> bytes:
    """Return a signature of a statement, or of bytes, in compact serialisation."""
    header = {"alg": "RS256"} if header is None else header
    content = payload if isinstance(payload, bytes) else json.dumps(payload, indent=1).encode()
    token = encoded(json.dumps(header).encode()) + b"." + encoded(content)
    algorithm = HASHES.get(str(header.get("alg")), hashes.SHA256)()
    return token + b"." + encoded(key(0).sign(token, padding.PKCS1v15(), algorithm))


def signature(content: bytes, **changes: Any) -> Json:
    usage = "http://adlnet.gov/expapi/attachments/signature"
    octets = "application/octet-stream"
    return attachment(content, usageType=usage, contentType=octets) | changes


def sent(statement: Json, mark: bytes, *others: bytes, limit: int = 50_000) -> list[Prepared]:
    """Send a statement with a signature, and the contents of its other attachments."""
    whole = statement | {"attachments": [*statement.get("attachments", []), signature(mark)]}
    return receive(
        [body(first(whole), *(file(other) for other in others), file(mark))],
        TYPE,
        partial(prepared, contents_follow=True),
        version="1.0.3",
        limit=limit,
        spool=io.BytesIO(),
    )[0]


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_the_algorithms_of_xapi(algorithm: str) -> None:
    assert sent(SIGNED, jws(SIGNED, {"alg": algorithm}))
    assert sent(SIGNED, jws(SIGNED, {"alg": algorithm, "x5c": [certificate()]}))


@pytest.mark.parametrize(
    "payload",
    [
        changed("id", ABSENT, SIGNED),
        changed("timestamp", ABSENT, SIGNED),
        changed("timestamp", "2026-01-02T04:04:05.678+01:00", SIGNED),
        changed("result.duration", "PT12.509S", SIGNED),
        changed("verb.display", {"fr": "a répondu"}, SIGNED),
        changed("context.contextActivities.parent", {"id": "https://example.org/course/1"}, SIGNED),
        SIGNED | {"version": "1.0.0", "stored": "2026-01-02T03:04:05Z"},
        SIGNED | {"attachments": []},
    ],
)
def test_what_is_logically_the_same(payload: Json) -> None:
    assert sent(SIGNED, jws(payload))


@pytest.mark.parametrize(
    "payload",
    [
        changed("actor.mbox", "mailto:bruno@example.org", SIGNED),
        changed("result.score.raw", 6, SIGNED),
        changed("result.response", ABSENT, SIGNED),
        changed("result.duration", "PT13.5S", SIGNED),
        changed("timestamp", "2026-01-02T03:04:06Z", SIGNED),
        SIGNED | {"attachments": [attachment(fileUrl="https://example.org/a")]},
        SIGNED | {"id": "11111111-2222-4333-8444-555555555555"},
    ],
)
def test_another_statement_than_was_signed(payload: Json) -> None:
    with pytest.raises(BadRequest, match=r"statement.attachments\[0\]: the payload of the signat"):
        sent(SIGNED, jws(payload))


def test_other_attachments_are_signed_with_the_statement() -> None:
    whole = SIGNED | {"attachments": [attachment()]}
    assert sent(whole, jws(whole), TEXT)
    with pytest.raises(BadRequest, match="another statement"):
        sent(whole, jws(SIGNED), TEXT)


def test_two_may_sign() -> None:
    one, other = jws(SIGNED), jws(SIGNED, {"alg": "RS512"})
    whole = SIGNED | {"attachments": [signature(one)]}
    assert sent(whole, other, one)
    assert sent(whole, jws(whole), one)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (b"", r"attachments\[0\]: is no JSON web signature"),
        (b"not a signature", "is no JSON web signature"),
        (b"e30.e30", "is no JSON web signature"),
        (jws(SIGNED) + b".e30", "is no JSON web signature"),
        (jws(SIGNED) + b"\n", "is no JSON web signature"),
        (jws(SIGNED) + b"==", "is no JSON web signature"),
        (json.dumps({"payload": "e30", "signatures": []}).encode(), "is no JSON web signature"),
        (encoded(b"[" * 9000) + b".e30.e30", "is no JSON web signature"),
        (encoded(b"[]") + b".e30.e30", "is no JSON object"),
        (jws(SIGNED, {}), "header alg: expected RS256, RS384 or RS512, got None"),
        (jws(SIGNED, {"alg": "none"}), "header alg"),
        (jws(SIGNED, {"alg": "HS256"}), "header alg"),
        (jws(SIGNED, {"alg": "ES256"}), "header alg"),
        (jws(SIGNED, {"alg": ["RS256"]}), "header alg"),
        (jws(SIGNED, {"alg": "RS256", "crit": ["b64"], "b64": False}), "header crit"),
        (jws(b"{'id'"), "payload: the JSON is malformed"),
        (jws(b"\xff"), "payload: byte 0 is not UTF-8"),
        (jws(b"[" * 9000), "payload"),
        (jws([SIGNED]), "payload: expected one statement, got a list"),
        (jws({}), "payload.actor: is missing"),
        (jws(SIGNED | {"colour": 1}), 'payload: unknown property "colour"'),
        (jws(SIGNED, {"alg": "RS256", "x5c": "x"}), "header x5c: expected a list"),
        (jws(SIGNED, {"alg": "RS256", "x5c": []}), "header x5c: expected a list"),
        (jws(SIGNED, {"alg": "RS256", "x5c": ["%%"]}), "header x5c: .* is no certificate"),
        (jws(SIGNED, {"alg": "RS256", "x5c": ["AAAA"]}), "header x5c: .* is no certificate"),
        *(
            (jws(SIGNED, {"alg": "RS256", "x5c": [of_version(number)]}), "x5c: .* is no certif")
            for number in (1, 3, 9)
        ),
        (
            jws(SIGNED, {"alg": "RS256", "x5c": [certificate(is_rsa=False)]}),
            "header x5c: .* is no RSA key",
        ),
        (
            jws(SIGNED, {"alg": "RS256", "x5c": [certificate(1)]}),
            "the key of its certificate does not verify the signature",
        ),
    ],
)
def test_malformed_signatures(mark: bytes, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        sent(SIGNED, mark)


def test_signatures_have_a_limit_together() -> None:
    mark = jws(SIGNED)
    assert sent(SIGNED, mark, limit=len(mark) + 2_000)
    with pytest.raises(TooLarge, match="signatures"):
        sent(changed("id", ABSENT, SIGNED), jws(b" " * 50_000))


def test_what_was_signed_with_a_timestamp_has_one() -> None:
    with pytest.raises(BadRequest, match="has a timestamp, the statement has none"):
        sent(changed("timestamp", ABSENT, SIGNED), jws(SIGNED))


def test_a_payload_that_two_read_differently_is_refused() -> None:
    twice = json.dumps(SIGNED).encode().replace(b"{", b'{"version":"1.0.0","version":"1.0.1",', 1)
    with pytest.raises(BadRequest, match="stands twice"):
        sent(SIGNED, jws(twice))
