"""Features of a sample's rows, which are copied only when they are taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from planstore.training.panel.layout import Layout

HELD_BYTES = 64 * 2**20
"""Maximum bytes of features that are held in memory, because a small sample is taken many times."""


@dataclass(frozen=True)
class FeatureRows:
    """Features of rows: NaN where there is no value; float32 where that represents all values of all of them.

    Attributes:
        layout: rows of the panel.
        names: names of the features.
        rows: positions in the layout.
    """

    layout: Layout
    names: tuple[str, ...]
    rows: np.ndarray

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return the features of the rows with these numbers, ascending: a row for each row."""
        wanted = as_slice(rows)
        if self._held is not None:
            return self._held[wanted]
        return self.layout.values(self.names, self.rows[wanted])

    def frame(self, rows: np.ndarray) -> pd.DataFrame:
        """Return the same with the names of the features."""
        import pandas as pd

        return pd.DataFrame(self.take(rows), columns=list(self.names), copy=False)

    def column(self, place: int) -> np.ndarray:
        """Return one feature of all rows."""
        if self._held is not None:
            return self._held[:, place]
        found: np.ndarray = self.layout.columns[self.names[place]][self.rows]
        return found.astype(self.layout.dtype(self.names), copy=False)

    @cached_property
    def _held(self) -> np.ndarray | None:
        size = len(self.rows) * len(self.names) * self.layout.dtype(self.names).itemsize
        return self.layout.values(self.names, self.rows) if size <= HELD_BYTES else None


def as_slice(rows: np.ndarray) -> np.ndarray | slice:
    """Return ascending row numbers as a slice where they follow each other, because a slice takes no copy."""
    is_slice = len(rows) > 0 and int(rows[-1]) - int(rows[0]) == len(rows) - 1
    return slice(int(rows[0]), int(rows[-1]) + 1) if is_slice else rows
