"""What stands in an attestation or a certificate of one learner in one session, in French."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from lrs_stats import Report

from . import opca_attendance
from .opca_evidence import Evidence, Row
from .organisation import Organisation

NATURES: Final = {
    "Action de formation": r"\bformation\b",
    "Bilan de compétences": r"\bbilan\b",
    "VAE (validation des acquis de l'expérience)": r"\bvae\b|\bvalidation\b",
    "Formation par apprentissage": r"\bapprentissage\b",
}
"""The four natures of L. 6313-1, and by which word of the roster's each is known."""
REMARK: Final = (
    "Chaque connexion est arrondie à la seconde et coupée à minuit, heure locale ; les lignes "
    "s'additionnent au total. La fin est l'heure de la dernière action enregistrée ; le temps qui "
    "la suit compte, dans la limite d'inactivité. Les références des connexions figurent dans "
    "opca_logs.csv."
)
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Kind:
    """A kind of document: its name in files, its title, its law, and what it states."""

    name: str
    title: str
    law: str
    states: str


ATTESTATION: Final = Kind(
    "attestation",
    "Attestation d'assiduité",
    "Article R. 6313-3 du Code du travail",
    "a suivi l'action",
)
CERTIFICATE: Final = Kind(
    "certificat",
    "Certificat de réalisation",
    "Article R. 6332-26 du Code du travail",
    "a suivi l'action concourant au développement des compétences",
)


def period(report: Report) -> str:
    """Return the period that is counted, as a sentence; nothing when it is all time."""
    first = report.start and opca_attendance.edited_on(report.start, report.timezone)
    last = report.end and opca_attendance.edited_on(report.end - _MOMENT, report.timezone)
    stretch = [f"du {first}" if first else "", f"jusqu'au {last}" if last else ""]
    return f"Période prise en compte : {' '.join(filter(None, stretch))}." if any(stretch) else ""


def content(kind: Kind, one: Evidence, organisation: Organisation, report: Report) -> Row:
    """Return what stands in a document, as its source wants it; the report says of when it is."""
    place, zone = one.place, ZoneInfo(report.timezone)
    is_over = place["session_end"] and place["session_end"] < report.as_of.astimezone(zone).date()
    siret, declaration = organisation.numbers
    return {
        "title": kind.title,
        "law": kind.law,
        "sentence": [*_sentence(kind, one, organisation, is_over=bool(is_over))],
        "organisation": {
            "name": organisation.name,
            "siret": siret,
            "declaration": declaration,
            "address": organisation.address,
            "representative": organisation.representative,
            "representative_title": organisation.representative_title,
            "place": organisation.place,
            "undertaking": organisation.undertaken(),
            **pictures(organisation, as_paths=False),
        },
        "learner": {
            "name": one.name,
            **{name: place[name] or "" for name in ("email", "employer", "employer_siret")},
            "id": place["learner"],
        },
        "action": {
            "title": place["program_title"] or "",
            "objectives": place["objectives"] or "",
            "session": place["session_title"] or "",
            "modality": place["modality"] or "",
            "dates": f"du {place['opens']} au {place['closes']}" if place["opens"] else "",
            "natures": [*_natures(place["nature"] or "")],
        },
        "time": _time(place),
        "progress": _per_cent(place["progress"]),
        "state": _state(place),
        "evaluations": _evaluations(place),
        "courses": [_course(course) for course in _in_order(one.courses)],
        "log": [[*line.values()][2:] for line in one.log],
        "remark": REMARK,
        "period": period(report),
        "edited": opca_attendance.edited_on(report.as_of, report.timezone),
    }


def pictures(organisation: Organisation, *, as_paths: bool) -> dict[str, str]:
    """Return the pictures of an organisation under their names: paths, or names for a source."""
    found = {}
    for name in ("logo", "signature"):
        path = getattr(organisation, name)
        beside = f"{name}{Path(path).suffix.lower()}" if path else ""
        if not as_paths:
            found[name] = beside
        elif beside:
            found[beside] = path
    return found


def _sentence(
    kind: Kind, one: Evidence, organisation: Organisation, *, is_over: bool
) -> Iterator[Row]:
    """Yield who attests what of whom, part by part; names are strong."""
    place = one.place
    who = organisation.representative_title or "représentant(e) légal(e)"
    hours = f"pour une durée réalisée de {place['delivered']} heures" if place["delivered"] else ""
    planned = f" sur {place['planned']} heures prévues" if hours and place["planned"] else ""
    runs = "s'est déroulée" if is_over else "se déroule"
    dates = f", qui {runs} du {place['opens']} au {place['closes']}" if place["opens"] else ""
    yield from (
        _plain("Je soussigné(e) "),
        *_strong(organisation.representative, after=", "),
        _plain(f"{who[0].lower()}{who[1:]} de l'organisme "),
        *_strong(organisation.name or "…", after=", atteste que "),
        *_strong(one.name, after=", "),
        *(_strong(place["employer"], before="salarié(e) de l'entreprise ", after=", ")),
        _plain(f"{kind.states} "),
        *_strong(place["program_title"]),
        _plain(f"{dates}{', ' if hours else ''}{hours}{planned}."),
    )


def _plain(text: str) -> Row:
    return {"text": text, "strong": False}


def _strong(text: str | None, *, before: str = "", after: str = "") -> list[Row]:
    """Return a name with what stands around it; nothing without the name."""
    if not text:
        return []
    return [_plain(before), {"text": text, "strong": True}, _plain(after)]


def _natures(said: str) -> Iterator[Row]:
    """Yield the natures of actions, ticked as the roster says; another one as it is spelled."""
    found = [name for name, word in NATURES.items() if re.search(word, said, re.IGNORECASE)]
    chosen = found[-1] if found else ""
    yield from ({"label": name, "ticked": name == chosen} for name in NATURES)
    if said and not found:
        yield {"label": f"Autre : {said}", "ticked": True}


def _time(place: Row) -> Row:
    many = place["connections"]
    told = "Aucune connexion."
    if many:
        stretch = f"du {place['first_connection']} au {place['last_connection']}"
        total = f"temps total {place['total']} ({place['total_hours']} h)"
        told = f"{many} connexion{'s' if many > 1 else ''}, {stretch} ; {total}."
    return {
        "planned": _hours(place["planned"]),
        "delivered": _hours(place["delivered"]),
        "mode": opca_attendance.MODES[place["mode"]],
        "rate": _per_cent(place["rate"]),
        "total": place["total"],
        "connections": told,
    }


def _state(place: Row) -> str:
    done = place["completed_at"]
    return f"{place['state']} le {done}" if done else str(place["state"])


def _evaluations(place: Row) -> str:
    many = place["answers"]
    if not many:
        return "Aucune réponse évaluée dans la période."
    mean = f", résultat moyen {_per_cent(place['score'])}" if place["score"] else ""
    return f"{many} réponse{'s' if many > 1 else ''} évaluée{'s' if many > 1 else ''}{mean}."


def _in_order(courses: list[Row]) -> list[Row]:
    return sorted(courses, key=lambda course: (course["course_title"], course["course"]))


def _course(course: Row) -> list[str]:
    return [
        course["course_title"],
        _hours(course["planned"]),
        course["time"],
        _per_cent(course["progress"]),
        str(course["answers"]),
        _per_cent(course["score"]),
        _per_cent(course["course_result"]),
    ]


def _hours(text: str | None) -> str:
    return f"{text} h" if text else ""


def _per_cent(text: str | None) -> str:
    return f"{text} %" if text else ""
