"""Rows as Arrow batches, read from and written to the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from planstore.database.error_translation import store_errors

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 122_880
"""Rows per batch of tables that enter DuckDB: the size of its row groups, because each thread takes one of them."""
RESULT_BATCH_ROWS = 16_384
"""Rows per batch of results: few, because newly allocated memory costs more than copying, and because a batch that fits
into the processor's cache is still there when it is hashed or written."""


class Batches:
    """Arrow batches of a result; errors in the store's files are raised during iteration."""

    def __init__(self, reader: pa.RecordBatchReader, place: str) -> None:
        self._reader = reader
        self._place = place

    @property
    def schema(self) -> pa.Schema:
        """The schema of every batch."""
        return self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        with store_errors(self._place, pa.ArrowException, OSError):
            yield from self._reader

    def stream(self) -> pa.RecordBatchReader:
        """Return the batches as a reader, which the database can read from."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.schema, iter(self))

    def read_all(self) -> pa.Table:
        """Return all batches as one table."""
        import pyarrow as pa

        return pa.Table.from_batches(list(self), self.schema)

    def read_encoded(self) -> pa.Table:
        """Return all batches as one table with texts as dictionaries, each batch with its own, to need less memory."""
        import pyarrow as pa

        parts = [encoded(pa.Table.from_batches([batch]), lists=False) for batch in self]
        return pa.concat_tables(parts) if parts else encoded(self.schema.empty_table(), lists=False)


def encoded(table: pa.Table, *, lists: bool = True) -> pa.Table:
    """Return a copy of a table with its texts as dictionaries, each batch with its own.

    Args:
        table: the table.
        lists: whether texts in lists are dictionaries as well. DuckDB cannot read those of a batch whose lists are all
            empty.
    """
    import pyarrow as pa
    import pyarrow.types as types

    return pa.Table.from_batches(
        pa.RecordBatch.from_arrays(
            [
                _copied(_encoded(column) if lists or not types.is_list(column.type) else column)
                for column in batch.columns
            ],
            names=table.column_names,
        )
        for batch in table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
    )


def _copied(values: pa.Array) -> pa.Array:
    import pyarrow as pa

    # because a batch of the database stays in memory whole while any buffer of it is used; two arrays are always copied
    return pa.concat_arrays([values, values.slice(0, 0)])


def _encoded(values: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_list(values.type):
        values = _copied(values)  # because a slice of lists takes no mask
        mask = values.is_null() if values.null_count else None
        return pa.ListArray.from_arrays(values.offsets, _encoded(values.values), mask=mask)
    return values.dictionary_encode() if types.is_string(values.type) else values
