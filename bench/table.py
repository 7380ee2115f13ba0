"""What a bench prints: one line that says what it did, then figures beside their targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import click

Sign = Literal[">=", "<="]


@dataclass(frozen=True)
class Target:
    """A limit, on the side on which the figure is to be."""

    sign: Sign
    limit: float

    def met(self, figure: float) -> bool:
        """Tell whether a figure is on the right side."""
        return figure >= self.limit if self.sign == ">=" else figure <= self.limit


@dataclass(frozen=True)
class Line:
    """A line of the table: what was measured, each time that it was, and the target if any."""

    what: str
    figures: Sequence[float]
    unit: str = ""
    target: Target | None = None

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the cells: what, the median, its range, the target, and whether it is met."""
        middle = median(self.figures)
        low, high = min(self.figures), max(self.figures)
        spread = f"{_short(low)} – {_short(high)}" if len(self.figures) > 1 else ""
        if self.target is None:
            return self.what, f"{_short(middle)} {self.unit}".strip(), spread, "", ""
        wanted = f"{self.target.sign} {_short(self.target.limit)}"
        verdict = "met" if self.target.met(middle) else "missed"
        return self.what, f"{_short(middle)} {self.unit}".strip(), spread, wanted, verdict


def show(did: str, lines: Sequence[Line]) -> None:
    """Print what was done, and the table."""
    heads = ("", "median", "min – max", "target", "")
    rows = [heads, *(line.cells() for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    click.echo(did)
    for what, *cells in rows:
        shown = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        click.echo("  ".join((what.ljust(widths[0]), *shown)).rstrip())


def _short(figure: float) -> str:
    """Return a figure in three digits, or whole when it has more."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"
