"""A plain LMS course: attempts, progress as a scaled score, completion, all on the course."""

from typing import ClassVar

from lrs_stats.simulate.course import ADL, Course, Naming, Visit, activity, members, verb
from lrs_stats.simulate.draws import chance
from lrs_stats.simulate.tables import Row


class LmsCourse(Course):
    """Says a visit as an LMS does that wraps SCORM: by registration, learners by e-mail."""

    naming: ClassVar[Naming] = "mbox"

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        course = activity(self.id, "http://adlnet.gov/expapi/activities/course", self.title)
        self.said = {
            name: members(verb=verb(ADL + name, name), object=course)
            for name in ("attempted", "progressed", "completed", "suspended")
        }

    def open(self, visit: Visit) -> None:
        """Begin an attempt."""
        visit.say(f"{self.said['attempted']},{_context(visit)}")

    def leave(self, visit: Visit, chapter: int) -> None:
        """Progress: the SCORM profile keeps it in the scaled score."""
        result = f'{{"score":{{"scaled":{self.progress(chapter) / 100}}}}}'
        visit.say(f'{self.said["progressed"]},"result":{result},{_context(visit)}')

    def complete(self, visit: Visit, score: float) -> None:
        """Complete the course, with its score."""
        result = f'{{"score":{{"scaled":{score:.2f}}},"completion":true,"success":true}}'
        visit.say(f'{self.said["completed"]},"result":{result},{_context(visit)}')

    def close(self, visit: Visit, seconds: float) -> None:
        """Suspend the attempt; people often just close the window."""
        if not visit.journey.done and chance(visit.rng, 0.5):
            result = f'{{"duration":"PT{seconds:.0f}S"}}'
            visit.say(f'{self.said["suspended"]},"result":{result},{_context(visit)}')


def _context(visit: Visit) -> str:
    """Return the context: the enrolment, and the session where it belongs to one."""
    session = visit.journey.session
    activities = f',"contextActivities":{{"grouping":[{{"id":"{session}"}}]}}' if session else ""
    return f'"context":{{"registration":"{visit.journey.registration}"{activities}}}'
