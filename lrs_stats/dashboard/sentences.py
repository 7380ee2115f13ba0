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
    # plugins
    N_("The metric %(name)s failed: %(error)s."),
    N_("The exporter %(name)s failed: %(error)s."),
    N_("The interpreter %(name)s failed on statements: %(number)s."),
    # files and deliveries
    N_("The disk of the server is full. Nothing of the file is kept."),
    N_("The %(format)s could not be written. The server's log has it under %(number)s."),
    N_(
        "The process that made it was ended before the file was whole, %(number)s times in a "
        "row. It may need more memory than there is: ask for a shorter period, or for fewer "
        "rows."
    ),
    N_(
        "It took longer than %(number)s minutes, which is the most (export_minutes). Ask for "
        "a shorter period, or for fewer rows."
    ),
    N_("Paused by its owner."),
    N_("Somebody was erased, and with them all files of before. Order it anew."),
    N_(
        "Who made this schedule may not ask any more: they left, or what they asked with is "
        "revoked."
    ),
    N_("Who made this schedule may not lay files into folders any more."),
    N_("Who ordered it may not ask any more: they left, or what they asked with is revoked."),
    N_("A file could not be made; its recipient finds the reason among their exports."),
    N_("%(number)s of %(all)s failed. %(detail)s"),
    N_("The schedule is not there any more."),
    N_("The run was cancelled, or taken back."),
    N_("The file could not be laid into the folder %(folder)s (%(error)s)."),
    N_("The folder %(folder)s leads out of deliveries_folder."),
    N_("The setting deliveries_folder names no folder."),
    N_("The settings name no mail server (smtp_host)."),
    N_("The roster has no e-mail of the recipient."),
    N_("The mail server does not take the user and the password of the settings."),
    N_("The mail server cannot do what the settings ask of it, such as STARTTLS or to sign in."),
    N_("The mail server could not be reached by TLS (%(error)s)."),
    N_("The mail server %(host)s:%(port)s does not answer."),
    N_("The mail server refused %(word)s (SMTP %(number)s)."),
    N_("Your roles do not include the statistics by %(granularity)s. %(detail)s"),
    N_("The roles that do: %(roles)s."),
    N_("Ask an administrator which role would."),
    N_("Nobody of those who are asked for has begun, so there is nothing to attest."),
    N_("The %(word)s is not set, and stays empty: %(name)s in %(place)s."),
    N_("%(title)s is no file of %(granularity)s: ask for it by %(pages)s."),
    # the server
    N_("The database does not answer at the moment. Try again."),
    N_("The database is busy or restarting. Try again."),
    N_("The disk of the database is full; nothing was stored."),
    N_(
        "The figures still rest on an idle limit of %(now)s minutes, and the setting "
        "idle_minutes says %(wanted)s. A worker that starts with it derives all connections "
        "anew, and until that is done the figures stay as they are."
    ),
    N_("an erasure was under way, which takes from the record first"),
    N_("it has never taken a statement, and refuses all: %(detail)s"),
    N_("the worker stops"),
    # what is asked of pages
    N_("there is no such parameter of a page."),
    N_("%(value)s is no number from 1 to %(most)s."),
    N_("%(value)s is none of %(choices)s."),
    N_(
        "%(value)s is no date; expected a date such as 2026-01-31 or an instant such as "
        "2026-01-31T08:00:00Z, between %(first)s and %(last)s."
    ),
    N_("%(value)s is no date such as 2026-01-31."),
    N_("from (%(start)s) is after to (%(end)s); a period begins before it ends."),
    N_(
        "from %(start)s to %(end)s there are %(number)s of them, more than %(most)s. Narrow "
        "the period with from and to, or choose a longer interval."
    ),
    N_("there is no column %(name)s. The columns are: %(names)s."),
    N_("there is no metric %(name)s. The metrics are: %(names)s."),
    N_("there is no format %(name)s; there are: %(names)s."),
    N_("there is none %(name)s; there are: %(names)s."),
    N_("there is none %(name)s that your roles include."),
    N_("name the one figure that is to be explained."),
    N_("expected the address of a page, such as /dashboard/learners."),
    N_("%(number)s orders of yours wait already; cancel some, or wait."),
    N_("This comes more often than %(number)s times a second. Wait, then try again."),
    # what is filled in
    N_("Choose somebody."),
    N_("Missing data for required field."),
    N_("Not a valid date."),
    N_("Not a valid integer."),
    N_("Shorter than minimum length %(number)s."),
    N_("Longer than maximum length %(number)s."),
    N_("Length must be between %(least)s and %(most)s."),
    N_("Must be greater than or equal to %(least)s and less than or equal to %(most)s."),
    N_("Must be one of: %(choices)s."),
    N_("It has characters of control."),
    N_("Expected a time of day such as 06:00."),
    N_("there is nobody %(name)s to whom you may send."),
    N_("say by which way files are delivered, or both."),
    N_("this server has no mail server; the setting is smtp_host."),
    N_("this server has no folder; the setting is deliveries_folder."),
    N_("name one below deliveries_folder, such as reports/monthly."),
    N_("there is no time to come at which it would be due."),
)
WORDS: Final = (
    N_("the message"),
    N_("the address of the recipient"),
    N_("name of the organisation"),
    N_("SIRET of the organisation"),
    N_("declaration number (numéro de déclaration d'activité)"),
    N_("legal representative"),
    N_("place"),
)
"""What stands in the place of `word`, and is said in the language of the page, too."""
DETAIL: Final = "detail"
"""The place of what is a sentence itself."""
WORD: Final = "word"
_PLACE: Final = re.compile(r"%\((\w+)\)s")
_PLACED: Final = re.compile(r"([\w.]{1,40}(?:, [\w.]{1,40})*): (.+)", re.DOTALL)
"""A sentence that begins with the name of the parameter or the field that it is about."""


def said(wording: Wording, sentence: str) -> Markup:
    """Return a sentence in the language of the page, or as it is, marked as English."""
    return _known(wording, sentence) or _placed(wording, sentence) or _english(wording, sentence)


def _known(wording: Wording, sentence: str) -> Markup | None:
    """Return a sentence whose form is known, in the language of the page."""
    for form, shape in _shapes():
        if found := shape.fullmatch(sentence):
            parts = found.groupdict()
            return escape(wording.text(form)) % {
                name: _part(wording, name, part) for name, part in parts.items()
            }
    return None


def _placed(wording: Wording, sentence: str) -> Markup | None:
    found = _PLACED.fullmatch(sentence)
    known = found and _known(wording, found[2])
    return Markup("{}: {}").format(found[1], known) if found and known else None


def _english(wording: Wording, sentence: str) -> Markup:
    if wording.language == "en":
        return escape(sentence)
    return Markup('<span lang="en">{}</span>').format(sentence)


def _part(wording: Wording, name: str, part: str) -> str:
    if name == DETAIL:
        return said(wording, part)
    return wording.text(part) if name == WORD and part in WORDS else part


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each form, and what its sentences look like."""
    return tuple((form, re.compile("".join(_shape(form)), re.DOTALL)) for form in SENTENCES)


def _shape(form: str) -> Iterator[str]:
    for number, part in enumerate(_PLACE.split(form)):
        yield f"(?P<{part}>.+?)" if number % 2 else re.escape(part)
