"""An Open edX course: videos played, problems evaluated, a session id for each visit."""

from typing import ClassVar, Final

from lrs_stats.simulate.course import (
    ADL,
    RESPONSES,
    Course,
    Naming,
    Visit,
    activity,
    encode,
    interaction,
    members,
    verb,
)
from lrs_stats.simulate.draws import chance
from lrs_stats.simulate.tables import LMS, Row

VIDEO: Final = "https://w3id.org/xapi/video/"
SESSION: Final = "https://w3id.org/xapi/openedx/extensions/session-id"
LENGTH: Final = 420


class OpenEdxCourse(Course):
    """Says a visit as Open edX's tracking log does."""

    naming: ClassVar[Naming] = "account"

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        course = activity(self.id, "http://adlnet.gov/expapi/activities/course", self.title)
        block = f"{LMS}/openedx/xblock/block-v1:{self.id.rpartition(':')[2]}+type@"
        self.video = [
            {
                name: members(
                    verb=verb(f"{VIDEO}verbs/{name}", name),
                    object=activity(
                        f"{block}video+block@{n:08x}",
                        VIDEO + "activity-type/video",
                        f"Vidéo {n + 1}",
                    ),
                )
                for name in ("played", "paused", "seeked")
            }
            for n in range(self.chapters)
        ]
        self.evaluated = [
            [
                members(
                    verb=verb("https://w3id.org/xapi/acrossx/verbs/evaluated", "evaluated"),
                    object=interaction(f"{block}problem+block@{n:04x}{q:04x}", q),
                )
                for q in range(questions)
            ]
            for n, questions in enumerate(self.questions)
        ]
        self.earned = members(
            verb=verb("http://id.tincanapi.com/verb/earned", "earned"), object=course
        )
        self.progressed = members(verb=verb(ADL + "progressed", "progressed"), object=course)
        self.completed = members(verb=verb(ADL + "completed", "completed"), object=course)
        self.activities = f'{{"parent":[{encode(course)}]}}'

    def study(self, visit: Visit, chapter: int) -> None:
        """Play the chapter's video, now and then going back a little."""
        self._watch(visit, chapter, "played", f'"{VIDEO}extensions/time":0')
        if chance(visit.rng, 0.35):
            visit.wait(60, 180)
            where = f'"{VIDEO}extensions/time-from":170,"{VIDEO}extensions/time-to":95'
            self._watch(visit, chapter, "seeked", where)

    def leave(self, visit: Visit, chapter: int) -> None:
        """Pause the video at its end; the platform tells the progress in the course."""
        self._watch(visit, chapter, "paused", f'"{VIDEO}extensions/time":{LENGTH}')
        visit.wait(0.2, 2)
        progress = (
            f'"https://w3id.org/xapi/cmi5/result/extensions/progress":{self.progress(chapter)}'
        )
        result = f'{{"completion":false,"extensions":{{{progress}}}}}'
        visit.say(f'{self.progressed},"result":{result},{self._context(visit)}')

    def answer(self, visit: Visit, chapter: int, question: int, score: float) -> None:
        """Have an answer evaluated."""
        right = score == 1
        result = (
            f'{{"score":{{"scaled":{score},"raw":{score},"min":0,"max":1}},'
            f'"success":{"true" if right else "false"},'
            f'"response":"{RESPONSES[question % 3][right]}"}}'
        )
        said = self.evaluated[chapter][question]
        visit.say(f'{said},"result":{result},{self._context(visit)}')

    def result(self, visit: Visit, score: float, *, passed: bool) -> None:  # noqa: ARG002 - a grade
        """Earn a grade on the course."""
        result = (
            f'{{"score":{{"scaled":{score:.2f},"raw":{round(100 * score)},"min":0,"max":100}}}}'
        )
        visit.say(f'{self.earned},"result":{result},{self._context(visit)}')

    def complete(self, visit: Visit, score: float) -> None:  # noqa: ARG002 - the grade was earned
        """Complete the course."""
        visit.say(f'{self.completed},"result":{{"completion":true}},{self._context(visit)}')

    def _watch(self, visit: Visit, chapter: int, name: str, where: str) -> None:
        context = self._context(visit, f',"{VIDEO}extensions/length":{LENGTH}')
        said = self.video[chapter][name]
        visit.say(f'{said},"result":{{"extensions":{{{where}}}}},{context}')

    def _context(self, visit: Visit, extensions: str = "") -> str:
        return (
            f'"context":{{"contextActivities":{self.activities},'
            f'"extensions":{{"{SESSION}":"{visit.id}"{extensions}}}}}'
        )
