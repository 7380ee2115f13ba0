"""IRIs as tools spell them: with http or https, with www. or without."""

import re
from functools import lru_cache
from typing import Final

_SPELLING: Final = re.compile(r"^https?://(www\.)?", re.IGNORECASE)


@lru_cache(maxsize=16_384)
def iri_key(iri: str) -> str:
    """Return what is the same for all spellings of one IRI."""
    return _SPELLING.sub("", iri)
