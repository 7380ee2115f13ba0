"""Ids of statements as numbers: nothing is lost on the way, and their order stays."""

from uuid import UUID

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.facts.statement_ids import NUMBER, numbered, spelled


@settings(deadline=None)
@given(st.lists(st.none() | st.uuids().map(str)))
def test_an_id_is_spelled_as_it_was(ids: list[str | None]) -> None:
    numbers = pl.DataFrame({"id": ids}, schema={"id": pl.String}).select(numbered("id"))
    assert numbers.schema == {"id": NUMBER}
    assert numbers["id"].to_list() == [None if one is None else UUID(one).int for one in ids]
    assert numbers.select(spelled("id"))["id"].to_list() == ids


def test_the_first_and_the_last_id_there_can_be() -> None:
    ends = [str(UUID(int=0)), str(UUID(int=2**128 - 1))]
    assert (
        pl.DataFrame({"id": ends}).select(numbered("id")).select(spelled("id"))["id"].to_list()
        == ends
    )
