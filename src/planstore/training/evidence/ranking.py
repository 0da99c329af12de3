"""Ranking of targets by skill: the margin of the score over chance and over its null."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from planstore.events.vocabulary import LeakageStatus
from planstore.training.evidence.leakage import WORST_FIRST
from planstore.training.evidence.side import MeasuredSide


@dataclass(frozen=True)
class Ranked:
    """A target with its measurements; scores are AUC or R², out of sample.

    Attributes:
        skill: its rank: the score over chance (AUC 0.5, R² 0) or over its null, whichever is less, AUC
            doubled so that 1 is a perfect score of either kind. None where nothing could be measured.
        score, null_score, p_value, interval: of the cross-sectional side; without one, of the symbol in the middle.
        leakage: the worst of the target's sides.
        mean_overlap, mean_tau: its stability.
        symbol_scores: least, median and greatest score of single symbols.
        symbols: how many of them have a score.
        signs: of leakage, over all sides, each feature's worst; OTHER_SIDE only where the target has no other.
    """

    target: str
    task_type: str
    skill: float | None
    score: float | None
    null_score: float | None
    p_value: float | None
    interval: tuple[float, float] | None
    leakage: LeakageStatus
    mean_overlap: float | None
    mean_tau: float | None
    symbol_scores: tuple[float, float, float] | None
    symbols: int
    signs: list[str]
    reason: str | None

    def as_row(self) -> dict[str, Any]:
        """Return all attributes as columns of a table, without nested values."""
        low, high = self.interval or (None, None)
        worst, middle, best = self.symbol_scores or (None, None, None)
        return {
            "target": self.target, "task_type": self.task_type, "score": self.score, "score_low": low,
            "score_high": high, "null_score": self.null_score, "p_value": self.p_value, "skill": self.skill,
            "leakage": str(self.leakage),
            "mean_overlap": self.mean_overlap, "mean_tau": self.mean_tau, "symbols": self.symbols,
            "worst": worst, "middle": middle, "best": best, "reason": self.reason,
        }  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def rank(sides: Iterable[MeasuredSide]) -> list[Ranked]:
    """Return the targets, best first; those that leak come after the others, and those without a score last."""
    by_target: dict[str, list[MeasuredSide]] = {}
    for side in sides:
        by_target.setdefault(side.target, []).append(side)
    found = [_ranked(of_target) for of_target in by_target.values()]
    return sorted(
        found,
        key=lambda one: (one.skill is None, one.leakage == LeakageStatus.BLOCKED, -(one.skill or 0.0), one.target),
    )


def _ranked(sides: Sequence[MeasuredSide]) -> Ranked:
    local = [side for side in sides if side.symbol is not None]
    cross_sectional = next((side for side in sides if side.symbol is None), None)
    scores = sorted(side.score for side in local if side.score is not None)
    lead = cross_sectional or min(
        local, key=lambda side: abs((side.score or 0.0) - (median(scores) if scores else 0.0))
    )
    return Ranked(
        target=lead.target,
        task_type=lead.task_type,
        skill=_skill(lead),
        score=lead.score,
        null_score=lead.null_score,
        p_value=lead.p_value,
        interval=lead.interval,
        leakage=min((side.leakage for side in sides), key=WORST_FIRST.index),
        mean_overlap=lead.stability.mean_overlap if lead.stability else None,
        mean_tau=lead.stability.mean_tau if lead.stability else None,
        symbol_scores=(scores[0], round(median(scores), 6), scores[-1]) if scores else None,
        symbols=len(scores),
        signs=_worst_signs(sides),
        reason=lead.reason,
    )


def _skill(side: MeasuredSide) -> float | None:
    if side.score is None:
        return None
    classes = "CLASSIFICATION" in side.task_type
    beaten = max(0.5 if classes else 0.0, side.null_score if side.null_score is not None else float("-inf"))
    return round((side.score - beaten) * (2 if classes else 1), 6)


def _worst_signs(sides: Sequence[MeasuredSide]) -> list[str]:
    found: dict[tuple[str, str | None], Any] = {}
    measured = {sign.feature for side in sides for sign in side.signs if sign.by is None}
    for side in sides:
        for sign in side.signs:
            if sign.by is not None and sign.feature in measured:
                continue
            key = (sign.sign, sign.feature)
            if key not in found or sign.value > found[key].value:
                found[key] = sign
    return [str(sign) for sign in sorted(found.values(), key=lambda sign: (sign.status, -sign.value))]
