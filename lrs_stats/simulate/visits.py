"""What somebody does in one visit: log in, open the course, study, take the test, leave."""

from typing import Final

from lrs_stats.simulate.course import SITE, Visit, encode, members, verb
from lrs_stats.simulate.draws import chance
from lrs_stats.simulate.tables import LMS

PASS_MARK: Final = 0.6
MINUTE: Final = 60

LOGGED_IN: Final = members(
    verb=verb("https://w3id.org/xapi/adl/verbs/logged-in", "logged-in"), object=SITE
)
POSTED: Final = members(
    verb=verb("https://w3id.org/xapi/acrossx/verbs/posted", "posted"),
    object={"id": LMS + "/forum", "definition": {"type": LMS + "/types/forum"}},
)
VOIDED: Final = encode(verb("http://adlnet.gov/expapi/verbs/voided", "voided"))


def follow(visit: Visit, chapters: int) -> None:
    """Open the course, study up to so many chapters, take the test once all are studied, leave."""
    journey, course = visit.journey, visit.journey.course
    if chance(visit.rng, 0.5):
        visit.say(LOGGED_IN, "account")
        visit.wait(4, MINUTE)
    began = visit.now
    course.open(visit)
    visit.wait(2, 20)
    for chapter in _ahead(visit, chapters):
        _study(visit, chapter)
    if chance(visit.rng, 0.03):
        visit.say(POSTED)
    if journey.chapter == course.chapters - 1 and not journey.done:
        _test(visit)
    visit.wait(2, 90)
    course.close(visit, (visit.now - began) / 1000)


def void(visit: Visit, administrator: str) -> None:
    """Void a statement of the visit, as an administrator does who was asked to."""
    line = visit.rng.choice(visit.lines)
    visit.wait(MINUTE, 10 * MINUTE)
    target = f'{{"objectType":"StatementRef","id":"{line.id}"}}'
    visit.write(f'"actor":{administrator},"verb":{VOIDED},"object":{target}')


def _ahead(visit: Visit, chapters: int) -> range:
    """Return the chapters to study; who is done comes back to one of them."""
    journey, last = visit.journey, visit.journey.course.chapters - 1
    if journey.done:
        chapter = visit.rng.randrange(last)
        return range(chapter, chapter + 1)
    return range(journey.chapter, min(journey.chapter + chapters, last))


def _study(visit: Visit, chapter: int) -> None:
    journey, course = visit.journey, visit.journey.course
    course.study(visit, chapter)
    visit.wait(0.3 * course.pace, 1.1 * course.pace)
    if chance(visit.rng, 0.02):
        visit.wait(35 * MINUTE, 80 * MINUTE)
    _answer(visit, chapter)
    course.leave(visit, chapter)
    visit.wait(1, 30)
    journey.chapter = max(journey.chapter, chapter + 1)


def _test(visit: Visit) -> None:
    """Take the test at the end of the course; who fails can come back for it."""
    journey, course = visit.journey, visit.journey.course
    score = _answer(visit, course.chapters - 1)
    journey.attempts += 1
    journey.done = score >= PASS_MARK
    course.result(visit, score, passed=journey.done)
    if journey.done:
        visit.wait(0.1, 1)
        course.complete(visit, score)


def _answer(visit: Visit, chapter: int) -> float:
    """Answer the questions of a chapter, better with each attempt; return the mean score."""
    journey, course = visit.journey, visit.journey.course
    knows = min(0.97, journey.learner.ability + 0.12 * journey.attempts)
    scores = []
    for question in range(course.questions[chapter]):
        visit.wait(15, 100)
        scores.append(1.0 if chance(visit.rng, knows) else 0.5 if chance(visit.rng, 0.3) else 0.0)
        course.answer(visit, chapter, question, scores[-1])
    return sum(scores) / len(scores)
