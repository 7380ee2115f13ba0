"""The server under test, as one client of it that speaks one version of xAPI."""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conformance.statements import Json, statement

VERSION: Final = "X-Experience-API-Version"
CONSISTENT_THROUGH: Final = "X-Experience-API-Consistent-Through"


class Lrs:
    """Asks the whole application over WSGI, with credentials and the header of one version."""

    def __init__(self, client: FlaskClient, version: str, authorization: str) -> None:
        self.client = client
        self.version = version
        self.authorization = authorization

    def ask(
        self,
        method: str,
        resource: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> TestResponse:
        """Send a request; a header that is None is left out, a parameter may be any JSON."""
        sent = {VERSION: self.version, "Authorization": self.authorization, **(headers or {})}
        return self.client.open(
            f"/xAPI/{resource}",
            method=method,
            query_string={name: text(value) for name, value in parameters.items()}
            if parameters
            else None,
            data=body,
            headers={name: value for name, value in sent.items() if value is not None},
        )

    def get(self, resource: str, **parameters: Any) -> TestResponse:
        """Ask for a resource."""
        return self.ask("GET", resource, parameters)

    def send_json(
        self, method: str, resource: str, parameters: Mapping[str, Any], content: Any
    ) -> TestResponse:
        """Send a JSON body."""
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        return self.ask(method, resource, parameters, body=body, headers=headers)

    def post_json(self, resource: str, content: Any, **parameters: Any) -> TestResponse:
        """Post a JSON body."""
        return self.send_json("POST", resource, parameters, content)

    def put_json(self, resource: str, content: Any, **parameters: Any) -> TestResponse:
        """Put a JSON body."""
        return self.send_json("PUT", resource, parameters, content)

    def store(self, *sent: Json) -> list[str]:
        """Store statements; return their ids."""
        ids: list[str] = self.read(self.post_json("statements", list(sent or [statement()])))
        return ids

    def stored(self, identifier: str, **parameters: Any) -> Json:
        """Return a statement as it is stored."""
        found: Json = self.read(self.get("statements", statementId=identifier, **parameters))
        return found

    def kept(self, sent: Json) -> Json:
        """Store a statement and return it as it is kept."""
        return self.stored(self.store(sent)[0])

    def found(self, **parameters: Any) -> list[str]:
        """Return the ids of the statements that a query finds, in their order."""
        page = self.read(self.get("statements", **parameters))
        return [one["id"] for one in page["statements"]]

    def read(self, response: TestResponse) -> Any:
        """Return the JSON of a successful answer."""
        return json.loads(self.expect(response, 200).data)

    def expect(self, response: TestResponse, *statuses: int) -> TestResponse:
        """Return the answer when its status is one of these, and its version that of the request.

        Also holds for each answer that a refusal says what is wrong.
        """
        said = response.get_data()[:400]
        assert response.status_code in statuses, (
            f"{response.status} instead of {statuses}: {said!r}"
        )
        assert response.headers[VERSION] == self.version
        if response.status_code >= 400 and response.request.method != "HEAD":
            assert json.loads(response.data)["detail"]
        return response

    def refuses(self, response: TestResponse) -> str:
        """Hold a refusal to be 400, and return what it says."""
        return str(json.loads(self.expect(response, 400).data)["detail"])


def text(value: Any) -> str:
    """Return a parameter as it stands in an address: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def fresh(kind: str = "activities") -> str:
    """Return an IRI that nothing else has."""
    return f"https://example.org/{kind}/{uuid4()}"
