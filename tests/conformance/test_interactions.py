"""Interaction activities: questions, their answers and components (Data 2.4.4.1)."""

from collections.abc import Iterable
from typing import Any, Final

from tests.conformance.requirement import Change, everywhere, statements
from tests.conformance.statements import varied

SECTION: Final = "Data 2.4.4.1, Interaction Activities"
PARTS: Final = [{"id": "a"}, {"id": "b", "description": {"en": "Bee"}}]
LISTS: Final = {
    "true-false": (), "choice": ("choices",), "fill-in": (), "long-fill-in": (),
    "matching": ("source", "target"), "performance": ("steps",), "sequencing": ("choices",),
    "likert": ("scale",), "numeric": (), "other": (),
}  # fmt: skip
"""The interaction types, and the lists of components that each has."""

NO_LISTS: Final = ["a", 1, True, {}, {"id": "a"}, None]
NO_PARTS: Final = [["a"], [1], [[]], [{}], [None], [{"id": "a", "name": "A"}]]


def _asked(kind: object, **more: Any) -> Change:
    return {"object.definition": {"interactionType": kind, **more}}


def _with(kind: str, name: str, values: Iterable[Any]) -> list[Change]:
    """Return a change for each value of one property of an interaction."""
    return [_asked(kind, **{name: value}) for value in values]


def _lists(name: str, kinds: tuple[str, ...], number: str) -> Any:
    """Return the test of one list of components."""
    return statements(
        number,
        SECTION,
        f"The {name} of a {' or '.join(kinds)} question are a list of components.",
        accepted=[one for kind in kinds for one in _with(kind, name, [PARTS, []])],
        refused=[
            *_with(kinds[0], name, [*NO_LISTS, *NO_PARTS]),
            *(_asked(kind, **{name: PARTS}) for kind in LISTS if kind not in kinds),
        ],
    )


test_types = statements(
    "XAPI-00049",
    SECTION,
    "The interactionType is one of the ten that are listed.",
    accepted=[_asked(kind) for kind in LISTS]
    + [_asked(kind, **dict.fromkeys(lists, PARTS)) for kind, lists in LISTS.items()],
    refused=everywhere(
        ["object.definition.interactionType"],
        ["", "True-False", "essay", "a:b", 1, True, {}, ["choice"]],
    ),
)
test_correct_responses = statements(
    "XAPI-00050",
    SECTION,
    "The correctResponsesPattern is a list of texts.",
    accepted=_with("other", "correctResponsesPattern", [[], [""], ["a", "b[,]c"]]),
    refused=_with(
        "other", "correctResponsesPattern", ["a", 1, True, {}, [1], [None], [["a"]], [{}]]
    ),
)
test_choices = _lists("choices", ("choice", "sequencing"), "XAPI-00051")
test_scale = _lists("scale", ("likert",), "XAPI-00052")
test_source = _lists("source", ("matching",), "XAPI-00053")
test_target = _lists("target", ("matching",), "XAPI-00054")
test_steps = _lists("steps", ("performance",), "XAPI-00055")
test_component_description = statements(
    "XAPI-00062",
    f"{SECTION}; Interaction Components",
    "The description of a component is a language map.",
    accepted=[_asked("choice", choices=[{"id": "a", "description": {"en": "A", "fr": ""}}])],
    refused=[
        _asked("choice", choices=[part])
        for part in varied(
            {"id": "a"}, "description", ["A", 1, [], {"en": 1}, {"a12345": "A"}, None]
        )
    ],
)
test_component_id = statements(
    "XAPI-00063",
    f"{SECTION}; Interaction Components",
    "A component has an id, a text that no other component of its list has.",
    accepted=[
        _asked("choice", choices=[{"id": "a"}, {"id": "A"}, {"id": "ä"}]),
        _asked("matching", source=[{"id": "a"}], target=[{"id": "a"}]),
    ],
    refused=[
        _asked("choice", choices=[{"description": {"en": "A"}}]),
        _asked("choice", choices=[{"id": "a"}, {"id": "b"}, {"id": "a"}]),
        *(_asked("choice", choices=[part]) for part in varied({}, "id", [1, True, None, {}])),
    ],
)
test_type_is_needed = statements(
    "XAPI-00064",
    SECTION,
    "An interactionType has to be there when any property of interactions is.",
    refused=[
        {"object.definition": {name: value}}
        for name, value in (
            ("correctResponsesPattern", ["a"]),
            *((name, PARTS) for name in ("choices", "scale", "source", "target", "steps")),
            ("choices", []),
        )
    ],
)
