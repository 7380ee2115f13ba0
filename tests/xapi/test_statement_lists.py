"""Lists of statements over HTTP: their queries, and the address of the next page."""

import base64
import json
import zlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from lrs_stats.xapi.query import _digest
from lrs_stats.xapi.record import Cursor, StatementQuery
from tests.xapi.server import BEGIN, ID, PATH, V1, Server, problem
from tests.xapi.statements import BRUNO, PLAIN, Json


def test_list_of_nothing(server: Server) -> None:
    assert server.get().json == {"statements": [], "more": ""}


def test_pages(server: Server) -> None:
    server.post([PLAIN] * 8)
    seen, address, lengths = [], PATH, []
    while address:
        response = server.client.get(address, headers=V1)
        page = json.loads(response.data)
        lengths.append(len(page["statements"]))
        seen += [statement["id"] for statement in page["statements"]]
        address = page["more"]
    assert lengths == [3, 3, 2]
    assert seen == [prepared.id for _, prepared in server.record.kept]


def test_more_keeps_the_whole_query(server: Server) -> None:
    server.post([PLAIN] * 3)
    query = f"?limit=1&ascending=true&since=2026-01-01T00:00:00Z&verb=a:é&registration={ID}"
    server.client.get(json.loads(server.get(query).data)["more"], headers=V1)
    first, second = server.record.asked
    cursor = Cursor(BEGIN, server.record.kept[0][1].id)
    assert second == StatementQuery(
        verb="a:é",
        registration=ID,
        since=datetime(2026, 1, 1, tzinfo=UTC),
        ascending=True,
        limit=1,
        after=cursor,
    )
    assert first.after is None


def test_more_behind_a_prefix(server: Server) -> None:
    server.post([PLAIN] * 2)
    response = server.client.get(
        f"{PATH}?limit=1", headers=V1, environ_overrides={"SCRIPT_NAME": "/lrs"}
    )
    assert json.loads(response.data)["more"].startswith("/lrs/xAPI/statements?more=")


@pytest.mark.parametrize("change", ["cut", "altered", "more", "é", ""])
def test_damaged_more(server: Server, change: str) -> None:
    server.post([PLAIN] * 2)
    address: str = json.loads(server.get("?limit=1").data)["more"]
    damaged = {
        "cut": address[:-3],
        "altered": address.replace("more=", "more=A"),
        "more": f"{address}&limit=1",
    }.get(change, f"{PATH}?more={change}")
    assert problem(server.client.get(damaged, headers=V1), 400).startswith("parameter more: ")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"limit": 3}),
        ("?limit=0", {"limit": 3}),
        ("?limit=99", {"limit": 3}),
        ("?limit=2", {"limit": 2}),
        ("?ascending=True", {"ascending": True}),
        ("?ascending=FALSE", {"ascending": False}),
        ("?verb=a:b", {"verb": "a:b"}),
        ("?activity=course-v1:a%2Bb", {"activity": "course-v1:a+b"}),
        (f"?registration={ID.upper()}", {"registration": ID}),
        ("?until=2026-01-02T01:00:00%2B01:00", {"until": BEGIN}),
        ("?related_agents=false&related_activities=False&format=exact", {}),
    ],
)
def test_queries(server: Server, query: str, expected: Json) -> None:
    assert server.get(query).status_code == 200
    options: Json = {"limit": 3} | expected
    assert server.record.asked == [StatementQuery(**options)]


@pytest.mark.parametrize(
    ("agent", "key"),
    [
        ({"mbox": "mailto:Anna@EXAMPLE.org"}, "mailto:Anna@example.org"),
        ({"objectType": "Group", "openid": "a:b"}, "openid:a:b"),
        ({"account": {"homePage": "http://a", "name": "b"}}, "http://a|b"),
    ],
)
def test_query_for_an_agent(server: Server, agent: Json, key: str) -> None:
    assert server.get(f"?agent={quote(json.dumps(agent))}").status_code == 200
    assert server.record.asked[0].agent == key


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("?LIMIT=1", 'parameter "LIMIT": is not known here; it is spelled limit'),
        ("?page=1", 'parameter "page": is not known here'),
        ("?limit=-1", "parameter limit: expected a whole number"),
        ("?limit=1.5", "parameter limit: expected a whole number"),
        ("?limit=" + "9" * 5_000, "parameter limit: expected a whole number"),
        ("?limit=1&limit=2", 'parameter "limit": is given more than once'),
        ("?ascending=1", "parameter ascending: expected true or false"),
        ("?verb=answered", 'parameter verb: "answered" is not an IRI'),
        ("?activity=", "parameter activity: "),
        ("?registration=1", 'parameter registration: "1" is not a UUID'),
        ("?since=yesterday", "parameter since: "),
        ("?until=2026-01-02T01:00:00+01:00", "parameter until: "),
        ("?statementId=1", 'parameter statementId: "1" is not a UUID'),
        (f"?statementId={ID}&limit=1", "parameter limit: cannot stand beside statementId"),
        (
            f"?statementId={ID}&voidedStatementId={ID}",
            "parameter voidedStatementId: cannot stand beside statementId",
        ),
        ("?agent=anna", "parameter agent: expected an agent"),
        ("?agent={}", "parameter agent: has no identifier"),
        ("?agent=[]", "parameter agent: expected an object"),
        ('?agent={"mbox":5}', "parameter agent.mbox: expected a string"),
        (
            f"?agent={quote(json.dumps({'objectType': 'Group', 'member': [BRUNO]}))}",
            "parameter agent: a group without an identifier",
        ),
        ("?related_agents=1", "parameter related_agents: expected true or false"),
        ("?related_activities=yes", "parameter related_activities: expected true or false"),
        ("?format=Exact", "parameter format: expected exact, ids or canonical"),
        ("?attachments=yes", "parameter attachments: expected true or false"),
    ],
)
def test_refused_queries(server: Server, query: str, detail: str) -> None:
    response = server.get(query)
    assert problem(response, 400).startswith(detail)
    assert response.headers["X-Experience-API-Consistent-Through"] == "2026-01-02T00:00:00.000Z"
    assert server.record.asked == []


# The address of the next page


def sealed(query: bytes) -> str:
    """Return a token as the server seals it, of any query."""
    payload = zlib.compress(query)
    return base64.urlsafe_b64encode(_digest(payload) + payload).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "query",
    [
        b'{"limit":1,"after":{"stored":"0001-01-01T00:00:00+10:00","id":"%s"}}' % ID.encode(),
        b'{"limit":1,"since":"9999-12-31T23:59:59-10:00",'
        b'"after":{"stored":"2026-01-01T00:00:00Z","id":"%s"}}' % ID.encode(),
        b'{"limit":1,"x":' + b"[" * 2_500 + b"]" * 2_500 + b"}",
        b" " * 10_000_000,
    ],
    ids=["before time", "after time", "deep", "long"],
)
def test_a_token_that_somebody_sealed_is_refused(server: Server, query: bytes) -> None:
    assert "parameter more" in problem(server.get(f"?more={sealed(query)}"), 400)


def test_a_page_of_a_long_query_has_an_address_that_servers_take(server: Server) -> None:
    server.post([PLAIN] * 4)
    more = json.loads(server.get(f"?verb=a:{'b' * 7_000}").data)["more"]
    assert 0 < len(more) < 8_000
