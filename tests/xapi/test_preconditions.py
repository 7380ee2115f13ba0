"""If-Match and If-None-Match: what they let pass, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_stats.errors import BadRequest, PreconditionFailed
from lrs_stats.xapi.preconditions import read

A, B = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        (f'"{A}"', True),
        (f'W/"{A}"', True),  # a proxy that compresses makes a tag weak
        (A, True),  # TinCanJS leaves the quotes out
        (f"W/{A}", True),
        (f'"{B}", W/"{A}"', True),
        (f' ,"{B}",, "{A}", ', True),
        ("*", True),
        (" * ", True),
        (f'"{B}"', False),
        (f'"{A[:-1]}"', False),
        (f'"{A}, {B}"', False),
        (f'"{A.upper()}"', False),
        ('""', False),
        ('"*"', False),
        (f'*, "{B}"', False),
    ],
)
def test_a_document_and_the_headers(header: str, matches: bool) -> None:  # noqa: FBT001
    wants, excludes = read(header, None), read(None, header)
    assert wants.given
    assert excludes.given
    if matches:
        wants.check(A)
        with pytest.raises(PreconditionFailed, match=A):
            excludes.check(A)
    else:
        excludes.check(A)
        with pytest.raises(PreconditionFailed, match="Get it anew"):
            wants.check(A)


@pytest.mark.parametrize("header", ["*", f'"{A}"'])
def test_no_document_and_the_headers(header: str) -> None:
    read(None, header).check(None)
    with pytest.raises(PreconditionFailed, match="there is none"):
        read(header, None).check(None)


def test_both_headers_must_hold() -> None:
    read(f'"{A}"', f'"{B}"').check(A)
    for one, other in [(f'"{B}"', f'"{B}"'), (f'"{A}"', "*")]:
        with pytest.raises(PreconditionFailed):
            read(one, other).check(A)


def test_without_headers_everything_passes() -> None:
    nothing = read(None, None)
    assert not nothing.given
    nothing.check(None)
    nothing.check(A)


@pytest.mark.parametrize("header", ["", "  ", ",", f'"{A}', f'"{A}" "{B}"', f'{A}"{B}"', f'"{A}"x'])
@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_what_is_no_list_of_tags_is_refused(name: str, header: str) -> None:
    headers = (header, None) if name == "If-Match" else (None, header)
    with pytest.raises(BadRequest, match=f"header {name}: expected"):
        read(*headers)


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters='"')), min_size=1))
def test_every_list_of_quoted_tags_is_read_as_it_is(tags: list[str]) -> None:
    asked = read(", ".join(f'"{tag}"' for tag in tags), None).if_match
    assert asked is not None
    assert asked.tags == frozenset(tags)


@given(st.text(st.characters(max_codepoint=255)))
def test_whatever_is_sent_is_read_or_refused(header: str) -> None:
    try:
        asked = read(header, None)
    except BadRequest:
        return
    assert asked.given
