"""Signed statements: a JSON Web Signature as an attachment (Data 2.6)."""

import base64
import json
from typing import Any, Final
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.conformance.lrs import Lrs
from tests.conformance.multipart import BOUNDARY, attached, body, described, first
from tests.conformance.requirement import requirement
from tests.conformance.statements import Json, statement

SECTION: Final = "Data 2.6"
SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
OCTETS: Final = "application/octet-stream"


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(payload: bytes, algorithm: str) -> bytes:
    """Return a signature in compact form (RFC 7515 3.1); no certificate tells whose it is."""
    header = json.dumps({"alg": algorithm}).encode()
    return ".".join(_url64(part) for part in (header, payload, b"signed" * 43)).encode()


def _send(
    lrs: Lrs, sent: Json, signature: bytes, content_type: str = OCTETS, **more: Any
) -> TestResponse:
    attachment = described(signature, content_type, usageType=SIGNATURE, **more)
    parts = [first({**sent, "attachments": [attachment]}), attached(signature, content_type)]
    headers = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
    return lrs.ask("POST", "statements", body=body(parts), headers=headers)


def _payload(sent: Json) -> bytes:
    return json.dumps(sent).encode()


@requirement("XAPI-00117", SECTION, "A signature is made with RS256, RS384 or RS512.")
@pytest.mark.parametrize(
    ("algorithm", "status"),
    [("RS256", 200), ("RS384", 200), ("RS512", 200), ("HS256", 400), ("none", 400)],
)
def test_algorithms(lrs: Lrs, algorithm: str, status: int) -> None:
    sent = statement(id=str(uuid4()))
    lrs.expect(_send(lrs, sent, _signed(_payload(sent), algorithm)), status)


@requirement("XAPI-00115", SECTION, "A signature is a JSON Web Signature, sent as octets.")
def test_malformed_signatures(lrs: Lrs) -> None:
    sent = statement(id=str(uuid4()))
    good = _signed(_payload(sent), "RS256")
    lrs.refuses(_send(lrs, sent, good, "text/plain"))
    for wrong in (b"signed", b"a.b.c", b"..", good.replace(b".", b"", 1), b"!" + good, b"\xff"):
        lrs.refuses(_send(lrs, sent, wrong))
    lrs.expect(_send(lrs, sent, good), 200)


@requirement("XAPI-00116", SECTION, "What is signed is the statement, without its signature.")
def test_payload(lrs: Lrs) -> None:
    sent = statement(id=str(uuid4()), result={"score": {"raw": 1}, "extensions": {"a:b": None}})
    other = _payload({**sent, "result": {"score": {"raw": 2}}})
    for wrong in (b"", b"{", b"[]", b'"text"', _payload(statement()), other):
        lrs.refuses(_send(lrs, sent, _signed(wrong, "RS256")))
    turned = dict(reversed(list(sent.items())))
    lrs.expect(_send(lrs, sent, _signed(json.dumps(turned, indent=1).encode(), "RS256")), 200)


@requirement(
    "LRS-0039", "IEEE 9274.1.1, 4.2.7",
    "What a duration has beyond 0.01 seconds does not make a signed statement another.",
    only="2.0.0",
)  # fmt: skip
def test_durations_in_signatures(lrs: Lrs) -> None:
    signed = statement(id=str(uuid4()), result={"duration": "P1DT12H36M0.12S"})
    sent = {**signed, "result": {"duration": "P1DT12H36M0.1237S"}}
    lrs.expect(_send(lrs, sent, _signed(_payload(signed), "RS256")), 200)
