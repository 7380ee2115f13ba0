"""An offering is told from every other, and says again where it is."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.facts.offerings import OFFERING, Offerings

PLACES = st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from(["s", "t", "a", None]))
FILES = st.lists(st.lists(PLACES, max_size=8), max_size=5)


def frame(places: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    schema = {"course": pl.Categorical(), "session": pl.Categorical()}
    rows = pl.DataFrame(places, schema, orient="row")
    return rows.with_columns(row=pl.int_range(pl.len()))


def told(offerings: Offerings, rows: pl.DataFrame) -> list[tuple[str | None, str | None]]:
    return offerings.named(rows.lazy()).select("course", "session").collect().rows()


@settings(deadline=None)
@given(files=FILES)
def test_rows_say_where_they_happened_whatever_came_later(
    files: list[list[tuple[str | None, str | None]]],
) -> None:
    offerings = Offerings()
    numbered = [offerings.numbered(frame(places)) for places in files]
    assert [told(offerings, rows) for rows in numbered] == files
    assert [rows["row"].to_list() for rows in numbered] == [[*range(len(one))] for one in files]
    numbers = {
        place: number
        for rows, places in zip(numbered, files, strict=True)
        for place, number in zip(places, rows[OFFERING], strict=True)
    }
    assert sorted(numbers.values()) == [*range(len(numbers))]


def test_files_may_be_read_at_once() -> None:
    offerings = Offerings()
    files: list[list[tuple[str | None, str | None]]] = [
        [(f"course {(n + file) % 50}", "s") for n in range(40)] for file in range(16)
    ]
    with ThreadPoolExecutor(8) as pool:
        numbered = [*pool.map(lambda places: offerings.numbered(frame(places)), files)]
    assert [told(offerings, rows) for rows in numbered] == files
