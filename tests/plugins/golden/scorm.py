"""The SCORM profile: a wrapper of a package with one object and six attempts at it."""

from .pair import ACTIVITIES, COURSE, QUESTION, Json, Pair, Tool, activity, said

SCO = "https://package.example/boats/sco-1"
BOATS = "https://package.example/boats"
OBJECT = activity(SCO, ACTIVITIES + "lesson")
ATTEMPT = activity(f"{SCO}?attemptId=6", ACTIVITIES + "attempt")
QUESTION_1 = activity(f"{SCO}/interactions/1", QUESTION, interactionType="choice")
SCORM = [{"id": "https://w3id.org/xapi/scorm"}]


def alone(verb: str, result: Json | None = None, thing: Json = OBJECT) -> Json:
    parent = {} if thing is OBJECT else {"parent": [OBJECT]}
    return said(verb, thing, result, grouping=[ATTEMPT], category=SCORM, **parent)


def in_course(verb: str, result: Json | None = None) -> Json:
    grouping = [ATTEMPT, activity(BOATS, COURSE)]
    return said(verb, OBJECT, result, grouping=grouping, category=SCORM)


SCORED = {"score": {"scaled": 0.8, "raw": 80, "min": 0, "max": 100}, "success": True}
PAIRS = [
    Pair("initialized", alone("initialized"), ["start"], "scorm", SCO),
    Pair("resumed", alone("resumed"), ["start"], "scorm", SCO),
    Pair(
        "progress", alone("progressed", {"score": {"scaled": 0.4}}), ["progress 40"], "scorm", SCO
    ),
    Pair("progressed, and no figure", alone("progressed"), ["heartbeat"], "scorm", SCO),
    Pair("a score", alone("scored", {"score": {"scaled": 0.4}}), ["result 40"], "scorm", SCO),
    Pair("passed", alone("passed", SCORED), ["result 80 right"], "scorm", SCO),
    Pair("failed", alone("failed", {"success": False}), ["result 0 wrong"], "scorm", SCO),
    Pair("completed", alone("completed"), ["complete"], "scorm", SCO),
    Pair("suspended", alone("suspended", {"duration": "PT5M"}), ["pause"], "scorm", SCO),
    Pair(
        "terminated with a score",
        alone("terminated", SCORED | {"duration": "PT1M30S", "completion": True}),
        ["end 90s", "complete"],
        "scorm",
        SCO,
    ),
    Pair(
        "responded and not judged",
        alone("responded", {"response": "b"}, QUESTION_1),
        ["answer"],
        "scorm",
        SCO,
    ),
    Pair(
        "responded rightly",
        alone("responded", {"response": "a", "success": True}, QUESTION_1),
        ["answer 100 right"],
        "scorm",
        SCO,
    ),
    Pair("a typed course is the course", in_course("terminated"), ["end"], "scorm", BOATS),
    Pair("also of what it opens", in_course("initialized"), ["start"], "scorm", BOATS),
]
OTHERS = [
    Pair(
        "an attempt without the category",
        said("terminated", OBJECT, grouping=[ATTEMPT]),
        ["end"],
        "table",
    ),
    Pair(
        "the SCORM of another profile",
        said("terminated", OBJECT, category=[{"id": "https://w3id.org/xapi/scormcloud"}]),
        ["end"],
        "table",
    ),
    Pair("a verb of nobody's", alone("https://verbs.example/sank"), ["unknown"], None, None),
]
TOOL = Tool("scorm", PAIRS, OTHERS)
