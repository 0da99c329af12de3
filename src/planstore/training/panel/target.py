"""Targets of a panel: their name patterns and task types."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.errors import PanelError

if TYPE_CHECKING:
    import numpy as np

TARGETS = ("y_*", "fwd_ret_*", "target", "target_*", "label", "label_*")
"""Name patterns of target columns. A matching column is never a feature, even if it is not requested as a target."""
DOUBTFUL = re.compile(r"(?:^|_)(?:labels?|targets?|fwd|future|outcome)(?:_|$)", re.IGNORECASE)
"""Names that say of a column that it may know the future. Such a column is learned from only if its owner says so."""
BLOCK = 65_536
"""Values that are looked at at once."""
MOST_CLASSES = 10
"""Maximum number of classes; a target of integers with more distinct values is a regression."""


@dataclass(frozen=True)
class Target:
    """A label column.

    Attributes:
        name: name of the column.
        task_type: BINARY_CLASSIFICATION (one or two integers), MULTICLASS_CLASSIFICATION, or REGRESSION.
        horizon: horizon of the label in timestamps of the panel.
        embargo: further timestamps between training and test rows.
        classes: values of the classes in the order that the panel's settings state; empty means by value.
    """

    name: str
    task_type: str
    horizon: int
    embargo: int = 0
    classes: tuple[float, ...] = ()

    @property
    def gap(self) -> int:
        """Timestamps between training and test rows."""
        return self.horizon + self.embargo

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

    found = np.empty(0)
    for first in range(0, len(values), BLOCK):  # because the values of a regression show themselves in the first block
        block = values[first : first + BLOCK]
        found = np.union1d(found, block[~np.isnan(block)])
        if len(found) > MOST_CLASSES or (found != np.round(found)).any():
            return "REGRESSION"
    if not len(found):
        return "REGRESSION"
    return "BINARY_CLASSIFICATION" if len(found) <= 2 else "MULTICLASS_CLASSIFICATION"


def stated_task(name: str, values: np.ndarray, task: str | None, classes: Sequence[float] | None) -> str:
    """Return the task type of a target from the stated task and classes, or else from its values.

    Raises:
        PanelError: a value is none of the classes, or the values are too many to be classes.
    """
    import numpy as np

    if task == "regression" and classes:
        raise PanelError(f"target {name} must be a classification to have classes, got task: regression: leave one out")
    if task is None and not classes:
        return task_type(values)
    if task == "regression":
        return "REGRESSION"
    found = np.unique(values[~np.isnan(values)])
    others = [value for value in found.tolist() if value not in classes] if classes else []
    if others:
        raise PanelError(
            f"each value of target {name} must be one of its classes {', '.join(f'{one:g}' for one in classes or ())}, "
            f"got {others[0]:g}: name it, or drop such rows"
        )
    number = len(classes) if classes else len(found)
    if number > MOST_CLASSES:
        raise PanelError(
            f"a classification must have at most {MOST_CLASSES} values, got {number} of {name}: say task: regression"
        )
    return "BINARY_CLASSIFICATION" if number <= 2 else "MULTICLASS_CLASSIFICATION"
