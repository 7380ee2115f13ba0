"""What the server tells of the statements, from the facts alone."""

from pathlib import Path

from lrs_stats.api.about import understood
from lrs_stats.checkup import _settled
from lrs_stats.facts.reader import FactsReader
from lrs_stats.samples import statements
from tests.line import Line
from tests.statement_strategies import IDLE, ZONE

SAID = """
2026-01-05T10:00:00.000Z zoe launched course:http://example.org/course
2026-01-05T10:01:00.000Z zoe http://example.org/verbs/pondered http://example.org/riddle
2026-01-05T10:02:00.000Z zoe liked http://example.org/post
"""


def voided(number: int) -> dict[str, object]:
    return {
        "actor": {"mbox": "mailto:admin@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": f"{number:08}-0000-4000-8000-000000000000"},
    }


def filled(folder: Path, *, void: bool) -> Line:
    line = Line(folder, ZONE, IDLE)
    said = [*statements(SAID), *(voided(n) for n in range(3) if void)]
    line.record.add(
        one | {"stored": "2026-01-05T11:00:00.000Z", "id": f"{n:08}-0000-4000-8000-000000000000"}
        for n, one in enumerate(said)
    )
    line.catch_up()
    return line


def test_voided_statements_are_not_told_among_thoseunderstood_or_not(tmp_path: Path) -> None:
    filled(tmp_path, void=False)
    told = understood(FactsReader(tmp_path), 30)
    assert told["unknown_verbs"] == {"http://example.org/verbs/pondered": 1}
    assert (sum(told["interpreters"].values()), told["unassigned"]) == (3, 1)
    filled(tmp_path / "other", void=True)
    told = understood(FactsReader(tmp_path / "other"), 30)
    assert (told["interpreters"], told["unknown_verbs"]) == ({"none": 3}, {})
    assert told["unassigned"] == 0


def test_the_facts_account_for_every_statement_voided_or_not(tmp_path: Path) -> None:
    line = filled(tmp_path, void=True)

    class Record:
        def count_through(self, place: object) -> int:
            return len(line.record.statements)

    assert _settled(tmp_path, Record()) == (6, 6)  # type: ignore[arg-type]
