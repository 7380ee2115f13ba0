"""How far imports are, so that one that was cut off goes on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

from lrs_stats.store.database import Document, available


class ImportStore:
    """One document for each source that is not imported to its end."""

    def __init__(self, database: Database[Document]) -> None:
        self._imports = database["imports"]

    def load(self, source: str) -> Mapping[str, Any] | None:
        """Return what was saved for a source, or None."""
        with available():
            return self._imports.find_one({"_id": source})

    def save(self, source: str, reached: Mapping[str, Any]) -> None:
        """Remember how far the import of a source is."""
        with available():
            document = {**reached, "_id": source, "at": datetime.now(UTC)}
            self._imports.replace_one({"_id": source}, document, upsert=True)

    def forget(self, source: str) -> None:
        """Forget it, since the import is whole."""
        with available():
            self._imports.delete_one({"_id": source})
