"""Where each figure means something."""

FIGURES_OF_QUESTIONS = ("score", "answers", "question_success", "respondents", "last_activity")

ALL_BUT_QUESTIONS = (
    *("platform", "courses", "learners", "sessions", "programs", "groups"),
    "enrolments",
)
ALL = (*ALL_BUT_QUESTIONS, "questions")
OF_PLACES = ("first_connection", "last_connection", "attested_time", "completed_at")
WHERE = {
    "connections": ALL_BUT_QUESTIONS,
    "connections_12_months": ALL_BUT_QUESTIONS,
    "time_spent": ALL_BUT_QUESTIONS,
    "participation": ALL_BUT_QUESTIONS,
    "progress": ALL_BUT_QUESTIONS,
    "completion": ALL_BUT_QUESTIONS,
    "score": ALL,
    "course_result": ALL_BUT_QUESTIONS,
    "answers": ALL,
    "question_success": ALL,
    "respondents": ALL,
    "participants": ("platform", "programs", "sessions", "groups"),
    "course_participants": ("platform", "programs", "sessions", "courses", "groups"),
    "session_participants": ("platform", "programs", "sessions", "courses", "groups"),
    "attendance": ("platform", "programs", "sessions", "groups"),
    "learners": ("platform", "groups"),
    "useful": ALL_BUT_QUESTIONS,
    "not_useful": ALL_BUT_QUESTIONS,
    "last_activity": ALL,
    **dict.fromkeys(OF_PLACES, ("enrolments",)),
}
NO_SERIES = ("connections_12_months", "participants", "learners", *OF_PLACES)


def means_nothing(
    metric: str,
    granularity: str,
    interval: str | None,
    by_question: bool,  # noqa: FBT001 - the fourth of four words of one question
) -> bool:
    """Tell whether a figure says nothing in a report, so that its cells are empty."""
    if by_question and metric not in FIGURES_OF_QUESTIONS:
        return True
    if interval is not None and metric in NO_SERIES:
        return True
    return granularity not in WHERE[metric]
