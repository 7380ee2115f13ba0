"""Moodle's logstore_xapi: modules, quizzes and enrolments of one course, and what teachers do."""

from .pair import ACTIVITIES, QUESTION, Json, Pair, Tool, activity, said

SITE = "https://moodle.example"
COURSE = activity(f"{SITE}/course/view.php?id=2", "https://w3id.org/xapi/cmi5/activitytype/course")
ID = COURSE["id"]
LMS = activity(SITE, "http://id.tincanapi.com/activitytype/lms")
SECTION = activity(
    f"{SITE}/course/section.php?id=1", "http://id.tincanapi.com/activitytype/section"
)
QUIZ = activity(f"{SITE}/mod/quiz/view.php?id=1", ACTIVITIES + "assessment")
ATTEMPT = activity(f"{SITE}/mod/quiz/attempt.php?attempt=1&cmid=1", ACTIVITIES + "attempt")
ASKED = activity(f"{SITE}/question/question.php?cmid=1&id=1", QUESTION, interactionType="choice")
PAGE = activity(f"{SITE}/mod/page/view.php?id=1", "https://w3id.org/xapi/acrossx/activities/page")
PACKAGE = activity(
    f"{SITE}/mod/scorm/view.php?id=1#sco",
    "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/scorm-content-object",
)
SUBMISSION = activity(f"{SITE}/mod/assign/view.php?id=1#submission")
THREAD = activity(f"{SITE}/mod/forum/discuss.php?d=1")
MEETING = activity(f"{SITE}/mod/facetoface/view.php?id=1")
GROUP = activity(f"{SITE}/group/index.php?id=1")
SURVEY = activity(f"{SITE}/mod/questionnaire/view.php?id=1")

TINCAN, STREAMS = "http://id.tincanapi.com/verb/", "http://activitystrea.ms/schema/1.0/"
OLD_STREAMS, TLA = "http://activitystrea.ms/", "https://w3id.org/xapi/tla/verbs/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
INFO = "http://lrs.learninglocker.net/define/extensions/info"
LOGSTORE = {"http://moodle.org": "4.1", "https://github.com/xAPI-vle/moodle-logstore_xapi": "4.8"}
TEACHER = {"account": {"homePage": SITE, "name": "2"}}
ENROLMENT = "\\core\\event\\user_enrolment_"


def moodle(
    verb: str,
    thing: Json,
    result: Json | None = None,
    event: str = "\\mod_any\\event\\thing_done",
    *parents: Json,
    **context: object,
) -> Json:
    """Say something as logstore_xapi does, in the course unless it is about course or site."""
    around = {} if thing in (COURSE, LMS) else {"parent": [*parents, SECTION, COURSE]}
    extensions = {INFO: LOGSTORE | {"event_name": event}}
    return said(verb, thing, result, category=[LMS], extensions=extensions, **around, **context)


def done(title: str, verb: str, thing: Json, *events: str, **result: object) -> Pair:
    return Pair(title, moodle(verb, thing, result or None), list(events), "moodle", ID)


def by_teacher(title: str, verb: str, thing: Json, *events: str, **result: object) -> Pair:
    statement = moodle(verb, thing, result or None, instructor=TEACHER)
    return Pair(title, statement, list(events), "moodle", ID)


def enrolled(title: str, verb: str, event: str, *events: str) -> Pair:
    statement = moodle(verb, COURSE, None, ENROLMENT + event, instructor=TEACHER)
    return Pair(title, statement, list(events), "moodle", ID)


