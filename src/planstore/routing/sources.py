"""Where candidates come from: files and frames, read as columns that are not checked yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from planstore.errors import CandidatesError

if TYPE_CHECKING:
    import pyarrow as pa

CandidatesSource = Any
"""A path (parquet, CSV, JSON, JSON lines), a pandas or Polars frame, or anything Arrow can read."""

Columns: TypeAlias = "dict[str, pa.Array | list[Any]]"
"""Columns by name; one whose values are of several types, or need a look one by one, is a list of Python values."""


class _UnreadableError(Exception):
    """What is wrong with a source as a whole, as the end of a sentence."""


def read_columns(source: CandidatesSource) -> tuple[Columns, str]:
    """Return the columns of ``source``, all of one length, and what to call it in messages.

    Raises:
        CandidatesError: it cannot be read; names the file, and the line where a line is at fault.
    """
    import pyarrow as pa

    if isinstance(source, str | Path):
        return _read_file(source), str(source)
    name = type(source).__name__
    try:
        if type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns"):
            return _from_pandas(source), "the data frame"
        if isinstance(source, pa.RecordBatchReader):
            return _from_arrow(source.read_all(), "the table"), "the table"
        if isinstance(source, list | tuple | dict):
            raise _UnreadableError
        return _from_arrow(pa.table(source), "the table"), "the table"
    except (TypeError, ValueError, _UnreadableError, pa.ArrowException) as error:
        raise CandidatesError(
            f"an object of type {name} cannot be read as candidates; give a path, a pandas or Polars frame, "
            "or an Arrow table"
        ) from error


def _read_file(source: str | Path) -> Columns:
    import pyarrow as pa

    if "://" in str(source):
        raise CandidatesError(f"{source}: candidates are read from files; bring the file here first")
    path = Path(source)
    readers: Mapping[str, Callable[[Path], Columns]] = {
        ".parquet": _read_parquet,
        ".pq": _read_parquet,
        ".csv": _read_csv,
        ".json": _read_json,
        ".jsonl": _read_json_lines,
        ".ndjson": _read_json_lines,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise CandidatesError(f"{path}: candidates come as {', '.join(readers)}, not as {path.suffix or 'no suffix'!r}")
    try:
        if not path.is_file():
            raise CandidatesError(f"{path}: there is no such file")
        if path.stat().st_size == 0:
            raise CandidatesError(f"{path} is empty: there is nothing to route")
        return reader(path)
    except OSError as error:
        raise CandidatesError(f"{path} cannot be read: {error.strerror or 'it is damaged'}") from error
    except (ValueError, RecursionError, _UnreadableError, pa.ArrowException) as error:
        raise CandidatesError(f"{path} cannot be read as {path.suffix.lower()[1:]}: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    """Say what is wrong with a file, in words that are about the file."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"it is no UTF-8 text, at byte {error.start + 1}"
    if isinstance(error, UnicodeEncodeError):
        return "a text in it holds half a character, as \\ud800 alone is"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(error))


def _read_parquet(path: Path) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        try:
            table = pq.ParquetFile(file).read()
        except (OSError, ValueError, pa.ArrowException) as error:
            raise _UnreadableError("it is damaged, or it is no parquet file") from error
    return _from_arrow(table, str(path))


def _read_csv(path: Path) -> Columns:
    from csv import reader as csv_records

    import pyarrow as pa
    import pyarrow.csv as csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next(csv_records(file), [])
    if len(names) == 1 and any(sign in names[0] for sign in ";\t|"):
        raise _UnreadableError("a comma parts its columns, not another sign")
    short: list[Any] = []

    def keep(row: Any) -> str:
        short.append(row)
        return "error"

    options = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    try:
        table = csv.read_csv(
            path,
            csv.ReadOptions(use_threads=False),  # because only then a wrong row has a number
            csv.ParseOptions(newlines_in_values=True, invalid_row_handler=keep),
            options,
        )
    except pa.ArrowException as error:
        if short:
            wrong = short[0]
            raise _UnreadableError(
                f"row {wrong.number - 1} has {wrong.actual_columns} columns, the first line names {len(names)}"
            ) from error
        raise
    return _from_arrow(table, str(path))


def _read_json(path: Path) -> Columns:
    return _from_records(json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_distinct))


def _read_json_lines(path: Path) -> Columns:
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if line.strip():
            try:
                records.append(json.loads(line, object_pairs_hook=_distinct))
            except ValueError as error:
                raise _UnreadableError(f"line {number}: {_reason(error)}") from error
    return _from_records(records)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a record gives a key twice: {', '.join(key for key, _ in pairs)}")
    return found


def _from_records(records: Any) -> Columns:
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise _UnreadableError("it must be an array of records")
    names = dict.fromkeys(name for record in records for name in record)
    return {name: _array([record.get(name) for record in records]) for name in names}


def _from_arrow(table: pa.Table, where: str) -> Columns:
    import pyarrow as pa

    refuse_twice(table.column_names, where)
    columns: Columns = {}
    for name in table.column_names:
        array = table[name].combine_chunks()
        array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        columns[name] = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    return columns


def _from_pandas(frame: Any) -> Columns:
    import pyarrow as pa

    refuse_twice([str(name) for name in frame.columns], "the data frame")
    columns: Columns = {}
    for name in frame.columns:
        values = frame[name]
        if values.dtype == object:
            columns[str(name)] = _array([None if _is_missing(value) else value for value in values])
        else:
            array = pa.array(values, from_pandas=True)
            array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
            columns[str(name)] = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    return columns


def _is_missing(value: Any) -> bool:
    """Tell whether pandas holds ``value`` for a gap: NaN, NaT and NA are what does not equal itself."""
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def _array(values: list[Any]) -> pa.Array | list[Any]:
    """Return values as an array where they are of one type, and as they are where not."""
    import pyarrow as pa

    try:
        array = pa.array(values)
    except (pa.ArrowException, TypeError, OverflowError):
        return values
    if not pa.types.is_boolean(array.type) and any(isinstance(value, bool) for value in values):
        return values  # because Arrow takes true for 1 where numbers stand beside it
    return array


def refuse_twice(names: list[str], where: str) -> None:
    """Refuse names that stand twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CandidatesError(f"{where}: columns given twice: {', '.join(twice)}")
