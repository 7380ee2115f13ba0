"""The pages in French: nothing is left in English, and figures are written as they are there."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from gettext import NullTranslations
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import lrs_stats.dashboard
from lrs_stats.access.grants import Role
from lrs_stats.dashboard import language
from lrs_stats.dashboard.explaining import COLUMNS, NUMBER
from lrs_stats.dashboard.formatting import Wording
from lrs_stats.dashboard.showing import OF_LOGS
from lrs_stats.facts.interpreter import Kind
from lrs_stats.reports.logs import EVIDENCE
from lrs_stats.reports.query import INTERVALS
from lrs_stats.reports.report import Column
from lrs_stats.reports.wording import Language
from lrs_stats.reports.wording import catalogue as texts_of_files
from tests.access.school import SITE, TABLES, Asking
from tests.dashboard.reading import Element, read
from tests.dashboard.test_pages import ALL, get, paths
from tests.line import REGISTRY

FOLDER = Path(lrs_stats.dashboard.__file__).parent
KEYWORDS: dict[str, Any] = {
    "_": None, "N_": None, "text": None, "gettext": None, "ngettext": (1, 2), "count": (1, 2)
}  # fmt: skip
PARIS = ZoneInfo("Europe/Paris")


def catalogue() -> Catalog:
    with (FOLDER / "translations/fr/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="fr")


def of_pages() -> Iterator[str]:
    """The texts of the templates and of the code of the pages."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    for _, _, message, _, _ in extract_from_dir(FOLDER, methods, keywords=KEYWORDS):
        yield message if isinstance(message, str) else message[0]
    for path in (FOLDER / "templates").iterdir():
        yield from re.findall(r'wording\.count\("([^"]+)"', path.read_text("utf-8"))
    yield from (one for one, _ in NUMBER.values())


def of_others() -> Iterator[str]:
    """What the parts that come with the server say of themselves, and pages show."""
    for metric in REGISTRY.metrics.values():
        yield from (metric.title, metric.formula)
    yield from (exporter.title for exporter in REGISTRY.exporters.values())
    shown = {column.name: column.title for column in EVIDENCE.columns}
    yield from (shown[name] for name in COLUMNS if name not in OF_LOGS)
    yield from OF_LOGS.values()
    explained: Any = get(Asking(), "root", "/api/v1/stats/platform/explain?metrics=score").json
    yield from (one["text"] for one in explained["left_out"])
    yield from get_args(Role)
    yield from (kind for kind in get_args(Kind) if kind not in {"void", "nothing", "unknown"})
    for interval in INTERVALS:
        yield from (f"per {interval}", interval.capitalize())
    yield from ("measured", "declared", "capped", "connection", "hours", "percent")


def test_every_text_is_there_in_french() -> None:
    french, of_files = catalogue(), texts_of_files("fr")
    texts = {*of_pages(), *of_others()}
    assert len(texts) > 200
    there = {one.id if isinstance(one.id, str) else one.id[0] for one in french if one.string}
    assert texts - there - of_files.keys() == set()
    assert there - texts - {""} == set(), "texts that nothing says any more"
    assert not [one.id for one in french if one.fuzzy and one.id]
    assert language.catalogue("fr").gettext("Overall score") == of_files["Overall score"]


def test_french_has_the_placeholders_of_english() -> None:
    placeholder = re.compile(r"%\((\w+)\)s")
    for message in catalogue():
        if not message.id:
            continue
        english, french = (
            one if isinstance(one, str) else [*one][-1]
            for one in (message.id, message.string or "")
        )
        assert {*placeholder.findall(french)} == {*placeholder.findall(english)}, message.id


