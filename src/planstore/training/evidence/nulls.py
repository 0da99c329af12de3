"""The null of a score: the score of the same fit on time-shifted labels, which features cannot predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def moved_labels(labels: np.ndarray, symbols: np.ndarray, share: float) -> np.ndarray:
    """Return each symbol's labels moved by ``share`` of its rows; those that leave one end come in at the other.

    What stays is what a model can know without the features of the moment: how often a label is 1, how labels follow
    each other, that one symbol is wilder than another, and, in symbols with the same calendar, that they move together.

    Args:
        labels: of rows in order of time.
        symbols: whose rows they are.
        share: between 0 and 1, of the symbol's rows.
    """
    import numpy as np
    import pandas as pd

    moved = np.empty_like(labels)
    codes = pd.factorize(symbols)[0]
    order = np.argsort(codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        moved[rows] = np.roll(labels[rows], -max(1, round(share * len(rows))))
    return moved
