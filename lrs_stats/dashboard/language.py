"""The languages of the pages, and their catalogues: texts stand in English, and in `.po` files."""

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from werkzeug.datastructures import LanguageAccept

LANGUAGES: Final = {"en": "English", "fr": "Français"}
COOKIE: Final = "lrs_stats_language"
FOLDER: Final = Path(__file__).parent / "translations"


def chosen(cookie: str | None, accepted: LanguageAccept) -> str:
    """Return the language that somebody chose, else the best of those that their browser wants."""
    if cookie in LANGUAGES:
        return str(cookie)
    return accepted.best_match(list(LANGUAGES), "en") or "en"


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the texts of a language; those of English are the keys."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    made = BytesIO()
    with path.open("rb") as file:
        write_mo(made, read_po(file, locale=language))
    made.seek(0)
    return Translations(made)
