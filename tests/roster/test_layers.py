"""A map of layers behaves as a plain dict, and no version ever changes."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.roster import layers
from lrs_stats.roster.layers import Layers
from tests.examples import examples

KEYS = st.integers(0, 12)
CHANGES = st.lists(
    st.tuples(st.dictionaries(KEYS, st.text("ab", min_size=1), max_size=4), st.sets(KEYS)),
    max_size=12,
)


def same(one: Layers[int, str], other: dict[int, str]) -> bool:
    return (
        list(one.items()) == list(other.items())
        and one.values == tuple(other.values())
        and one.keys == other.keys()
        and len(one) == len(other)
        and all((key in one, one.get(key)) == (key in other, other.get(key)) for key in range(13))
    )


@settings(max_examples=examples(300), deadline=None)
@given(st.dictionaries(KEYS, st.text("ab", min_size=1)), CHANGES, st.integers(0, 8), st.data())
def test_a_map_of_layers_is_a_dict(
    begun: dict[int, str],
    changes: list[tuple[dict[int, str], set[int]]],
    few: int,
    data: st.DataObject,
) -> None:
    versions = [(Layers(dict(begun)), begun)]
    with patch.object(layers, "FEW", few):
        for put, gone in changes:
            before, model = versions[-1]
            left = gone - put.keys()
            after = {key: value for key, value in model.items() if key not in left} | put
            versions.append((before.amended(put, left), after))
            if data.draw(st.booleans()):
                made = versions[-1][0].derived(
                    "set",
                    sorted,
                    replaced,
                )
                assert made == sorted(after.values())
    assert all(same(*version) for version in versions)
    for one, model in versions:
        last, end = versions[-1]
        differing = {key for key in {*model, *end} if model.get(key) != end.get(key)}
        assert last.differing(one) == differing


def replaced(old: list[str], gone: list[str], new: list[str]) -> list[str]:
    left = list(old)
    for one in gone:
        left.remove(one)
    return sorted([*left, *new])
