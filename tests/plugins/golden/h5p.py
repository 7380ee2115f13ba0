"""H5P: a presentation with parts that have parts, and a content that stands alone."""

from .pair import COURSE, QUESTION, Json, Pair, Tool, activity, said

DECK = "https://site.example/h5p/7"
EMBED = "https://site.example/ajax?action=h5p_embed&id=7"
VIDEO, QUIZ = f"{DECK}?subContentId=video", f"{DECK}?subContentId=quiz"
ALONE = "https://site.example/h5p/8"
LESSON = "https://school.example/lesson/3"


def h5p(verb: str, thing: str, library: str, result: Json | None = None, *parents: str) -> Json:
    """Say something about a content; an answer is on a typed question."""
    definition: Json = {"extensions": {"http://h5p.org/x-api/h5p-local-content-id": 7}}
    if verb == "answered" and library not in ("InteractiveVideo", "SingleChoiceSet"):
        definition |= {"type": QUESTION, "interactionType": "fill-in"}
    category = [{"id": f"http://h5p.org/libraries/H5P.{library}-1.12", "objectType": "Activity"}]
    around = {"parent": [{"id": one} for one in parents]} if parents else {}
    extensions = {"http://id.tincanapi.com/extension/ending-point": 2}
    thing_said = {"id": thing, "objectType": "Activity", "definition": definition}
    return said(verb, thing_said, result, category=category, extensions=extensions, **around)


def scored(raw: float, most: float) -> Json:
    return {"completion": True, "score": {"min": 0, "max": most, "raw": raw, "scaled": raw / most}}


CONSUME = "http://activitystrea.ms/schema/1.0/consume"
SLIDE = {"extensions": {"http://id.tincanapi.com/extension/ending-point": 3}}
TYPED_TOTAL = h5p("answered", VIDEO, "QuestionSet", scored(3, 4), DECK)
TYPED_TOTAL["object"]["definition"]["interactionType"] = "other"

PAIRS = [
    Pair("a deck is opened", h5p("attempted", DECK, "CoursePresentation"), ["start"], "h5p", DECK),
    Pair("a part of it", h5p("attempted", QUIZ, "Blanks", None, DECK), ["start"], "h5p", DECK),
    Pair("a part without parent", h5p("attempted", QUIZ, "OpenEnded"), ["start"], "h5p", DECK),
    Pair("a part of a part", h5p("attempted", QUIZ, "Blanks", None, VIDEO), ["start"], "h5p", DECK),
    Pair(
        "a part where the id has parameters",
        h5p("interacted", f"{EMBED}&subContentId=quiz", "Blanks", None, EMBED),
        ["heartbeat"],
        "h5p",
        EMBED,
    ),
    Pair("a slide", h5p("progressed", DECK, "CoursePresentation"), ["heartbeat"], "h5p", DECK),
    Pair(
        "a slide in the result",
        h5p("progressed", DECK, "CoursePresentation", SLIDE | {"score": {"scaled": 0.75}}),
        ["heartbeat"],
        "h5p",
        DECK,
    ),
    Pair("a click", h5p("interacted", ALONE, "Blanks"), ["heartbeat"], "h5p", ALONE),
    Pair(
        "an answer in a part",
        h5p("answered", QUIZ, "Blanks", scored(1, 4), DECK),
        ["answer 25", "complete"],
        "h5p",
        DECK,
    ),
    Pair(
        "an answer that stands alone",
        h5p("answered", ALONE, "DragQuestion", scored(0, 1) | {"success": False}),
        ["answer 0 wrong", "complete"],
        "h5p",
        ALONE,
    ),
    Pair(
        "the total of a deck",
        h5p("completed", DECK, "CoursePresentation", scored(2, 16)),
        ["complete", "result 12.5"],
        "h5p",
        DECK,
    ),
    Pair(
        "a total that is said to be an answer",
        h5p("answered", VIDEO, "SingleChoiceSet", scored(3, 4), DECK),
        ["result 75", "complete"],
        "h5p",
        DECK,
    ),
    Pair("a total that is typed", TYPED_TOTAL, ["result 75", "complete"], "h5p", DECK),
    Pair(
        "a quiz in one piece is completed",
        h5p("completed", ALONE, "ArithmeticQuiz", scored(5, 10)),
        ["complete", "result 50"],
        "h5p",
        ALONE,
    ),
    Pair(
        "something to read",
        h5p(CONSUME, ALONE, "Accordion", {"completion": True}),
        ["heartbeat", "complete"],
        "h5p",
        ALONE,
    ),
    Pair(
        "a lesson around it that the site names",
        h5p("answered", ALONE, "Blanks", scored(1, 1), LESSON),
        ["answer 100", "complete"],
        "h5p",
        LESSON,
    ),
    Pair(
        "a course around it that the site names",
        h5p("interacted", ALONE, "Blanks")
        | {
            "context": {
                "contextActivities": {
                    "category": [{"id": "https://www.h5p.org/libraries/H5P.Blanks-1.12"}],
                    "grouping": [activity(LESSON, COURSE)],
                }
            }
        },
        ["heartbeat"],
        "h5p",
        LESSON,
    ),
]
OTHERS = [
    Pair(
        "a category that only begins like it",
        said("interacted", {"id": QUIZ}, category=[{"id": "http://h5p.org/librariesH5P.Blanks-1"}]),
        ["heartbeat"],
        "table",
    ),
    Pair(
        "a part of something else",
        said("interacted", {"id": QUIZ}, parent=[{"id": VIDEO}]),
        ["heartbeat"],
        "table",
        VIDEO,
    ),
    Pair("downloaded", h5p("downloaded", DECK, "Blanks"), ["unknown"], None),
]
TOOL = Tool("h5p", PAIRS, OTHERS)
