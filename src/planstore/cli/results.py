"""The rows of a query on their way out: tables for people; CSV, JSON and parquet for programs, batch by batch."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from planstore.cli import output
from planstore.database import BATCH_ROWS, query_errors
from planstore.errors import QueryError, RequestError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from rich.console import Console


class Format(StrEnum):
    """A form that the rows of a query can have."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def write(relation: duckdb.DuckDBPyRelation, form: Format, limit: int | None, file: BinaryIO | None = None) -> None:
    """Write at most ``limit`` rows to ``file`` or standard output; memory does not grow with their number.

    A table shows 100 rows when ``limit`` is None; the other formats hold all.
    """
    if form is not Format.TABLE:
        with _taking_rows():
            _WRITERS[form](relation, file or output.data_output(), limit)
        return
    if file is None:
        show(relation, output.console(), limit or 100)
        return
    text = io.TextIOWrapper(file, encoding="utf-8")
    show(relation, output.console(text), limit or 100)
    text.detach()


def show(relation: duckdb.DuckDBPyRelation, console: Console, limit: int) -> None:
    """Show at most ``limit`` rows on ``console``, and say so when there are more."""
    with _taking_rows():
        rows = relation.fetchmany(limit + 1)
    if relation.columns == ["explain_key", "explain_value"]:
        for _, drawing in rows:
            output.print_line(drawing, console)
        return
    output.print_rows(console, relation.columns, rows[:limit])
    if len(rows) > limit:
        output.print_line("there are more rows; --limit or another --format shows them", console)


@contextmanager
def new_file(path: Path, store: Path) -> Iterator[BinaryIO]:
    """Yield a file that becomes ``path`` when the block is done; when it raises, ``path`` stays as it was.

    Raises:
        RequestError: ``path`` cannot be written, or is in the folder ``store``, which only planstore writes.
    """
    place = path.resolve()
    if place.is_relative_to(store.resolve()):
        raise RequestError(f"--output {path} is inside the store, where nothing but the ledger is kept")
    partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        if path.exists() and not path.is_file():
            # because a device, or the other end of a pipe, cannot be replaced
            with path.open("wb") as file:
                yield file
            return
        with partial.open("xb") as file:
            yield file
        partial.replace(place)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RequestError(f"--output {path} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _taking_rows() -> Iterator[None]:
    """Turn what goes wrong with a query while its rows are taken into an error of ours."""
    import pyarrow as pa

    with query_errors():
        try:
            yield
        except pa.ArrowException as error:
            raise QueryError(f"{error}; a value of another type can be written as text: `column::text`") from error


def _write_csv(relation: duckdb.DuckDBPyRelation, sink: output.Sink, limit: int | None) -> None:
    """Write CSV with a header; null is empty and an empty text is ``""``; lists and structs are JSON."""
    import pyarrow as pa
    import pyarrow.csv

    schema, batches = _batches(relation, limit)
    as_text = [not _has_csv(field.type) for field in schema]
    texts = pa.schema(
        [pa.field(field.name, pa.string() if text else field.type) for field, text in zip(schema, as_text, strict=True)]
    )
    with pyarrow.csv.CSVWriter(sink, texts) as writer:
        for batch in batches:
            columns = [_texts(c) if text else c for c, text in zip(batch.columns, as_text, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=texts))


def _has_csv(kind: pa.DataType) -> bool:
    """Return whether pyarrow can write a type as CSV."""
    import pyarrow.types as types

    return not (types.is_nested(kind) or types.is_binary(kind) or types.is_interval(kind))


def _texts(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    return pa.array([None if value is None else output.json_text(value) for value in column.to_pylist()], pa.string())


def _write_parquet(relation: duckdb.DuckDBPyRelation, sink: output.Sink, limit: int | None) -> None:
    import pyarrow.parquet

    schema, batches = _batches(relation, limit)
    with pyarrow.parquet.ParquetWriter(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _batches(relation: duckdb.DuckDBPyRelation, limit: int | None) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Return columns and batches; the first batch is taken already, so that a query that fails writes nothing."""
    import pyarrow as pa

    reader = relation.to_arrow_reader(BATCH_ROWS)
    names = _distinct(relation.columns)
    schema = pa.schema([pa.field(name, kind) for name, kind in zip(names, reader.schema.types, strict=True)])
    first = list(islice(reader, 1))
    named = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in chain(first, reader))
    return schema, _first_rows(named, limit)


def _first_rows(batches: Iterator[pa.RecordBatch], limit: int | None) -> Iterator[pa.RecordBatch]:
    if limit is None:
        yield from batches
        return
    for batch in batches:
        yield batch.slice(0, limit)
        limit -= min(limit, batch.num_rows)
        if limit == 0:
            return


def _write_json(relation: duckdb.DuckDBPyRelation, sink: output.Sink, limit: int | None) -> None:
    output.print_json_array(islice(_records(relation), limit), sink)


def _records(relation: duckdb.DuckDBPyRelation) -> Iterator[dict[str, Any]]:
    """Yield rows as objects; columns of type JSON as the values they hold."""
    names = _distinct(relation.columns)
    is_json = [str(kind) == "JSON" for kind in relation.types]
    while rows := relation.fetchmany(10_000):
        for row in rows:
            yield {
                name: _value(value) if json and value is not None else value
                for name, value, json in zip(names, row, is_json, strict=True)
            }


def _distinct(columns: list[str]) -> list[str]:
    """Return names for columns of which several may have one: the second `a` is `a_1`."""
    names: list[str] = []
    for column in columns:
        name, place = column, 1
        while name in names:
            name, place = f"{column}_{place}", place + 1
        names.append(name)
    return names


def _value(text: str) -> Any:
    """Return what a JSON text holds; the database's JSON also knows NaN, which becomes null."""
    import json

    import orjson

    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
    return orjson.Fragment(text)


_WRITERS: dict[Format, Callable[[duckdb.DuckDBPyRelation, output.Sink, int | None], None]] = {
    Format.CSV: _write_csv,
    Format.JSON: _write_json,
    Format.PARQUET: _write_parquet,
}
