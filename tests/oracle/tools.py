"""What single tools mean by their statements, where the table of verbs does not tell."""

from collections.abc import Callable
from re import match, sub

from .parts import in_context, is_of_type, is_verb, object_of, type_of, value_at
from .people import Json
from .vocabulary import ACROSSX, ADL, CMI5_PROGRESS, EDLM, STREAMS, TINCAN, same

SCORM_CATEGORY = "https://w3id.org/xapi/scorm"
H5P_LIBRARY = r"https?://(?:www\.)?h5p\.org/libraries/(.*)-[^-]*$"
H5P_CONTAINERS = (
    *("H5P.BranchingScenario", "H5P.Column", "H5P.CoursePresentation", "H5P.GameMap"),
    *("H5P.InteractiveBook", "H5P.InteractiveVideo", "H5P.Questionnaire", "H5P.QuestionSet"),
    "H5P.SingleChoiceSet",
)
OPENEDX_SIGNS = (
    "https://w3id.org/xapi/openedx/extension/transformer-version",
    "https://github.com/openedx/event-routing-backends/blob/master/docs/xapi-extensions/eventVersion.rst",
)
OPENEDX_VERBS = {
    "https://w3id.org/xapi/dod-isd/verbs/navigated": "access",
    "https://w3id.org/xapi/dod-isd/verbs/deleted": "heartbeat",
    ADL + "asked": "heartbeat",
    ACROSSX + "posted": "heartbeat",
    ACROSSX + "edited": "heartbeat",
    ACROSSX + "reported": "heartbeat",
    "https://w3id.org/xapi/openedx/verb/unreported": "heartbeat",
    "https://w3id.org/xapi/openedx/verb/voted": "heartbeat",
}
OPENEDX_VIDEO = "https://w3id.org/xapi/video/activity-type/video"
MOODLE_SIGN = "http://lrs.learninglocker.net/define/extensions/info"
MOODLE_LOGSTORE = "https://github.com/xAPI-vle/moodle-logstore_xapi"
OLD_STREAMS = "http://activitystrea.ms/"
MOODLE_VERBS = {
    EDLM + "restarted": "start",
    **{streams + "start": "start" for streams in (STREAMS, OLD_STREAMS)},
    **{
        streams + doing: "heartbeat"
        for streams in (STREAMS, OLD_STREAMS)
        for doing in ("create", "delete", "leave", "send", "submit")
    },
    ACROSSX + "edited": "heartbeat",
    TINCAN + "replied": "heartbeat",
    EDLM + "toured": "heartbeat",
    EDLM + "exceeded": "nothing",
}
ARTICULATE_COURSE = r"urn:articulate:storyline:[^/]+|https?://[^/?#]+_rise(?![^/?#])"


def retold(kinds: list[str], statement: Json) -> list[str]:
    """Return the kinds of event that a statement is, given those that the table finds."""
    tellers: list[tuple[Callable[[Json], object], Callable[[list[str], Json], list[str]]]] = [
        (h5p_library, by_h5p),
        (is_openedx, by_openedx),
        (is_moodle, by_moodle),
        (articulate_course, by_articulate),
    ]
    if is_scorm(statement):
        return kinds
    for is_of_tool, tell in tellers:
        if is_of_tool(statement):
            return tell(kinds, statement)
    return kinds


def told_course(statement: Json) -> str | None:
    """Return the course that a tool's statement is about when no activity is typed as one."""
    around = [*object_of(statement), *in_context(statement, "parent", "grouping")]
    if any(type_of(each).endswith("course") for each in around) or not object_of(statement):
        return None
    parents = [str(each["id"]) for each in in_context(statement, "parent")]
    thing = str(statement["object"]["id"])
    if is_scorm(statement):
        return [*parents, thing][0]
    if h5p_library(statement):
        whole = {without_part(each) for each in [thing, *parents]}
        return whole.pop() if len(whole) == 1 else None
    if is_openedx(statement) or is_moodle(statement):
        return None
    return articulate_course(statement)


# H5P


