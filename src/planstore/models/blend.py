"""Predictions of estimators as columns of numbers, and their unweighted mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def predicted(
    estimator: Any, features: pd.DataFrame, task_type: str, classes: Sequence[int], number: int
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


def mean_of(several: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of predictions for the same rows; a class that one of them lacks has probability 0 there."""
    import numpy as np

    classes = max(one.shape[1] for one in several)
    wide = [np.pad(one, ((0, 0), (0, classes - one.shape[1]))) for one in several]
    mean: np.ndarray = np.mean(wide, axis=0)
    return mean
