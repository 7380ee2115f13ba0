"""Requests to one of the document resources, on documents in memory."""

import json
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from tests.xapi.server import Server

ANNA = '{"mbox": "mailto:anna@Example.org"}'
GROUP = '{"objectType": "Group", "mbox": "mailto:anna@example.org"}'
IRI = "https://lms.example/course"
REGISTRATION = "0AEED4F8-7D4C-4A8A-8F1A-3C1D3B2F6F4E"
STATE = ("activities/state", {"activityId": IRI, "agent": ANNA, "stateId": "bookmark"})
ACTIVITY = ("activities/profile", {"activityId": IRI, "profileId": "bookmark"})
AGENT = ("agents/profile", {"agent": ANNA, "profileId": "bookmark"})
ALL = [STATE, ACTIVITY, AGENT]
PROFILES = [ACTIVITY, AGENT]
BOTH = ["1.0.3", "2.0.0"]
NEW = {"If-None-Match": "*"}
JSON = "application/json"


@dataclass
class Resource:
    """One resource of a server, with the parameters of one document."""

    server: Server
    path: str
    parameters: dict[str, str]
    version: str = "1.0.3"

    def but(self, **parameters: str) -> "Resource":
        """Return the same resource with other parameters."""
        return replace(self, parameters=self.parameters | parameters)

    def ask(
        self,
        method: str,
        content: bytes = b"",
        content_type: str | None = JSON,
        *,
        without: str = "",
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        given = {k: v for k, v in self.parameters.items() if k != without}
        return self.server.client.open(
            f"/xAPI/{self.path}?{urlencode(given)}",
            method=method,
            data=content,
            content_type=content_type,
            headers={"X-Experience-API-Version": self.version, **(headers or {})},
        )

    def put(self, content: bytes, content_type: str | None = JSON, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("PUT", content, content_type, headers=sent or NEW)

    @property
    def id(self) -> str:
        """The parameter that names a document."""
        return "stateId" if "stateId" in self.parameters else "profileId"

    def stored(self) -> bytes | None:
        response = self.ask("GET")
        return response.data if response.status_code == 200 else None


def refused(response: TestResponse, status: int, *words: str) -> None:
    assert response.status_code == status, response.data
    assert response.content_type == "application/problem+json"
    detail = json.loads(response.data)["detail"]
    for word in words:
        assert word in detail
