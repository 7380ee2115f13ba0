"""The words: which IRI means what, and when two spellings of an IRI are the same."""

ADL = "http://adlnet.gov/expapi/verbs/"
ADL_W3 = "https://w3id.org/xapi/adl/verbs/"
TLA = "https://w3id.org/xapi/tla/verbs/"
TINCAN = "http://id.tincanapi.com/verb/"
VIDEO = "https://w3id.org/xapi/video/verbs/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/"
STREAMS = "http://activitystrea.ms/schema/1.0/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
NETC = "https://w3id.org/xapi/netc/verbs/"

VERBS = {
    "start": [
        *(ADL + verb for verb in ("launched", "initialized", "attempted", "resumed")),
        TLA + "resumed",
    ],
    "access": [
        ADL + "experienced",
        TINCAN + "viewed",
        NETC + "accessed",
        STREAMS + "access",
        VIDEO + "played",
    ],
    "heartbeat": [ADL + "progressed", ADL + "interacted", VIDEO + "paused", VIDEO + "seeked"],
    "end": [ADL + "terminated", ADL + "exited", ADL_W3 + "abandoned"],
    "pause": [ADL + "suspended", TLA + "suspended"],
    "complete": [ADL + "completed", ADL_W3 + "satisfied", ADL_W3 + "waived"],
    "uncomplete": [EDLM + "uncompleted"],
    "result": [
        *(ADL + verb for verb in ("passed", "failed", "scored", "mastered")),
        TLA + "scored",
        TINCAN + "earned",
    ],
    "answer": [ADL + "answered", ADL + "responded"],
    "enrol": [ADL + "registered", TLA + "registered", EDLM + "enrolled"],
    "unenrol": [TINCAN + "unregistered"],
    "invite": [STREAMS + "invite", STREAMS + "assign", ACROSSX + "was-assigned"],
    "reaction": [
        ACROSSX + "liked",
        ACROSSX + "disliked",
        TINCAN + "voted-up",
        TINCAN + "voted-down",
        STREAMS + "like",
    ],
    "login": [ADL_W3 + "logged-in", EDLM + "login"],
    "void": [ADL + "voided"],
}
DISLIKES = [ACROSSX + "disliked", TINCAN + "voted-down"]

INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
CMI5_CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
VIDEO_CATEGORY = "https://w3id.org/xapi/video"

CMI5_SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
SESSION_IDS = [
    CMI5_SESSION,
    "https://w3id.org/xapi/openedx/extensions/session-id",
    "https://w3id.org/xapi/video/extensions/session-id",
]
CMI5_PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
VIDEO_PROGRESS = "https://w3id.org/xapi/video/extensions/progress"

UNASSIGNED = "unassigned"
NO_SIGN_OF_PRESENCE = ("enrol", "unenrol", "invite", "login", "void", "nothing", "unknown")


def same(one: str, other: str) -> bool:
    """Tell whether two IRIs differ at most in `http`, `https` and a leading `www.`."""
    return _bare(one) == _bare(other)


def kind_of_verb(verb: str) -> str:
    """Return the kind of event that the verb alone stands for."""
    for kind, verbs in VERBS.items():
        if any(same(verb, known) for known in verbs):
            return kind
    return "unknown"


def _bare(iri: str) -> str:
    for scheme in ("http://", "https://"):
        if iri.startswith(scheme):
            return iri.removeprefix(scheme).removeprefix("www.")
    return iri
