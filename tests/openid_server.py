"""An OpenID Connect provider of tests, made of Authlib's own server and run as a process.

It holds clients to what they are registered with: their secret, their address to be led back to, a
nonce, PKCE by S256, and a code once. What it is told in a file it does wrong.
"""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from flask import Flask, Response, request
from werkzeug.serving import make_server

from tests.issuer import encoded, forged, jwk, jwks, key, pem


@dataclass
class Client(ClientMixin):  # type: ignore[misc]
    """A client, as it is registered."""

    client_id: str
    secret: str
    back: str
    by: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.back

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.back

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.by

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code:
    """A code that was given out, and for what."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    user: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class Grant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes, each good for once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
    codes: dict[str, Code] = {}  # noqa: RUF012 - of the one server of this process

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        assert asked["code_challenge_method"] == "S256"
        self.codes[code] = Code(
            code,
            request.client.client_id,
            asked["redirect_uri"],
            asked["scope"],
            asked["nonce"],
            asked["code_challenge"],
            "S256",
            request.user,
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.user


class Wrong:
    """What is done wrong for the time being, as a file says."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __getitem__(self, name: str) -> Any:
        told = json.loads(self._file.read_text()) if self._file.exists() else {}
        return told.get(name, {})


class IdTokens(OpenIDCode):  # type: ignore[misc]
    """The ID tokens, right or wrong."""

    def __init__(self, issuer: str, wrong: Wrong) -> None:
        super().__init__(require_nonce=True)
        self._issuer = issuer
        self._wrong = wrong

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in Grant.codes.values())

    def process_token(self, grant: Any, response: Any) -> Any:
        code, token = grant.request.authorization_code, response[1]
        now = int(time.time())
        usual = {
            "iss": self._issuer,
            "aud": code.client_id,
            "sub": code.user,
            "email": f"{code.user}@example.org",
            "nonce": code.nonce,
            "iat": now,
            "exp": now + 60,
        }
        claims = {n: v for n, v in (usual | self._wrong["claims"]).items() if v is not None}
        token["id_token"] = signed(claims, self._wrong["signed"] or "right")
        return token


def signed(claims: dict[str, Any], how: str) -> str:
    """Return a token of some claims, signed as it should be, or otherwise."""
    match how:
        case "right":
            return encoded(claims, key("RS256"), "RS256", {"kid": "first"})
        case "by a stranger":
            return encoded(claims, key("RS256", "strange"), "RS256", {"kid": "first"})
        case "by nobody":
            return forged({"alg": "none"}, None, **claims)
        case "by the public key":
            return forged({"alg": "HS256", "kid": "first"}, pem("RS256"), **claims)
        case "by another algorithm":
            return encoded(claims, key("ES256", "second"), "ES256", {"kid": "second"})
    raise ValueError(how)


def application(issuer: str, client: Client, wrong: Wrong) -> Flask:
    """Return the provider."""
    app = Flask("provider")
    server = AuthorizationServer(
        app,
        query_client=lambda name: client if name == client.client_id else None,
        save_token=lambda token, asked: None,
    )
    server.register_grant(Grant, [CodeChallenge(required=True), IdTokens(issuer, wrong)])

    @app.before_request
    def wait() -> Response | None:
        if request.path in wrong["hangs"]:
            time.sleep(30)
        status = wrong["fails"].get(request.path)
        return Response("<h1>Oops</h1>", status) if status else None

    @app.get("/.well-known/openid-configuration")
    def discovery() -> dict[str, Any]:
        told: dict[str, Any] = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/certs",
            "end_session_endpoint": f"{issuer}/leave",
            "token_endpoint_auth_methods_supported": [client.by],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        told.update(wrong["discovery"])
        return told

    @app.get("/certs")
    def certs() -> Response:
        keys = (jwk("RS256"), jwk("ES256", "second"))
        return Response(jwks(*keys), content_type="application/json")

    @app.get("/authorize")
    def ask() -> Any:
        try:
            server.get_consent_grant(end_user=None)
        except OAuth2Error as error:
            return {"error": error.error, "error_description": error.description}, 400
        return "Who are you?"

    @app.post("/authorize")
    def answer() -> Any:
        person = request.form.get("person")
        grant = server.get_consent_grant(end_user=person)
        return server.create_authorization_response(grant_user=person, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


def main() -> None:
    """Serve until killed: FILE CLIENT SECRET BACK METHOD."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    file, *registered = sys.argv[1:]
    app = Flask("none")
    serving = make_server("127.0.0.1", 0, app, threaded=True)
    issuer = f"http://127.0.0.1:{serving.server_port}"
    serving.app = application(issuer, Client(*registered), Wrong(Path(file)))
    print(issuer, flush=True)
    serving.serve_forever()


if __name__ == "__main__":
    main()
