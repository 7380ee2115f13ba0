"""Documents in memory, each a second after the one before, for tests that need no database."""

from datetime import UTC, datetime, timedelta

from lrs_stats.xapi.documents import Change, Context, Kept, Key, Listed, etag_of

BEGIN = datetime(2026, 1, 2, tzinfo=UTC)


class DocumentMemory:
    """A few documents."""

    def __init__(self) -> None:
        self.kept: dict[Key, Kept] = {}
        self._writes = 0

    def find(self, key: Key) -> Kept | None:
        return self.kept.get(key)

    def listed(self, context: Context, since: datetime | None = None) -> Listed:
        found = [
            (kept.updated, key.id)
            for key, kept in self.kept.items()
            if key.context == context and (since is None or kept.updated > since)
        ]
        ids = [name for _, name in sorted(found)]
        return Listed(ids, max(found)[0] if found else None)

    def change(self, key: Key, change: Change) -> None:
        sent = change(self.kept.get(key))
        if sent is None:
            self.kept.pop(key, None)
            return
        updated = BEGIN + timedelta(seconds=self._writes)
        self._writes += 1
        self.kept[key] = Kept(sent.content, sent.content_type, etag_of(sent.content), updated)

    def clear(self, context: Context) -> None:
        self.kept = {key: kept for key, kept in self.kept.items() if key.context != context}
