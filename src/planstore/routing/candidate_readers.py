"""Where candidates and outcomes come from: files and frames, read as columns that are not checked yet."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from planstore.checks.arrow_columns import for_each_column, plain
from planstore.checks.quoting import quoted
from planstore.errors import BadInputError, CandidatesError

if TYPE_CHECKING:
    import pyarrow as pa

CandidatesSource = Any
"""A path (parquet, CSV, JSON, JSON lines), a pandas or Polars frame, or anything Arrow can read."""

Columns: TypeAlias = "dict[str, pa.Array | list[Any]]"
"""Columns by name; one whose values are of several types, or need a look one by one, is a list of Python values."""


_SHORT_ROW = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


@dataclass(frozen=True)
class Found:
    """The wanted columns of a source.

    Attributes:
        where: the name of the source, for messages.
        columns: the wanted columns that the source has, all of one length.
        unused: names of the other columns, which were not read.
        rows: number of rows.
    """

    where: str
    columns: Columns
    unused: Sequence[str]
    rows: int


@dataclass(frozen=True)
class Records:
    """Candidates that planstore makes itself: one mapping per row."""

    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class SourceKind:
    """The kind of rows that a source has, for messages.

    Attributes:
        noun: its name.
        nothing: the end of the message about an empty file.
        error: the type of errors.
    """

    noun: str
    nothing: str
    error: type[BadInputError]


CANDIDATES = SourceKind("candidates", "there is nothing to route", CandidatesError)


class _UnreadableError(Exception):
    """A source cannot be read; the message completes a sentence."""


def read_columns(source: CandidatesSource, wanted: Collection[str], kind: SourceKind = CANDIDATES) -> Found:
    """Read the ``wanted`` columns of ``source``, and no others.

    Raises:
        BadInputError: it cannot be read; names the file, and the line where a line is at fault. The type is that of
            ``kind``.
    """
    import pyarrow as pa

    if isinstance(source, str | Path):
        return _Reader(str(source), wanted, kind).file(source)
    if isinstance(source, Records):
        return _Reader("the evidence", wanted, kind).records(source.rows)
    pandas, polars = (sys.modules.get(name) for name in ("pandas", "polars"))
    if pandas is not None and isinstance(source, pandas.DataFrame):
        return _Reader("the data frame", wanted, kind).pandas(source)
    if polars is not None and isinstance(source, polars.DataFrame):
        return _Reader("the data frame", wanted, kind).polars(source)
    reader = _Reader("the table", wanted, kind)
    try:
        if isinstance(source, pa.RecordBatchReader):
            return reader.arrow(source.read_all())
        if isinstance(source, list | tuple | dict):
            raise _UnreadableError
        return reader.arrow(pa.table(source))
    except (TypeError, ValueError, OSError, _UnreadableError, pa.ArrowException) as error:
        instead = (
            f"its .{kind.noun}()"
            if hasattr(source, kind.noun)
            else "a path, a pandas or Polars frame, or an Arrow table"
        )
        raise kind.error(
            f"an object of type {type(source).__name__} cannot be read as {kind.noun}; give {instead}"
        ) from error


class _Reader:
    """Reads the wanted columns of one source.

    Args:
        where: the name of the source, for messages.
        wanted: the names of the columns.
        kind: the kind of rows.
    """

    def __init__(self, where: str, wanted: Collection[str], kind: SourceKind) -> None:
        self._where = where
        self._wanted = wanted
        self._kind = kind

    def file(self, source: str | Path) -> Found:
        """Read a file, by its suffix."""
        import pyarrow as pa

        if "://" in str(source):
            raise self._kind.error(f"{source}: {self._kind.noun} are read from files; bring the file here first")
        path = Path(source)
        readers: Mapping[str, Callable[[Path], Found]] = {
            ".parquet": self._parquet,
            ".pq": self._parquet,
            ".csv": self._csv,
            ".json": self._json,
            ".jsonl": self._json_lines,
            ".ndjson": self._json_lines,
        }
        reader = readers.get(path.suffix.lower())
        if reader is None:
            raise self._kind.error(
                f"{path}: {self._kind.noun} come as {', '.join(readers)}, not as {path.suffix or 'no suffix'!r}"
            )
        try:
            if not path.is_file():
                raise self._kind.error(f"{path}: there is no such file")
            if path.stat().st_size == 0:
                raise self._kind.error(f"{path} is empty: {self._kind.nothing}")
            return reader(path)
        except (ValueError, RecursionError, MemoryError, OSError, _UnreadableError, pa.ArrowException) as error:
            suffix = path.suffix.lower()[1:]
            raise self._kind.error(f"{path} cannot be read as {suffix}: {_reason(error)}") from error

    def arrow(self, table: pa.Table) -> Found:
        """Read an Arrow table."""
        names = table.column_names
        return self._found(names, table.num_rows, lambda place: plain(table.column(place)))

    def pandas(self, frame: Any) -> Found:
        """Read a pandas frame."""
        names = [name if isinstance(name, str) else quoted(name) for name in frame.columns]
        return self._found(names, len(frame), lambda place: _of_pandas(frame.iloc[:, place]))

    def polars(self, frame: Any) -> Found:
        """Read a Polars frame."""
        return self._found(frame.columns, frame.height, lambda place: _of_polars(frame.to_series(place)))

    def records(self, rows: Any) -> Found:
        """Read records, as JSON has them."""
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _UnreadableError("it must be an array of records")
        names = list(dict.fromkeys(name for row in rows for name in row))
        return self._found(names, len(rows), lambda place: _array([row.get(names[place]) for row in rows]))

    def _found(self, names: Sequence[str], rows: int, column: Callable[[int], Any]) -> Found:
        refuse_twice([name for name in names if name in self._wanted], self._where, self._kind)
        places = {name: place for place, name in enumerate(names) if name in self._wanted}
        return Found(
            where=self._where,
            columns=for_each_column(list(places), lambda name: column(places[name])),
            unused=[name for name in names if name not in self._wanted],
            rows=rows,
        )

    def _parquet(self, path: Path) -> Found:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with path.open("rb") as opened:
            try:
                # because a million texts are sooner made of the few words that a file has than read one by one
                words = [field.name for field in pq.read_schema(opened) if str(field.type) == "string"]
                # because nanoseconds, which these old times are read as otherwise, end in the year 2262
                file = pq.ParquetFile(opened, coerce_int96_timestamp_unit="us", read_dictionary=words)
                names = file.schema_arrow.names
                table = file.read(columns=[name for name in names if name in self._wanted])
            except (OSError, ValueError, pa.ArrowException) as error:
                raise _UnreadableError("it is damaged, or it is no parquet file") from error
            rows = file.metadata.num_rows
        return self._found(names, rows, lambda place: plain(table.column(names[place])))

    def _csv(self, path: Path) -> Found:
        import pyarrow as pa
        import pyarrow.csv as csv

        read = csv.ReadOptions(use_threads=False)  # because only then a wrong row has a number
        parse = csv.ParseOptions(newlines_in_values=True)
        try:
            with csv.open_csv(path, read, parse) as head:
                names = head.schema.names
            if len(names) == 1 and any(sign in names[0] for sign in ";\t|"):
                raise _UnreadableError("a comma parts its columns, not another sign")
            used = [name for name in names if name in self._wanted]
            refuse_twice(used, self._where, self._kind)
            convert = csv.ConvertOptions(
                column_types=dict.fromkeys(used, pa.string()),
                include_columns=used or names[:1],
                check_utf8=False,  # because the conversion names the row
                strings_can_be_null=True,
                null_values=[""],
            )
            table = csv.read_csv(path, read, parse, convert)
        except pa.ArrowException as error:
            short = _SHORT_ROW.search(str(error))
            if short is None:
                raise
            row, columns, found = map(int, short.groups())
            raise _UnreadableError(f"row {row - 1} has {found} columns, the first line names {columns}") from error
        return self._found(names, table.num_rows, lambda place: plain(table.column(names[place])))

    def _json(self, path: Path) -> Found:
        return self.records(read_json(path.read_text(encoding="utf-8-sig")))

    def _json_lines(self, path: Path) -> Found:
        records = []
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
            if line.strip():
                try:
                    records.append(read_json(line))
                except (ValueError, RecursionError) as error:
                    raise _UnreadableError(f"line {number}: {_reason(error)}") from error
        return self.records(records)


def read_json(text: str) -> Any:
    """Parse a JSON text; a number with a point or an exponent becomes the decimal number that is written there.

    Raises:
        ValueError: the text is not JSON, or repeats a key.
    """
    return json.loads(text, object_pairs_hook=_distinct, parse_float=Decimal, parse_int=_whole)


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < 100 else Decimal(digits)  # because Python takes long over long numbers


def _reason(error: BaseException) -> str:
    """Return the reason why a file cannot be read, without words of Python."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, OSError):
        return error.strerror or "it is damaged"
    if isinstance(error, UnicodeDecodeError):
        return f"it is no UTF-8 text, at byte {error.start + 1}"
    if "Empty CSV file" in str(error):
        return "it has no line of column names"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(error))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a record gives a key twice: {', '.join(key for key, _ in pairs)}")
    return found


