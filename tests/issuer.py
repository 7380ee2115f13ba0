"""An identity provider of tests: its keys, its tokens, and its JWKS on a server of its own."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import get_default_algorithms
from jwt.api_jws import PyJWS

from tests.waiting import until

ISSUER = "https://id.example.org/realms/staff"
AUDIENCE = "lrs-stats"

SERVER = """
import pathlib, socketserver, sys, time

file, drips = pathlib.Path(sys.argv[1]), sys.argv[2] == "drip"

class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        with file.with_suffix(".asked").open("a") as asked:
            asked.write("x")
        while sys.argv[2] == "hang":
            time.sleep(60)
        while self.rfile.readline().strip():
            pass
        body = file.read_bytes()
        head = b"HTTP/1.1 %s\\r\\nContent-Length: %d\\r\\n" % (sys.argv[3].encode(), len(body))
        for byte in head if drips else ():
            self.wfile.write(bytes([byte]))
            time.sleep(0.5)
        self.wfile.write(head + b"Location: /elsewhere\\r\\n\\r\\n" + body)

class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

with Server(("127.0.0.1", 0), Answer) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
"""


def key(algorithm: str, name: str = "first") -> Any:
    """Return a private key for an algorithm; the same for a name."""
    return _made(algorithm, name)


@cache
def _made(algorithm: str, _name: str) -> Any:
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm])
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(algorithm: str, name: str = "first") -> bytes:
    """Return the PEM of a public key."""
    public = key(algorithm, name).public_key()
    found: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found


def jwk(algorithm: str, name: str = "first", **members: Any) -> dict[str, Any]:
    """Return the JWK of a public key, whose `kid` is its name."""
    as_jwk = get_default_algorithms()[algorithm].to_jwk(key(algorithm, name).public_key())
    described: dict[str, Any] = json.loads(as_jwk)
    return described | {"kid": name, "use": "sig"} | members


def jwks(*keys: Mapping[str, object]) -> bytes:
    """Return a JWKS."""
    return json.dumps({"keys": keys}).encode()


def claims(**more: object) -> dict[str, Any]:
    """Return the claims of a token for Zoe that holds for a minute; None leaves a claim out."""
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "zoe", "iat": now, "exp": now + 60}
    return {name: value for name, value in (usual | more).items() if value is not None}


def signed(algorithm: str = "RS256", name: str = "first", **more: Any) -> str:
    """Return a token that a key has signed, with changed claims."""
    return encoded(claims(**more), key(algorithm, name), algorithm, {"kid": name})


def encoded(told: object, by: Any, algorithm: str, header: dict[str, Any]) -> str:
    """Return a token of any content: unlike for JWTs, PyJWT takes it for a JWS as it is."""
    return PyJWS().encode(json.dumps(told).encode(), by, algorithm, header)


def forged(header: Mapping[str, object], secret: bytes | None, **more: object) -> str:
    """Return a token with any header, signed by HMAC, or (None) not at all."""
    parts = (json.dumps(part).encode() for part in (header, claims(**more)))
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = b"" if secret is None else hmac.digest(secret, text, hashlib.sha256)
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


class KeyServer:
    """A process that answers a file, whose content can be changed at any time."""

    def __init__(self, file: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}/certs"
        self._file = file

    @property
    def asked(self) -> int:
        """Return how often it was asked."""
        asked = self._file.with_suffix(".asked")
        return len(asked.read_text()) if asked.exists() else 0

    def show(self, content: bytes) -> None:
        """Answer something else from now on."""
        new = self._file.with_suffix(".new")
        new.write_bytes(content)
        new.rename(self._file)


@contextmanager
def key_server(
    folder: Path, content: bytes, how: str = "answer", status: str = "200 OK"
) -> Iterator[KeyServer]:
    """Run a server that answers this; `how` is answer, hang or drip."""
    file = folder / "certs.json"
    file.write_bytes(content)
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(file), how, status], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        server = KeyServer(file, int(process.stdout.readline()))
        try:
            yield server
        finally:
            process.kill()
            until(lambda: process.poll() is not None)
