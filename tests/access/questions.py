"""Random questions to a server: paths and parameters of figures, whether they make sense or not."""

from random import Random
from typing import Final
from urllib.parse import quote, urlencode

from lrs_stats.reports.meaning import why_not
from lrs_stats.reports.query import INTERVALS, Query
from tests.access.matrix import ALL_PAGES
from tests.access.organisations import Organisation
from tests.line import REGISTRY
from tests.roster_strategies import LMS
from tests.statement_strategies import QUESTIONS


def question(random: Random, organisation: Organisation) -> str:
    """Return a path with parameters: any page, entity, breakdown, filter, order and form."""
    page = random.choice(ALL_PAGES)
    form = random.choice(["page", "page", "entity", "breakdown", "explain", "explain one"])
    parameters = limits(random, organisation)
    known = {"page": [*ALL_PAGES], "explain": [*ENTITIES, "enrolments"]}.get(form, [*ENTITIES])
    page = page if page in known else random.choice(known)
    path = page
    if form in ("entity", "breakdown", "explain one"):
        path += "/" + quote(an_id(random, ENTITIES[page], organisation), safe="")
    target = page
    if form == "breakdown":
        target = random.choice(ALL_PAGES)
        path += "/" + target
    if form.startswith("explain"):
        path += random.choice(["/explain", "/explain/statements"])
        parameters = [one for one in parameters if one[0] not in ("interval", "sort")]
        parameters.append(("metrics", random.choice(meaning_something(page))))
    else:
        files = OF_FUNDERS if target == "enrolments" else [".csv"]
        path += random.choice(["", "", random.choice(files) if form != "entity" else ""])
        parameters += metrics(random, target)
    return f"/api/v1/stats/{path}?{urlencode(parameters)}"


METRICS: Final = [*REGISTRY.metrics]
OF_FUNDERS: Final = [".csv", ".opca_logs", ".opca_assiduite"]
ENTITIES: Final = {
    "learners": "learner",
    "groups": "group",
    "programs": "program",
    "sessions": "session",
    "courses": "course",
    "questions": "question",
}
TABLES: Final = {
    "learner": "people",
    "group": "groups",
    "program": "programs",
    "session": "sessions",
    "course": "courses",
}
STRANGE: Final = [
    "nobody",
    "unassigned",
    f"{LMS}/course/discovered",
    "mailto:stranger@other.example",
    "mailto:person.1@mail.example",
]


def an_id(random: Random, kind: str, organisation: Organisation) -> str:
    """Return the id of something that is there, or of nothing."""
    if kind == "question":
        known = [str(one["id"]) for one in QUESTIONS]
    else:
        known = [row["id"] for row in organisation.tables[TABLES[kind]]]
    return random.choice([*known * 3, *STRANGE])


def limits(random: Random, organisation: Organisation) -> list[tuple[str, str]]:
    """Return filters, a period, an interval, an order and a page: often none, seldom all."""
    kinds = random.choices([*TABLES, *TABLES, "question"], k=random.choice([0, 0, 0, 1, 1, 2]))
    given = [(kind, an_id(random, kind, organisation)) for kind in kinds]
    if random.random() < 0.3:
        given.append(("from", random.choice(DAYS)))
    if random.random() < 0.2:
        given.append(("to", random.choice(DAYS)))
    if random.random() < 0.15:
        given.append(("interval", random.choice([*INTERVALS])))
    if random.random() < 0.3:
        given.append(("sort", random.choice(["-", ""]) + random.choice(SORTED)))
    if random.random() < 0.1:
        given.append(("search", random.choice(SEARCHED)))
    if random.random() < 0.2:
        given += [("page_size", random.choice("123")), ("page", random.choice("1123"))]
    return given


DAYS: Final = ["2025-03-27", "2025-03-28", "2025-03-29", "2025-03-30", "2025-04-01", "2025-04-20"]
SEARCHED: Final = ["an", "ZOE", "e", "Ève", "n a", "group", "nothing such"]
SORTED: Final = [
    *("id", "title", "session", "learner_title", "program_title", "start", "score", "status")
]


def meaning_something(page: str) -> list[str]:
    """Return the metrics that mean something on a page, filters aside."""
    query = Query(page, ())
    return [name for name, metric in REGISTRY.metrics.items() if not why_not(metric, query)]


def metrics(random: Random, page: str) -> list[tuple[str, str]]:
    """Return one or two metrics to ask for, now and then all."""
    if page not in (*ENTITIES, "platform", "enrolments") or random.random() < 0.03:
        return []
    some = random.choices(METRICS, k=random.choice([1, 1, 2]))
    return [("metrics", ",".join(some))]
