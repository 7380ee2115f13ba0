"""A Moodle-like course: pages viewed, quizzes answered, scores that run from -1 to 1."""

from typing import ClassVar, Final

from lrs_stats.simulate.course import (
    ADL,
    RESPONSES,
    SITE,
    Course,
    Naming,
    Visit,
    activity,
    interaction,
    members,
    verb,
)
from lrs_stats.simulate.tables import LMS, Row

VIEWED: Final = verb("http://id.tincanapi.com/verb/viewed", "Viewed")
COMPLETED: Final = verb(ADL + "completed", "Completed")
INFO: Final = {"http://lrs.learninglocker.net/define/extensions/info": {"http://moodle.org": "4.5"}}


class MoodleCourse(Course):
    """Says a visit as Moodle's log does: no session id, no registration, learners by e-mail."""

    naming: ClassVar[Naming] = "mbox"

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        number = self.id.rpartition("=")[2]
        course = activity(self.id, "https://w3id.org/xapi/cmi5/activitytype/course", self.title)
        around = {"category": [SITE]}
        within = around | {"parent": [course]}
        outer = {"contextActivities": around, "language": "fr", "extensions": INFO}
        inner = {"contextActivities": within, "language": "fr", "extensions": INFO}
        pages = [
            activity(
                f"{LMS}/moodle/mod/page/view.php?id={number}{n:02}",
                "http://id.tincanapi.com/activitytype/page",
                f"Chapitre {n + 1}",
            )
            for n in range(self.chapters)
        ]
        self.viewed_course = members(verb=VIEWED, object=course, context=outer)
        self.completed_course = members(verb=COMPLETED, object=course, context=outer)
        self.viewed = [members(verb=VIEWED, object=page, context=inner) for page in pages]
        self.completed = [members(verb=COMPLETED, object=page, context=inner) for page in pages]
        self.answered = [
            [
                members(
                    verb=verb(ADL + "answered", "Answered"),
                    object=interaction(
                        f"{LMS}/moodle/question/bank/editquestion/question.php?id={number}{n:02}{q}",
                        q,
                    ),
                    context=inner,
                )
                for q in range(questions)
            ]
            for n, questions in enumerate(self.questions)
        ]

    def open(self, visit: Visit) -> None:
        """View the course's page."""
        visit.say(self.viewed_course)

    def study(self, visit: Visit, chapter: int) -> None:
        """View the page of a chapter."""
        visit.say(self.viewed[chapter])

    def leave(self, visit: Visit, chapter: int) -> None:
        """Complete the page: of the course, this says nothing."""
        visit.say(f'{self.completed[chapter]},"result":{{"completion":true}}')

    def answer(self, visit: Visit, chapter: int, question: int, score: float) -> None:
        """Answer; Moodle spreads its scaled score from -1 to 1."""
        right = score == 1
        visit.say(
            f'{self.answered[chapter][question]},"result":{{"score":{{"raw":{10 * score},"min":0,'
            f'"max":10,"scaled":{2 * score - 1}}},"success":{"true" if right else "false"},'
            f'"completion":true,"response":"{RESPONSES[question % 3][right]}"}}'
        )

    def complete(self, visit: Visit, score: float) -> None:  # noqa: ARG002 - the answers have it
        """Complete the course."""
        visit.say(f'{self.completed_course},"result":{{"completion":true}}')
