"""The training organisation, as it is set in `config/organisation.toml`, for files for funders.

What is not set is an empty cell in a file, and a warning; what is wrong stops the start.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from lrs_stats import Options

Method = Literal["measured", "progress", "completion"]
"""How the delivered time is computed: docs/opco.md, "Delivered time"."""

TABLE: Final = "organisation"
"""The table of the settings, `[options.organisation]`, that all these files share."""
WHERE: Final = "config/organisation.toml"
SIRET: Final = re.compile(r"\d{14}", re.ASCII)
DECLARATION: Final = re.compile(r"\d{11}", re.ASCII)
PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".svg"})
LA_POSTE: Final = "356000000"
"""The SIREN whose establishments have no key, but digits that add up to a multiple of five."""
UNDERTAKING: Final = (
    "Sans préjudice des délais imposés par les règles fiscales, comptables ou commerciales, je "
    "m'engage à conserver l'ensemble des pièces justificatives qui ont permis d'établir le présent "
    "document pendant une durée de {years} ans à compter de la fin de l'année du dernier paiement. "
    "En cas de cofinancement des fonds européens, la durée de conservation est étendue "
    "conformément aux obligations conventionnelles spécifiques."
)
WANTED: Final = {
    "name": "name of the organisation",
    "siret": "SIRET of the organisation",
    "declaration_number": "declaration number (numéro de déclaration d'activité)",
    "representative": "legal representative",
    "place": "place",
}
"""What every file should have of the organisation."""


class Organisation(Options, frozen=True):
    """Who gave the training, and what stands on its documents."""

    name: str = ""
    siret: str = ""
    declaration_number: str = ""
    address: str = ""
    representative: str = ""
    representative_title: str = ""
    place: str = ""
    logo: str = ""
    signature: str = ""
    undertaking: str = UNDERTAKING
    retention_years: int = 6
    delivered_time: Method = "measured"
    delivered_time_of: dict[str, Method] = {}  # noqa: RUF012 - each gets a table of its own
    """The method of single programs, by their ids."""

    def __post_init__(self) -> None:
        """Refuse what no organisation can be, in one sentence."""
        if self.siret and not is_siret(_digits(self.siret)):
            raise ValueError(
                f"siret is {self.siret!r}; it is 14 digits, of which the last is their key (Luhn)"
            )
        if self.declaration_number and not DECLARATION.fullmatch(_digits(self.declaration_number)):
            raise ValueError(f"declaration_number is {self.declaration_number!r}; it is 11 digits")
        if self.retention_years < 1:
            raise ValueError(f"retention_years is {self.retention_years}; it is 1 at least")
        for name in ("logo", "signature"):
            _check_picture(name, getattr(self, name))

    @property
    def numbers(self) -> tuple[str, str]:
        """Return the SIRET and the declaration number, without the spaces of their spelling."""
        return _digits(self.siret), _digits(self.declaration_number)

    def method_of(self, program: str) -> Method:
        """Return how the delivered time of a program is computed."""
        return self.delivered_time_of.get(program, self.delivered_time)

    def undertaken(self) -> str:
        """Return the undertaking to keep the evidence, with its years."""
        return self.undertaking.replace("{years}", str(self.retention_years))


def missing(organisation: Organisation) -> Iterator[str]:
    """Yield a sentence for each thing that files will lack, since it is not set."""
    for name, words in WANTED.items():
        if not getattr(organisation, name):
            yield f"The {words} is not set, and stays empty: {name} in {WHERE}."


def is_siret(digits: str) -> bool:
    """Return whether 14 digits have the key of a SIRET: the Luhn formula, but for La Poste."""
    if not SIRET.fullmatch(digits):
        return False
    if digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0:
        return True
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004


def _digits(text: str) -> str:
    return re.sub(r"[\s.]", "", text)


def _check_picture(name: str, path: str) -> None:
    if not path:
        return
    if Path(path).suffix.lower() not in PICTURES:
        raise ValueError(
            f"{name} is {path!r}; it is a picture, one of {', '.join(sorted(PICTURES))}"
        )
    if not Path(path).is_file():
        raise ValueError(f"{name} is {path!r}, which is no file")
