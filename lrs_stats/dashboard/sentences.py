"""What other parts of the server say in English: the sentences that pages say in their language.

A part says a sentence as a text, in logs, files and answers alike. Here is the form of each that
comes onto pages; one that is not among them, such as the words of a plugin or of another server,
stays in English, and is marked so.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from markupsafe import Markup, escape

from lrs_stats.dashboard.formatting import Wording
from lrs_stats.dashboard.pages import N_

SENTENCES: Final = (
    N_("The metric %(name)s failed: %(error)s."),
    N_("The exporter %(name)s failed: %(error)s."),
    N_("Choose somebody."),
    N_("The interpreter %(name)s failed on statements: %(number)s."),
)
"""What there may be in the place of `detail` is a sentence itself."""
DETAIL: Final = "detail"
_PLACE: Final = re.compile(r"%\((\w+)\)s")


def said(wording: Wording, sentence: str) -> Markup:
    """Return a sentence in the language of the page, or as it is, marked as English."""
    for form, shape in _shapes():
        if found := shape.fullmatch(sentence):
            parts = found.groupdict()
            filled = {
                name: said(wording, part) if name == DETAIL else part
                for name, part in parts.items()
            }
            return escape(wording.text(form)) % filled
    if wording.language == "en":
        return escape(sentence)
    return Markup('<span lang="en">{}</span>').format(sentence)


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each form, and what its sentences look like."""
    return tuple((form, re.compile("".join(_shape(form)), re.DOTALL)) for form in SENTENCES)


def _shape(form: str) -> Iterator[str]:
    for number, part in enumerate(_PLACE.split(form)):
        yield f"(?P<{part}>.+)" if number % 2 else re.escape(part)
