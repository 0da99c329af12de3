"""The null of a score: the score of the same fit on time-shifted labels, which features cannot predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def shifted_labels(labels: np.ndarray, symbols: np.ndarray, share: float) -> np.ndarray:
    """Return each symbol's labels shifted by ``share`` of its rows; those that leave one end enter at the other.

    Such a shift keeps everything that a model can learn without features: the share of each class, the
    autocorrelation of labels, the volatility of each symbol and, for symbols with the same calendar, their correlation.

    Args:
        labels: of rows in order of time.
        symbols: the symbol of each row.
        share: between 0 and 1, of the symbol's rows.
    """
    import numpy as np
    import pandas as pd

    shifted = np.empty_like(labels)
    codes = pd.factorize(symbols)[0]
    order = np.argsort(codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        shifted[rows] = np.roll(labels[rows], -max(1, round(share * len(rows))))
    return shifted
