"""The score of predictions out of sample: AUC where classes are predicted, R² where values are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DIGITS = 6
"""Significant digits of computed values, rounded so that evidence does not differ in a last bit between machines."""


def score(task_type: str, labels: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return the AUC or R² of predictions; None where the labels allow none, because all are the same.

    Args:
        task_type: contains ``CLASSIFICATION``, or means regression.
        labels: of each row; classes are numbered from 0.
        predicted: a column a class with its probability; or one column, of the class 1 or of the value. Of several
            classes it is the mean AUC of each against the rest, over those that occur.
    """
    import numpy as np
    from sklearn.metrics import r2_score, roc_auc_score

    classes = np.unique(labels)
    if len(classes) < 2:
        return None
    if "CLASSIFICATION" not in task_type:
        return float(r2_score(labels, predicted[:, 0]))
    if predicted.shape[1] == 1:
        return float(roc_auc_score(labels > 0, predicted[:, 0]))
    return float(np.mean([roc_auc_score(labels == one, predicted[:, int(one)]) for one in classes]))
