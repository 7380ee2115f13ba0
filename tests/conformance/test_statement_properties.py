"""Ids, timestamps, stored, authority, version: who sets them, and how (Data 2.4)."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.conformance.lrs import Lrs
from tests.conformance.requirement import everywhere, requirement, statements
from tests.conformance.statements import (
    ACCOUNT,
    AGENT,
    CLUB,
    IDENTIFIERS,
    OTHER_AGENT,
    TEAM,
    UUID,
    statement,
)

PAIR = {"objectType": "Group", "member": [AGENT, OTHER_AGENT]}
NO_TIMES = [
    "", "now", "2024", "2024-05", "2024-05-06", "07:08:09Z", "2024-05-06 07:08:09Z", 1714979289,
    "2024-13-06T07:08:09Z", "2024-02-30T07:08:09Z", "2024-05-06T25:08:09Z", "2024-05-06T07:61:09Z",
    "2024-05-06T07:08:09-00", "2024-05-06T07:08:09-0000", "2024-05-06T07:08:09-00:00", {}, True,
    "2024-05-06T07:08:09+1", "2024-05-06T07:08:09ZZ", "06/05/2024", "Mon, 06 May 2024 07:08:09 GMT",
]  # fmt: skip
TIMES = {
    "2024-05-06T07:08:09Z": "2024-05-06T07:08:09+00:00",
    "2024-05-06T07:08:09.123Z": "2024-05-06T07:08:09.123+00:00",
    "2024-05-06T07:08:09.601+02:00": "2024-05-06T05:08:09.601+00:00",
    "2023-05-04T12:00:00-05:00": "2023-05-04T17:00:00+00:00",
    "2024-05-06T07:08:09.123456+0530": "2024-05-06T01:38:09.123456+00:00",
    "2044-05-06T07:08:09Z": "2044-05-06T07:08:09+00:00",
    "2024-02-29T23:59:59.999-12": "2024-03-01T11:59:59.999+00:00",
}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Ids (Data 2.4.1 and 4.4)


@requirement("XAPI-00026", "Data 2.4.1", "A statement without an id is given one.")
def test_id_is_made(lrs: Lrs) -> None:
    first, second = lrs.store(statement(), statement())
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first)
    assert first != second
    assert lrs.stored(first)["id"] == first


test_uuids = statements(
    "XAPI-00027 XAPI-00030",
    "Data 2.4.1, 4.4",
    "Ids of statements and registrations are UUIDs, with all their digits.",
    accepted=everywhere(["context.registration"], [UUID]),
    refused=[
        *everywhere(
            ["id", "context.registration"], ["", "x" * 36, UUID[:-1], f"{UUID}0", f"g{UUID[1:]}"]
        ),
        {"object": {"objectType": "StatementRef", "id": UUID[:-1]}},
    ],
)
test_uuid_form = statements(
    "XAPI-00028 XAPI-00029",
    "Data 2.4.1, 4.4",
    "UUIDs stand in their usual form: text, five groups, hyphens, nothing around.",
    accepted=everywhere(["context.registration"], [UUID.upper()]),
    refused=everywhere(
        ["id", "context.registration"],
        [UUID.replace("-", ""), f"{{{UUID}}}", f"urn:uuid:{UUID}", f" {UUID}", 12, {}, [UUID]],
    ),
)


@requirement("LRS-0013", "Data 4.4; RFC 9562", "A UUID may be of any version.")
@pytest.mark.parametrize("version", "12345678")
def test_uuid_versions(lrs: Lrs, version: str) -> None:
    mark = str(uuid4())
    identifier = f"{mark[:14]}{version}{mark[15:]}"
    assert lrs.store(statement(id=identifier)) == [identifier]


@requirement("LRS-0014", "Data 4.4", "A UUID is the same in upper and in lower case.")
def test_uuid_case(lrs: Lrs) -> None:
    identifier = str(uuid4())
    lrs.store(statement(id=identifier.upper()))
    assert lrs.stored(identifier)["id"].lower() == identifier
    assert lrs.stored(identifier.upper())["id"].lower() == identifier


# Timestamps (Data 2.4.7, 2.4.8 and 4.5)

test_timestamp = statements(
    "XAPI-00022",
    "Data 2.4.7",
    "A timestamp is one of ISO 8601.",
    accepted=everywhere(["timestamp"], TIMES),
    refused=everywhere(["timestamp"], NO_TIMES),
)
test_stored_is_a_timestamp = statements(
    "XAPI-00097",
    "Data 2.4.8",
    "A stored that is sent is taken when it is a timestamp.",
    accepted=everywhere(["stored"], TIMES),
    refused=everywhere(["stored"], NO_TIMES),
)


@requirement("XAPI-00023", "Data 2.4.8", "The stored that comes back is the server's own instant.")
def test_stored(lrs: Lrs) -> None:
    kept = lrs.kept(statement(stored="2013-05-18T05:32:34.804Z"))
    assert abs(datetime.now(UTC) - _instant(kept["stored"])) < timedelta(minutes=1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z", kept["stored"])


@requirement("LRS-0015", "Data 2.4.7", "A statement without a timestamp has that of its storing.")
def test_timestamp_is_set(lrs: Lrs) -> None:
    kept = lrs.kept(statement())
    assert kept["timestamp"] == kept["stored"]


@requirement("XAPI-00122", "Data 4.5", "A timestamp keeps at least its milliseconds.")
@pytest.mark.parametrize(("sent", "instant"), TIMES.items())
def test_precision(lrs: Lrs, sent: str, instant: str) -> None:
    kept = _instant(lrs.kept(statement(timestamp=sent))["timestamp"])
    assert abs(kept - _instant(instant)) < timedelta(milliseconds=1)


test_timestamp_form = statements(
    "XAPI-00123",
    "Data 4.5",
    "A timestamp has a date and a time, and no negative offset of zero.",
    accepted=everywhere(["timestamp"], ["2024-05-06T07:08:09+00:00", "2024-05-06T07:08Z"]),
    refused=everywhere(
        ["timestamp"],
        [f"2024-05-06T07:08:09{one}" for one in ("-00", "-0000", "-00:00", "+25:00", "x")],
    ),
)

# Authority (Data 2.4.9)

test_authority = statements(
    "XAPI-00024",
    "Data 2.4.9",
    "An authority is an agent, or a group without an identifier.",
    accepted=[{"authority": AGENT}, {"authority": {"account": ACCOUNT}}, {"authority": PAIR}],
    refused=[
        *({"authority": {**PAIR, name: one}} for name, one in IDENTIFIERS.items()),
        *({"authority": one} for one in ("Noor", 1, {}, [], [AGENT], {"id": "a:b"})),
    ],
)
test_two_members = statements(
    "XAPI-00098",
    "Data 2.4.9",
    "A group as authority has exactly two members.",
    accepted=[{"authority": PAIR}],
    refused=[
        {"authority": {"objectType": "Group", "member": one}}
        for one in ([], [AGENT], [AGENT, OTHER_AGENT, {"openid": "a:b"}], [AGENT, TEAM])
    ],
)


@requirement("XAPI-00099", "Data 2.4.9", "The authority is the client that sent the statement.")
def test_authority_is_set(lrs: Lrs) -> None:
    own = lrs.kept(statement())["authority"]
    assert own["objectType"] == "Agent"
    assert own["account"]["name"]
    assert lrs.kept(statement(authority=AGENT))["authority"] == own


test_identified_authority = statements(
    "XAPI-00100",
    "Data 2.4.9",
    "An identified group is no authority, whoever its members are.",
    refused=[{"authority": CLUB}, {"authority": {**CLUB, "member": [AGENT, OTHER_AGENT]}}],
)

# Version (Data 2.4.10)

test_version = statements(
    "XAPI-00101",
    "Data 2.4.10",
    "The version of a statement is 1.0 or 1.0.x, and in xAPI 2.0.0 also 2.0.0.",
    accepted=everywhere(["version"], ["1.0", "1.0.0", "1.0.3", "1.0.9"]),
    refused=everywhere(
        ["version"],
        ["", "1", "0.9", "0.95", "1.1", "1.1.0", "1.0.x", "1.0.", "v1.0", "2.1.0", "3.0.0", 1.0],
    ),
)
test_second_version = statements(
    "LRS-0016",
    "IEEE 9274.1.1, 4.2.4.3",
    "A statement may say that its version is 2.0.0, when the request is.",
    only="2.0.0",
    accepted=[{"version": "2.0.0"}],
)
test_no_second_version = statements(
    "LRS-0017",
    "Data 2.4.10",
    "A request of 1.0.3 brings no statement of version 2.0.0.",
    only="1.0.3",
    refused=[{"version": "2.0.0"}],
)


@requirement("XAPI-00332", "Data 2.4.10", "A statement keeps the version with which it came.")
@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.2", "1.0.3"])
def test_version_is_kept(lrs: Lrs, version: str) -> None:
    assert lrs.kept(statement(version=version))["version"] == version


@requirement("LRS-0018", "Data 2.4.10", "A statement without a version is given that of its model.")
def test_version_is_set(lrs: Lrs) -> None:
    expected = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}[lrs.version]
    assert lrs.kept(statement())["version"] == expected


@requirement("XAPI-00330", "Communication 3.3", "A statement is not turned into another version.")
def test_no_conversion(lrs: Lrs) -> None:
    other = Lrs(lrs.client, "2.0.0" if lrs.version == "1.0.3" else "1.0.3", lrs.authorization)
    sent = statement(version="1.0.1", context={"contextActivities": {"parent": [{"id": "a:b"}]}})
    (identifier,) = lrs.store(sent)
    assert other.stored(identifier) == lrs.stored(identifier)
