"""Score order: a side is strong from no lower score than that from which it is good enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planstore.events.vocabulary import SIDES

TIERS = ("short", "medium", "long", "very_long")


@dataclass(frozen=True)
class CrossedScores:
    """A minimum score above the strong score of the same side, task and tier."""

    side: str
    task: str
    tier: str
    min_score: float
    strong_score: float


def crossed_scores(document: Mapping[str, Any]) -> Iterator[CrossedScores]:
    """Yield the minimum scores of a policy's document that are above their strong score."""
    for side in SIDES:
        scores = document[side]
        for task in ("classification", "regression"):
            for tier in ("default", *TIERS):
                low, high = (_threshold(scores[name], task, tier) for name in ("min_score", "strong_score"))
                if low > high:
                    yield CrossedScores(side, task, tier, low, high)


def _threshold(threshold: Any, task: str, tier: str) -> float:
    """Return the number that a threshold is for a task and tier."""
    by_tier = threshold[task] if isinstance(threshold, Mapping) else threshold
    if not isinstance(by_tier, Mapping):
        return float(by_tier)
    found = by_tier.get(tier)
    return float(by_tier["default"] if found is None else found)
