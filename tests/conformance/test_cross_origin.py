"""Pages of other origins: what browsers need to hear (Communication 1.2; Fetch, 3.2)."""

from typing import Final

import pytest

from tests.conformance.documents import EACH
from tests.conformance.lrs import CONSISTENT_THROUGH, VERSION, Lrs
from tests.conformance.requirement import requirement
from tests.conformance.statements import UUID

SECTION: Final = "Communication 1.2; Fetch 3.2"
ORIGIN: Final = {"Origin": "https://course.example.org"}
RESOURCES: Final = ("statements", "agents", "activities", "about", *(one.path for one in EACH))
SENT: Final = ("Authorization", "Content-Type", VERSION, "If-Match", "If-None-Match")
SEEN: Final = ("ETag", "Last-Modified", VERSION, CONSISTENT_THROUGH)


def _names(header: str) -> set[str]:
    return {name.strip().lower() for name in header.split(",")}


@requirement("LRS-0090", SECTION, "A browser may ask beforehand, without credentials or version.")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("resource", RESOURCES)
def test_preflight(lrs: Lrs, resource: str, method: str) -> None:
    asked = {
        **ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": ", ".join(SENT).lower(),
        "Authorization": None,
        VERSION: None,
    }
    answer = lrs.ask("OPTIONS", resource, headers=asked)
    assert answer.status_code in {200, 204}
    assert answer.headers["Access-Control-Allow-Origin"] in {"*", ORIGIN["Origin"]}
    assert _names(",".join(SENT)) <= _names(answer.headers["Access-Control-Allow-Headers"])
    assert method in answer.headers["Access-Control-Allow-Methods"]


@requirement(
    "LRS-0091", SECTION, "Every answer can be read by a page of another origin, refusals too."
)
@pytest.mark.parametrize(
    ("resource", "parameters", "headers", "status"),
    [
        ("statements", {"limit": "1"}, {}, 200),
        ("about", {}, {}, 200),
        ("statements", {"wrong": "1"}, {}, 400),
        ("statements", {"statementId": UUID}, {}, 404),
        ("statements", {}, {"Authorization": None}, 401),
        ("statements", {}, {VERSION: "0.9"}, 400),
    ],
)
def test_answers(
    lrs: Lrs,
    resource: str,
    parameters: dict[str, str],
    headers: dict[str, str | None],
    status: int,
) -> None:
    answer = lrs.ask("GET", resource, parameters, headers={**ORIGIN, **headers})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] in {"*", ORIGIN["Origin"]}
    assert _names(",".join(SEEN)) <= _names(answer.headers["Access-Control-Expose-Headers"])
