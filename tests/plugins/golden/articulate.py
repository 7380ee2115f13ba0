"""Articulate: a course of Storyline with a result slide, and a course of Rise."""

from .pair import ACTIVITIES, COURSE, QUESTION, Json, Pair, Tool, activity, said

STORY = "urn:articulate:storyline:5Boat"
RISE = "http://Qz8_kLmN_rise"
PROGRESS = "http://w3id.org/xapi/cmi5/result/extensions/progress"
REGISTRATION = "0d2f3f0e-8c56-4c62-9f3e-0a4a4c0b7a51"


def story(verb: str, part: str = "", kind: str = "course", **result: object) -> Json:
    """Say something about a part of the story, whose context activities have no types."""
    parent = STORY + part.rpartition("/")[0]
    return said(
        verb,
        activity(STORY + part, ACTIVITIES + kind) if kind else {"id": STORY + part},
        result or None,
        parent=[{"id": parent}],
        grouping=[{"id": STORY}],
        registration=REGISTRATION,
    )


def rise(verb: str, part: str = "", kind: str = "course", **result: object) -> Json:
    thing = activity(RISE + part, ACTIVITIES + kind)
    return said(verb, thing, result or None, parent=[{"id": RISE}], registration=REGISTRATION)


QUIZ = {"min": 0, "max": 40, "raw": 30, "scaled": 0.75}
RIGHT = {"score": {"min": 0, "max": 10, "raw": 10, "scaled": 1}, "success": True}
PAIRS = [
    Pair("a story begins", story("attempted"), ["start"], "articulate", STORY),
    Pair("a slide", story("experienced", "/6Sl", "module"), ["access"], "articulate", STORY),
    Pair(
        "a question of a result slide",
        story("answered", "/6Quiz/5Q", "cmi.interaction", **RIGHT, response="a"),
        ["answer 100 right"],
        "articulate",
        STORY,
    ),
    Pair(
        "a question of a survey",
        story("answered", "/6Survey/5Q", "cmi.interaction", response="often"),
        ["answer"],
        "articulate",
        STORY,
    ),
    Pair(
        "the total of a result slide",
        story("passed", "/6Quiz", "objective", score=QUIZ, success=True, duration="PT4M"),
        ["result 75 right"],
        "articulate",
        STORY,
    ),
    Pair(
        "a story is passed",
        story("passed", score=QUIZ, success=True, completion=True),
        ["result 75 right", "complete"],
        "articulate",
        STORY,
    ),
    Pair(
        "a story is failed",
        story("failed", score=QUIZ, success=False),
        ["result 75 wrong"],
        "articulate",
        STORY,
    ),
    Pair("a story is done", story("completed"), ["complete"], "articulate", STORY),
    Pair("a part without type", story("experienced", "/6Sl", ""), ["access"], "articulate", STORY),
    Pair("Rise begins", rise("attempted"), ["start"], "articulate", RISE),
    Pair("a lesson", rise("experienced", "/a1", "module"), ["access"], "articulate", RISE),
    Pair(
        "the progress after a lesson",
        rise("progressed", "/a1", "module", extensions={PROGRESS: 40}, score=QUIZ),
        ["progress 40"],
        "articulate",
        RISE,
    ),
    Pair(
        "a score is no progress",
        rise("progressed", score=QUIZ),
        ["heartbeat"],
        "articulate",
        RISE,
    ),
    Pair(
        "the end of Rise",
        rise("progressed", extensions={PROGRESS: 100}, completion=True),
        ["progress 100", "complete"],
        "articulate",
        RISE,
    ),
    Pair(
        "a question of Rise",
        rise("answered", "/a1/q", "cmi.interaction", success=False, response="b"),
        ["answer 0 wrong"],
        "articulate",
        RISE,
    ),
    Pair(
        "a course that someone else names",
        said(
            "answered",
            activity(f"{STORY}/6Quiz/5Q", QUESTION),
            dict(RIGHT),
            parent=[{"id": f"{STORY}/6Quiz"}],
            grouping=[activity("https://school.example/courses/3", COURSE)],
        ),
        ["answer 100 right"],
        "articulate",
        "https://school.example/courses/3",
    ),
]
OTHERS = [
    Pair(
        "an id that the author chose",
        said("experienced", activity("https://school.example/story/6Sl"), parent=[{"id": STORY}]),
        ["access"],
        "table",
        STORY,
    ),
    Pair(
        "a host that only begins like one of Rise's",
        said("progressed", activity("http://sun_rise.example/a1"), {"score": QUIZ}),
        ["progress 75"],
        "table",
    ),
    Pair(
        "another product of Articulate",
        said("progressed", activity("urn:articulate:studio:5Boat"), {"score": QUIZ}),
        ["progress 75"],
        "table",
    ),
    Pair(
        "Storyline as cmi5",
        story("experienced", "/6Sl", "module")
        | {
            "context": {
                "contextActivities": {
                    "grouping": [{"id": "https://school.example/au/1"}],
                    "category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}],
                }
            }
        },
        ["access"],
        "cmi5",
        "https://school.example/au/1",
    ),
]
TOOL = Tool("articulate", PAIRS, OTHERS)
