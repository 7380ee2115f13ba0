"""A cmi5 course: one assignable unit, launched by the LMS, a session id for each visit.

Sections are those of the cmi5 specification: 9 (statements), 9.6 (context), 10 (the launch).
"""

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
from lrs_stats.simulate.tables import Row

CMI5: Final = "https://w3id.org/xapi/cmi5/"
CATEGORY: Final = activity(CMI5 + "context/categories/cmi5")
MOVE_ON: Final = activity(CMI5 + "context/categories/moveon")
MASTERY: Final = 0.6


class Cmi5Course(Course):
    """Says a visit as a cmi5 LMS and its assignable unit do."""

    naming: ClassVar[Naming] = "account"

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        unit = activity(self.id + "/au/1")
        typed = activity(
            self.id + "/au/1", "http://adlnet.gov/expapi/activities/course", self.title
        )
        whole = activity(self.id, CMI5 + "activitytype/course", self.title)
        self.launched = members(verb=verb(ADL + "launched", "launched"), object=typed)
        self.satisfied = members(
            verb=verb("https://w3id.org/xapi/adl/verbs/satisfied", "satisfied"), object=whole
        )
        self.said = {
            name: members(verb=verb(ADL + name, name), object=unit)
            for name in ("initialized", "passed", "failed", "completed", "terminated")
        }
        self.experienced = [
            members(
                verb=verb(ADL + "experienced", "experienced"),
                object=activity(f"{self.id}/au/1/slide/{n + 1}", name=f"Chapitre {n + 1}"),
            )
            for n in range(self.chapters)
        ]
        self.answered = [
            [
                members(
                    verb=verb(ADL + "answered", "answered"),
                    object=interaction(f"{self.id}/au/1/chapter/{n + 1}/question/{q + 1}", q),
                )
                for q in range(questions)
            ]
            for n, questions in enumerate(self.questions)
        ]
        grouping = f'"grouping":[{encode(activity(self.id))}]'
        self.allowed = f"{{{grouping}}}"
        self.defined = f'{{{grouping},"category":[{encode(CATEGORY)}]}}'
        self.moving = f'{{{grouping},"category":[{encode(CATEGORY)},{encode(MOVE_ON)}]}}'
        self.launch = "," + members(
            **{
                f"{CMI5}context/extensions/launchmode": "Normal",
                f"{CMI5}context/extensions/launchurl": self.id + "/au/1/index.html",
                f"{CMI5}context/extensions/moveon": "CompletedAndPassed",
                f"{CMI5}context/extensions/launchparameters": "",
            }
        )
        self.mastery = "," + members(**{f"{CMI5}context/extensions/masteryscore": MASTERY})

    def open(self, visit: Visit) -> None:
        """Launch (by the LMS) and initialise (by the unit)."""
        extensions = self.launch + self.mastery
        visit.say(f"{self.launched},{_context(visit, self.defined, extensions)}")
        visit.wait(0.5, 6)
        visit.say(f"{self.said['initialized']},{_context(visit, self.defined)}")

    def study(self, visit: Visit, chapter: int) -> None:
        """Experience a slide, with the progress so far: cmi5 counts it from 0 to 100."""
        result = f'{{"extensions":{{"{CMI5}result/extensions/progress":{self.progress(chapter)}}}}}'
        context = _context(visit, self.allowed)
        visit.say(f'{self.experienced[chapter]},"result":{result},{context}')

    def answer(self, visit: Visit, chapter: int, question: int, score: float) -> None:
        """Answer: every second question has a score, the others say right or wrong."""
        right = score == 1
        outcome = f'"success":{"true" if right else "false"}'
        if question % 2:
            outcome = f'"score":{{"scaled":{score},"raw":{10 * score},"min":0,"max":10}}'
        result = f'{{{outcome},"response":"{RESPONSES[question % 3][right]}"}}'
        context = _context(visit, self.allowed)
        visit.say(f'{self.answered[chapter][question]},"result":{result},{context}')

    def result(self, visit: Visit, score: float, *, passed: bool) -> None:
        """Pass or fail."""
        said = self.said["passed" if passed else "failed"]
        raw = round(100 * score)
        result = (
            f'{{"score":{{"scaled":{score:.2f},"raw":{raw},"min":0,"max":100}},'
            f'"success":{"true" if passed else "false"},"duration":"{_since_open(visit)}"}}'
        )
        context = _context(visit, self.moving, self.mastery)
        visit.say(f'{said},"result":{result},{context}')

    def complete(self, visit: Visit, score: float) -> None:  # noqa: ARG002 - cmi5 puts it in passed
        """Complete the unit; the LMS then finds the course satisfied."""
        result = f'{{"completion":true,"duration":"{_since_open(visit)}"}}'
        visit.say(f'{self.said["completed"]},"result":{result},{_context(visit, self.moving)}')
        visit.wait(0.1, 1)
        visit.say(f"{self.satisfied},{_context(visit, self.defined)}")

    def close(self, visit: Visit, seconds: float) -> None:
        """Terminate, with the duration of the session."""
        result = f'{{"duration":"PT{seconds:.2f}S"}}'
        visit.say(f'{self.said["terminated"]},"result":{result},{_context(visit, self.defined)}')


def _context(visit: Visit, activities: str, extensions: str = "") -> str:
    return (
        f'"context":{{"registration":"{visit.journey.registration}",'
        f'"contextActivities":{activities},'
        f'"extensions":{{"{CMI5}context/extensions/sessionid":"{visit.id}"{extensions}}}}}'
    )


def _since_open(visit: Visit) -> str:
    return f"PT{(visit.now - visit.lines[0].at) / 1000:.2f}S"
