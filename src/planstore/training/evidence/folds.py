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


def fit_rows(train: np.ndarray, places: np.ndarray, most: int | None, seed: int) -> np.ndarray:
    """Return the rows of a fold to fit a model on: its train rows, or a sample of them where they are too many.

    Whole timestamps are sampled, so that a sampled timestamp has all of its symbols.

    Args:
        train: numbers of the train rows, ascending.
        places: number of the timestamp of each row.
        most: maximum number of rows; None means all.
        seed: random seed; the same seed and rows give the same sample on any machine.

    Raises:
        SampleError: a single timestamp has more rows.
    """
    import numpy as np

    if most is None or len(train) <= most:
        return train
    moments, inverse, counts = np.unique(places[train], return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(moments))
    chosen = np.zeros(len(moments), dtype=bool)
    chosen[order[np.cumsum(counts[order]) <= most]] = True
    if not chosen.any():
        raise SampleError(f"max_fit_rows must be at least the {counts[order[0]]} rows of a timestamp, got {most}")
    return train[chosen[inverse]]


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
