r"""Digests of rows: by column from Arrow buffers, independent of storage and chunks.

The digest of a column is the digest over the digests of its streams, in this order:

1. validity: one byte a row, 1 for a value and 0 for a null;
2. for text and lists, lengths: each row's length in bytes or items as a little-endian ``uint64``, 0 for a null;
3. the values: little-endian, 0 for a null; text as UTF-8; booleans as one byte;
   a list as the column of its items; a struct as the columns of its fields, in their order;
   a dictionary as the column of its values.

The digest of a table is the digest over one line a column, ``name:digest\n``, in column order. A column that a later
format added (:data:`ADDED`) has a line only if at least one row has a value in it, so that the digests of earlier
commits stay valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from planstore.events.candidate_columns import COLUMNS
from planstore.events.hashing import hasher
from planstore.events.prefetch import each_prefetched

if TYPE_CHECKING:
    import pyarrow as pa


ADDED = frozenset(column.name for column in COLUMNS if column.since > 1)
"""Columns that do not exist in format 1."""

FEW_ROWS = 1_000
"""Rows below which hashing takes less time than starting a thread."""


class ColumnDigest:
    """The digest of one column, updated chunk by chunk.

    Attributes:
        has_values: whether any row so far is not null.
    """

    def __init__(self, kind: pa.DataType) -> None:
        import pyarrow.types as types

        if types.is_dictionary(kind):
            kind = kind.value_type
        self.has_values = False
        self._validity = hasher()
        self._lengths = hasher() if _has_lengths(kind) else None
        self._values = hasher()
        self._children: list[ColumnDigest] = []
        if types.is_list(kind) or types.is_large_list(kind):
            self._children = [ColumnDigest(kind.value_type)]
        elif types.is_struct(kind):
            self._children = [ColumnDigest(kind.field(i).type) for i in range(kind.num_fields)]

    def update(self, chunk: pa.Array) -> None:
        """Add the rows of ``chunk``."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.types as types

        if types.is_dictionary(chunk.type):
            chunk = chunk.dictionary_decode()
        kind = chunk.type
        self.has_values = self.has_values or chunk.null_count < len(chunk)
        if chunk.null_count:
            self._validity.update(_bytes(chunk.is_valid()))
        else:
            self._validity.update(b"\x01" * len(chunk))
        if types.is_struct(kind):
            for child, values in zip(self._children, chunk.flatten(), strict=True):
                child.update(values)
        elif types.is_list(kind) or types.is_large_list(kind):
            self._update_lengths(pc.list_value_length(chunk))
            self._children[0].update(chunk.flatten())
        elif _has_lengths(kind):
            self._update_lengths(pc.binary_length(chunk))
            if chunk.null_count:
                chunk = chunk.drop_null()
            offsets = np.frombuffer(chunk.buffers()[1], dtype=_offset_type(kind), count=len(chunk) + chunk.offset + 1)
            data = chunk.buffers()[2]
            if data is not None and len(chunk):
                self._values.update(memoryview(data)[int(offsets[chunk.offset]) : int(offsets[-1])])
        else:
            if chunk.null_count:
                chunk = pc.fill_null(chunk, pa.scalar(0).cast(kind) if not types.is_boolean(kind) else False)
            self._values.update(_bytes(chunk))

    def _update_lengths(self, lengths: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if lengths.null_count:
            lengths = pc.fill_null(lengths, pa.scalar(0, lengths.type))
        assert self._lengths is not None
        self._lengths.update(_bytes(lengths.cast(pa.uint64())))

    def digest(self) -> bytes:
        """Return the digest of all rows added so far."""
        whole = hasher(self._validity.digest())
        if self._lengths is not None:
            whole.update(self._lengths.digest())
        if self._children:
            for child in self._children:
                whole.update(child.digest())
        else:
            whole.update(self._values.digest())
        return whole.digest()


class RowBatches(Protocol):
    """A stream of record batches."""

    @property
    def schema(self) -> pa.Schema:
        """The schema of every batch."""

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches, in row order."""


class RowsDigest:
    """The digests of a table's columns, updated batch by batch in row order."""

    def __init__(self, schema: pa.Schema) -> None:
        self._columns = {field.name: ColumnDigest(field.type) for field in schema}
        self.rows = 0

    @classmethod
    def of(cls, batches: RowBatches) -> RowsDigest:
        """Return the digest of all batches; the next batch is fetched while the current one is hashed."""
        digest = cls(batches.schema)
        each_prefetched(batches, digest.update)
        return digest

    @classmethod
    def of_table(cls, table: pa.Table) -> RowsDigest:
        """Return the digest of a table's rows."""
        digest = cls(table.schema)
        for batch in table.to_batches():
            digest.update(batch)
        return digest

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the rows of ``batch``, whose columns match the schema in order."""
        for name, column in zip(self._columns, batch.columns, strict=True):
            self._columns[name].update(column)
        self.rows += batch.num_rows

    def columns(self) -> list[tuple[str, bytes]]:
        """Return the name and digest of each column that the table's digest covers."""
        return [
            (name, column.digest()) for name, column in self._columns.items() if column.has_values or name not in ADDED
        ]

    def hexdigest(self) -> str:
        """Return the digest of the table."""
        return table_digest(self.columns())


class StagedRows:
    """A table and its digest, which is computed concurrently.

    The digest of a small table is computed on request, because starting a thread takes as long.

    Attributes:
        table: the rows.
        rows: their number.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.rows = table.num_rows
        self._digest: Callable[[], RowsDigest] = partial(RowsDigest.of_table, table)
        if self.rows > FEW_ROWS:
            hashing = ThreadPoolExecutor(max_workers=1)
            self._digest = hashing.submit(self._digest).result
            hashing.shutdown(wait=False)

    def columns(self) -> list[tuple[str, bytes]]:
        """Return the name and digest of each column that the table's digest covers."""
        return self._digest().columns()

    def hexdigest(self) -> str:
        """Return the digest of the table."""
        return self._digest().hexdigest()


def table_digest(columns: Iterable[tuple[str, bytes]]) -> str:
    """Return the digest of a table, computed from the names and digests of its columns."""
    whole = hasher()
    for name, digest in columns:
        whole.update(f"{name}:{digest.hex()}\n".encode())
    return whole.hexdigest()


def _has_lengths(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_list(kind)
        or types.is_large_list(kind)
    )


def _offset_type(kind: pa.DataType) -> str:
    import pyarrow.types as types

    return "<i8" if types.is_large_string(kind) or types.is_large_binary(kind) else "<i4"


def _bytes(values: pa.Array) -> Any:
    """Return the values of an array without nulls as little-endian bytes."""
    import pyarrow.types as types

    if types.is_boolean(values.type):
        return values.to_numpy(zero_copy_only=False).view("u1").data
    width = values.type.bit_width // 8
    return memoryview(values.buffers()[1])[values.offset * width : (values.offset + len(values)) * width]
