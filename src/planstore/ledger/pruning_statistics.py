"""Verification of pruning statistics: the catalog's, the parquet files' and their Bloom filters.

A digest covers all rows, so it says nothing about a query with a filter, which reads only the row groups that the
statistics do not exclude. Falsified statistics hide rows without altering them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from planstore.database.error_translation import unreadable
from planstore.database.session import Session
from planstore.errors import DeniedError, StoreError
from planstore.ledger.storage import DataStorage

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Problem: TypeAlias = tuple[str, int | None, str]
"""A table, the first commit in the file (None: no file), and the problem."""

_BLOOM_HEADER = b"\x1c\x1c\x00\x00\x1c\x1c\x00\x00\x1c\x1c\x00\x00\x00"
"""The bytes after the size in a Bloom filter's header: split blocks, XXH64, uncompressed; no other kind exists."""
_SALT = (0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D, 0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31)
"""The eight salts of split block Bloom filters in the Parquet format."""


@dataclass(frozen=True)
class Values:
    """Actual or stated statistics of a column: bounds (None: no value, or not stated), nulls, NaN."""

    least: Any
    greatest: Any
    has_null: bool
    has_nan: bool
    only_nulls: bool = False

    def __or__(self, other: Values) -> Values:
        bounds = [item for item in (self, other) if item.least is not None]
        return Values(
            min((item.least for item in bounds), default=None),
            max((item.greatest for item in bounds), default=None),
            self.has_null or other.has_null,
            self.has_nan or other.has_nan,
            self.only_nulls and other.only_nulls,
        )

    def hidden_by(self, stated: Values) -> str | None:
        """Return the first false statement of ``stated`` that would hide rows from a filter, or None."""
        if self.has_null and not stated.has_null:
            return "there are nulls, and none are stated"
        if stated.only_nulls and not self.only_nulls:
            return "there are values, and only nulls are stated"
        if self.has_nan and not stated.has_nan:
            return "there is NaN, and none is stated"
        if self.least is not None and stated.least is not None and stated.least > self.least:
            return f"the least value is stated as {stated.least!r}, and {self.least!r} is there"
        if self.greatest is not None and stated.greatest is not None and stated.greatest < self.greatest:
            return f"the greatest value is stated as {stated.greatest!r}, and {self.greatest!r} is there"
        return None


Columns: TypeAlias = dict[str, Values]
_ABSENT = Values(None, None, has_null=True, has_nan=False, only_nulls=True)


def falsehoods(session: Session, data: DataStorage) -> Iterator[Problem]:
    """Yield the false statistics of the catalog and of parquet files.

    Args:
        session: a session on the lake.
        data: the lake's parquet files.
    """
    for table, problem in session.rows("verify/reading_rules"):
        yield table, None, problem
    session.run("verify/leaf_columns")
    stated_of_file = _stated(session, "verify/file_statistics", "data_file_id")
    stated_of_table = _stated(session, "verify/table_statistics", "table")
    true_of_table: dict[str, Columns] = {}
    for file in session.records("verify/data_files"):
        table = file["table"]
        try:
            with unreadable(file["path"]):
                true, first, problems = _read(data, file)
        except DeniedError:
            raise
        except StoreError as error:
            yield table, None, str(error)
            continue
        for problem in problems:
            yield table, first, f"{file['path']}: {problem}"
        for problem in _hidden(true, stated_of_file.get(file["data_file_id"], {})):
            yield table, first, f"the catalog is wrong about {file['path']}: {problem}"
        missing = stated_of_table.get(table, {}).keys() - true.keys()  # because columns may be newer than the file
        _gather(true_of_table.setdefault(table, {}), true | dict.fromkeys(missing, _ABSENT))
    for table, stated in stated_of_table.items():
        true = true_of_table.setdefault(table, {})
        for batch in session.batches(f"verify/inlined_{table}"):
            _gather(true, {name: _values(column) for name, column in _leaves(batch.schema.names, batch.columns)})
        for problem in _hidden(true, stated):
            yield table, None, f"the catalog is wrong about the whole table: {problem}"


def _gather(into: Columns, more: Columns) -> None:
    into.update({name: into[name] | values if name in into else values for name, values in more.items()})


