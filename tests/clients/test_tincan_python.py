"""TinCanPython, unchanged: statements, queries, state and profiles as it sends them.

But for `about()`: it takes no answer of a server that also speaks 2.0.0.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tincan import (
    ActivityProfileDocument,
    Agent,
    AgentProfileDocument,
    RemoteLRS,
    StateDocument,
    Statement,
)
from tincan.activity import Activity

from tests.e2e.server import Server, serving

AGENT = Agent(mbox="mailto:tincan@example.org", name="Ann")
COURSE = Activity(id="https://clients.example/tincan")


@pytest.fixture(scope="module")
def lrs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with serving(tmp_path_factory.mktemp("tincan") / "data") as server:
        yield remote(server)


def remote(server: Server) -> Any:
    endpoint = f"http://127.0.0.1:{server.port}/xAPI/"
    return RemoteLRS(
        version="1.0.1", endpoint=endpoint, username=server.key, password=server.secret
    )


def done(response: Any) -> Any:
    """Return what came back, of a request that succeeded."""
    assert response.success, response.data
    return response.content


def experienced() -> Any:
    verb = {"id": "http://adlnet.gov/expapi/verbs/experienced"}
    return Statement(actor=AGENT, verb=verb, object=COURSE)


def test_statements_and_queries(lrs: Any) -> None:
    saved = done(lrs.save_statement(experienced()))
    done(lrs.save_statements([experienced(), experienced()]))
    assert done(lrs.retrieve_statement(saved.id)).id == saved.id
    query = {"agent": AGENT, "related_activities": True, "activity": COURSE, "limit": 2}
    page = done(lrs.query_statements(query))
    more = done(lrs.more_statements(page))
    assert (len(page.statements), len(more.statements), more.more) == (2, 1, "")


def test_state(lrs: Any) -> None:
    for content in ("first", "second"):
        state = StateDocument(activity=COURSE, agent=AGENT, id="bookmark", content=content)
        state.content_type = "text/plain"
        done(lrs.save_state(state))
    assert done(lrs.retrieve_state(COURSE, AGENT, "bookmark")).content == bytearray(b"second")
    assert done(lrs.retrieve_state_ids(COURSE, AGENT)) == ["bookmark"]
    done(lrs.clear_state(COURSE, AGENT))
    assert done(lrs.retrieve_state_ids(COURSE, AGENT)) == []


@pytest.mark.parametrize("kind", ["activity", "agent"])
def test_profiles_need_a_condition(lrs: Any, kind: str) -> None:
    """It sends none for a new profile, which 1.0.3 refuses and says why (xAPI-Comm. 3.1)."""
    document = ActivityProfileDocument if kind == "activity" else AgentProfileDocument
    about = {"activity": COURSE} if kind == "activity" else {"agent": AGENT}
    profile = document(id="p", content="{}", **about)
    save = getattr(lrs, f"save_{kind}_profile")
    refused = save(profile)
    assert not refused.success
    assert "If-None-Match" in refused.data
    profile.etag = '"0000000000000000000000000000000000000000"'
    assert save(profile).response.status == 412
