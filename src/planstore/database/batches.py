"""Rows as Arrow batches, on their way into the database and out of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from planstore.database.error_translation import store_errors

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 122_880
"""Rows a batch when tables enter DuckDB: one of its row groups, which its threads take one each."""
LEAVING_ROWS = 16_384
"""Rows a batch when they leave: few, because memory that is taken anew for each batch costs more than the copying does,
and a batch that fits into the processor's cache is still there when it is digested or written."""


class Batches:
    """Arrow batches on their way out of the database; what is wrong with its files shows while they are taken."""

    def __init__(self, reader: pa.RecordBatchReader, place: str) -> None:
        self._reader = reader
        self._place = place

    @property
    def schema(self) -> pa.Schema:
        """The columns of every batch."""
        return self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        with store_errors(self._place, pa.ArrowException, OSError):
            yield from self._reader

    def read_all(self) -> pa.Table:
        """Return all batches as one table."""
        import pyarrow as pa

        return pa.Table.from_batches(list(self), self.schema)
