"""The score of predictions out of sample: AUC where classes are predicted, R² where values are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DIGITS = 6
"""Significant digits of computed values, rounded so that evidence does not differ in a last bit between machines."""

LEAST_OF_CLASS = 10
"""Fewest rows of one of several classes, and of the others, for its AUC to count: that of fewer is mostly luck."""


def scored_classes(labels: np.ndarray) -> list[int]:
    """Return those of several classes whose AUC against the rest counts.

    Args:
        labels: of each scored row; classes are numbered from 0.
    """
    import numpy as np

    classes, rows = np.unique(labels, return_counts=True)
    counts = (rows >= LEAST_OF_CLASS) & (len(labels) - rows >= LEAST_OF_CLASS)
    return [int(one) for one in classes[counts]]


def score(task_type: str, labels: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return the AUC or R² of predictions; None where the labels allow none: all are the same, or no class counts.

    Args:
        task_type: contains ``CLASSIFICATION``, or means regression.
        labels: of each row; classes are numbered from 0.
        predicted: a column a class with its probability; or one column, of the class 1 or of the value. Of several
            classes it is the mean AUC of each against the rest, over those of `scored_classes`.
    """
    import numpy as np
    from sklearn.metrics import r2_score, roc_auc_score

    if len(np.unique(labels)) < 2:
        return None
    if "CLASSIFICATION" not in task_type:
        return float(r2_score(labels, predicted[:, 0]))
    if predicted.shape[1] == 1:
        return float(roc_auc_score(labels > 0, predicted[:, 0]))
    classes = scored_classes(labels)
    return float(np.mean([roc_auc_score(labels == one, predicted[:, one]) for one in classes])) if classes else None
