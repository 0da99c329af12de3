"""Files of a panel: reading through DuckDB, and conversion into one table of numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planstore.checks.arrow_columns import UnfitError, each, moments, texts, wholes
from planstore.checks.panel_columns import NOTHING, NUMBERS, SYMBOLS, TIMESTAMPS, as_doubles, kind_of, named
from planstore.checks.quoting import quoted
from planstore.checks.times import RULE, utc
from planstore.database.session import Session
from planstore.errors import PanelError, StoreError
from planstore.training.panel.places import PanelFile, answered

if TYPE_CHECKING:
    import pyarrow as pa

_READERS = {".parquet": "panel/parquet_file", ".pq": "panel/parquet_file", ".csv": "panel/csv_file"}
_COLUMNS = {".parquet": "panel/parquet_columns", ".pq": "panel/parquet_columns", ".csv": "panel/csv_columns"}
_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+|column0")


@dataclass
class Rows:
    """Rows of all files.

    Attributes:
        table: timestamp (microseconds, UTC), symbol, and the numeric columns as doubles.
        texts: non-numeric columns, with the kind of their values.
        missing: symbols without rows, with the reason.
    """

    table: pa.Table
    texts: dict[str, str]
    missing: dict[str, str]


@dataclass
class _ColumnKinds:
    """Kinds of values by column, each with the first file that has it."""

    files: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, table: pa.Table, path: str) -> None:
        for name, kind in zip(table.column_names, map(kind_of, table.schema.types), strict=True):
            self.files.setdefault(name, {}).setdefault(kind, path)

    def texts(self) -> dict[str, str]:
        """Return the non-numeric columns; refuse a column of two kinds."""
        found = {}
        for name, kinds in self.files.items():
            present = [kind for kind in kinds if kind != NOTHING]
            if len(present) > 1:
                raise PanelError(
                    f"column {name} must have one type in all files, got {present[0]} in {kinds[present[0]]} and "
                    f"{present[1]} in {kinds[present[1]]}: convert one of them"
                )
            if present and present[0] != NUMBERS:
                found[name] = present[0]
        return found


def column_names(session: Session, files: Iterable[PanelFile]) -> Iterator[list[str]]:
    """Yield the names of each file's columns without reading its rows; a file that cannot be read has none."""
    for file in files:
        statement = _COLUMNS[file.suffix]
        with answered():
            is_readable = session.problem(statement, path=file.path) is None
            names = [name for (name,) in session.rows(statement, path=file.path)] if is_readable else []
        yield names


def read_files(session: Session, files: list[PanelFile], symbols: Collection[str] | None) -> Rows:
    """Read the files; an unusable file makes its symbol missing and does not stop the others.

    Args:
        session: session of the panel's place.
        files: files of the panel.
        symbols: symbols to read; None means all.

    Raises:
        PanelError: no file can be read, files contradict each other, the symbol of an unusable file is unknown, or a
            server does not answer or refuses.
    """
    tables: list[pa.Table] = []
    kinds = _ColumnKinds()
    broken: dict[PanelFile, str] = {}
    by_name = len(files) > 1
    for file in files:
        if symbols is not None and file.symbol is not None and file.symbol not in symbols:
            continue
        try:
            with answered():
                table = _read(session, file)
        except (StoreError, _UnusableError) as error:
            broken[file] = str(error)
            continue
        by_name = by_name and table["symbol"].unique().to_pylist() == [file.symbol or file.stem]
        kinds.add(table.drop_columns(["timestamp", "symbol"]), file.path)
        tables.append(table)
    missing = _missing(broken, by_name=by_name)
    texts = kinds.texts()
    if not tables:
        raise PanelError("; ".join(f"{name}: {reason}" for name, reason in missing.items()) or "no symbol is requested")
    table = _joined(tables, texts, symbols)
    present = set(table["symbol"].unique().to_pylist())
    requested = set(missing) | present if symbols is None else symbols
    missing = {name: missing.get(name, "there are no rows of it") for name in sorted(requested) if name not in present}
    return Rows(table, texts, missing)


class _UnusableError(Exception):
    """A file cannot be used; the message has the reason, recorded with the evidence."""


def _read(session: Session, file: PanelFile) -> pa.Table:
    """Return a file's rows, with timestamp and symbol as the first columns."""
    if file.size == 0:
        raise _UnusableError(f"{file.path} is empty")
    statement = _READERS[file.suffix]
    problem = session.problem(statement, path=file.path)
    if problem is not None:
        raise _UnusableError(f"{file.path} cannot be read: {problem}")
    table = session.batches(statement, path=file.path).read_all()
    if table.num_rows == 0:
        raise _UnusableError(f"{file.path} has no rows")
    return _with_keys(table, file)


