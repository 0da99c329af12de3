"""The null of a score: the scores of the same predictions on labels that are shifted in time, for all shifts at once.

A shift keeps everything that a score can owe to chance: the share of each class, the autocorrelation of labels and
predictions, the differences between symbols and, because all symbols are shifted by the same time, their co-movement.
The method is a shift test (Harris 2020; Yuan and Shou 2024). All shifts come from cross-correlations by FFT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.training.evidence.score import DIGITS

if TYPE_CHECKING:
    import numpy as np

CELLS = 4_000_000
"""Maximum number of values that are transformed at once."""
LEAST_SHIFTS = 20
"""Number of shifts below which they tell nothing of a distribution."""
LEAST_SAMPLES = 2.0
"""Effective number of shifts below which their spread tells nothing."""


@dataclass(frozen=True)
class Predicted:
    """Out-of-sample predictions of one fold.

    Attributes:
        rows: numbers of the test rows.
        values: of each family: a column per class with its probability; or one column, of the class 1 or of the value.
    """

    rows: np.ndarray
    values: Sequence[np.ndarray]


@dataclass(frozen=True)
class ShiftNull:
    """The distribution of a score over shifts.

    Attributes:
        score: its mean.
        sd: its standard deviation.
        p_value: the probability that chance scores as high as the evidence, by Student's t; None if it cannot be told.
        effective_samples: number of shifts divided by the autocorrelation time of their scores.
    """

    score: float
    sd: float
    p_value: float | None
    effective_samples: float


def shift_null(
    task_type: str,
    timestamps: np.ndarray,
    symbols: np.ndarray,
    labels: np.ndarray,
    folds: Sequence[Predicted],
    horizon: int,
) -> ShiftNull | None:
    """Return the null of the mean score over folds; None if the folds have too few timestamps.

    Args:
        task_type: contains ``CLASSIFICATION``, or means regression.
        timestamps: one per row.
        symbols: one per row.
        labels: one per row; classes are numbered from 0.
        folds: the predictions of each fold.
        horizon: least shift in timestamps, because labels of nearer rows overlap.
    """
    import numpy as np

    scores = shifted_scores(task_type, timestamps, symbols, labels, folds)
    least = max(1, horizon)
    null = scores[least : len(scores) - least + 1]
    null = null[np.isfinite(null)]
    return _null(float(scores[0]), null) if len(null) >= LEAST_SHIFTS else None


def shifted_scores(
    task_type: str, timestamps: np.ndarray, symbols: np.ndarray, labels: np.ndarray, folds: Sequence[Predicted]
) -> np.ndarray:
    """Return the mean score over folds and families for each shift of the labels, from 0 to all timestamps but one.

    The test rows of all folds are one stretch of timestamps; labels that leave its one end enter at the other. A row
    counts where its symbol has a label at the shifted time.

    Returns:
        one number per timestamp of the stretch; NaN where the shifted labels allow no score.
    """
    import numpy as np
    import pandas as pd

    rows = np.concatenate([fold.rows for fold in folds])
    moments = np.unique(timestamps[rows])
    places = np.searchsorted(moments, timestamps)
    codes = pd.factorize(symbols, sort=True)[0]
    scores_of = _aucs if "CLASSIFICATION" in task_type else _r2s
    found = []
    for fold in folds:
        stretch = _Stretch(len(moments), places[rows], codes[rows], places[fold.rows], codes[fold.rows])
        found += [scores_of(stretch, labels[rows], values) for values in fold.values]
    return _mean(np.stack(found))


@dataclass(frozen=True)
class _Stretch:
    """The cells, by symbol and timestamp, of all labels and of one fold's predictions.

    Attributes:
        length: number of timestamps.
        places, codes: timestamp and symbol of each label.
        fold_places, fold_codes: of each prediction.
    """

    length: int
    places: np.ndarray
    codes: np.ndarray
    fold_places: np.ndarray
    fold_codes: np.ndarray

    def correlated(self, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return for each shift the sum of products of values of predictions with values of shifted labels.

        Args:
            predictions: ``(m, rows of the fold)``.
            labels: ``(n, rows)``.

        Returns:
            ``(m, n, length)``.
        """
        import numpy as np
        from scipy.fft import irfft, rfft

        symbols = int(self.codes.max()) + 1
        at_once = min(symbols, max(1, CELLS // (self.length * (len(predictions) + len(labels)))))
        products = np.zeros((len(predictions), len(labels), self.length // 2 + 1), dtype=complex)
        for first in range(0, symbols, at_once):
            left = self._laid_out(predictions, self.fold_codes - first, self.fold_places, at_once)
            right = self._laid_out(labels, self.codes - first, self.places, at_once)
            products += np.einsum("msf,nsf->mnf", rfft(left).conj(), rfft(right), optimize=True)
        return np.asarray(irfft(products, self.length))

    def _laid_out(self, values: np.ndarray, codes: np.ndarray, places: np.ndarray, symbols: int) -> np.ndarray:
        import numpy as np

        inside = (codes >= 0) & (codes < symbols)
        grid = np.zeros((len(values), symbols, self.length))
        grid[:, codes[inside], places[inside]] = values[:, inside]
        return grid


def _aucs(stretch: _Stretch, labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the AUC of each shift; of several classes the mean of each against the rest, over those that occur.

    AUC exceeds 1/2 by the difference of the mean ranks of a class and of the rest, divided by the number of ranks.
    """
    import numpy as np
    from scipy.stats import rankdata

    wanted = [(0, labels > 0)] if predicted.shape[1] == 1 else [(int(one), labels == one) for one in np.unique(labels)]
    found = []
    for column, is_class in wanted:
        ranks = rankdata(predicted[:, column])
        sums = stretch.correlated(
            np.stack([np.ones(len(ranks)), ranks]), np.stack([np.ones(len(labels)), is_class.astype(float)])
        )
        counts = np.rint(sums[0])
        inside, outside = counts[1], counts[0] - counts[1]
        occurs = (inside > 0) & (outside > 0)
        aucs = np.full(stretch.length, np.nan)
        difference = sums[1, 1, occurs] / inside[occurs] - (sums[1, 0] - sums[1, 1])[occurs] / outside[occurs]
        aucs[occurs] = 0.5 + difference / len(ranks)
        found.append(aucs)
    return _mean(np.stack(found))


def _r2s(stretch: _Stretch, labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the R² of each shift."""
    import numpy as np

    middle = labels.mean()  # because sums of squares far from zero lose digits
    truth, values = labels - middle, predicted[:, 0] - middle
    sums = stretch.correlated(
        np.stack([np.ones(len(values)), values, values**2]), np.stack([np.ones(len(truth)), truth, truth**2])
    )
    count, total, squares = np.rint(sums[0, 0]), sums[0, 1], sums[0, 2]
    rest = squares - 2 * sums[1, 1] + sums[2, 0]
    spread = squares - total**2 / np.maximum(count, 1)
    varies = (count > 1) & (spread > np.finfo(float).eps * len(labels) * (truth**2).max())
    scores = np.full(stretch.length, np.nan)
    scores[varies] = 1 - rest[varies] / spread[varies]
    return scores


def _mean(scores: np.ndarray) -> np.ndarray:
    """Return the mean of each column over the rows that have a number; NaN where none has."""
    import numpy as np

    known = np.isfinite(scores)
    counted = known.sum(axis=0)
    mean = np.full(scores.shape[1], np.nan)
    np.divide(np.where(known, scores, 0.0).sum(axis=0), counted, out=mean, where=counted > 0)
    return mean


def _null(observed: float, null: np.ndarray) -> ShiftNull:
    """Judge a score by those of all shifts, which are a sample of as many as are independent of one another."""
    import numpy as np
    from scipy.stats import t

    mean, sd = float(null.mean()), float(null.std())
    varies = sd > np.finfo(float).eps * max(1.0, abs(mean))
    samples = len(null) / _autocorrelation_time(null) if varies else float(len(null))
    p_value: float | None = None
    if not varies:
        p_value = 1.0
    elif samples >= LEAST_SAMPLES:
        spread = sd * np.sqrt((1 + 1 / samples) * samples / (samples - 1))
        p_value = float(f"{t.sf((observed - mean) / spread, samples - 1):.{DIGITS}g}")
    return ShiftNull(round(mean, DIGITS), round(sd, DIGITS), p_value, round(samples, DIGITS))


def _autocorrelation_time(values: np.ndarray) -> float:
    """Return the number of values that count as one, at least 1, by the initial positive sequence (Geyer 1992)."""
    import numpy as np
    from scipy.fft import irfft, rfft

    centred = values - values.mean()
    spectrum = np.abs(rfft(centred, 2 * len(values))) ** 2
    correlations = irfft(spectrum)[: len(values) // 2 * 2]
    pairs = (correlations[::2] + correlations[1::2]) / correlations[0]
    positive = pairs[: np.argmax(pairs <= 0)] if (pairs <= 0).any() else pairs
    return max(1.0, float(2 * positive.sum() - 1))
