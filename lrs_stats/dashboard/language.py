"""The languages of the pages, and their catalogues: texts stand in English, and in `.po` files.

What files say too, such as the titles of figures, is in the catalogue of files alone.
"""

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from werkzeug.datastructures import LanguageAccept

from lrs_stats.reports.wording import Language
from lrs_stats.reports.wording import catalogue as texts_of_files

LANGUAGES: Final[dict[Language, str]] = {"en": "English", "fr": "Français"}
COOKIE: Final = "lrs_stats_language"
FOLDER: Final = Path(__file__).parent / "translations"


def chosen(cookie: str | None, accepted: LanguageAccept) -> Language:
    """Return the language that somebody chose, else the best of those that their browser wants."""
    wanted = cookie if cookie in LANGUAGES else accepted.best_match(list(LANGUAGES))
    return "fr" if wanted == "fr" else "en"


class _OfFiles(NullTranslations):
    """The texts that files and pictures have, for those that are in no catalogue of the pages."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._texts = texts_of_files(language)

    def gettext(self, message: str) -> str:
        return self._texts.get(message, message)


@cache
def catalogue(language: Language) -> NullTranslations:
    """Return the texts of a language; those of English are the keys."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    made = BytesIO()
    with path.open("rb") as file:
        write_mo(made, read_po(file, locale=language))
    made.seek(0)
    texts = Translations(made)
    texts.add_fallback(_OfFiles(language))
    return texts
