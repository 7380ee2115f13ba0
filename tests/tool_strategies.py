"""What tells tools apart in random statements: their signatures, their verbs and their ids."""

from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

INFO = "http://lrs.learninglocker.net/define/extensions/info"
LOGSTORE = "https://github.com/xAPI-vle/moodle-logstore_xapi"
OPENEDX = "https://w3id.org/xapi/openedx/extension/transformer-version"
OLD_OPENEDX = (
    "https://github.com/openedx/event-routing-backends/blob/master/docs/xapi-extensions/"
    "eventVersion.rst"
)
TEACHER = {"mbox": "mailto:teacher@mail.example"}
MOODLE = {INFO: {LOGSTORE: "4.8", "event_name": "\\mod_quiz\\event\\attempt_submitted"}}
ENROLLED = {INFO: {LOGSTORE: "4.8", "event_name": "\\core\\event\\user_enrolment_updated"}}

SIGNATURES: list[Json] = [
    {"category": "https://w3id.org/xapi/scorm"},
    {"category": "http://h5p.org/libraries/H5P.Blanks-1.12"},
    {"category": "https://www.h5p.org/libraries/H5P.CoursePresentation-1.22"},
    {"extensions": {OPENEDX: "event-routing-backends@7.0.1"}},
    {"extensions": {OLD_OPENEDX: "1.0"}},
    {"extensions": MOODLE},
    {"extensions": MOODLE, "instructor": TEACHER},
    {"extensions": ENROLLED, "instructor": TEACHER},
    {"extensions": {INFO: {"http://other.example": "1"}}},
]
VERBS = [
    "https://w3id.org/xapi/dod-isd/verbs/navigated",
    "https://w3id.org/xapi/acrossx/verbs/edited",
    "http://adlnet.gov/expapi/verbs/asked",
    "http://activitystrea.ms/schema/1.0/start",
    "http://activitystrea.ms/schema/1.0/consume",
    "http://activitystrea.ms/submit",
    "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/exceeded",
]
IDS = [
    "https://h5p.example/7",
    "https://h5p.example/7?subContentId=1",
    "urn:articulate:storyline:5Boat/6Quiz/5Q",
    "http://Qz8_rise/a1",
]


def signed(context: Json) -> st.SearchStrategy[Json]:
    """Sign a context in the way of a tool, half of the time; never one of a cmi5 launch."""
    if "cmi5" in str(context):
        return st.just(context)
    return st.just(context) | st.sampled_from(SIGNATURES).map(lambda sign: _with(context, sign))


def _with(context: Json, sign: Json) -> Json:
    result = context | {name: value for name, value in sign.items() if name == "instructor"}
    if "extensions" in sign:
        result["extensions"] = context.get("extensions", {}) | sign["extensions"]
    if "category" in sign:
        around = context.get("contextActivities", {})
        result["contextActivities"] = around | {"category": {"id": sign["category"]}}
    return result
