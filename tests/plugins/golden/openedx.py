"""Open edX: pages, videos, problems and the forum of one course, and the grades of its server."""

from .pair import ACTIVITIES, ADL, COURSE, QUESTION, Json, Pair, Tool, activity, said

EDX = "https://edx.example"
RUN = activity(f"{EDX}/course/course-v1:Sea+101+2026", COURSE)
ID = RUN["id"]
SEQUENCE = activity(f"{EDX}/xblock/block@seq", "http://id.tincanapi.com/activitytype/resource")
LINK = activity(f"{EDX}/courses/course-v1:Sea+101+2026/jump_to/block@seq", ACTIVITIES + "link")
VIDEO = activity(f"{EDX}/xblock/block@video", "https://w3id.org/xapi/video/activity-type/video")
PROBLEM = activity(f"{EDX}/xblock/block@problem", QUESTION, interactionType="choice")
GRADED = activity(f"{EDX}/xblock/block@problem", ACTIVITIES + "question")
SOLUTION = activity(
    f"{EDX}/xblock/block@problem/answer", "http://id.tincanapi.com/activitytype/solution"
)
CHAPTER = activity(f"{EDX}/xblock/block@chapter", ACTIVITIES + "module")
POST = activity(f"{EDX}/api/discussion/1", "http://id.tincanapi.com/activitytype/discussion")

SIGN = {
    "https://w3id.org/xapi/openedx/extension/transformer-version": "event-routing-backends@7.0.1"
}
OLD_SIGN = {
    "https://github.com/openedx/event-routing-backends/blob/master/docs/xapi-extensions/"
    "eventVersion.rst": "1.0"
}
SESSION = {"https://w3id.org/xapi/openedx/extensions/session-id": "s1"}
DOD, ACROSSX = "https://w3id.org/xapi/dod-isd/verbs/", "https://w3id.org/xapi/acrossx/verbs/"
OPENEDX, VIDEOS = "https://w3id.org/xapi/openedx/verb/", "https://w3id.org/xapi/video/verbs/"
TINCAN = "http://id.tincanapi.com/verb/"
PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"


def edx(title: str, verb: str, thing: Json, *events: str, **result: object) -> Pair:
    """Pair something that is done in the course, in the session s1, with its events."""
    parent = {} if thing is RUN else {"parent": [RUN]}
    statement = said(verb, thing, result or None, extensions=SIGN | SESSION, **parent)
    return Pair(title, statement, list(events), "openedx", ID, "s1")


GRADE = {"min": 0, "max": 4, "raw": 3, "scaled": 0.75}
PAIRS = [
    edx("a page", DOD + "navigated", SEQUENCE, "access"),
    edx("a link", DOD + "navigated", LINK, "access"),
    edx("a video is there", "initialized", VIDEO, "access"),
    edx("a video plays", VIDEOS + "played", VIDEO, "access"),
    edx("a video halts", VIDEOS + "paused", VIDEO, "heartbeat"),
    edx("a video jumps", VIDEOS + "seeked", VIDEO, "heartbeat"),
    edx("subtitles", "interacted", VIDEO, "heartbeat"),
    edx("a video is stopped", "terminated", VIDEO, "heartbeat", duration="PT3M"),
    edx("a video was seen", "completed", VIDEO, "heartbeat", completion=True, duration="PT3M15S"),
    edx("a problem is sent", "attempted", PROBLEM, "start"),
    edx(
        "a problem is judged",
        ACROSSX + "evaluated",
        PROBLEM,
        "answer 75 wrong",
        score=GRADE,
        success=False,
    ),
    edx("and again in the grades", "attempted", GRADED, "start", score=GRADE, success=False),
    edx("a problem is done", "completed", PROBLEM, "complete"),
    edx("a hint", "interacted", PROBLEM, "heartbeat"),
    edx("the solution", "asked", SOLUTION, "heartbeat"),
    edx("a grade", TINCAN + "earned", RUN, "result 75", score=GRADE),
    edx("the grade of a part", TINCAN + "earned", CHAPTER, "result 75", score=GRADE),
    edx("passed", "passed", RUN, "result"),
    edx("the course is done", "completed", RUN, "complete"),
    edx("a block is done", "progressed", SEQUENCE, "heartbeat", extensions={PROGRESS: 100}),
    edx("a chapter is done", "progressed", CHAPTER, "heartbeat", score={"scaled": 1}),
    edx("half of the course", "progressed", RUN, "progress 50", score={"scaled": 0.5}),
    edx(
        "all of the course",
        "progressed",
        RUN,
        "progress 100",
        "complete",
        score={"scaled": 1},
        completion=True,
    ),
    edx("enrolment", "registered", RUN, "enrol"),
    edx("the end of an enrolment", TINCAN + "unregistered", RUN, "unenrol"),
    edx("a thread is read", TINCAN + "viewed", POST, "access"),
    edx("a thread is written", ACROSSX + "posted", POST, "heartbeat"),
    edx("a thread is changed", ACROSSX + "edited", POST, "heartbeat"),
    edx("a thread is reported", ACROSSX + "reported", POST, "heartbeat"),
    edx("a report is withdrawn", OPENEDX + "unreported", POST, "heartbeat"),
    edx("a thread is voted for", OPENEDX + "voted", POST, "heartbeat"),
    edx("a thread is removed", DOD + "deleted", POST, "heartbeat"),
    Pair(
        "a page, of an older release and without a session",
        said(DOD + "navigated", SEQUENCE, parent=[RUN], extensions=OLD_SIGN),
        ["access"],
        "openedx",
        ID,
    ),
    Pair(
        "a page of nobody's course",
        said(DOD + "navigated", LINK, extensions=SIGN),
        ["access"],
        "openedx",
    ),
]
OTHERS = [
    Pair(
        "the end of something else",
        said("terminated", VIDEO, {"duration": "PT3M"}, parent=[RUN], extensions=SESSION),
        ["end 180s"],
        "table",
        ID,
        "s1",
    ),
    Pair(
        "the progress of something else",
        said("progressed", CHAPTER, {"score": {"scaled": 0.3}}, parent=[RUN]),
        ["progress 30"],
        "table",
        ID,
    ),
    Pair("navigated elsewhere", said(DOD + "navigated", LINK), ["unknown"], None),
    Pair(
        "a verb that only ends like it",
        said("https://edx.example/verbs/navigated", LINK, extensions=SIGN),
        ["unknown"],
        None,
    ),
    Pair("asked elsewhere", said(ADL + "asked", SOLUTION, parent=[RUN]), ["unknown"], None, ID),
]
TOOL = Tool("openedx", PAIRS, OTHERS)