HALF = {"min": 0, "max": 100, "raw": 50, "scaled": 0.0}
LOW = {"min": 0, "max": 100, "raw": 25, "scaled": -0.5}
PAIRS = [
    done("the course", TINCAN + "viewed", COURSE, "access"),
    done("a module", TINCAN + "viewed", PAGE, "access"),
    done("a question of a lesson", TINCAN + "viewed", ASKED, "access"),
    done("a package is launched", "launched", PACKAGE, "start"),
    done("a package is done", "completed", PACKAGE, "complete"),
    done("a quiz begins", STREAMS + "start", ATTEMPT, "start"),
    done("a lesson begins", OLD_STREAMS + "start", PAGE, "start"),
    done("a lesson begins again", EDLM + "restarted", PAGE, "start"),
    done("a survey goes on", TLA + "resumed", SURVEY, "start"),
    done("a survey is sent", OLD_STREAMS + "submit", SURVEY, "heartbeat"),
    done("feedback is sent", STREAMS + "submit", SURVEY, "heartbeat"),
    Pair(
        "a right answer in an attempt",
        moodle(
            "answered",
            ASKED,
            {"response": "a", "completion": True, "success": True},
            "\\mod_quiz\\event\\attempt_submitted",
            *(ATTEMPT, QUIZ),
        ),
        ["answer 100 right", "complete"],
        "moodle",
        ID,
    ),
    done("a wrong answer", "answered", ASKED, "answer 0 wrong", response="b", success=False),
    done("an answer that nobody judges", "answered", ASKED, "answer", response="To be"),
    done(
        "a quiz, whose scaled score is 0 halfway",
        *("completed", ATTEMPT, "complete", "result 50 right"),
        score=HALF,
        success=True,
        completion=True,
        duration="PT9M",
    ),
    done(
        "a quiz, whose scaled score is negative",
        *("completed", ATTEMPT, "complete", "result 25 wrong"),
        score=LOW,
        success=False,
        completion=True,
    ),
    done("time is up", EDLM + "exceeded", ATTEMPT, "nothing"),
    done("a module is done", "completed", PAGE, "complete", completion=True, success=True),
    done("the course is done", "completed", COURSE, "complete"),
    done("a thread is opened", OLD_STREAMS + "create", THREAD, "heartbeat"),
    done("a thread is answered", TINCAN + "replied", THREAD, "heartbeat"),
    done("a post is changed", ACROSSX + "edited", THREAD, "heartbeat"),
    done("a post is removed", OLD_STREAMS + "delete", THREAD, "heartbeat"),
    done("a message", OLD_STREAMS + "send", THREAD, "heartbeat"),
    done("a meeting is left", STREAMS + "leave", MEETING, "heartbeat"),
    by_teacher("a grade", TLA + "scored", SUBMISSION, "nothing", "result 50", score=HALF),
    by_teacher("an attendance list", "attended", MEETING, "nothing", "complete", completion=True),
    by_teacher("a badge", TLA + "achieved", SURVEY, "nothing", response="well done"),
    by_teacher("out of a group", OLD_STREAMS + "leave", GROUP, "nothing"),
    enrolled("enrolled", "registered", "created", "enrol"),
    enrolled(
        "enrolled, in older releases",
        "http://www.tincanapi.co.uk/verbs/enrolled_onto_learning_plan",
        "created",
        "enrol",
    ),
    enrolled("unenrolled", OLD_STREAMS + "leave", "deleted", "unenrol"),
    enrolled("an enrolment is suspended", TLA + "suspended", "updated", "unenrol"),
    enrolled("an enrolment is valid again", TLA + "resumed", "updated", "enrol"),
    Pair("an account is created", moodle("registered", LMS), ["nothing"], "moodle"),
    Pair("a login", moodle(EDLM + "login", LMS), ["login"], "moodle"),
]
OTHERS = [
    Pair(
        "the extension of another store",
        said(TLA + "suspended", COURSE, extensions={INFO: {"http://other.example": "1"}}),
        ["pause"],
        "table",
        ID,
    ),
    Pair(
        "the extension as a text",
        said(TLA + "suspended", COURSE, extensions={INFO: "moodle-logstore_xapi"}),
        ["pause"],
        "table",
        ID,
    ),
    Pair(
        "an instructor elsewhere",
        said("scored", SUBMISSION, {"score": HALF}, parent=[COURSE], instructor=TEACHER),
        ["result 50"],
        "table",
        ID,
    ),
    Pair("created elsewhere", said(OLD_STREAMS + "create", THREAD), ["unknown"], None),
    Pair("a verb of nobody's", moodle(TLA + "pondered", COURSE), ["unknown"], None, ID),
]
TOOL = Tool("moodle", PAIRS, OTHERS)
