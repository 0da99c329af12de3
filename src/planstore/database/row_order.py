"""Sorting of rows that the database computed in another order: of several threads, or of other rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from planstore.checks.arrow_columns import THREADS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

SHORT = 500
"""Rows per stretch below which a batch is sorted, because a slice of a table takes as long as copying some rows."""


def in_order(parts: Iterable[pa.Table], columns: Sequence[str]) -> pa.Table:
    """Return the rows of all parts sorted by integer columns, the first column before the second.

    Rows are sliced where long stretches of them are sorted already. Batches of short stretches are sorted one by one
    first, which copies them, so that few rows are in memory twice.
    """
    import numpy as np
    import pyarrow as pa

    with ThreadPoolExecutor(THREADS) as threads:
        batches = threads.map(lambda batch: _sorted(batch, columns), _batches(parts))
        rows = pa.concat_tables(pa.Table.from_batches([batch]) for batch in batches)
    places = _places(rows, columns)
    starts = _starts(places)
    lengths = np.diff(starts, append=len(places))
    stretches = [rows.slice(places[start], length) for start, length in zip(starts, lengths, strict=True)]
    return pa.concat_tables(stretches) if stretches else rows


def _batches(parts: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
    """Yield the batches of all parts, at least one of each, and keep none that was yielded in memory."""
    import pyarrow as pa

    for part in parts:
        waiting = part.to_batches() or [pa.RecordBatch.from_pylist([], part.schema)]
        del part
        waiting.reverse()
        while waiting:
            yield waiting.pop()


def _sorted(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """Return a batch of short stretches sorted; one of long stretches unchanged."""
    import pyarrow as pa

    places = _places(batch, columns)
    return batch.take(pa.array(places)) if len(_starts(places)) > batch.num_rows / SHORT else batch


def _places(rows: pa.Table | pa.RecordBatch, columns: Sequence[str]) -> np.ndarray[Any, Any]:
    """Return the places of the rows, in the order of the columns."""
    import numpy as np

    places: np.ndarray[Any, Any] = np.lexsort([rows.column(column).to_numpy() for column in reversed(columns)])
    return places


def _starts(places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the starts of the stretches of consecutive places."""
    import numpy as np

    return np.flatnonzero(np.diff(places, prepend=-2) != 1)
