"""Predictions out of sample, and how those of several models become one.

Models are blended by the plain mean of what they predict: of probabilities where classes are predicted. Weights that
are fitted would need a stretch of time of their own, and on panels as noisy as these gain nothing over it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.errors import SampleError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MEDIA_TYPE = "application/vnd.apache.parquet"


@dataclass(frozen=True)
class Predictions:
    """What was predicted for rows that the models had not seen.

    Attributes:
        keys: ``timestamp``, ``symbol`` and ``label`` of each row.
        values: a column a class, the probability of it; one column, of the class 1 or of the value, where that is all.
    """

    keys: pd.DataFrame
    values: np.ndarray

    @classmethod
    def mean(cls, several: Sequence[Predictions]) -> Predictions:
        """Return the mean of predictions for the same rows."""
        import numpy as np

        classes = max(one.values.shape[1] for one in several)
        wide = [np.pad(one.values, ((0, 0), (0, classes - one.values.shape[1]))) for one in several]
        return cls(several[0].keys, np.mean(wide, axis=0))

    def common(self, other: Predictions) -> tuple[Predictions, Predictions]:
        """Return both for the rows that both have.

        Raises:
            SampleError: there is none.
        """
        names = ["timestamp", "symbol"]
        mine, theirs = (one.keys[names].assign(row=range(len(one.keys))) for one in (self, other))
        rows = mine.merge(theirs, on=names, suffixes=("", "_other")).sort_values("row")
        if rows.empty:
            raise SampleError("the pooled model and the symbol's own have no row out of sample in common")
        return self._rows(rows["row"].to_numpy()), other._rows(rows["row_other"].to_numpy())

    def _rows(self, rows: np.ndarray) -> Predictions:
        return Predictions(self.keys.iloc[rows].reset_index(drop=True), self.values[rows])

    def of_symbol(self, symbol: str) -> Predictions:
        """Return the rows of one symbol."""
        import numpy as np

        return self._rows(np.flatnonzero(self.keys["symbol"].to_numpy() == symbol))

    def dump(self, **beside: Predictions) -> bytes:
        """Return a parquet file: the keys, ``prediction``, and a column for each of ``beside``.

        A column is split, ``prediction_0``, ``prediction_1``, …, where there is one a class.
        """
        frame = self.keys.copy()
        for name, one in {"prediction": self, **beside}.items():
            for place, column in enumerate(one.values.T):
                frame[name if one.values.shape[1] == 1 else f"{name}_{place}"] = column
        file = io.BytesIO()
        frame.to_parquet(file, index=False)
        return file.getvalue()

    @classmethod
    def load(cls, content: bytes) -> Predictions:
        """Return the predictions in a file that :meth:`dump` made."""
        import pandas as pd

        frame = pd.read_parquet(io.BytesIO(content))
        names = [name for name in frame.columns if name == "prediction" or name.startswith("prediction_")]
        return cls(frame[["timestamp", "symbol", "label"]], frame[names].to_numpy())
