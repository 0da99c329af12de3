"""Stability: how alike the features are that matter, from fold to fold and from run to run.

A snapshot is the gain that a model's splits on each feature brought, over all features. Two snapshots are compared by
overlap, the share of the `TOP` features with the most gain that both have, and by tau, Kendall's rank correlation of
the gains of all features. The metrics are mean and standard deviation over every pair of folds, and over the pairs of
this run's mean with that of each earlier one. They are no measure of signal: models of moved labels are stable as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

from planstore.training.evidence.score import DIGITS

Snapshot = Mapping[str, float]
"""The importance of each feature by name."""
TOP = 10
"""How many features count as the top ones; a panel with fewer than twice as many features counts half of them."""


@dataclass(frozen=True)
class MeasuredStability:
    """How alike snapshots are: means and standard deviations over pairs; overlap from 0 to 1, tau from -1 to 1."""

    mean_overlap: float
    std_overlap: float
    mean_tau: float
    std_tau: float

    def as_dict(self) -> dict[str, float]:
        """Return all attributes, as candidates keep them."""
        return asdict(self)


def mean_snapshot(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Return the mean share of the importance that each feature has over snapshots with the same features."""
    shares = [{name: value / (sum(one.values()) or 1.0) for name, value in one.items()} for one in snapshots]
    return {name: round(sum(one[name] for one in shares) / len(shares), DIGITS) for name in shares[0]}


def stability(folds: Sequence[Snapshot], earlier: Sequence[Snapshot] = ()) -> MeasuredStability | None:
    """Return how alike snapshots are; None where no two of them can be compared.

    Args:
        folds: of this run, with the same features.
        earlier: the mean snapshots of earlier runs; only features that both have are compared with them.
    """
    import numpy as np

    pairs = list(combinations(folds, 2))
    if folds and earlier:
        now = mean_snapshot(folds)
        pairs += [(now, before) for before in earlier]
    compared = np.array([found for pair in pairs if (found := _compared(*pair)) is not None])
    if not len(compared):
        return None
    (overlap, tau), (std_overlap, std_tau) = compared.mean(axis=0).tolist(), compared.std(axis=0).tolist()
    return MeasuredStability(*(round(value, DIGITS) for value in (overlap, std_overlap, tau, std_tau)))


def _compared(one: Snapshot, other: Snapshot) -> tuple[float, float] | None:
    from scipy.stats import kendalltau

    names = sorted(one.keys() & other.keys())
    top = min(TOP, len(names) // 2)
    if top < 1:
        return None
    first, second = [one[name] for name in names], [other[name] for name in names]
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None  # because a model that splits on nothing ranks nothing
    overlap = len(_first(names, one, top) & _first(names, other, top)) / top
    return overlap, float(kendalltau(first, second).statistic)


def _first(names: Sequence[str], snapshot: Snapshot, top: int) -> set[str]:
    return set(sorted(names, key=lambda name: (-snapshot[name], name))[:top])
