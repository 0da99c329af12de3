"""Writers of query rows: tables for people; CSV, JSON and parquet for programs, streamed in batches.

Values are written exactly, or their type is refused before the first row. Most types are written as the database's own
text, because the database parses it back to the same value.
"""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import orjson

from planstore.cli import output
from planstore.database.batches import BATCH_ROWS
from planstore.database.error_translation import query_errors
from planstore.database.query_bounds import Bounds
from planstore.database.relations import inner_types, projected, with_leaves
from planstore.errors import QueryError, RequestError
from planstore.ledger.embedded.store_folder import refuse_store

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from duckdb.sqltypes import DuckDBPyType

    from planstore.cli.console import Console
    from planstore.database.relations import Form


class Format(StrEnum):
    """Output format of the rows of a query."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


_INTEGERS = {"tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"}
_NUMBERS = {"boolean", "float", "double", "decimal", *_INTEGERS}
_NESTED = {"list", "array", "struct", "map", "union", "variant"}
_IN_PARQUET = {*_NUMBERS, "varchar", "blob", "date", "time", "timestamp", "timestamp with time zone", "timestamp_ns"}
_IN_PARQUET |= {"uuid", "enum"}
_PARQUET_AS: dict[str, str] = {"hugeint": "DECIMAL(38, 0)", "uhugeint": "DECIMAL(38, 0)"}
_PARQUET_AS |= {"timestamp_s": "TIMESTAMP", "timestamp_ms": "TIMESTAMP"}
"""Types absent from parquet, with the next larger parquet type."""

_TIMESTAMP = re.compile(r'"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?"')
_UNSAFE = re.compile(r"NaN|Infinity|[\d.]{16}|\d[eE]\+?\d{3}")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)|-?\d[\d.eE+-]*')


def write(
    relation: duckdb.DuckDBPyRelation,
    form: Format,
    limit: int | None,
    bounds: Bounds,
    file: BinaryIO | None = None,
) -> None:
    """Write at most ``limit`` rows to ``file`` or standard output, in constant memory.

    Without ``limit`` a table has 100 rows; the other formats have all rows.

    Raises:
        QueryError: the query fails, exceeds its bounds, or has a column type that the format cannot represent exactly.
    """
    if form is not Format.TABLE:
        with query_errors():
            _WRITERS[form](relation, file or output.data_output(), limit, bounds)
        return
    if file is None:
        show(relation, output.console(), limit or 100, bounds)
        return
    text = io.TextIOWrapper(file, encoding="utf-8")
    show(relation, output.console(text), limit or 100, bounds)
    text.detach()


def show(relation: duckdb.DuckDBPyRelation, console: Console, limit: int, bounds: Bounds) -> None:
    """Show at most ``limit`` rows on ``console``, with a note when there are more."""
    with query_errors(), bounds.computing():
        rows = projected(relation, [["VARCHAR"] for _ in relation.columns]).fetchmany(limit + 1)
    if relation.columns == ["explain_key", "explain_value"]:
        for _, explanation in rows:
            output.print_line(explanation, console)
        return
    output.print_rows(console, relation.columns, rows[:limit])
    if len(rows) > limit:
        output.print_line("there are more rows; --limit or another --format shows them", console)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a temporary file that replaces ``path`` after the block; on an exception ``path`` is unchanged.

    Raises:
        RequestError: ``path`` cannot be written, or is inside a store, where only the ledger writes.
    """
    refuse_store("--out", path)
    resolved = path.resolve()
    partial = resolved.with_name(f".{resolved.name}.{os.getpid()}.partial")
    try:
        if path.exists() and not path.is_file():
            # because a device or a pipe cannot be replaced
            with path.open("wb") as file:
                yield file
            return
        with partial.open("xb") as file:
            yield file
        partial.replace(resolved)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RequestError(f"--out {path} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _arrow_errors() -> Iterator[None]:
    """Translate errors of Arrow during the fetch of rows into `QueryError`."""
    import pyarrow as pa

    try:
        yield
    except pa.ArrowException as error:
        raise QueryError(f"{error}; a value of another type can be written as text: `column::text`") from error


@_arrow_errors()
def _write_csv(relation: duckdb.DuckDBPyRelation, sink: output.Sink, limit: int | None, bounds: Bounds) -> None:
    """Write CSV with a header; null is empty and an empty text is ``""``; lists and structs are JSON."""
    import pyarrow as pa
    import pyarrow.csv

    is_json = [kind.id in _NESTED for kind in relation.types]
    schema, batches = _batches(projected(relation, _forms(relation, Format.CSV, _csv_form)), limit, bounds)
    with pyarrow.csv.CSVWriter(sink, schema) as writer:
        for batch in batches:
            columns = [_portable_column(c) if json else c for c, json in zip(batch.columns, is_json, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _csv_form(kind: DuckDBPyType) -> list[Form] | None:
    if kind.id in _NUMBERS or kind.id == "varchar":
        return None
    return _json_form(kind) if kind.id in _NESTED else ["VARCHAR"]


def _portable_column(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    return pa.array([None if text is None else _portable_json(text) for text in column.to_pylist()], pa.string())


@_arrow_errors()
def _write_parquet(relation: duckdb.DuckDBPyRelation, sink: output.Sink, limit: int | None, bounds: Bounds) -> None:
    import pyarrow.parquet

    schema, batches = _batches(projected(relation, _forms(relation, Format.PARQUET, _parquet_form)), limit, bounds)
    with pyarrow.parquet.ParquetWriter(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _parquet_form(kind: DuckDBPyType) -> list[Form] | None:
    return None if _is_json(kind) else [with_leaves(kind, _parquet_leaf)]


def _parquet_leaf(kind: DuckDBPyType) -> Form:
    if kind.id in _PARQUET_AS:
        return _PARQUET_AS[kind.id]
    if kind.id not in _IN_PARQUET:
        raise _UnsupportedTypeError(str(kind))
    return kind


def _write_json(relation: duckdb.DuckDBPyRelation, sink: output.Sink, limit: int | None, bounds: Bounds) -> None:
    rows = projected(relation, _forms(relation, Format.JSON, _json_form))
    keys = [f"{orjson.dumps(name).decode()}:" for name in rows.columns]
    is_time = [kind.id.startswith("timestamp") for kind in relation.types]
    output.print_json_array((_object(keys, is_time, row) for row in islice(_rows(rows, bounds), limit)), sink)


def _json_form(kind: DuckDBPyType) -> list[Form]:
    if kind.id == "variant":
        return ["JSON", "VARCHAR"]
    if "variant" in _ids(kind):
        # because the database converts a nested VARIANT to text
        raise _UnsupportedTypeError(str(kind))
    return ["to_json", "VARCHAR"]


def _rows(relation: duckdb.DuckDBPyRelation, bounds: Bounds) -> Iterator[tuple[str | None, ...]]:
    while True:
        with bounds.computing():
            rows = relation.fetchmany(10_000)
        if not rows:
            return
        yield from rows


def _object(keys: list[str], is_time: list[bool], row: tuple[str | None, ...]) -> orjson.Fragment:
    values = (
        "null" if text is None else _TIMESTAMP.sub(_iso, text) if time else text
        for time, text in zip(is_time, row, strict=True)
    )
    return orjson.Fragment(_portable_json(f"{{{','.join(map(str.__add__, keys, values))}}}"))


def _iso(found: re.Match[str]) -> str:
    zone = f"{found[3]}:00" if found[3] else ""
    return f'"{found[1]}T{found[2]}{zone}"'


def _portable_json(text: str) -> str:
    """Return JSON with the same meaning in every parser: non-finite numbers and those beyond 64 bits become texts."""
    return _TOKEN.sub(_portable_token, text) if _UNSAFE.search(text) else text


def _portable_token(found: re.Match[str]) -> str:
    token = found[0]
    if token[0] == '"' or (len(token) < 16 and token[-1] not in "Ny" and "e" not in token.lower()):
        return token
    if token.lstrip("-").isdigit():
        return token if len(token) < 21 and -(2**63) <= int(token) < 2**64 else f'"{token}"'
    number = float(token)
    return token if math.isfinite(number) and Decimal(repr(number)) == Decimal(token) else f'"{token}"'


class _UnsupportedTypeError(Exception):
    """The format cannot represent the values of a type."""


def _forms(
    relation: duckdb.DuckDBPyRelation, form: Format, form_of: Callable[[DuckDBPyType], list[Form] | None]
) -> list[list[Form] | None]:
    """Return the conversion of each column of a relation; None means unchanged.

    Raises:
        QueryError: the format cannot represent a column exactly.
    """
    forms = []
    for name, kind in zip(relation.columns, relation.types, strict=True):
        try:
            if "" in _fields(kind):
                raise _UnsupportedTypeError("STRUCT without names")
            forms.append(form_of(kind))
        except _UnsupportedTypeError as error:
            raise QueryError(
                f"column {name} is of a type that {form} cannot hold exactly, {str(error)[:80]}: "
                "write it as text, `column::text`"
            ) from None
    return forms


def _fields(kind: DuckDBPyType) -> Iterator[str]:
    """Yield the field names of all structs in a type."""
    for name, inner in inner_types(kind):
        if kind.id == "struct":
            yield name
        yield from _fields(inner)


def _ids(kind: DuckDBPyType) -> Iterator[str]:
    """Yield the ids of a type and of all its nested types."""
    yield kind.id
    for _, inner in inner_types(kind):
        yield from _ids(inner)


def _is_json(kind: DuckDBPyType) -> bool:
    return str(kind) == "JSON"


def _batches(
    relation: duckdb.DuckDBPyRelation, limit: int | None, bounds: Bounds
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Return schema and batches; the first batch is fetched at once, because a failing query must not write output."""
    with bounds.computing():
        reader = relation.to_arrow_reader(BATCH_ROWS)
        first = list(islice(reader, 1))
    return reader.schema, _first_rows(chain(first, _more_batches(reader, bounds)), limit)


def _more_batches(reader: pa.RecordBatchReader, bounds: Bounds) -> Iterator[pa.RecordBatch]:
    while True:
        with bounds.computing():
            batch = next(reader, None)
        if batch is None:
            return
        yield batch


def _first_rows(batches: Iterator[pa.RecordBatch], limit: int | None) -> Iterator[pa.RecordBatch]:
    if limit is None:
        yield from batches
        return
    for batch in batches:
        yield batch.slice(0, limit)
        limit -= min(limit, batch.num_rows)
        if limit == 0:
            return


_WRITERS: dict[Format, Callable[[duckdb.DuckDBPyRelation, output.Sink, int | None, Bounds], None]] = {
    Format.CSV: _write_csv,
    Format.JSON: _write_json,
    Format.PARQUET: _write_parquet,
}
