"""Folds in order of time: the test rows of a model are later than all of its training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planstore.errors import SampleError

if TYPE_CHECKING:
    import numpy as np


def time_folds(
    timestamps: np.ndarray, *, folds: int, horizon: int, symbols: np.ndarray | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return train and test row numbers of each fold, both ascending; the first fold tests the earliest rows.

    Unique timestamps are split, not rows, and ``horizon`` of them are left out between train and test, because the
    labels of rows that close to the test depend on test rows.

    Args:
        timestamps: one per row, in any order.
        folds: number of folds.
        horizon: horizon of the label in timestamps.
        symbols: one per row. With them, a row whose label, counted in its own symbol's rows, ends where the test has
            begun is left out as well: a symbol with a sparser calendar than the others looks ahead farther.

    Raises:
        SampleError: there are too few timestamps.
    """
    import numpy as np
    from sklearn.model_selection import TimeSeriesSplit

    moments, places = np.unique(timestamps, return_inverse=True)
    size = len(moments) // (folds + 1)
    if size < 1 or len(moments) - folds * size <= horizon:
        raise SampleError(
            f"{len(moments)} timestamps are too few for {folds} folds over labels that look {horizon} of them ahead"
        )
    ends = places + horizon if symbols is None else label_ends(places, symbols, horizon)
    found = []
    for train, test in TimeSeriesSplit(folds, gap=horizon).split(moments):
        known = (places <= train[-1]) & (ends < test[0])
        if not known.any():
            raise SampleError(f"no row is left to learn from before {moments[test[0]]}, where the first test begins")
        found.append((np.flatnonzero(known), np.flatnonzero((places >= test[0]) & (places <= test[-1]))))
    return found


def as_slice(rows: np.ndarray) -> np.ndarray | slice:
    """Return ascending row numbers as a slice where they follow each other, because a slice takes no copy."""
    is_slice = len(rows) > 0 and int(rows[-1]) - int(rows[0]) == len(rows) - 1
    return slice(int(rows[0]), int(rows[-1]) + 1) if is_slice else rows


def label_ends(places: np.ndarray, symbols: np.ndarray, horizon: int) -> np.ndarray:
    """Return the position of the timestamp at which each row's label is known, never before ``horizon`` timestamps."""
    import numpy as np
    import pandas as pd

    ends = places + horizon
    codes = pd.factorize(symbols)[0]
    order = np.lexsort((places, codes))
    placed, named = places[order], codes[order]
    later = np.arange(len(order)) + horizon
    inside = later < len(order)
    inside[inside] = named[later[inside]] == named[inside]
    own = np.full(len(order), np.iinfo(np.int64).max)  # because the label of a symbol's last rows ends nowhere known
    own[inside] = placed[later[inside]]
    ends[order] = np.maximum(ends[order], own)
    return ends
