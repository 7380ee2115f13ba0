"""The public keys of an identity provider: read from PEM or JWKS, and chosen for a token.

A key is used with the algorithms that its type is for, and no others. So a token cannot have a
public key taken for the secret of an HMAC, or an RSA key for one of an elliptic curve.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWK, PyJWTError

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
PublicKey |= ed448.Ed448PublicKey

SMALLEST_RSA: Final = 2048
"""Bits of a modulus (RFC 7518, sections 3.3 and 3.5)."""
MOST: Final = 100
"""Keys of one provider."""
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
ALGORITHMS: Final = (*sorted(_RSA), *_CURVES.values(), "EdDSA")
"""Those with a public key; whoever can check a token of another could also make it."""
_READ_AS: Final = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
_PEM: Final = re.compile(rb"\s*-----BEGIN ")


@dataclass(frozen=True)
class Key:
    """A public key, its name, and the algorithms whose signatures it checks."""

    kid: str | None
    key: PublicKey
    algorithms: frozenset[str]


def keys_in(content: bytes) -> tuple[Key, ...]:
    """Return the keys of a JWKS (RFC 7517), or the one of a PEM; ValueError when there is none.

    Of a JWKS, keys that check no signature, or in no way that is known here, are passed over.
    """
    found = _pem(content) if _PEM.match(content) else _jwks(content)
    if not found:
        raise ValueError("it holds no public key that can check a signature")
    return found


def fitting(keys: Sequence[Key], kid: str | None, algorithm: str) -> PublicKey | None:
    """Return the one key for a token, or None.

    A token without a `kid`, and a provider with one nameless key, leave no choice but the type.
    """
    is_nameless = len(keys) == 1 and keys[0].kid is None
    named = [one for one in keys if kid is None or is_nameless or one.kid == kid]
    fits = [one.key for one in named if algorithm in one.algorithms]
    return fits[0] if len(fits) == 1 else None


def _pem(content: bytes) -> tuple[Key, ...]:
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("it is no PEM of one public key") from error
    return _key(None, key, {})


def _jwks(content: bytes) -> tuple[Key, ...]:
    try:
        listed = msgspec.json.decode(content)["keys"]
        described = [one for one in listed if isinstance(one, dict)][: MOST + 1]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise ValueError("it is neither a PEM nor a JWKS") from error
    if len(described) > MOST:
        raise ValueError(f"it holds more than {MOST} keys")
    return tuple(key for one in described for key in _described(one))


def _described(jwk: dict[str, Any]) -> tuple[Key, ...]:
    """Return the key that a JWK describes, if it is public and there to check signatures."""
    if jwk.get("use", "sig") != "sig" or "verify" not in _texts(jwk, "key_ops", "verify"):
        return ()
    if "d" in jwk:
        return ()
    try:
        # which algorithm it is used with is told by its type; this one has PyJWT read it
        key = PyJWK(jwk, algorithm=_READ_AS[jwk["kty"]]).key
    except (PyJWTError, ValueError, TypeError, LookupError, UnsupportedAlgorithm):
        return ()
    kid = jwk.get("kid")
    return _key(kid if isinstance(kid, str) else None, key, jwk)


def _key(kid: str | None, key: Any, jwk: dict[str, Any]) -> tuple[Key, ...]:
    """Return a key with what it is for, or nothing when that is nothing."""
    algorithms = _algorithms(key)
    if "alg" in jwk:
        algorithms &= frozenset(_texts(jwk, "alg"))
    return (Key(kid, key, algorithms),) if algorithms else ()


def _texts(jwk: dict[str, Any], name: str, *default: str) -> list[str]:
    """Return the text of a member, or those that it lists."""
    found = jwk.get(name, list(default))
    listed = found if isinstance(found, list) else [found]
    return [one for one in listed if isinstance(one, str)]


def _algorithms(key: Any) -> frozenset[str]:
    match key:
        case rsa.RSAPublicKey() if key.key_size >= SMALLEST_RSA:
            return _RSA
        case ec.EllipticCurvePublicKey() if key.curve.name in _CURVES:
            return frozenset({_CURVES[key.curve.name]})
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return frozenset({"EdDSA"})
    return frozenset()
