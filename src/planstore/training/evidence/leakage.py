"""Leakage: signs that features contain information from the future.

====================  ==================================================================================================
sign                  meaning
====================  ==================================================================================================
IMPLAUSIBLE_SCORE     the model's score is better than markets allow
SINGLE_FEATURE        one feature alone predicts the label: AUC, or rank correlation of values
SHIFTED_TARGET        one feature is the target shifted by fewer timestamps than its horizon, or a later target
FUTURE_CORRELATION    one feature correlates with the label, and not with the labels that are known at its timestamp
RETURN_CORRELATION    one feature correlates with later values of a target of returns more than anything known does
OTHER_SIDE            one feature is blocked on another side of the panel, of another target or of this one, or has the
                      sign RETURN_CORRELATION there
====================  ==================================================================================================

A target that its own past predicts, such as volatility, shows no FUTURE_CORRELATION: known labels correlate as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.events.vocabulary import LeakageStatus

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class LeakageLimits:
    """The limits of each sign: from the first, features are SUSPECT, and from the second, BLOCKED.

    A limit above 1 is never reached.

    Attributes:
        auc, r2: of a model's score.
        single: of one feature: AUC, or (1 + |rank correlation|) / 2.
        shifted: of the rank correlation of a feature with the shifted target; near 1, because known returns of 20 days
            correlate with unknown ones of 21 days.
        future: of the rank correlation of a feature with the label, if its correlation with the known labels is at most
            the share `known` of it.
        known: that share.
        returns: of the greatest rank correlation of a feature with a target of returns at or after its timestamp, over
            all symbols. On real stocks those of clean features are below 0.08; of leaks in twice as much noise, 0.36.

    Raises:
        RequestError: a value is no pair of numbers from 0 of which the second is at least the first, or `known` is no
            number from 0 to 1.
    """

    auc: tuple[float, float] = (0.90, 0.97)
    r2: tuple[float, float] = (0.50, 0.85)
    single: tuple[float, float] = (0.85, 0.95)
    shifted: tuple[float, float] = (0.995, 0.9995)
    future: tuple[float, float] = (0.60, 0.80)
    known: float = 0.8
    returns: tuple[float, float] = (0.20, 0.40)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name == "known":
                if not (_is_number(value) and 0 <= value <= 1):
                    raise RequestError(f"the leakage limit known must be a number from 0 to 1, got {value}")
                continue
            is_pair = isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))
            if not (is_pair and 0 <= value[0] <= value[1] < float("inf")):
                raise RequestError(
                    f"the leakage limit {one.name} must be two numbers from 0, SUSPECT and BLOCKED, the second at "
                    f"least the first, got {value}: for example {one.default}"
                )

    @classmethod
    def of(cls, limits: Mapping[str, Any]) -> LeakageLimits:
        """Return the default limits with others in their place, by name.

        Raises:
            RequestError: there is no limit of a name, or its value cannot be used.
        """
        names = [one.name for one in fields(cls)]
        for name in limits:
            if name not in names:
                raise RequestError(f"a leakage limit must be one of {', '.join(names)}, got {quoted(name)}")
        return cls(**limits)


CELLS = 200_000
"""Number of shifted labels in memory at once."""
LEAST_SPREAD = 1e-12
"""Share of a sum of squares below which its distance to the mean is rounding, because all values are the same."""
ALONE = 100
"""Fewest horizons in the timestamps with labels, because correlations with returns over fewer are large by chance."""
FEATURE_LIMITS = {
    "SINGLE_FEATURE": "single",
    "SHIFTED_TARGET": "shifted",
    "FUTURE_CORRELATION": "future",
    "RETURN_CORRELATION": "returns",
}
"""The limits of each sign of a feature."""
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
        by, of: the feature's sign on the other side, and the target of that, for an OTHER_SIDE; value and limit are of
            that sign.
    """

    sign: str
    feature: str | None
    value: float
    limit: float
    status: LeakageStatus
    by: str | None = None
    of: str | None = None

    def __str__(self) -> str:
        named = f" {self.feature}" if self.feature else ""
        by, of = (f"{self.by} ", f" for {self.of}") if self.by else ("", "")
        return f"{self.status} by {self.sign}{named}: {by}{self.value:.3f}{of}, the limit is {self.limit:g}"

    @property
    def limits(self) -> str:
        """Name of the limits, as `LeakageLimits` has them, that a sign of a feature has reached."""
        return FEATURE_LIMITS[self.by or self.sign]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
    places: np.ndarray,
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
        places: number of each row's timestamp among all of the panel, with or without labels.
        classes: whether labels are classes.
        horizon: timestamps that a label looks ahead.
        limits: see `LeakageLimits`.
    """
    import numpy as np
    import pandas as pd
    from scipy.stats import rankdata

    codes = pd.factorize(symbols)[0]
    values = labels if classes else rankdata(labels)
    steps = [0, -horizon, *(step for step in range(1 - horizon, horizon + 1) if step)]
    found = step_correlations(ranks, values, codes, places, steps)
    now, before, shifted = found[0], np.abs(found[1]), np.abs(found[2:])
    for column, name in enumerate(names):
        yield from _sign("SINGLE_FEATURE", name, _alone(ranks[:, column], values, now[column], classes), limits.single)
        if before[column] <= limits.known * abs(now[column]):
            yield from _sign("FUTURE_CORRELATION", name, abs(now[column]), limits.future)
    for column, name in enumerate(names):
        yield from _sign("SHIFTED_TARGET", name, shifted[:, column].max(initial=0.0), limits.shifted)
    if not classes and _are_returns(labels, codes, places, horizon):
        later = np.abs(found[[place for place, step in enumerate(steps) if step >= 0]]).max(axis=0)
        for column, name in enumerate(names):
            yield from _sign("RETURN_CORRELATION", name, later[column], limits.returns)


def _are_returns(labels: np.ndarray, codes: np.ndarray, places: np.ndarray, horizon: int) -> bool:
    """Return whether labels are returns of several symbols, over so much time that chance correlations are small."""
    import numpy as np

    negative = float((labels < 0).mean())
    return bool(min(negative, 1 - negative) > 0.2 and codes.max() > 0 and len(np.unique(places)) >= ALONE * horizon)


def other_side_signs(sides: Iterable[tuple[str, Sequence[Sign]]]) -> dict[str, Sign]:
    """Return the sign OTHER_SIDE of each feature that is blocked on one side of a panel, for all other sides.

    A feature with information from one target's future has some about the others: each is at least SUSPECT, because all
    of them learn from the same features. So has one that correlates with returns, whatever else it is measured for.

    Args:
        sides: the target of each side, and its signs.
    """
    found: dict[str, Sign] = {}
    for target, signs in sides:
        for sign in signs:
            is_told = sign.status == LeakageStatus.BLOCKED or sign.sign == "RETURN_CORRELATION"
            if sign.feature is None or not is_told:
                continue
            known = found.get(sign.feature)
            if known is None or sign.value > known.value:
                found[sign.feature] = replace(
                    sign, sign="OTHER_SIDE", status=LeakageStatus.SUSPECT, by=sign.sign, of=target
                )
    return found


def ranked(columns: Sequence[Callable[[], np.ndarray]]) -> np.ndarray:
    """Return the rank of each value in its column, scaled to mean 0 and spread 1; a missing value has the mean.

    Args:
        columns: functions that return a column, because not all columns are in memory at once.
    """
    import numpy as np
    import pandas as pd

    scaled = np.zeros((0, len(columns)), np.float32)
    for place, column in enumerate(columns):
        ranks = pd.Series(column()).rank().to_numpy(dtype=np.float64, copy=True)
        if not place:
            scaled = np.zeros((len(ranks), len(columns)), np.float32)
        known = ~np.isnan(ranks)
        if known.any():
            ranks -= ranks[known].mean()
            ranks[~known] = 0.0
            scaled[:, place] = ranks / (ranks.std() or 1.0)
    return scaled


def _alone(ranks: np.ndarray, labels: np.ndarray, correlation: float, classes: bool) -> float:
    from sklearn.metrics import roc_auc_score

    if not classes or labels.max() > 1:
        return float((1 + abs(correlation)) / 2)
    if abs(correlation) < 0.3:
        return 0.5  # because an AUC near the limit needs a far higher correlation, and is slow to compute
    auc = float(roc_auc_score(labels, ranks))
    return max(auc, 1 - auc)


def step_correlations(
    values: np.ndarray, labels: np.ndarray, codes: np.ndarray, places: np.ndarray, steps: Sequence[int]
) -> np.ndarray:
    """Return the correlation of each column with the label of the same symbol some timestamps later, for each step.

    Args:
        values: a row for each row.
        labels: one for each row.
        codes: number of the symbol of each row.
        places: number of the timestamp of each row; a symbol has each once.
        steps: number of timestamps from a row to the label; a negative one is earlier.

    Returns:
        a row per step; 0 where fewer than three rows have such a label, or nothing varies.
    """
    import numpy as np

    keys = codes * (2 * int(places.max()) + 1 + 2 * max(map(abs, steps))) + places  # symbols far enough from each other
    order = np.argsort(keys, kind="stable")
    keys, centred = keys[order], (labels - labels.mean())[order]
    sums = {name: np.zeros((len(steps), values.shape[1])) for name in ("value", "square", "product")}
    counts, totals, squares = np.zeros((3, len(steps), 1))
    block = max(1, CELLS // len(steps))
    for first in range(0, len(keys), block):
        wanted = keys[first : first + block] + np.array(steps)[:, None]
        others = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        present = keys[others] == wanted
        shifted = np.where(present, centred[others], 0.0)
        own = values[order[first : first + block]].astype(float)
        weights = present.astype(float)
        sums["value"] += weights @ own
        sums["square"] += weights @ own**2
        sums["product"] += shifted @ own
        counts += weights.sum(axis=1, keepdims=True)
        totals += shifted.sum(axis=1, keepdims=True)
        squares += (shifted**2).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        covariances = sums["product"] - sums["value"] * totals / counts
        spreads, other = sums["square"] - sums["value"] ** 2 / counts, squares - totals**2 / counts
        varies = (spreads > LEAST_SPREAD * sums["square"]) & (other > LEAST_SPREAD * squares)
        found = np.where((counts >= 3) & varies, covariances / np.sqrt(spreads * other), 0.0)
    clipped: np.ndarray = np.clip(found, -1, 1)
    return clipped


def _sign(sign: str, feature: str | None, value: float, limits: tuple[float, float]) -> Iterator[Sign]:
    suspect, blocked = limits
    if value >= suspect:
        status, limit = (LeakageStatus.BLOCKED, blocked) if value >= blocked else (LeakageStatus.SUSPECT, suspect)
        yield Sign(sign, feature, round(float(value), 6), limit, status)
