"""Damage: valid JSON and bytes, changed in ways in which tools and attackers do."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.xapi.statements import (
    ACCOUNT,
    CONTEXT_AGENT,
    CONTEXT_GROUP,
    PDF,
    PLAIN,
    REF,
    STATEMENT,
    SUB,
    TEAM,
    VOIDING,
    changed,
)

Json = dict[str, Any]

VALID: list[Any] = [
    PLAIN,
    STATEMENT,
    {**PLAIN, "actor": TEAM},
    {**PLAIN, "actor": ACCOUNT, "attachments": [PDF]},
    {**PLAIN, "object": SUB},
    {**VOIDING, "object": REF},
    changed("context.contextAgents", [CONTEXT_AGENT]),
    changed("context.contextGroups", [CONTEXT_GROUP]),
    [PLAIN, STATEMENT],
]
NAMES = sorted(
    {
        name
        for statement in VALID[:-1]
        for name in [*statement, *statement["object"], *statement.get("context", {})]
    }
)
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1, 1.5, 1e308, -0.0, 10**30, "", " ", "\0", "é", "x" * 5_000),
        *([], {}, [[]], [None], {"": ""}, {"objectType": "Agent"}, {"en": 5}, {"x y": "z"}),
        *("mailto:", "mailto:false", "http://", "urn:x", "2026-13-41T25:61:61Z", "P1Y2W", "PT"),
        *("00000000-0000-0000-0000-000000000000", "en_US", "\u202e", "1 OR 1=1", "$where", "a.b"),
    ]
).map(deepcopy)
RAW = st.sampled_from(
    [
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b'"\\ud800"',
        b"\\u0000",
        b"1e999",
        b"9" * 400,
        b"NaN",
        b"Infinity",
        b"[" * 2_000,
        b'{"a":' * 2_000,
        b'"id":1,"id":2,',
        b",",
        b"}",
        b'"',
        b"/*",
        b"\xef\xbb\xbf",
    ]
)


def places(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to every value in a JSON value, but for the whole."""
    inner = thing.items() if isinstance(thing, dict) else enumerate(thing)
    found = []
    for name, value in inner:
        found.append((*path, name))
        if isinstance(value, dict | list):
            found += places(value, (*path, name))
    return found


def holder(thing: Any, path: tuple[Any, ...]) -> Any:
    """Return the object or list that holds what stands at a path."""
    for name in path[:-1]:
        thing = thing[name]
    return thing


@st.composite
def mutated(draw: st.DrawFn, valid: list[Any] = VALID) -> Any:
    """Draw a valid value and change one to three things in it."""
    thing = deepcopy(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(1, 3))):
        paths = places(thing)
        if not paths:
            break
        path = draw(st.sampled_from(paths))
        place, name = holder(thing, path), path[-1]
        match draw(st.sampled_from(["replace", "drop", "add", "wrap", "rename", "swap"])):
            case "drop":
                del place[name]
            case "add" if isinstance(place, dict):
                place[draw(st.sampled_from(NAMES))] = draw(JUNK)
            case "wrap":
                place[name] = [place[name]]
            case "rename" if isinstance(name, str):
                place[draw(st.sampled_from([name.upper(), f"{name} ", f"${name}", "x"]))] = (
                    place.pop(name)
                )
            case "swap":
                other = draw(st.sampled_from(paths))
                place[name] = deepcopy(holder(thing, other).__getitem__(other[-1]))
            case _:
                place[name] = draw(JUNK)
    return thing


@st.composite
def damaged(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """Draw a body and cut, double, or overwrite some of its bytes."""
    body = draw(bodies)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(body)))
        upto = min(len(body), at + draw(st.integers(0, 20)))
        middle = draw(st.sampled_from([b"", body[at:upto] * 2]) | RAW | st.binary(max_size=4))
        body = body[:at] + middle + body[upto:]
    return body


def encoded(things: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Draw values as JSON bytes."""
    return things.map(lambda thing: json.dumps(thing).encode())


@st.composite
def multipart(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a content type and a body of parts, most of which say what they should not."""
    boundary = draw(st.sampled_from(["abc", "--abc", "a b", "", "x" * 200, "é", "a+b?c"]))
    parts = draw(
        st.lists(
            st.tuples(
                st.lists(
                    st.sampled_from(
                        [
                            b"Content-Type: application/json",
                            b"Content-Type: application/pdf",
                            b"Content-Transfer-Encoding: binary",
                            b"Content-Transfer-Encoding: base64",
                            b"X-Experience-API-Hash: " + b"a" * 64,
                            b"X-Experience-API-Hash: zz",
                            b"No colon",
                            b": no name",
                            b"X: " + b"y" * 3_000,
                            b"\xff\xfe: \x00",
                        ]
                    ),
                    max_size=4,
                ),
                damaged(encoded(mutated())) | st.binary(max_size=50),
            ),
            max_size=4,
        )
    )
    ending = draw(st.sampled_from([b"\r\n", b"\n", b""]))
    line = b"--" + boundary.encode()
    body = b"".join(
        line + ending + ending.join(heads) + ending + ending + content + ending
        for heads, content in parts
    )
    body += line + draw(st.sampled_from([b"--", b"", b"--\r\n", b"-"]))
    quoted = draw(st.sampled_from([f'"{boundary}"', boundary, f'"{boundary}']))
    header = draw(
        st.sampled_from([f"multipart/mixed; boundary={quoted}", "multipart/mixed", "multipart/x"])
    )
    return header.encode().decode("latin-1"), draw(damaged(st.just(body)))
