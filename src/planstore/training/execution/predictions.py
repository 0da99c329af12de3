"""Predictions out of sample, and the blend of several models.

A blend is the unweighted mean of predictions, for classes of probabilities. Fitted weights would need a separate period
of data, and gain nothing over the mean on panels as noisy as these.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.errors import SampleError
from planstore.models.blend import mean_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MEDIA_TYPE = "application/vnd.apache.parquet"


@dataclass(frozen=True)
class Predictions:
    """Predictions for test rows.

    Attributes:
        keys: ``timestamp``, ``symbol`` and ``label`` of each row.
        values: probabilities, one column per class; for a binary target only class 1, for a regression the value.
    """

    keys: pd.DataFrame
    values: np.ndarray

    @classmethod
    def mean(cls, several: Sequence[Predictions]) -> Predictions:
        """Return the mean of predictions for the same rows."""
        return cls(several[0].keys, mean_of([one.values for one in several]))

    def common(self, other: Predictions) -> tuple[Predictions, Predictions]:
        """Return the predictions of both for their common rows.

        Raises:
            SampleError: there is no common row.
        """
        names = ["timestamp", "symbol"]
        left, right = (one.keys[names].assign(row=range(len(one.keys))) for one in (self, other))
        rows = left.merge(right, on=names, suffixes=("", "_other")).sort_values("row")
        if rows.empty:
            raise SampleError("the cross-sectional and the symbol-specific model have no row out of sample in common")
        return self._rows(rows["row"].to_numpy()), other._rows(rows["row_other"].to_numpy())

    def _rows(self, rows: np.ndarray) -> Predictions:
        return Predictions(self.keys.iloc[rows].reset_index(drop=True), self.values[rows])

    def of_symbol(self, symbol: str) -> Predictions:
        """Return the predictions of one symbol."""
        import numpy as np

        return self._rows(np.flatnonzero(self.keys["symbol"].to_numpy() == symbol))

    def dump(self, **parts: Predictions) -> bytes:
        """Return a parquet file: the keys, ``prediction``, and a column for each of ``parts``.

        Predictions of several classes have one column per class: ``prediction_0``, ``prediction_1``, ….
        """
        frame = self.keys.copy()
        for name, one in {"prediction": self, **parts}.items():
            for index, column in enumerate(one.values.T):
                frame[name if one.values.shape[1] == 1 else f"{name}_{index}"] = column
        file = io.BytesIO()
        frame.to_parquet(file, index=False)
        return file.getvalue()

    @classmethod
    def load(cls, content: bytes) -> Predictions:
        """Return the predictions in a file written by :meth:`dump`."""
        import pandas as pd

        frame = pd.read_parquet(io.BytesIO(content))
        names = [name for name in frame.columns if name == "prediction" or name.startswith("prediction_")]
        return cls(frame[["timestamp", "symbol", "label"]], frame[names].to_numpy())
