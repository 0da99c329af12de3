"""Leakage: signs that features contain information from the future.

====================  ==================================================================================================
sign                  meaning
====================  ==================================================================================================
IMPLAUSIBLE_SCORE     the model's score is better than markets allow
SINGLE_FEATURE        one feature alone predicts the label: AUC, or rank correlation of values
SHIFTED_TARGET        one feature is the target shifted by fewer timestamps than its horizon, or a later target
FUTURE_CORRELATION    one feature correlates with the label, and not with the labels that are known at its timestamp
BLOCKED_ELSEWHERE     one feature is blocked for another target of the panel, or on another side of this one
====================  ==================================================================================================

A target that its own past predicts, such as volatility, shows no FUTURE_CORRELATION: known labels correlate as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from planstore.events.vocabulary import LeakageStatus

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class LeakageLimits:
    """The limits of each sign: from the first, features are SUSPECT, and from the second, BLOCKED.

    Attributes:
        auc, r2: of a model's score.
        single: of one feature: AUC, or (1 + |rank correlation|) / 2.
        shifted: of the rank correlation of a feature with the shifted target; near 1, because known returns of 20 days
            correlate with unknown ones of 21 days.
        future: of the rank correlation of a feature with the label, if its correlation with the known labels is at most
            the share `known` of it.
        known: that share.
    """

    auc: tuple[float, float] = (0.90, 0.97)
    r2: tuple[float, float] = (0.50, 0.85)
    single: tuple[float, float] = (0.85, 0.95)
    shifted: tuple[float, float] = (0.995, 0.9995)
    future: tuple[float, float] = (0.60, 0.80)
    known: float = 0.8


WORST_FIRST = (LeakageStatus.BLOCKED, LeakageStatus.SUSPECT, LeakageStatus.SAFE, LeakageStatus.UNKNOWN)


@dataclass(frozen=True)
class Sign:
    """One sign of leakage.

    Attributes:
        sign: see the module.
        feature: its name; None for a sign of the model's score.
        value: the measured value.
        limit: the limit that it reached.
        status: SUSPECT or BLOCKED.
        of: the target that the feature is blocked for, of a BLOCKED_ELSEWHERE; value and limit are of that.
    """

    sign: str
    feature: str | None
    value: float
    limit: float
    status: LeakageStatus
    of: str | None = None

    def __str__(self) -> str:
        named = f" {self.feature}" if self.feature else ""
        of = f" for {self.of}" if self.of else ""
        return f"{self.status} by {self.sign}{named}: {self.value:.3f}{of}, the limit is {self.limit:g}"

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def leakage_status(signs: Sequence[Sign]) -> LeakageStatus:
    """Return SAFE, SUSPECT or BLOCKED: the worst sign counts."""
    found = {sign.status for sign in signs}
    return next((status for status in WORST_FIRST if status in found), LeakageStatus.SAFE)


def score_signs(score: float | None, *, classes: bool, limits: LeakageLimits) -> Iterator[Sign]:
    """Yield a sign if a model's score is implausible."""
    if score is not None:
        yield from _sign("IMPLAUSIBLE_SCORE", None, score, limits.auc if classes else limits.r2)


def feature_signs(
    names: Sequence[str],
    ranks: np.ndarray,
    labels: np.ndarray,
    symbols: np.ndarray,
    *,
    classes: bool,
    horizon: int,
    limits: LeakageLimits,
) -> Iterator[Sign]:
    """Yield the signs in single features.

    Args:
        names: of the features.
        ranks: of the features, as `ranked` returns them.
        labels: of rows in order of time.
        symbols: the symbol of each row.
        classes: whether labels are classes.
        horizon: timestamps that a label looks ahead.
        limits: see `LeakageLimits`.
    """
    import numpy as np
    import pandas as pd
    from scipy.stats import rankdata

    codes = pd.factorize(symbols)[0]
    order = np.argsort(codes, kind="stable")
    ordered = ranks[order]
    values = labels[order] if classes else rankdata(labels[order])
    correlations = _Correlations(ordered, values, codes[order])
    now, before = correlations.at(0), np.abs(correlations.at(-horizon))
    for column, name in enumerate(names):
        yield from _sign(
            "SINGLE_FEATURE", name, _alone(ordered[:, column], values, now[column], classes), limits.single
        )
        if before[column] <= limits.known * abs(now[column]):
            yield from _sign("FUTURE_CORRELATION", name, abs(now[column]), limits.future)
    steps = [step for step in range(1 - horizon, horizon + 1) if step]
    if steps:
        most = np.max([np.abs(correlations.at(step)) for step in steps], axis=0)
        for column, name in enumerate(names):
            yield from _sign("SHIFTED_TARGET", name, most[column], limits.shifted)


