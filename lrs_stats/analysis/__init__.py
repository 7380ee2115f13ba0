"""For analysts: the tables of the facts where they lie, and as files without names.

`docs/tables.md` has every table, column by column.
"""

from lrs_stats.analysis.pseudonyms import Pseudonyms, key_of
from lrs_stats.facts.published import Published, published

__all__ = ["Pseudonyms", "Published", "key_of", "published"]
