"""A target of a panel: which columns are targets, and what kind of task each is."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

TARGETS = ("y_*", "fwd_ret_*", "target", "target_*", "label", "label_*")
"""Patterns of the names of targets. A column that matches one is never a feature, whichever targets are asked for."""
MOST_CLASSES = 10
"""A target of whole numbers with more different values than this is a regression."""


@dataclass(frozen=True)
class Target:
    """A label column.

    Attributes:
        name: of the column.
        task_type: BINARY_CLASSIFICATION (one or two whole numbers), MULTICLASS_CLASSIFICATION, or REGRESSION.
        horizon: how many timestamps of the panel the label looks ahead.
    """

    name: str
    task_type: str
    horizon: int

    @property
    def is_classification(self) -> bool:
        """Whether the label is a class."""
        return "CLASSIFICATION" in self.task_type


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether a column's name is one of ``patterns``; ``*`` and ``?`` stand for what they do in a shell."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def task_type(values: np.ndarray) -> str:
    """Return the task that a column's values come to; NaN is no value."""
    import numpy as np

    found = np.unique(values[~np.isnan(values)])
    if not len(found) or len(found) > MOST_CLASSES or (found != np.round(found)).any():
        return "REGRESSION"
    return "BINARY_CLASSIFICATION" if len(found) <= 2 else "MULTICLASS_CLASSIFICATION"
