"""Targets of a panel: their name patterns and task types."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

TARGETS = ("y_*", "fwd_ret_*", "target", "target_*", "label", "label_*")
"""Name patterns of target columns. A matching column is never a feature, even if it is not requested as a target."""
MOST_CLASSES = 10
"""Maximum number of classes; a target of integers with more distinct values is a regression."""


@dataclass(frozen=True)
class Target:
    """A label column.

    Attributes:
        name: name of the column.
        task_type: BINARY_CLASSIFICATION (one or two integers), MULTICLASS_CLASSIFICATION, or REGRESSION.
        horizon: horizon of the label in timestamps of the panel.
    """

    name: str
    task_type: str
    horizon: int

    @property
    def is_classification(self) -> bool:
        """Whether the label is a class."""
        return "CLASSIFICATION" in self.task_type


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Return whether a column's name matches one of ``patterns``, with shell wildcards ``*`` and ``?``."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def task_type(values: np.ndarray) -> str:
    """Return the task type that follows from a column's values; NaN is ignored."""
    import numpy as np

    found = np.unique(values[~np.isnan(values)])
    if not len(found) or len(found) > MOST_CLASSES or (found != np.round(found)).any():
        return "REGRESSION"
    return "BINARY_CLASSIFICATION" if len(found) <= 2 else "MULTICLASS_CLASSIFICATION"
