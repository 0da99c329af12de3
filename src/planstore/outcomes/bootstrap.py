"""Uncertainty of statistics over runs: whole runs are drawn again, because what happens in one stretch is shared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

DRAWS = 2_000
"""Number of samples of a bootstrap."""
DIGITS = 6
"""Significant digits of statistics."""


@dataclass(frozen=True)
class Estimate:
    """A statistic with its 95 % interval by the percentiles of a bootstrap; None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def by_run(sums: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray], *, seed: int) -> Estimate:
    """Return a statistic of sums over runs.

    Args:
        sums: a row for each run, with a column for each sum.
        statistic: returns the statistic of each row of total sums; not finite where it is undefined.
        seed: random seed.
    """
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        found = float(statistic(sums.sum(axis=0, keepdims=True))[0])
        if not np.isfinite(found):
            return Estimate(None, None, None)
        if len(sums) < 2:
            return Estimate(rounded(found), None, None)
        counts = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), DRAWS)
        drawn = statistic(counts @ sums)
    low, high = np.percentile(drawn[np.isfinite(drawn)], [2.5, 97.5])
    return Estimate(rounded(found), rounded(float(low)), rounded(float(high)))


def sums_by_run(runs: np.ndarray, *columns: np.ndarray) -> np.ndarray:
    """Return the sum of each column over the rows of each run."""
    import numpy as np

    codes = np.unique(runs, return_inverse=True)[1]
    return np.stack([np.bincount(codes, weights=column) for column in columns], axis=1)


def mean(runs: np.ndarray, values: np.ndarray, *, seed: int) -> Estimate:
    """Return the mean of values, without those that are NaN."""
    import numpy as np

    known = np.isfinite(values)
    return by_run(
        sums_by_run(runs, known.astype(float), np.where(known, values, 0.0)), lambda total: total[:, 1] / total[:, 0],
        seed=seed,
    )  # fmt: skip


def rounded(value: float) -> float:
    """Return a number rounded to significant digits."""
    return float(f"{value:.{DIGITS}g}")