def _with_keys(table: pa.Table, file: PanelFile, first_row: int = 1) -> pa.Table:
    """Return rows of a file, from row number ``first_row``, with timestamp and symbol as the first columns."""
    import pyarrow as pa

    timestamp = named(table.column_names, TIMESTAMPS)
    if timestamp is None:
        raise _UnusableError(f"{file.path} has no column of timestamps: {', '.join(TIMESTAMPS[:-1])}")
    name = named(table.column_names, SYMBOLS)
    if name is None:
        symbols = pa.array([file.symbol or file.stem] * table.num_rows, pa.string())
    else:
        symbols = _names(table[name], file.path, name, first_row)
    rest = [column for column in table.column_names if column not in (timestamp, name) and not _INDEX.fullmatch(column)]
    columns = {"timestamp": _timestamps(table[timestamp], file.path, timestamp, first_row), "symbol": symbols}
    return pa.table(columns | {column: table[column] for column in rest})


def stream_files(session: Session, files: Iterable[PanelFile], cells: int) -> Iterator[pa.Table]:
    """Yield the rows of files in chunks, with timestamp and symbol as the first columns; nothing is kept.

    Args:
        session: session of the panel's place.
        files: files of the panel.
        cells: about the number of values in a chunk.

    Raises:
        PanelError: a file cannot be read, or a server does not answer or refuses.
    """
    import pyarrow as pa

    for file in files:
        waiting: list[pa.RecordBatch] = []
        seen = 0
        try:
            if file.size == 0:
                raise _UnusableError(f"{file.path} is empty")
            with answered():
                for batch in session.batches(_READERS[file.suffix], path=file.path):
                    waiting.append(batch)
                    if sum(one.num_rows for one in waiting) * batch.num_columns >= cells:
                        chunk = pa.Table.from_batches(waiting)
                        waiting.clear()
                        yield _with_keys(chunk, file, seen + 1)
                        seen += chunk.num_rows
            if waiting:
                yield _with_keys(pa.Table.from_batches(waiting), file, seen + 1)
        except (StoreError, _UnusableError) as error:
            raise PanelError(f"each file of the panel must be readable, got {error}: mend or remove it") from error


def _timestamps(values: pa.ChunkedArray, path: str, name: str, first_row: int) -> pa.ChunkedArray:
    """Return timestamps in UTC, of a type without a zone."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_integer(values.type) or types.is_floating(values.type):
        raise _UnusableError(f"{path}: column {name} holds numbers; write timestamps as dates or times")
    if values.null_count:
        raise _UnusableError(f"{path}, row {first_row + _first_null(values)}: it has no {name}")
    found = moments(values)
    if found is None:
        try:
            found = pa.chunked_array([pa.array(each(values, utc), pa.timestamp("us", "UTC"))])
        except UnfitError as error:
            raise _UnusableError(
                f"{path}, row {first_row + error.row - 1}: {name} must be {RULE}, got {quoted(error.value)}"
            ) from error
    return found.cast(pa.timestamp("us"))


def _names(values: pa.ChunkedArray, path: str, name: str, first_row: int) -> pa.ChunkedArray:
    import pyarrow as pa

    numbers = wholes(values)
    found = texts(values) if numbers is None else numbers.cast(pa.string())
    if found is None:
        raise _UnusableError(f"{path}: column {name} must hold texts or whole numbers, not {values.type}")
    if found.null_count:
        raise PanelError(
            f"{path}, row {first_row + _first_null(found)}: {name} must have a value, got none: fill it or drop the row"
        )
    return found


def _joined(tables: list[pa.Table], texts: dict[str, str], symbols: Collection[str] | None) -> pa.Table:
    """Return all rows as one table of timestamp, symbol and doubles."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = []
    for table in tables:
        names = [name for name in table.column_names if name not in texts]
        columns = [table[name] if name in ("timestamp", "symbol") else as_doubles(table[name]) for name in names]
        numbers.append(pa.table(dict(zip(names, columns, strict=True))))
    joined = pa.concat_tables(numbers, promote_options="default")
    if symbols is not None:
        joined = joined.filter(pc.is_in(joined["symbol"], pa.array(sorted(symbols), pa.string())))
    return joined


def _missing(broken: dict[PanelFile, str], *, by_name: bool) -> dict[str, str]:
    """Return the reason by missing symbol; a file's name is its symbol where that holds for all readable files."""
    found = {}
    for file, reason in broken.items():
        if file.symbol is None and not by_name:
            raise PanelError(reason)
        found[file.symbol or file.stem] = reason
    return found


def _first_null(values: pa.ChunkedArray) -> int:
    import pyarrow.compute as pc

    return int(pc.index(pc.is_null(values), True).as_py())
