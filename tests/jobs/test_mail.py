"""Mail servers that refuse, hang up or cannot be trusted: each is told in a sentence."""

import email
import email.policy
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import replace
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
from lrs_stats.jobs.mailboxes import mailbox
from lrs_stats.settings import Settings
from tests.mailbox import free_port

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LETTER = Letter("a1", "zoé@example.org", "Présences", "été.csv", "text/csv; charset=utf-8", NOW)


class Takes:
    """A mail server that answers as it is told, and keeps what it takes."""

    def __init__(self) -> None:
        self.answers = {"rcpt": "250 OK", "data": "250 OK"}
        self.taken: list[bytes] = []
        self.to: list[str] = []
        self.signed_in: list[str] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        self.to.append(address)
        return self.answers["rcpt"]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(envelope.content)
        return self.answers["data"]


@pytest.fixture
def taking() -> Takes:
    return Takes()


def serve(taking: Takes, **more: Any) -> Controller:
    controller = Controller(
        taking, hostname="127.0.0.1", port=free_port(), **{"enable_SMTPUTF8": True} | more
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


def address(to: Settings, tmp_path: Path, of: str) -> EmailMessage:
    (tmp_path / "file").write_bytes(b"id\r\n")
    return with_file(to, replace(LETTER, to=of), tmp_path / "file")


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("zoe@example.org", "zoe@example.org"),
        ("o'brien+tag=1@example.org", "o'brien+tag=1@example.org"),
        ('"a,b"@example.org', '"a,b"@example.org'),
        ("a,b@example.org", '"a,b"@example.org'),
        ("eve@example.org,max@example.org", '"eve@example.org,max"@example.org'),
        ("<eve>@example.org", '"<eve>"@example.org'),
        ("a(b)c;d:e@example.org", '"a(b)c;d:e"@example.org'),
        ('"a\\"b\\\\c"@example.org', '"a\\"b\\\\c"@example.org'),
        ('a"b@example.org', '"a\\"b"@example.org'),
        (f"{'x,' * 32}@{'long.' * 30}example.org", f'"{"x," * 32}"@{"long." * 30}example.org'),
        ("zoé@example.org", "zoé@example.org"),
        ("zoé,max@example.org", '"zoé,max"@example.org'),
        ("zoe@exämple.org", "zoe@xn--exmple-cua.org"),
        ("zoe@straße.example", "zoe@straße.example"),  # IDNA of 2003 has it as strasse.example
        ("zoe@[192.0.2.1]", "zoe@[192.0.2.1]"),
    ],
)
def test_an_address_is_one_mailbox_whatever_is_in_it(
    plain: Settings, taking: Takes, tmp_path: Path, *, of: str, expected: str
) -> None:
    send(plain, address(plain, tmp_path, of))
    assert taking.to == [expected]
    (content,) = taking.taken
    mail = email.message_from_string(content.decode(), policy=email.policy.default)
    (shown,) = mail["To"].addresses
    assert shown.addr_spec == expected


def test_a_local_part_with_dots_in_the_wrong_places_has_quotes() -> None:
    assert mailbox("a..b@example.org") == '"a..b"@example.org'


@pytest.mark.parametrize(
    "of",
    ["zoe", "@example.org", "zoe@", "zoe<eve@example.org>", "a\x00@example.org", "x" * 65 + "@a.b"],
)
def test_what_is_no_address_is_told_and_not_tried_again(
    plain: Settings, taking: Takes, tmp_path: Path, of: str
) -> None:
    with pytest.raises(NotDelivered, match="no address that mail can go to") as refused:
        address(plain, tmp_path, of)
    assert refused.value.for_good
    assert taking.to == []


def test_a_server_without_smtputf8_takes_all_but_those_who_need_it(
    taking: Takes, tmp_path: Path
) -> None:
    controller = serve(taking, enable_SMTPUTF8=False)
    old = settings(controller.port)
    try:
        for of in ("zoe@exämple.org", '"a,b"@example.org'):
            send(old, address(old, tmp_path, of))
        assert taking.to == ["zoe@xn--exmple-cua.org", '"a,b"@example.org']
        for of in ("zoé@example.org", "zoe@straße.example"):
            with pytest.raises(NotDelivered) as refused:
                send(old, address(old, tmp_path, of))
            assert str(refused.value).startswith("The address of the recipient has characters")
            assert refused.value.for_good
        wrong = replace(old, smtp_from="Zoé <zoé@example.org>")
        with pytest.raises(NotDelivered, match="in smtp_from") as refused:
            send(wrong, address(wrong, tmp_path, "zoe@example.org"))
        assert not refused.value.for_good
    finally:
        controller.stop()


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
