"""What a report can have a row for: the key, where the rows come from, and their titles."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from lrs_stats.reports.roster_frames import RosterFrames


@dataclass(frozen=True)
class Granularity:
    """One granularity: its name, the column that is its key, and its title in words."""

    name: str
    key: str = ""
    title: str = ""

    def entities(self, roster: RosterFrames) -> pl.DataFrame:
        """Return the entities of the roster, with the columns key and title."""
        if self.key == "question":  # of which it has none
            return pl.DataFrame(schema={self.key: pl.Categorical, "title": pl.String})
        entities: pl.DataFrame = getattr(roster, self.name)
        return entities.select(self.key, "title")


GRANULARITIES: Final = {
    granularity.name: granularity
    for granularity in (
        Granularity("platform"),
        Granularity("programs", "program", "Program"),
        Granularity("sessions", "session", "Session"),
        Granularity("courses", "course", "Course"),
        Granularity("questions", "question", "Question"),
        Granularity("groups", "group", "Group"),
        Granularity("learners", "learner", "Learner"),
    )
}
