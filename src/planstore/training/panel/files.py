"""Files of a panel: streaming through DuckDB, in chunks with timestamp and symbol as the first columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planstore.checks.arrow_columns import UnfitError, each, moments, texts, wholes
from planstore.checks.panel_columns import NOTHING, NUMBERS, SYMBOLS, TIMESTAMPS, kind_of, named
from planstore.checks.quoting import quoted
from planstore.checks.times import RULE, utc
from planstore.database.session import Session
from planstore.errors import PanelError, StoreError
from planstore.events.prefetch import each_prefetched
from planstore.training.panel.places import PanelFile, answered
from planstore.training.panel.staging import Staging

if TYPE_CHECKING:
    import pyarrow as pa

_READERS = {".parquet": "panel/parquet_file", ".pq": "panel/parquet_file", ".csv": "panel/csv_file"}
_COLUMNS = {".parquet": "panel/parquet_columns", ".pq": "panel/parquet_columns", ".csv": "panel/csv_columns"}
CHUNK_CELLS = 2_000_000
"""About the number of values of a file in memory at once while it is staged."""
_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+|column0")


@dataclass
class _ColumnKinds:
    """Kinds of values by column, each with the first file that has it."""

    files: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, schema: pa.Schema, path: str) -> None:
        for name, kind in zip(schema.names, map(kind_of, schema.types), strict=True):
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


def stage_files(
    session: Session, files: list[PanelFile], symbols: Collection[str] | None, staging: Staging
) -> tuple[dict[str, str], dict[str, str]]:
    """Stage the rows of files; an unusable file makes its symbol missing and does not stop the others.

    Args:
        session: session of the panel's place.
        files: files of the panel.
        symbols: symbols to read; None means all.
        staging: receives the rows.

    Returns:
        the columns that hold no numbers, with the kind of their values; and the symbols without rows, with the reason.

    Raises:
        PanelError: no file can be read, files contradict each other, the symbol of an unusable file is unknown, or a
            server does not answer or refuses.
    """
    kinds = _ColumnKinds()
    broken: dict[PanelFile, str] = {}
    by_name, is_any = len(files) > 1, False
    for file in files:
        if symbols is not None and file.symbol is not None and file.symbol not in symbols:
            continue
        before = staging.rows, staging.columns
        try:
            with answered():
                schema, names = _stage(session, file, symbols, staging)
        except (StoreError, _UnusableError) as error:
            staging.roll_back(*before)
            broken[file] = str(error)
            continue
        by_name = by_name and names == {file.symbol or file.stem}
        kinds.add(schema, file.path)
        is_any = True
    missing = _missing(broken, by_name=by_name)
    texts = kinds.texts()
    if not is_any:
        raise PanelError("; ".join(f"{name}: {reason}" for name, reason in missing.items()) or "no symbol is requested")
    present = set(staging.keys()[2])
    requested = set(missing) | present if symbols is None else symbols
    missing = {name: missing.get(name, "there are no rows of it") for name in sorted(requested) if name not in present}
    return texts, missing


class _UnusableError(Exception):
    """A file cannot be used; the message has the reason, recorded with the evidence."""


def _stage(
    session: Session, file: PanelFile, symbols: Collection[str] | None, staging: Staging
) -> tuple[pa.Schema, set[str]]:
    """Stage a file's rows, and return the schema of its columns besides the keys, and its symbols."""
    import pyarrow as pa
    import pyarrow.compute as pc

    problem = session.problem(_READERS[file.suffix], path=file.path) if file.size else None
    if problem is not None:
        raise _UnusableError(f"{file.path} cannot be read: {problem}")
    found: set[str] = set()
    schemas: list[pa.Schema] = []

    def add(table: pa.Table) -> None:
        schemas[:] = [table.drop_columns(["timestamp", "symbol"]).schema]
        found.update(table["symbol"].unique().to_pylist())
        if symbols is not None:
            table = table.filter(pc.is_in(table["symbol"], pa.array(sorted(symbols), pa.string())))
        staging.add(table)

    each_prefetched(_chunks(session, file, CHUNK_CELLS), add)
    if not schemas:
        raise _UnusableError(f"{file.path} has no rows")
    return schemas[0], found


def _chunks(session: Session, file: PanelFile, cells: int) -> Iterator[pa.Table]:
    """Yield a file's rows in chunks of about ``cells`` values, with timestamp and symbol as the first columns."""
    import pyarrow as pa

    if file.size == 0:
        raise _UnusableError(f"{file.path} is empty")
    waiting: list[pa.RecordBatch] = []
    first_row, rows = 1, 0
    for batch in session.batches(_READERS[file.suffix], path=file.path):
        waiting.append(batch)
        rows += batch.num_rows
        if rows * batch.num_columns >= cells:
            yield _with_keys(pa.Table.from_batches(waiting), file, first_row)
            first_row, rows = first_row + rows, 0
            waiting.clear()
    if rows:
        yield _with_keys(pa.Table.from_batches(waiting), file, first_row)


def _with_keys(table: pa.Table, file: PanelFile, first_row: int) -> pa.Table:
    """Return rows of a file, from row number ``first_row``, with timestamp and symbol as the first columns."""
    import pyarrow as pa

    timestamp = named(table.column_names, TIMESTAMPS)
    if timestamp is None:
        raise _UnusableError(f"{file.path} has no column of timestamps: {', '.join(TIMESTAMPS[:-1])}")
    name = named(table.column_names, SYMBOLS)
    if name is None:
        symbols = pa.repeat(pa.scalar(file.symbol or file.stem, pa.string()), table.num_rows)
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
    for file in files:
        try:
            with answered():
                yield from _chunks(session, file, cells)
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
