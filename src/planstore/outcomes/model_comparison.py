"""Comparison of the three models on the same pairs: cross-sectional, symbol-specific, and both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.audit.scenario import Record
from planstore.events.vocabulary import TRAINED_TYPES, SignalState, TrainingType
from planstore.outcomes.bootstrap import Estimate, by_run, rounded, sums_by_run

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class ModelComparison:
    """The three models on the same symbols: mean scores over null, of pairs whose symbol side had a state.

    Attributes:
        state: that signal state; None means all.
        pairs: number of pairs.
        pooled, own, both: of the cross-sectional model, the symbol's own, and the mean of both.
        own_over_pooled, both_over_pooled: differences.
        pooled_jobs, own_jobs: jobs that train the models: one for each target in a run, and one for each pair.
        pooled_hours, own_hours: their hours, as of `PolicyValue`; the mean of both takes both.
    """

    state: str | None
    pairs: int
    pooled: float
    own: float
    both: float
    own_over_pooled: Estimate
    both_over_pooled: Estimate
    pooled_jobs: int
    own_jobs: int
    pooled_hours: float | None
    own_hours: float | None


def compared_models(pairs: Sequence[Record], hours: Mapping[str, float], seed: int) -> list[ModelComparison]:
    """Return the comparison by signal state of the symbol side, and over all; the last has no state.

    Args:
        pairs: pairs with outcomes of all three models: ``run_id, target, local_state, pooled, own, both``.
        hours: mean hours of one CPU core of a job, by kind.
        seed: seed of the intervals.
    """
    import numpy as np

    runs = np.array([pair["run_id"] for pair in pairs], dtype=object)
    states = np.array([pair["local_state"] for pair in pairs], dtype=object)
    targets = np.array([f"{pair['run_id']}\0{pair['target']}" for pair in pairs], dtype=object)
    pooled, own, both = (np.array([pair[name] for pair in pairs]) for name in ("pooled", "own", "both"))

    def mean(values: np.ndarray, where: np.ndarray) -> Estimate:
        sums = sums_by_run(runs[where], np.ones(int(where.sum())), values[where])
        return by_run(sums, lambda total: total[:, 1] / total[:, 0], seed=seed)

    chosen = [(str(state), states == state) for state in SignalState if (states == state).any()]

    def taken(kind: TrainingType, jobs: int) -> float | None:
        return rounded(jobs * hours[kind]) if kind in hours else None

    def compared(state: str | None, where: np.ndarray) -> ModelComparison:
        jobs = len(set(targets[where])), int(where.sum())
        over_null = [rounded(float(values[where].mean())) for values in (pooled, own, both)]
        return ModelComparison(
            state, int(where.sum()), over_null[0], over_null[1], over_null[2], mean(own - pooled, where),
            mean(both - pooled, where), *jobs, *map(taken, TRAINED_TYPES, jobs),
        )  # fmt: skip

    return [compared(state, where) for state, where in [*chosen, (None, np.ones(len(pairs), bool))]]