def _hidden(true: Columns, stated: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the false statements of the catalog that would hide ``true`` values from a filter."""
    for name, values in true.items():
        if name not in stated:
            continue  # because the database prunes nothing then
        entry = stated[name]
        kind = next((type(value) for value in (values.least, values.greatest) if value is not None), str)
        try:
            least, greatest = (
                None if entry[end] is None else _typed(entry[end], kind) for end in ("least", "greatest")
            )
        except ValueError as error:
            yield f"{name}: {error}"
            continue
        has_null = entry["nulls"] != 0 if "nulls" in entry else bool(entry["has_null"])
        statistics = Values(least, greatest, has_null=has_null, has_nan=bool(entry["has_nan"]))
        problem = values.hidden_by(statistics)
        if problem:
            yield f"{name}: {problem}"


def _typed(text: str, kind: type) -> Any:
    if kind is bool:
        return text in ("true", "1")
    return datetime.fromisoformat(text) if kind is datetime else kind(text)


def _stated(session: Session, statement: str, key: str) -> dict[Any, dict[str, dict[str, Any]]]:
    statistics: dict[Any, dict[str, dict[str, Any]]] = {}
    for row in session.records(statement):
        statistics.setdefault(row[key], {})[row["column"]] = row
    return statistics


def _read(data: DataStorage, file: Mapping[str, Any]) -> tuple[Columns, int | None, list[str]]:
    """Return the actual statistics of a parquet file's columns, its first commit, and its false statistics.

    Text columns are read as dictionaries, which is much faster than as values.
    """
    import pyarrow.parquet as pq

    if not file["is_inside"]:
        raise StoreError(f"{file['path']} does not lie in the lake")
    with data.open(file["path"]) as raw:
        content_size = raw.size()
        raw.seek(-8, 2)
        footer_size = int.from_bytes(raw.read(4), "little")
        if (file["size"], file["footer_size"]) != (content_size, footer_size):
            raise StoreError(
                f"the file has {content_size} bytes, of them {footer_size} in its footer; stated are "
                f"{file['size']} and {file['footer_size']}"
            )
        texts = [field.name for field in pq.read_schema(raw) if str(field.type) == "string"]
        parquet = pq.ParquetFile(raw, read_dictionary=texts)
        names = [field.name for field in parquet.schema_arrow if not str(field.type).startswith(("list", "map"))]
        true: Columns = {}
        problems = list[str]()
        for number in range(parquet.num_row_groups):
            rows = parquet.read_row_group(number, columns=names, use_threads=False).combine_chunks()
            chunks = parquet.metadata.row_group(number)
            stated = {chunk.path_in_schema: chunk for chunk in map(chunks.column, range(chunks.num_columns))}
            for name, column in _leaves(names, [rows[name] for name in names]):
                values = _values(column)
                problem = _wrong(raw, stated[name], column, values)
                if problem:
                    problems.append(f"its row group {number}, {name}: {problem}")
                _gather(true, {name: values})
    first = true["commit_id"].least if "commit_id" in true else None
    return true, first, problems


def _leaves(names: list[str], columns: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield columns by name, fields of structs as ``struct.field``; omit lists, which are not used for pruning."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in zip(names, columns, strict=True):
        if pa.types.is_struct(column.type):
            fields = [field.name for field in column.type]
            yield from _leaves([f"{name}.{field}" for field in fields], [pc.struct_field(column, f) for f in fields])
        elif isinstance(column.type, pa.BaseExtensionType):
            yield name, column.cast(column.type.storage_type)  # because JSON is an extension type over text
        elif not pa.types.is_nested(column.type):
            yield name, column


def _values(column: pa.Array | pa.ChunkedArray) -> Values:
    import pyarrow as pa
    import pyarrow.compute as pc

    distinct = _distinct(column)
    has_nan = pa.types.is_floating(column.type) and bool(pc.any(pc.is_nan(column)).as_py())
    if has_nan:
        distinct = distinct.filter(pc.invert(pc.is_nan(distinct)))
    bounds = pc.min_max(distinct)
    return Values(
        bounds["min"].as_py(),
        bounds["max"].as_py(),
        has_null=column.null_count > 0,
        has_nan=has_nan,
        only_nulls=column.null_count == len(column),
    )


def _distinct(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return the distinct values of a column, possibly with duplicates: its dictionary, if it has one."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([chunk.dictionary for chunk in column.chunks], column.type.value_type)
    return column.dictionary


def _wrong(raw: Any, chunk: pq.ColumnChunkMetaData, column: pa.ChunkedArray, values: Values) -> str | None:
    """Return the first false statistic of a row group's column, or None."""
    stated = chunk.statistics
    if stated is not None:
        least, greatest = (stated.min, stated.max) if stated.has_min_max else (None, None)
        nulls = stated.null_count if stated.has_null_count else None
        stated_values = Values(
            _decoded(least),
            _decoded(greatest),
            has_null=nulls != 0,
            has_nan=True,  # because parquet has no statistic for NaN
            only_nulls=nulls is not None and len(column) > 0 and nulls == len(column),
        )
        problem = values.hidden_by(stated_values)
        if problem:
            return problem
    if chunk.bloom_filter_offset is None:
        return None
    raw.seek(chunk.bloom_filter_offset)
    return _ruled_out(raw.read(chunk.bloom_filter_length), _distinct(column))


def _decoded(bound: Any) -> Any:
    return bound.decode() if isinstance(bound, bytes) else bound  # because the ledger stores JSON as text


def _ruled_out(bloom: bytes, values: pa.Array | pa.ChunkedArray) -> str | None:
    """Return a message about a value that a Bloom filter excludes although it exists, or None."""
    import numpy as np
    import pyarrow.compute as pc
    import xxhash

    header = bloom.find(_BLOOM_HEADER)
    if not 2 <= header <= 6:
        return "its Bloom filter cannot be read"
    blocks = np.frombuffer(bloom[header + len(_BLOOM_HEADER) :], "<u4").reshape(-1, 8)
    distinct = pc.unique(values).drop_null()
    plain = (
        [text.encode() for text in distinct.to_pylist()]
        if str(distinct.type) == "string"
        else [value.tobytes() for value in distinct.to_numpy(zero_copy_only=False)]
    )
    hashes = np.fromiter(map(xxhash.xxh64_intdigest, plain), "u8", len(plain))
    block = blocks[((hashes >> np.uint64(32)) * np.uint64(len(blocks))) >> np.uint64(32)]
    low = hashes.astype("u4")
    bits = np.stack([np.uint32(1) << ((low * np.uint32(salt)) >> np.uint32(27)) for salt in _SALT], axis=1)
    missing = np.flatnonzero(((block & bits) == 0).any(axis=1))
    return f"its Bloom filter rules out {distinct[missing[0]].as_py()!r}, which is there" if len(missing) else None
