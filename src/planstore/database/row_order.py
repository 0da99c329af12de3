"""The order of rows that the threads of the database made beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def in_order(rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return rows in the order of columns of whole numbers, the first before the second and so on.

    Nothing is copied: what the threads of the database each made in order comes in long stretches.
    """
    import numpy as np
    import pyarrow as pa

    places = np.lexsort([rows[column].to_numpy() for column in reversed(columns)])
    starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
    lengths = np.diff(starts, append=len(places))
    stretches = [rows.slice(places[start], length) for start, length in zip(starts, lengths, strict=True)]
    return pa.concat_tables(stretches) if stretches else rows