class Bracketed(NullTranslations):
    """A language in which every text that was looked up stands in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


DATA = {
    *(re.findall(r"\w{3,}", str([*TABLES.values()]))),
    *re.findall(r"\w{3,}", "lrs stats English Français Europe Paris Bea Zoë stranger mailto"),
    *re.findall(r"\w{3,}", "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec"),
    *re.findall(r"\w{3,}", f"question course {SITE} verbs adlnet gov expapi"),
    *REGISTRY.metrics,
}
"""The words that are data: names, ids, and what a calendar or a unit has them say."""


def untranslated(shown: Element) -> list[str]:
    """Return the texts for readers that were not looked up and are no data."""
    texts = [shown.one("title").text, shown.one("body").text]
    for one in shown.all():
        texts += [one.attributes.get(name, "") for name in ("aria-label", "placeholder", "alt")]
    left = " ".join(texts)
    while (outer := re.sub(r"⟦[^⟦⟧]*⟧", " ", left)) != left:
        left = outer
    return [word for word in re.findall(r"[^\W\d_]{3,}", left) if word not in DATA]


def test_no_text_of_a_page_is_written_past_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "catalogue", lambda _: Bracketed())
    asking = Asking()
    places = [f"{path}?{ALL}" for path, _ in paths()]
    places += [
        f"/dashboard/general?{ALL}&block=graphs-more",
        f"/dashboard/learners?{ALL}&search=nothing&learner=lea",
        f"/dashboard/learners?{ALL}&behind=learners",
        f"/dashboard/groups/oslo?{ALL}&behind=courses",
        "/dashboard/explain/courses?metrics=score&group=oslo",
        "/dashboard/explain/courses/statements?metrics=score",
        "/dashboard/choose/learner?for=/dashboard/learners",
        "/dashboard/export?granularity=learners",
        "/dashboard/export?granularity=answers",
        "/dashboard/nothing",
        "/sign-in",
        "/sign-in?token=made-up",
    ]
    for place in places:
        assert not untranslated(read(get(asking, "root", place).text)), place


def wording(name: Language) -> Wording:
    return Wording(name, PARIS, language.catalogue(name))


@pytest.mark.parametrize(
    ("value", "unit", "english", "french"),
    [
        (12345, "count", "12,345", "12\u202f345"),
        (72.36, "percent", "72.4%", "72,4\xa0%"),
        (100.0, "percent", "100.0%", "100,0\xa0%"),
        (0, "seconds", "0s", "0\u202fs"),
        (59.4, "seconds", "59s", "59\u202fs"),
        (61, "seconds", "1m", "1\xa0min"),
        (3600, "seconds", "1h", "1\u202fh"),
        (18720, "seconds", "5h 12m", "5\u202fh 12\xa0min"),
        (11983140.0, "seconds", "3,329h", "3\u202f329\u202fh"),
        (None, "percent", "–", "–"),
        (True, "", "yes", "oui"),
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "", "2 Jul 2026, 00:30", "2 juil. 2026, 00:30"),
        (date(2026, 7, 1), "", "1 Jul 2026", "1 juil. 2026"),
        ("https://lms.example.org/a/b", "", "a/b", "a/b"),
    ],
)  # fmt: skip
def test_a_figure_is_written_as_its_language_has_it(
    value: Any, unit: str, english: str, french: str
) -> None:
    column = Column("one", "One", unit)
    assert wording("en").cell(value, column) == english
    assert wording("fr").cell(value, column) == french


def test_periods_have_the_names_of_the_calendar() -> None:
    day = date(2026, 2, 2)
    assert [wording("en").period(day, one) for one in INTERVALS] == [
        "2 Feb 2026", "2 Feb 2026", "Feb 2026", "2026"
    ]  # fmt: skip
    assert wording("fr").period(day, "month") == "févr. 2026"


def test_one_and_several_differ() -> None:
    said = ("%(num)s learner", "%(num)s learners")
    assert [wording("fr").count(*said, number) for number in (0, 1, 2)] == [
        "0 apprenant", "1 apprenant", "2 apprenants"
    ]  # fmt: skip
    assert wording("en").count(*said, 0) == "0 learners"
