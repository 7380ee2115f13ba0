"""Mail servers that refuse, hang up or cannot be trusted: each is told in a sentence."""

import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lrs_stats.jobs.mail import Letter, NotDelivered, send, with_file
from lrs_stats.settings import Settings
from tests.mailbox import free_port

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LETTER = Letter("a1", "zoé@example.org", "Présences", "été.csv", "text/csv; charset=utf-8", NOW)


class Takes:
    """A mail server that answers as it is told, and keeps what it takes."""

    def __init__(self) -> None:
        self.answers = {"rcpt": "250 OK", "data": "250 OK"}
        self.taken: list[bytes] = []
        self.signed_in: list[str] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers["rcpt"]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(envelope.content)
        return self.answers["data"]


@pytest.fixture
def taking() -> Takes:
    return Takes()


def serve(taking: Takes, **more: Any) -> Controller:
    controller = Controller(
        taking, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True, **more
    )
    controller.start()
    return controller


@pytest.fixture
def plain(taking: Takes) -> Iterator[Settings]:
    controller = serve(taking)
    yield settings(controller.port)
    controller.stop()


def settings(port: int, **more: Any) -> Settings:
    return Settings(
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_from="Figures <figures@example.org>",
        **{"smtp_security": "none"} | more,
    )


def message(to: Settings, tmp_path: Path) -> EmailMessage:
    (tmp_path / "file").write_bytes("id\r\né\r\n".encode())
    return with_file(to, LETTER, tmp_path / "file")


def refusal(to: Settings, tmp_path: Path) -> tuple[str, bool]:
    with pytest.raises(NotDelivered) as refused:
        send(to, message(to, tmp_path))
    return str(refused.value), refused.value.for_good


def test_a_mail_is_taken_with_names_in_every_script(
    plain: Settings, taking: Takes, tmp_path: Path
) -> None:
    send(plain, message(plain, tmp_path))
    (content,) = taking.taken
    assert b"Message-ID: <a1@example.org>" in content
    assert b"Auto-Submitted: auto-generated" in content
    assert "zoé@example.org".encode() in content


@pytest.mark.parametrize(
    ("where", "answer", "expected"),
    [
        ("rcpt", "550 zoe? never heard", ("the address of the recipient (SMTP 550)", True)),
        ("rcpt", "451 later", ("the address of the recipient (SMTP 451)", False)),
        ("data", "552 too large", ("the message (SMTP 552)", True)),
        ("data", "452 full", ("the message (SMTP 452)", False)),
    ],
)
def test_a_refusal_is_told_by_its_code_without_the_address(
    plain: Settings, taking: Takes, tmp_path: Path, *, where: str, answer: str, expected: Any
) -> None:
    taking.answers[where] = answer
    what, for_good = expected
    assert refusal(plain, tmp_path) == (f"The mail server refused {what}.", for_good)


def test_nobody_there(tmp_path: Path) -> None:
    said = ("The mail server 127.0.0.1:1 does not answer.", False)
    assert refusal(settings(1), tmp_path) == said


def test_a_server_without_starttls_is_told(plain: Settings, tmp_path: Path) -> None:
    said, for_good = refusal(settings(plain.smtp_port, smtp_security="starttls"), tmp_path)
    assert ("STARTTLS" in said, for_good) == (True, False)


def certificate(folder: Path) -> Path:
    """Write a certificate of its own making, and its key, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "pem").write_bytes(private + made.public_bytes(pem))
    return folder / "pem"


def test_starttls_signing_in_and_a_certificate_that_nobody_vouches_for(
    taking: Takes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    pem = certificate(tmp_path)
    context.load_cert_chain(pem)

    def authenticator(_: Any, __: Any, ___: Any, ____: str, given: Any) -> AuthResult:
        taking.signed_in.append(given.login.decode())
        is_right = given.password == b"right"
        return AuthResult(success=is_right, handled=is_right)

    controller = serve(taking, tls_context=context, authenticator=authenticator)
    try:
        said, _ = refusal(settings(controller.port, smtp_security="starttls"), tmp_path)
        assert said.startswith("The mail server could not be reached by TLS (CERTIFICATE_VERIFY")
        trusting = ssl.create_default_context(cafile=str(pem))
        trusting.check_hostname = False
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        own = {"smtp_security": "starttls", "smtp_user": "figures"}
        wrong = settings(controller.port, **own, smtp_password="wrong")
        assert refusal(wrong, tmp_path) == (
            "The mail server does not take the user and the password of the settings.",
            False,
        )
        right = settings(controller.port, **own, smtp_password="right")
        send(right, message(right, tmp_path))
        assert set(taking.signed_in) == {"figures"}
        assert len(taking.taken) == 1
    finally:
        controller.stop()


def test_an_error_of_the_library_is_one_of_the_system() -> None:
    assert issubclass(smtplib.SMTPException, OSError)
