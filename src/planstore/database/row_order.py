"""Sorting of rows that the database's threads computed concurrently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def in_order(rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return rows sorted by integer columns, the first column before the second.

    No row is copied, because each thread's rows are sorted already and are sliced as long runs.
    """
    import numpy as np
    import pyarrow as pa

    places = np.lexsort([rows[column].to_numpy() for column in reversed(columns)])
    starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
    lengths = np.diff(starts, append=len(places))
    stretches = [rows.slice(places[start], length) for start, length in zip(starts, lengths, strict=True)]
    return pa.concat_tables(stretches) if stretches else rows
