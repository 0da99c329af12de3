"""Variations of policies: one threshold of one side replaced by others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.audit.scenario import Record
from planstore.events.vocabulary import SIDES, Side
from planstore.outcomes.bootstrap import rounded
from planstore.routing.policy_sections import ByTask, Scores

if TYPE_CHECKING:
    from planstore.routing.policy import Policy
    from planstore.routing.policy_reader import ReadPolicy

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of a side's promises that lie below the thresholds to try; besides, all and none of them pass."""
TASKS = {"auc": "classification", "r2": "regression"}


@dataclass(frozen=True)
class Variation:
    """A policy with another threshold.

    Attributes:
        policy: name of the policy.
        side: the side of the threshold.
        key: key of the threshold.
        given: the policy's threshold.
        threshold: the other one.
        varied: the policy with it.
    """

    policy: str
    side: Side
    key: str
    given: float
    threshold: float
    varied: Policy


def variations(policies: Mapping[str, ReadPolicy], metric: str, pairs: Sequence[Record]) -> list[Variation]:
    """Return the policies with each threshold to try, for the least score of each side.

    Args:
        policies: policies by name.
        metric: metric of the scores.
        pairs: pairs with what their sides promised, from whose distribution the thresholds come.
    """
    if not pairs or metric not in TASKS:
        return []
    promised = {
        Side.CROSS_SECTIONAL: {(pair["run_id"], pair["target"]): pair["promised_pooled"] for pair in pairs}.values(),
        Side.SYMBOL: [pair["promised"] for pair in pairs],
    }
    return [
        variation
        for name, read in policies.items()
        for side in SIDES
        for variation in _of_side(
            name, read.policy, side, TASKS[metric], [one for one in promised[side] if one is not None]
        )
    ]


def _of_side(name: str, policy: Policy, side: Side, task: str, promised: Sequence[float]) -> list[Variation]:
    import numpy as np

    scores: Scores | None = getattr(policy, side)
    if scores is None or not promised:
        return []
    least = scores.min_score
    given = getattr(least, task) if isinstance(least, ByTask) else least
    if not isinstance(given, int | float):
        return []  # because thresholds by horizon have no one number to replace
    span = max(promised) - min(promised)
    tried = [min(promised) - span, *np.quantile(promised, SHARES).tolist(), max(promised) + span]
    found = []
    for threshold in sorted({rounded(float(f"{one:.3f}")) for one in tried}):
        varied = scores.model_copy(
            update={
                "min_score": _with(least, task, threshold),
                "strong_score": _with(scores.strong_score, task, threshold, at_least=True),
            }
        )
        key = f"{side}.min_score.{task}"
        found.append(Variation(name, side, key, float(given), threshold, policy.model_copy(update={side: varied})))
    return found


def _with(threshold: float | ByTask, task: str, value: float, *, at_least: bool = False) -> ByTask:
    """Return a threshold with another value for a task; ``at_least`` only raises it."""
    by_task = threshold if isinstance(threshold, ByTask) else ByTask(classification=threshold, regression=threshold)
    before = getattr(by_task, task)
    new = max(before, value) if at_least and isinstance(before, int | float) else value
    return by_task.model_copy(update={task: new})
