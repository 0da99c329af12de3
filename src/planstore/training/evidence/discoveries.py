"""Discoveries among measured sides: q-values, and how much of the differences between symbols is chance."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from planstore.events.vocabulary import Mode
from planstore.routing.candidates import read_candidates

if TYPE_CHECKING:
    import pyarrow as pa

RATE = 0.10
"""The rate of false discoveries that the shown counts are for."""


@dataclass(frozen=True)
class Discoveries:
    """A target's discoveries among all measured sides.

    Attributes:
        q_value: of the cross-sectional side, by Benjamini and Hochberg; None without a p-value.
        symbols: number of single symbols with a q-value.
        found: number of them whose q-value is at most ``RATE``.
        shrunken: least, median and greatest shrunken score of single symbols.
    """

    q_value: float | None
    symbols: int
    found: int
    shrunken: tuple[float, float, float] | None

    @property
    def text(self) -> str | None:
        """The found symbols of all, in words."""
        return f"{self.found} of {self.symbols}" if self.symbols else None


def discoveries(candidates: pa.Table) -> dict[str, Discoveries]:
    """Return the discoveries among the candidates of a measurement, by target."""
    rows: dict[str, list[dict[str, object]]] = {}
    if not candidates.num_rows:
        return {}
    evidence = read_candidates(candidates, strict=True).table
    for row in evidence.select(["target", "mode", "q_value", "shrunken_score"]).to_pylist():
        rows.setdefault(row["target"], []).append(row)
    return {target: _discoveries(of_target) for target, of_target in rows.items()}


def _discoveries(rows: list[dict[str, object]]) -> Discoveries:
    pooled = next((row["q_value"] for row in rows if row["mode"] == Mode.CROSS_SECTIONAL), None)
    local = [row for row in rows if row["mode"] == Mode.SYMBOL_SPECIFIC]
    q_values = [row["q_value"] for row in local if isinstance(row["q_value"], float)]
    scores = sorted(row["shrunken_score"] for row in local if isinstance(row["shrunken_score"], float))
    return Discoveries(
        q_value=pooled if isinstance(pooled, float) else None,
        symbols=len(q_values),
        found=sum(q_value <= RATE for q_value in q_values),
        shrunken=(scores[0], median(scores), scores[-1]) if scores else None,
    )
