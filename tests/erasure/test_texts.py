"""By what a person is found in a text, and what takes their place."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_stats.erasure.identifiers import Identifiers, Pseudonym, identifiers_of
from lrs_stats.erasure.renaming import Renaming
from lrs_stats.errors import CommandError
from lrs_stats.roster.roster import Roster

SHA1 = hashlib.sha1(b"mailto:lea@example.org").hexdigest()
LEA = Identifiers(
    (
        "mailto:lea@example.org",
        f"sha1:{SHA1}",
        "openid:https://id.example/lea",
        "https://l.example|lea",
    )
)
INSTEAD = Pseudonym("0123abcd")
RENAMING = Renaming(LEA, INSTEAD)
ACCOUNT = {"homePage": Pseudonym.HOME_PAGE, "name": "0123abcd"}


def changed(value: object) -> Any:
    done = RENAMING.apply(json.dumps(value).encode())
    return None if done is None else json.loads(done)


@pytest.mark.parametrize(
    "text",
    [
        "lea@example.org",
        "Write to lea@example.org.",
        "<mailto:lea@EXAMPLE.ORG>",
        "https://lms.example/users?mail=lea%40example.org&page=1",
        f"by {SHA1.upper()}!",
        "https://id.example/lea",
        "https://l.example|lea",
    ],
)
def test_an_identifier_is_found_in_a_text(text: str) -> None:
    assert LEA.named_in(text)
    assert LEA.may_be_in(json.dumps(text).encode())
    assert not LEA.named_in(LEA.replaced(text, INSTEAD))


@pytest.mark.parametrize(
    "text",
    [
        "alea@example.org",
        "x.lea@example.org",
        "lea@example.org.uk",
        "lea@example.organic",
        "Lea@example.org",
        f"a{SHA1}",
        "https://id.example/leander",
        "lea",
    ],
)
def test_somebody_else_is_left_alone(text: str) -> None:
    assert not LEA.named_in(text)
    assert LEA.replaced(text, INSTEAD) == text


def test_with_ignore_case_other_spellings_are_the_same_person() -> None:
    either = Identifiers(LEA.keys, ignore_case=True)
    assert either.named_in("LEA@example.org")
    assert either.own("https://l.example|LEA")
    assert not LEA.own("https://l.example|LEA")


@pytest.mark.parametrize(
    "agent",
    [
        {"name": "Léa", "mbox": "mailto:lea@Example.org"},
        {"mbox_sha1sum": SHA1.upper(), "objectType": "Agent"},
        {"openid": "https://id.example/lea"},
        {"account": {"homePage": "https://l.example", "name": "lea"}, "name": "Léa"},
    ],
)
def test_an_agent_becomes_the_pseudonym_wherever_it_stands(agent: dict[str, Any]) -> None:
    kind = {name: agent[name] for name in ("objectType",) if name in agent}
    for given_, expected in (
        (agent, kind | {"account": ACCOUNT}),
        ({"deep": [{"er": agent}]}, {"deep": [{"er": kind | {"account": ACCOUNT}}]}),
    ):
        assert changed(given_) == expected


def test_an_account_by_itself_and_one_written_with_escapes_are_found() -> None:
    assert changed({"by": {"homePage": "https://l.example", "name": "lea"}}) == {"by": ACCOUNT}
    escaped = rb'{"mbox":"\u006dailto:\u006cea@example.org"}'
    assert json.loads(RENAMING.apply(escaped) or b"") == {"account": ACCOUNT}
    slashes = rb'{"openid":"https:\/\/id.example\/lea"}'
    assert json.loads(RENAMING.apply(slashes) or b"") == {"account": ACCOUNT}
    assert changed({"account": {"homePage": "https://other.example", "name": "lea"}}) is None


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("lea@.xp"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


@given(before=_VALUES, after=_VALUES, where=st.sampled_from(["lea@example.org", "x"]))
def test_only_what_names_the_person_changes(before: Any, after: Any, where: str) -> None:
    done = changed([before, {"at": where}, after])
    if where == "x":
        assert done is None
    else:
        assert done == [before, {"at": "0123abcd@lrs-stats.invalid"}, after]


def test_numbers_keep_their_spelling() -> None:
    done = RENAMING.apply(b'{"a":1.50,"b":1e400,"c":12345678901234567890,"d":"lea@example.org"}')
    assert done is not None
    assert done.startswith(b'{"a":1.50,"b":1e400,"c":12345678901234567890,"d":"')


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("lea@Example.org", "mailto:lea@example.org"),
        ("mailto:lea@example.org", "mailto:lea@example.org"),
        (SHA1.upper(), f"sha1:{SHA1}"),
        ("https://id.example/lea", "openid:https://id.example/lea"),
        ("https://l.example|lea", "https://l.example|lea"),
    ],
)
def test_every_kind_of_identifier_can_be_given(text: str, key: str) -> None:
    assert identifiers_of(text, Roster(), ignore_case=False).keys[0] == key


def test_what_is_no_identifier_is_refused() -> None:
    with pytest.raises(CommandError, match="no id of the roster"):
        identifiers_of("lea", Roster(), ignore_case=False)