def signs_elsewhere(sides: Iterable[tuple[str, Sequence[Sign]]]) -> dict[str, Sign]:
    """Return the sign, for all other sides, of each feature that is blocked on one side of a panel.

    A feature with information from one target's future has some about the others: each is at least SUSPECT, because all
    of them learn from the same features.

    Args:
        sides: the target of each side, and its signs.
    """
    found: dict[str, Sign] = {}
    for target, signs in sides:
        for sign in signs:
            if sign.feature is None or sign.status != LeakageStatus.BLOCKED:
                continue
            known = found.get(sign.feature)
            if known is None or sign.value > known.value:
                found[sign.feature] = replace(sign, sign="BLOCKED_ELSEWHERE", status=LeakageStatus.SUSPECT, of=target)
    return found


def ranked(features: pd.DataFrame) -> np.ndarray:
    """Return the rank of each value in its column, scaled to mean 0 and spread 1; a missing value has the mean."""
    import numpy as np

    ranks = features.rank().to_numpy(dtype=np.float64, copy=True)
    known = ~np.isnan(ranks)
    ranks -= np.divide(
        np.nansum(ranks, axis=0), known.sum(axis=0), where=known.any(axis=0), out=np.zeros(ranks.shape[1])
    )
    ranks[~known] = 0.0
    spread = ranks.std(axis=0)
    scaled: np.ndarray = ranks / np.where(spread > 0, spread, 1.0)
    return scaled.astype(np.float32)


def _alone(ranks: np.ndarray, labels: np.ndarray, correlation: float, classes: bool) -> float:
    from sklearn.metrics import roc_auc_score

    if not classes or labels.max() > 1:
        return float((1 + abs(correlation)) / 2)
    if abs(correlation) < 0.3:
        return 0.5  # because an AUC near the limit needs a far higher correlation, and is slow to compute
    auc = float(roc_auc_score(labels, ranks))
    return max(auc, 1 - auc)


class _Correlations:
    """Correlations of features with labels of later rows of the same symbol, without a copy of the features."""

    def __init__(self, ranks: np.ndarray, labels: np.ndarray, owners: np.ndarray) -> None:
        self._ranks = ranks
        self._squares = ranks * ranks
        self._labels = (labels - labels.mean()).astype(ranks.dtype)
        self._owners = owners

    def at(self, step: int) -> np.ndarray:
        """Return the correlation of each feature with the label ``step`` rows later; a negative step is earlier."""
        import numpy as np

        others = np.clip(np.arange(len(self._owners)) + step, 0, len(self._owners) - 1)
        counts = (self._owners[others] == self._owners) & (others == np.arange(len(self._owners)) + step)
        rows = int(counts.sum())
        if rows < 3:
            return np.zeros(self._ranks.shape[1])
        weights = counts.astype(self._ranks.dtype)
        labels = np.where(counts, self._labels[others], 0)
        labels -= weights * (labels.sum(dtype=float) / rows)
        means = (weights @ self._ranks).astype(float) / rows
        spread = np.sqrt(np.maximum((weights @ self._squares).astype(float) / rows - means**2, 0))
        covariances = (labels @ self._ranks).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = covariances / (spread * np.sqrt(rows) * np.linalg.norm(labels))
        clipped: np.ndarray = np.clip(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0), -1, 1)
        return clipped


def _sign(sign: str, feature: str | None, value: float, limits: tuple[float, float]) -> Iterator[Sign]:
    suspect, blocked = limits
    if value >= suspect:
        status, limit = (LeakageStatus.BLOCKED, blocked) if value >= blocked else (LeakageStatus.SUSPECT, suspect)
        yield Sign(sign, feature, round(float(value), 6), limit, status)