def _of_pandas(values: Any) -> Any:
    """Return a column of pandas; values that it holds for gaps are None."""
    import pyarrow as pa

    if values.dtype != object:
        try:
            array = pa.array(values, from_pandas=True)
            if not isinstance(array.type, pa.BaseExtensionType):
                return plain(array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]))
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            pass  # because Arrow has no such type, and each value can be taken by itself
    return _array([None if _is_missing(value) else value for value in values])


def _is_missing(value: Any) -> bool:
    """Tell whether pandas holds ``value`` for a gap: NaN, NaT and NA are what does not equal itself."""
    try:
        return bool(value != value)
    except (TypeError, ValueError, ArithmeticError):
        return type(value).__name__ == "NAType"


def _of_polars(values: Any) -> Any:
    import polars as pl
    import pyarrow as pa

    if values.dtype != pl.Object:  # because those come as addresses
        try:
            return plain(pa.chunked_array([values.to_arrow()]))
        except pa.ArrowException:
            pass  # because Arrow has no such type, and each value can be taken by itself
    return _array(values.to_list())


def _array(values: list[Any]) -> pa.Array | list[Any]:
    """Return values as an array where they are of one type that Arrow holds as they are, and as they are where not."""
    import pyarrow as pa

    kinds = {type(value).__name__ for value in values} - {"NoneType"}
    if "Decimal" in kinds:
        return values  # because Arrow's decimals have no negative zero
    if "bool" in kinds and len(kinds) > 1:
        return values  # because Arrow takes true for 1 where numbers stand beside it
    try:
        return pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return values


def refuse_twice(names: list[str], where: str, kind: SourceKind = CANDIDATES) -> None:
    """Refuse names that stand twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise kind.error(f"{where}: columns given twice: {', '.join(twice)}")
