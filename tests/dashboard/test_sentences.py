"""Sentences of other parts on pages: said in French where their form is known, else marked."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import marshmallow
import pytest

import lrs_stats
from lrs_stats.api import schedules
from lrs_stats.api.ordering import read
from lrs_stats.dashboard import language
from lrs_stats.dashboard.formatting import Wording
from lrs_stats.dashboard.sentences import SENTENCES, WORDS, said
from lrs_stats.errors import BadRequest
from lrs_stats.facts.publication import idle_notice
from lrs_stats.jobs import mail
from lrs_stats_exporters.organisation import WANTED, Organisation, missing

ROOT = Path(lrs_stats.__file__).parents[1]
PLACES = ("lrs_stats", "exporters")
FRENCH = Wording("fr", ZoneInfo("Europe/Paris"), language.catalogue("fr"))
ENGLISH = Wording("en", ZoneInfo("Europe/Paris"), language.catalogue("en"))
ANYTHING = re.compile(r"%\(\w+\)s|\{[^{}]*\}")


@cache
def templates() -> frozenset[str]:
    """Every text of the code, with `{}` for whatever is filled in; also without its place."""
    found = {text for path in code() for text in _texts(ast.parse(path.read_text("utf-8")))}
    return frozenset(found | {text.partition(": ")[2] for text in found})


def code() -> Iterator[Path]:
    for place in PLACES:
        yield from (one for one in (ROOT / place).rglob("*.py") if one.name != "sentences.py")
    yield from Path(marshmallow.__file__).parent.glob("*.py")


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                yield ANYTHING.sub("{}", text)
            case ast.JoinedStr(values=values):
                parts = (one.value if isinstance(one, ast.Constant) else "{}" for one in values)
                yield ANYTHING.sub("{}", "".join(map(str, parts)))


RANGE = "Must be greater than or equal to %(least)s and less than or equal to %(most)s."
"""Which marshmallow puts together from smaller parts."""


@pytest.mark.parametrize("form", [one for one in SENTENCES if one != RANGE])
def test_what_is_translated_is_still_said_somewhere(form: str) -> None:
    wanted = ANYTHING.sub("{}", form)
    starts = (wanted, wanted.removesuffix("{}"))  # a sentence that another is added to
    assert any(one in templates() for one in starts), form


@pytest.mark.parametrize("word", WORDS)
def test_the_words_within_sentences_are_said_somewhere(word: str) -> None:
    assert word in templates()


def french(sentence: str) -> str:
    """Return a sentence in French; all of it must be."""
    found = str(said(FRENCH, sentence))
    assert "<span" not in found, found
    assert found != sentence
    assert said(ENGLISH, sentence).unescape() == sentence
    return said(FRENCH, sentence).unescape()


def test_what_files_will_lack_is_said_in_french() -> None:
    told = [french(one) for one in missing(Organisation())]
    assert len(told) == len(WANTED)
    assert told[0].startswith("Non renseigné, et laissé vide : nom de l’organisation (name dans ")


def test_the_notice_about_the_idle_limit_is_said_in_french() -> None:
    publication: Any = SimpleNamespace(idle=1800.0)
    notice = idle_notice(publication, 20)
    assert "limite d’inactivité de 30 minutes" in french(notice)
    assert "idle_minutes dit 20." in french(notice)


def test_a_sentence_within_another_is_translated_or_marked() -> None:
    refused = mail._refused("the message", 552)
    failed = f"2 of 3 failed. {refused}"
    assert french(failed) == (
        "2 sur 3 ont échoué. Le serveur de messagerie a refusé le message (SMTP 552)."
    )
    assert str(said(FRENCH, "1 of 3 failed. It fell over.")) == (
        '1 sur 3 ont échoué. <span lang="en">It fell over.</span>'
    )


def test_what_nobody_here_has_said_stays_and_is_marked() -> None:
    for sentence in ("OSError: [Errno 111] refused", "Whatever <b>a plugin</b> says: a < b"):
        told = said(FRENCH, sentence)
        assert told.startswith('<span lang="en">')
        assert told.striptags() == said(ENGLISH, sentence).striptags()
        assert "<b>" not in told
    assert "<b>" not in said(FRENCH, "The metric <b> failed: <b>.")


WRONG: list[dict[str, Any]] = [
    {"title": ""},
    {"title": "a\x00b"},
    {"every": "x"},
    {"every": 0},
    {"unit": "years"},
    {"from": "x"},
    {"until": "x"},
    {"at": "x"},
    {"to": []},
    {"folder": "x" * 201},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_the_form_of_a_schedule_can_be_refused_for_is_said_in_french(
    wrong: dict[str, Any],
) -> None:
    with pytest.raises(BadRequest) as refused:
        read(schedules.CHANGES, wrong)
    assert french(refused.value.detail).startswith(f"{next(iter(wrong))}: ")