def h5p_library(statement: Json) -> str | None:
    """Return the content type that a category names."""
    for each in in_context(statement, "category"):
        if found := match(H5P_LIBRARY, each["id"]):
            return found[1]
    return None


def without_part(activity: str) -> str:
    """Return the id of the whole of which an activity may be a part."""
    return sub(r"[?&]subContentId=[^&#]*", "", activity)


def by_h5p(kinds: list[str], statement: Json) -> list[str]:
    """Tell that a total is no answer, and that a slide number is no progress."""
    if same(statement["verb"]["id"], STREAMS + "consume"):
        kinds = ["heartbeat", *kinds]
    kinds = ["heartbeat" if kind == "progress" else kind for kind in kinds]
    interaction = statement["object"].get("definition", {}).get("interactionType", "other")
    if h5p_library(statement) in H5P_CONTAINERS and interaction == "other":
        kinds = ["result" if kind == "answer" else kind for kind in kinds]
    return list(dict.fromkeys(kinds))


# Open edX


def is_openedx(statement: Json) -> bool:
    """Tell whether event-routing-backends signed a statement."""
    return any(value_at(extensions_of(statement), sign) is not None for sign in OPENEDX_SIGNS)


def by_openedx(kinds: list[str], statement: Json) -> list[str]:
    """Tell pages and forums, and that a part of a course is not the course."""
    for verb, kind in OPENEDX_VERBS.items():
        if same(statement["verb"]["id"], verb):
            return [kind]
    if is_of_type(statement, OPENEDX_VIDEO) and is_verb(statement, "initialized"):
        return ["access"]
    if is_of_type(statement, OPENEDX_VIDEO) and is_verb(statement, "completed"):
        return ["heartbeat"]
    on_course = any(type_of(each).endswith("course") for each in object_of(statement))
    ends_or_progresses = is_verb(statement, "terminated") or is_verb(statement, "progressed")
    return ["heartbeat"] if ends_or_progresses and not on_course else kinds


# Moodle


def is_moodle(statement: Json) -> bool:
    """Tell whether logstore_xapi signed a statement."""
    info = value_at(extensions_of(statement), MOODLE_SIGN)
    return isinstance(info, dict) and any(same(key, MOODLE_LOGSTORE) for key in info)


def by_moodle(kinds: list[str], statement: Json) -> list[str]:
    """Tell enrolments and attempts, and that what others do is no visit of the learner."""
    verb = statement["verb"]["id"]
    event = str(value_at(extensions_of(statement), MOODLE_SIGN).get("event_name"))
    if event.startswith(r"\core\event\user_enrolment_"):
        ended = event.endswith("_deleted") or verb.endswith("/suspended")
        return ["unenrol" if ended else "enrol"]
    kinds = next(([kind] for known, kind in MOODLE_VERBS.items() if same(verb, known)), kinds)
    if "instructor" in statement["context"]:
        figures = [kind for kind in kinds if kind in ("result", "complete", "answer")]
        return ["nothing", *figures]
    return kinds


# SCORM and Articulate


def is_scorm(statement: Json) -> bool:
    """Tell whether a statement is under the SCORM profile."""
    return any(same(each["id"], SCORM_CATEGORY) for each in in_context(statement, "category"))


def articulate_course(statement: Json) -> str | None:
    """Return the course with whose id that of the object begins."""
    found = match(ARTICULATE_COURSE, str(statement["object"].get("id", "")))
    return found[0] if found and object_of(statement) else None


def by_articulate(kinds: list[str], statement: Json) -> list[str]:
    """Tell that a score beside `progressed` is no progress."""
    extensions = statement.get("result", {}).get("extensions", {})
    figure = value_at(extensions, CMI5_PROGRESS)
    if isinstance(figure, int | float) and not isinstance(figure, bool):
        return kinds
    return ["heartbeat" if kind == "progress" else kind for kind in kinds]


def extensions_of(statement: Json) -> Json:
    """Return the extensions of the context."""
    found: Json = statement.get("context", {}).get("extensions", {})
    return found
