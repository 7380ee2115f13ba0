"""People by JSON web token: whose is believed, and every way in which one is not."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lrs_stats.access.fetching import fetched
from lrs_stats.access.jwt import IdentityProvider, provider_of
from lrs_stats.access.key_source import PAUSE, KeySource
from lrs_stats.access.keys import ALGORITHMS, keys_in
from lrs_stats.errors import CommandError
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings
from tests.issuer import (
    AUDIENCE,
    ISSUER,
    claims,
    encoded,
    forged,
    jwk,
    jwks,
    key,
    key_server,
    pem,
    signed,
)

ROSTER = Roster(
    check(
        {
            "people": [
                {"id": "zoe", "email": "zoe@example.org", "first_name": "Zoe", "status": "active"},
                {"id": "ada", "email": "ada@example.org", "role": "owner", "status": "active"},
                {"id": "eve", "email": "eve@example.org", "status": "deleted"},
            ]
        }
    ),
    version=1,
)


def provider(*keys: dict[str, Any], **more: Any) -> IdentityProvider:
    """Return a provider whose keys are there, and are never read again."""
    source = KeySource(lambda: b"", keys=keys_in(jwks(*keys or (jwk("RS256"),))), clock=lambda: 0.0)
    return IdentityProvider(ISSUER, AUDIENCE, source, **more)


def named(token: str, by: IdentityProvider | None = None) -> str | None:
    """Return the id of the person of a token."""
    person = (by or provider()).person(token, lambda: ROSTER)
    return None if person is None else person.id


def now(seconds: float) -> int:
    return int(time.time() + seconds)


def from_now(change: dict[str, Any]) -> dict[str, Any]:
    """Return claims with instants in the place of what is to come or past by the time of asking."""
    return {
        name: now(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in change.items()
    }


def test_a_token_of_the_provider_names_a_person() -> None:
    person = provider().person(signed(), lambda: ROSTER)
    assert person is not None
    assert (person.id, person.name, person.role) == ("zoe", "Zoe", "")
    owner = provider().person(signed(sub="ada"), lambda: ROSTER)
    assert owner is not None
    assert owner.role == "owner"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_with_a_public_key_can_be_set(algorithm: str) -> None:
    by = provider(jwk(algorithm), algorithms=(algorithm,))
    assert named(signed(algorithm), by) == "zoe"


def test_a_pem_is_the_key_of_every_token_whatever_its_kid() -> None:
    source = KeySource(lambda: b"", keys=keys_in(pem("ES256")), clock=lambda: 0.0)
    by = IdentityProvider(ISSUER, AUDIENCE, source, algorithms=("ES256",))
    assert named(signed("ES256"), by) == "zoe"
    assert named(signed("ES256", "other"), by) is None


def test_both_curves_of_eddsa_are_taken() -> None:
    source = KeySource(lambda: b"", keys=keys_in(pem("Ed448")), clock=lambda: 0.0)
    by = IdentityProvider(ISSUER, AUDIENCE, source, algorithms=("EdDSA",))
    assert named(encoded(claims(), key("Ed448"), "EdDSA", {}), by) == "zoe"


def test_a_person_can_be_named_by_e_mail() -> None:
    by = provider(claim="email", names="email")
    assert named(signed(sub="x", email="zoe@EXAMPLE.org"), by) == "zoe"
    assert named(signed(sub="x", email="Zoe@example.org"), by) is None
    folding = provider(claim="email", names="email", ignore_case=True)
    assert named(signed(sub="x", email="Zoe@example.org"), folding) == "zoe"
    assert named(signed(sub="x", email="zoe@example.org", email_verified=True), by) == "zoe"
    assert named(signed(sub="x", email="zoe@example.org", email_verified=False), by) is None
    assert named(signed(sub="zoe@example.org"), by) is None


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://id.example.com/realms/staff"},
        {"iss": ISSUER + "/"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": "another service"},
        {"aud": ["another", "service"]},
        {"aud": None},
        {"aud": []},
        {"exp": None},
        {"exp": timedelta(seconds=-61)},
        {"exp": "never"},
        {"exp": float("inf")},
        {"nbf": timedelta(seconds=120)},
        {"iat": timedelta(seconds=120)},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "nobody"},
        {"sub": "eve"},
        {"sub": "zoe@example.org"},
    ],
)
def test_a_claim_that_is_not_as_it_must_be_refuses_the_token(change: dict[str, Any]) -> None:
    assert named(signed(**from_now(change))) is None


@pytest.mark.parametrize(
    "change",
    [
        {"exp": timedelta(seconds=-30)},
        {"nbf": timedelta(seconds=30)},
        {"iat": timedelta(seconds=30)},
        {"aud": ["another", AUDIENCE]},
        {"iat": None},
        {"nbf": timedelta(seconds=-30)},
    ],
)
def test_clocks_may_differ_a_little_and_a_token_may_be_for_several(
    change: dict[str, Any],
) -> None:
    assert named(signed(**from_now(change))) == "zoe"


def test_the_leeway_is_what_is_set() -> None:
    assert named(signed(exp=now(-5)), provider(leeway=0.0)) is None
    assert named(signed(nbf=now(250)), provider(leeway=300.0)) == "zoe"


@pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_that_nobody_signed_is_refused(spelling: str) -> None:
    assert named(forged({"alg": spelling, "kid": "first"}, None)) is None
    assert named(forged({"alg": spelling}, b"")) is None


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "RS256"])
def test_a_public_key_is_no_secret_to_sign_with(algorithm: str) -> None:
    for secret in (pem("RS256"), pem("RS256").strip(), jwks(jwk("RS256"))):
        for header in ({"alg": algorithm, "kid": "first"}, {"alg": algorithm, "typ": "JWT"}):
            assert named(forged(header, secret)) is None


def test_an_algorithm_that_is_not_set_is_refused_though_its_key_is_there() -> None:
    by = provider(jwk("RS256"), jwk("ES256", "second"))
    assert named(signed("RS256"), by) == "zoe"
    assert named(signed("ES256", "second"), by) is None
    assert named(signed("RS512"), by) is None
    assert named(signed("PS256"), by) is None


@pytest.mark.parametrize(
    ("algorithm", "of_the_key"),
    [("RS256", "ES256"), ("ES256", "RS256"), ("ES256", "ES384"), ("EdDSA", "ES256")],
)
def test_a_key_of_another_type_than_the_algorithm_is_not_used(
    algorithm: str, of_the_key: str
) -> None:
    by = provider(jwk(of_the_key), algorithms=ALGORITHMS)
    assert named(signed(algorithm), by) is None
    assert named(signed(of_the_key), by) == "zoe"


def test_a_signature_of_another_key_is_refused() -> None:
    by = provider(jwk("RS256"), jwk("RS256", "second"))
    assert named(signed(name="second"), by) == "zoe"
    header, body, _ = signed().split(".")
    *_, signature = signed(name="second").split(".")
    assert named(f"{header}.{body}.{signature}", by) is None
    assert named(f"{header}.{body}.", by) is None
    assert named(signed(name="third"), by) is None


def test_changed_claims_are_refused() -> None:
    header, _, signature = signed().split(".")
    _, body, _ = signed(sub="ada").split(".")
    assert named(f"{header}.{body}.{signature}") is None


@pytest.mark.parametrize(
    "member",
    [
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": 5},
        {"alg": "RS512"},
        {"alg": 5},
        {"kty": "EC"},
        {"kty": ["RSA"]},
        {"n": "AQAB"},
        {"n": 5},
        {"d": "AQAB"},
    ],
)
def test_a_key_that_is_for_something_else_or_broken_is_not_used(member: dict[str, Any]) -> None:
    by = provider(jwk("RS256", "other"), jwk("RS256", **member))
    assert named(signed(), by) is None
    assert named(signed(name="other"), by) == "zoe"


def test_without_a_kid_only_one_key_can_be_meant() -> None:
    token = encoded(claims(), key("RS256"), "RS256", {})
    assert named(token, provider(jwk("RS256"), jwk("ES256", "second"))) == "zoe"
    assert named(token, provider(jwk("RS256"), jwk("RS256", "second"))) is None


@pytest.mark.parametrize(
    "token",
    [
        "..",
        "a.b.c",
        "\xe9.\xe9.\xe9",
        forged({"alg": "RS256", "kid": 5}, b""),
        forged({"alg": ["RS256"], "kid": "first"}, b""),
        forged({"alg": "RS256", "kid": "first", "crit": ["exp"]}, b""),
        forged({"kid": "first"}, b""),
        signed() + "a" * 20_000,
        signed() + "\n",
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert named(token) is None


def test_a_critical_extension_refuses_even_a_signed_token() -> None:
    header = {"kid": "first", "crit": ["b64"]}
    assert named(encoded(claims(), key("RS256"), "RS256", header)) is None


@pytest.mark.parametrize("told", [[], "zoe", 5, None, {"exp": {}}])
def test_what_is_signed_and_no_set_of_claims_is_refused(told: object) -> None:
    assert named(encoded(told, key("RS256"), "RS256", {"kid": "first"})) is None


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (lambda: signed(exp=now(-600)), "expired"),
        (lambda: signed(aud="x"), "Audience"),
        (lambda: signed(sub="eve"), "has left"),
        (lambda: signed(name="third"), "kid"),
    ],
)
def test_the_log_says_why_and_never_has_the_token(token: Callable[[], str], reason: str) -> None:
    sent = token()
    with capture_logs() as logged:
        assert named(sent) is None
    (line,) = logged
    assert reason in line["reason"]
    for part in sent.split("."):
        assert part not in str(line)


def test_the_provider_may_change_its_keys_while_we_run(tmp_path: Path) -> None:
    seconds = [0.0]
    with key_server(tmp_path, jwks(jwk("RS256"))) as server:
        source = KeySource(lambda: fetched(server.address), clock=lambda: seconds[0])
        by = IdentityProvider(ISSUER, AUDIENCE, source)
        assert named(signed(), by) == "zoe"
        server.show(jwks(jwk("RS256", "second")))
        assert named(signed(name="second"), by) is None  # asked less than a minute ago
        seconds[0] = PAUSE
        assert named(signed(name="second"), by) == "zoe"
        assert named(signed(), by) is None
        assert server.asked == 2
    seconds[0] += PAUSE  # and now it is gone
    assert named(signed(name="third"), by) is None
    assert named(signed(name="second"), by) == "zoe"


# Settings


def settings(tmp_path: Path, content: bytes, **more: Any) -> Settings:
    file = tmp_path / "keys"
    file.write_bytes(content)
    return Settings(jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_keys=str(file), **more)


def test_without_an_issuer_there_is_no_provider() -> None:
    assert provider_of(Settings()) is None


@pytest.mark.parametrize("content", [lambda: pem("RS256"), lambda: jwks(jwk("RS256"))])
def test_keys_can_stand_in_a_file(tmp_path: Path, content: Callable[[], bytes]) -> None:
    by = provider_of(settings(tmp_path, content()))
    assert named(signed(), by) == "zoe"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"keys": []}',
        b'{"keys": [5]}',
        b"[" * 10_000,
        b"-----BEGIN NOTHING-----",
    ],
)
def test_a_file_without_a_key_stops_the_start(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CommandError, match="jwt_keys"):
        provider_of(settings(tmp_path, content))


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    given = Settings(jwt_issuer="a", jwt_audience="b", jwt_keys=str(tmp_path / "nothing"))
    with pytest.raises(CommandError, match="jwt_keys"):
        provider_of(given)


@pytest.mark.parametrize("algorithms", ["none", "HS256", "RS256 HS256", "ES256K", "rs256"])
def test_only_algorithms_with_a_public_key_can_be_set(tmp_path: Path, algorithms: str) -> None:
    with pytest.raises(CommandError, match="those with a public key are"):
        provider_of(settings(tmp_path, pem("RS256"), jwt_algorithms=algorithms))


@pytest.mark.parametrize(
    "wrong",
    [
        {"jwt_issuer": "a"},
        {"jwt_issuer": "a", "jwt_audience": "b"},
        {"jwt_keys": "c"},
        {"jwt_claim": ""},
        {"jwt_claim_is": "name"},
        {"jwt_algorithms": " "},
        {"jwt_leeway_seconds": -1.0},
        {"jwt_leeway_seconds": 301.0},
        {"jwt_leeway_seconds": float("nan")},
        {"jwt_issuer": "a", "jwt_audience": "b", "jwt_keys": "http://id.example.org/certs"},
        {"jwt_issuer": "a", "jwt_audience": "b", "jwt_keys": "http://localhost.example.org/certs"},
        {"jwt_issuer": "a", "jwt_audience": "b", "jwt_keys": "https://"},
        {"jwt_issuer": "a", "jwt_audience": "b", "jwt_keys": "https://a:b@id.example.org/"},
        {"jwt_issuer": "a", "jwt_audience": "b", "jwt_keys": "https://id.example.org:http/"},
    ],
)
def test_settings_that_fit_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="jwt_"):
        Settings(**wrong)
