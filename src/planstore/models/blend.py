"""Predictions of estimators as columns of numbers, and their unweighted mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CHUNK = 65_536
"""Rows that are predicted at once, because the features of all of them may not fit in memory."""


def predicted(
    estimator: Any, features: pd.DataFrame | np.ndarray, task_type: str, classes: Sequence[int], number: int
) -> np.ndarray:
    """Return predictions: one column per class, for a binary target only that of class 1; for a regression one column.

    Args:
        estimator: a fitted estimator.
        features: rows to predict.
        task_type: task type of the target.
        classes: positions of the classes that the estimator has learned.
        number: number of classes of the target.
    """
    import numpy as np

    if "CLASSIFICATION" not in task_type:
        return np.asarray(estimator.predict(features), dtype=float).reshape(-1, 1)
    values = np.zeros((len(features), number))
    values[:, list(classes)] = estimator.predict_proba(features)
    return values[:, 1:2] if task_type.startswith("BINARY") else values


def predicted_rows(
    estimator: Any,
    features: Callable[[np.ndarray], Any],
    rows: np.ndarray,
    task_type: str,
    classes: Sequence[int],
    number: int,
) -> np.ndarray:
    """Return predictions of rows, whose features are in memory only `CHUNK` rows at a time.

    Args:
        estimator: as for :func:`predicted`, like the last three.
        features: returns the features of rows.
        rows: numbers of the rows.
        task_type: task type of the target.
        classes: positions of the classes that the estimator has learned.
        number: number of classes of the target.
    """
    import numpy as np

    chunks = [rows[first : first + CHUNK] for first in range(0, max(1, len(rows)), CHUNK)]
    return np.concatenate([predicted(estimator, features(chunk), task_type, classes, number) for chunk in chunks])


def mean_of(several: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of predictions for the same rows; a class that one of them lacks has probability 0 there."""
    import numpy as np

    classes = max(one.shape[1] for one in several)
    wide = [np.pad(one, ((0, 0), (0, classes - one.shape[1]))) for one in several]
    mean: np.ndarray = np.mean(wide, axis=0)
    return mean
