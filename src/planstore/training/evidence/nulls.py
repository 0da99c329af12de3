"""The null of a score: the scores of the same predictions on labels that are shifted in time, for all shifts at once.

A shift keeps everything that a score can owe to chance: the share of each class, the autocorrelation of labels and
predictions, the differences between symbols and, because all symbols are shifted by the same time, their co-movement.
The method is a shift test (Harris 2020; Yuan and Shou 2024). All shifts come from cross-correlations by FFT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.training.evidence.score import DIGITS, LEAST_OF_CLASS

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
    predictions = [(fold.rows, values) for fold in folds for values in fold.values]
    scores_of = _aucs if "CLASSIFICATION" in task_type else _r2s
    return _mean(scores_of(_Cells(len(moments), places, codes), rows, labels[rows], predictions))


@dataclass(frozen=True)
class _Cells:
    """The cells of rows, by symbol and timestamp.

    Attributes:
        length: number of timestamps.
        places, codes: timestamp and symbol of each row.
    """

    length: int
    places: np.ndarray
    codes: np.ndarray

    def sums(
        self,
        labels: tuple[np.ndarray, np.ndarray],
        predictions: Sequence[tuple[np.ndarray, np.ndarray]],
        pairs: Sequence[tuple[int, int]],
    ) -> np.ndarray:
        """Return for each prediction, pair and shift the sum of products of its values with those of shifted labels.

        The labels are transformed once for all predictions.

        Args:
            labels: row numbers, and ``(n, rows)`` values.
            predictions: the same of each; all have as many values.
            pairs: number of a value of predictions and of one of labels, from 1; 0 means 1 in each row.

        Returns:
            ``(predictions, pairs, length)``.
        """
        import numpy as np
        from scipy.fft import irfft

        symbols = int(self.codes.max()) + 1
        values = len(labels[1]) + len(predictions[0][1]) + 2
        at_once = min(symbols, max(1, CELLS // (self.length * values)))
        products = np.zeros((len(predictions), len(pairs), self.length // 2 + 1), dtype=complex)
        for first in range(0, symbols, at_once):
            right = self._spectra(*labels, first, at_once)
            for place, one in enumerate(predictions):
                left = self._spectra(*one, first, at_once).conj()
                for pair, (of_prediction, of_label) in enumerate(pairs):
                    products[place, pair] += np.einsum("sf,sf->f", left[of_prediction], right[of_label])
        return np.asarray(irfft(products, self.length))

    def _spectra(self, rows: np.ndarray, values: np.ndarray, first: int, symbols: int) -> np.ndarray:
        """Return the transforms of 1 in each row and of each value, for some symbols."""
        import numpy as np
        from scipy.fft import rfft

        codes = self.codes[rows] - first
        inside = (codes >= 0) & (codes < symbols)
        cells = codes[inside], self.places[rows][inside]
        grid = np.zeros((1 + len(values), symbols, self.length))
        grid[0][cells] = 1.0
        for place, one in enumerate(values, 1):
            grid[place][cells] = one[inside]
        return np.asarray(rfft(grid))


def _aucs(
    cells: _Cells, rows: np.ndarray, labels: np.ndarray, predictions: Sequence[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Return the AUC of each prediction and shift; of several classes the mean of each against the rest.

    Of several classes those count that `score` counts. AUC exceeds 1/2 by the difference of the mean ranks of a class
    and of the rest, divided by the number of ranks.
    """
    import numpy as np
    from scipy.stats import rankdata

    is_binary = predictions[0][1].shape[1] == 1
    wanted = [(0, labels > 0)] if is_binary else [(int(one), labels == one) for one in np.unique(labels)]
    truth = np.stack([is_class for _, is_class in wanted])
    ranked = [(fold, np.stack([rankdata(values[:, column]) for column, _ in wanted])) for fold, values in predictions]
    pairs = [pair for one in range(1, len(wanted) + 1) for pair in ((0, one), (one, 0), (one, one))]
    found, least = [], 1 if is_binary else LEAST_OF_CLASS
    for (fold, _), (count, *sums) in zip(ranked, cells.sums((rows, truth), ranked, [(0, 0), *pairs]), strict=True):
        aucs = np.full((len(wanted), cells.length), np.nan)
        for place in range(len(wanted)):
            number, whole, ranks = sums[3 * place : 3 * place + 3]
            inside = np.rint(number)
            outside = np.rint(count) - inside
            counts = (inside >= least) & (outside >= least)
            difference = ranks[counts] / inside[counts] - (whole - ranks)[counts] / outside[counts]
            aucs[place, counts] = 0.5 + difference / len(fold)
        found.append(_mean(aucs))
    return np.stack(found)


def _r2s(
    cells: _Cells, rows: np.ndarray, labels: np.ndarray, predictions: Sequence[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Return the R² of each prediction and shift."""
    import numpy as np

    middle = labels.mean()  # because sums of squares far from zero lose digits
    truth = labels - middle
    centred = [(fold, values[:, 0] - middle) for fold, values in predictions]
    sums = cells.sums(
        (rows, np.stack([truth, truth**2])), [(fold, np.stack([one, one**2])) for fold, one in centred],
        [(0, 0), (0, 1), (0, 2), (1, 1), (2, 0)],
    )  # fmt: skip
    scores = np.full((len(predictions), cells.length), np.nan)
    for found, (count, total, squares, products, own) in zip(scores, sums, strict=True):
        number = np.rint(count)
        spread = squares - total**2 / np.maximum(number, 1)
        varies = (number > 1) & (spread > np.finfo(float).eps * len(labels) * (truth**2).max())
        found[varies] = 1 - (squares - 2 * products + own)[varies] / spread[varies]
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
