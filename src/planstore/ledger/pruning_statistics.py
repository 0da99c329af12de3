"""What lets a query skip rows: statistics in the catalog and in parquet files, and Bloom filters. Are they true?

A digest is taken over all rows, so it says nothing about a query with a filter: that one reads only where the
statistics leave room for what it asks for. Whoever falsifies them hides rows, and alters none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from planstore.database.error_translation import unreadable
from planstore.database.session import Session
from planstore.errors import DeniedError, StoreError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Problem: TypeAlias = tuple[str, int | None, str]
"""A table, the first commit in what is concerned (None: no file's), and what is wrong."""

_BLOOM_HEADER = b"\x1c\x1c\x00\x00\x1c\x1c\x00\x00\x1c\x1c\x00\x00\x00"
"""What follows the size in the header of a Bloom filter: split blocks, XXH64, not compressed; there is no other."""
_SALT = (0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D, 0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31)
"""The eight factors of the Parquet format's split block Bloom filters."""


@dataclass(frozen=True)
class Values:
    """What is in a column, or is said to be: bounds (None: of nothing, or not said), whether there are nulls, NaN."""

    least: Any
    greatest: Any
    has_null: bool
    has_nan: bool
    only_nulls: bool = False

    def __or__(self, other: Values) -> Values:
        bounds = [one for one in (self, other) if one.least is not None]
        return Values(
            min((one.least for one in bounds), default=None),
            max((one.greatest for one in bounds), default=None),
            self.has_null or other.has_null,
            self.has_nan or other.has_nan,
            self.only_nulls and other.only_nulls,
        )

    def hidden_by(self, said: Values) -> str | None:
        """Return what a filter would miss that trusts ``said``; None when nothing."""
        if self.has_null and not said.has_null:
            return "there are nulls, and none are stated"
        if said.only_nulls and not self.only_nulls:
            return "there are values, and only nulls are stated"
        if self.has_nan and not said.has_nan:
            return "there is NaN, and none is stated"
        if self.least is not None and said.least is not None and said.least > self.least:
            return f"the least value is stated as {said.least!r}, and {self.least!r} is there"
        if self.greatest is not None and said.greatest is not None and said.greatest < self.greatest:
            return f"the greatest value is stated as {said.greatest!r}, and {self.greatest!r} is there"
        return None


Columns: TypeAlias = dict[str, Values]
_ABSENT = Values(None, None, has_null=True, has_nan=False, only_nulls=True)


def falsehoods(session: Session, data: Path) -> Iterator[Problem]:
    """Yield where the catalog, or a parquet file, says of its values what is not so.

    Args:
        session: a session on the lake.
        data: the folder of the lake's parquet files.
    """
    for table, problem in session.rows("verify/reading_rules"):
        yield table, None, problem
    stated_of_file = _stated(session, "verify/file_statistics", "data_file_id")
    stated_of_table = _stated(session, "verify/table_statistics", "table")
    true_of_table: dict[str, Columns] = {}
    for file in session.records("verify/data_files"):
        table = file["table"]
        try:
            with unreadable(f"{data / file['path']}"):
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
        missing = stated_of_table.get(table, {}).keys() - true.keys()  # columns that are younger than the file
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
    """Yield what would be missed of ``true`` values by whoever trusts the catalog's ``stated`` ones."""
    for name, values in true.items():
        if name not in stated:
            continue  # because then nothing is skipped
        said = stated[name]
        kind = next((type(value) for value in (values.least, values.greatest) if value is not None), str)
        try:
            least, greatest = (None if said[end] is None else _typed(said[end], kind) for end in ("least", "greatest"))
        except ValueError as error:
            yield f"{name}: {error}"
            continue
        has_null = said["nulls"] != 0 if "nulls" in said else bool(said["has_null"])
        told = Values(least, greatest, has_null=has_null, has_nan=bool(said["has_nan"]))
        problem = values.hidden_by(told)
        if problem:
            yield f"{name}: {problem}"


def _typed(text: str, kind: type) -> Any:
    if kind is bool:
        return text in ("true", "1")
    return datetime.fromisoformat(text) if kind is datetime else kind(text)


def _stated(session: Session, statement: str, key: str) -> dict[Any, dict[str, dict[str, Any]]]:
    found: dict[Any, dict[str, dict[str, Any]]] = {}
    for row in session.records(statement):
        found.setdefault(row[key], {})[row["column"]] = row
    return found


def _read(data: Path, file: Mapping[str, Any]) -> tuple[Columns, int | None, list[str]]:
    """Return what is in the columns of a parquet file, its first commit, and what it says of itself that is wrong.

    Text is read as the dictionaries that the file keeps of it, which is much quicker than as rows.
    """
    import pyarrow.parquet as pq

    path = data / file["path"]
    if not file["is_inside"] or not path.resolve().is_relative_to(data.resolve()):
        raise StoreError(f"the file does not lie in {data}")
    with path.open("rb") as raw:
        content_size = raw.seek(0, 2)
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
    """Yield columns by name, the fields of a struct as ``struct.field``; lists are left out: no query skips by them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in zip(names, columns, strict=True):
        if pa.types.is_struct(column.type):
            fields = [field.name for field in column.type]
            yield from _leaves([f"{name}.{field}" for field in fields], [pc.struct_field(column, f) for f in fields])
        elif isinstance(column.type, pa.BaseExtensionType):
            yield name, column.cast(column.type.storage_type)  # because JSON is text that says more of itself
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
    """Return the values in a column, each at least once: those of its dictionary, if it has one."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([chunk.dictionary for chunk in column.chunks], column.type.value_type)
    return column.dictionary


def _wrong(raw: Any, chunk: pq.ColumnChunkMetaData, column: pa.ChunkedArray, values: Values) -> str | None:
    """Return what a row group says of a column that is not so."""
    stated = chunk.statistics
    if stated is not None:
        least, greatest = (stated.min, stated.max) if stated.has_min_max else (None, None)
        nulls = stated.null_count if stated.has_null_count else None
        said = Values(
            _decoded(least),
            _decoded(greatest),
            has_null=nulls != 0,
            has_nan=True,  # because parquet has no word for it
            only_nulls=nulls is not None and len(column) > 0 and nulls == len(column),
        )
        problem = values.hidden_by(said)
        if problem:
            return problem
    if chunk.bloom_filter_offset is None:
        return None
    raw.seek(chunk.bloom_filter_offset)
    return _ruled_out(raw.read(chunk.bloom_filter_length), _distinct(column))


def _decoded(bound: Any) -> Any:
    return bound.decode() if isinstance(bound, bytes) else bound  # because JSON is text to the ledger


def _ruled_out(bloom: bytes, values: pa.Array | pa.ChunkedArray) -> str | None:
    """Return which of some values a Bloom filter rules out, though they are there; None when none."""
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
