"""Files of a panel: streaming through DuckDB, in chunks with timestamp and symbol as the first columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planstore.checks.arrow_columns import UnfitError, each, is_text, moments, texts, wholes
from planstore.checks.panel_columns import NOTHING, NUMBERS, SYMBOLS, TIMESTAMPS, float_type, kind_of, named
from planstore.checks.quoting import quoted
from planstore.checks.times import RULE, utc
from planstore.database.batches import Batches
from planstore.database.session import Session
from planstore.errors import PanelError, StoreError
from planstore.events.prefetch import each_prefetched
from planstore.training.panel.keys import PanelKeys
from planstore.training.panel.places import PanelFile, answered
from planstore.training.panel.zones import TimestampZones, zones_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_READERS = {".parquet": "panel/parquet_file", ".pq": "panel/parquet_file", ".csv": "panel/csv_file"}
_PARTS = {".parquet": "panel/parquet_part", ".pq": "panel/parquet_part", ".csv": "panel/csv_part"}
_COLUMNS = {".parquet": "panel/parquet_columns", ".pq": "panel/parquet_columns", ".csv": "panel/csv_columns"}
CHUNK_CELLS = 2_000_000
"""About the number of values of a file in memory at once."""
_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+|column0")


@dataclass
class _ColumnKinds:
    """Kinds of values by column, each with the first file that has it; and the types of columns of numbers."""

    files: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: dict[str, np.dtype] = field(default_factory=dict)

    def add(self, schema: pa.Schema, path: str) -> None:
        for column in schema:
            kind = kind_of(column.type)
            self.files.setdefault(column.name, {}).setdefault(kind, path)
            if kind in (NUMBERS, NOTHING):
                found = float_type(column.type)
                self.numbers[column.name] = max(
                    found, self.numbers.get(column.name, found), key=lambda one: one.itemsize
                )

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


@dataclass(frozen=True)
class ReadFile:
    """A file of a panel whose keys are read.

    Attributes:
        file: the file.
        timestamp: name of its column of timestamps.
        schema: its columns besides timestamp and symbol.
        rows: number of its rows.
    """

    file: PanelFile
    timestamp: str
    schema: pa.Schema
    rows: int


@dataclass(frozen=True)
class ReadFiles:
    """The files of a panel whose keys are read.

    Attributes:
        files: the readable files that are requested.
        columns: columns of numbers with their types, in the order of the files.
        texts: columns that hold no numbers, with the kind of their values.
        missing: symbols without rows, with the reason.
    """

    files: list[ReadFile]
    columns: dict[str, np.dtype]
    texts: dict[str, str]
    missing: dict[str, str]


def read_files(session: Session, files: list[PanelFile], broken: Mapping[PanelFile, str], keys: PanelKeys) -> ReadFiles:
    """Read the keys and the columns' kinds of files; an unusable file makes its symbol missing, and others go on.

    Args:
        session: session of the panel's place.
        files: files of the panel.
        broken: files that are known to be unusable, with the reason.
        keys: receives the keys of the rows.

    Raises:
        PanelError: no file can be read, files contradict each other, the symbol of an unusable file is unknown, or a
            server does not answer or refuses.
    """
    kinds, zones, reasons = _ColumnKinds(), TimestampZones(), dict(broken)
    found: list[ReadFile] = []
    by_name, symbols = len(files) > 1, keys.requested
    for file in files:
        if file in broken or (symbols is not None and file.symbol is not None and file.symbol not in symbols):
            continue
        before = keys.rows
        try:
            with answered():
                read, names, zoned = _read_keys(session, file, keys)
        except (StoreError, _UnusableError) as error:
            keys.cut(before)
            reasons[file] = str(error)
            continue
        by_name = by_name and names == {file.symbol or file.stem}
        zones.add(zoned, file.name)
        kinds.add(read.schema, file.name)
        found.append(read)
    missing = _missing(reasons, by_name=by_name)
    texts = kinds.texts()
    if not found:
        raise PanelError("; ".join(f"{name}: {reason}" for name, reason in missing.items()) or "no symbol is requested")
    present = set(keys.names)
    requested = set(missing) | present if symbols is None else symbols
    missing = {name: missing.get(name, "there are no rows of it") for name in sorted(requested) if name not in present}
    return ReadFiles(found, {name: kind for name, kind in kinds.numbers.items() if name not in texts}, texts, missing)


def each_chunk(
    session: Session, read: ReadFile, columns: Sequence[str], cells: int, work: Callable[[pa.Table], object]
) -> None:
    """Call ``work`` on a worker thread with the rows of some columns of a file, in chunks of about ``cells`` values.

    Without columns, the rows are those of the timestamps.

    Raises:
        StoreError: the file cannot be read.
        PanelError: a server does not answer or refuses.
    """
    with answered():
        each_prefetched(_tables(_part(session, read.file, columns or [read.timestamp]), cells), work)


class _UnusableError(Exception):
    """A file cannot be used; the message has the reason, recorded with the evidence."""


def _read_keys(session: Session, file: PanelFile, keys: PanelKeys) -> tuple[ReadFile, set[str], set[bool]]:
    """Read the keys of a file, and return the file with its symbols, and whether its timestamps have a zone."""
    import pyarrow as pa

    _refuse_empty(file)
    whole = session.batches_or_problem(_READERS[file.suffix], path=file.path)
    if isinstance(whole, str):
        raise _UnusableError(f"{file.name} cannot be read: {whole}")
    schema = whole.schema
    named_keys = [name for names in (TIMESTAMPS, SYMBOLS) if (name := named(schema.names, names)) is not None]
    before, found, zoned = keys.rows, set[str](), set[bool]()
    batches = _part(session, file, named_keys or schema.names[:1])
    each_prefetched(_keyed(_tables(batches, CHUNK_CELLS), file, zoned), lambda table: found.update(keys.add(table)))
    if not found:
        raise _UnusableError(f"{file.name} has no rows")
    rest = [column for column in schema if column.name not in named_keys and not _INDEX.fullmatch(column.name)]
    rest = _without_texts(session, file, rest)
    return ReadFile(file, named_keys[0], pa.schema(rest), keys.rows - before), found, zoned


def _without_texts(session: Session, file: PanelFile, columns: list[pa.Field]) -> list[pa.Field]:
    """Return columns, those of a CSV file without any value as such, because the database takes them for texts."""
    import pyarrow as pa

    doubtful = [column.name for column in columns if file.suffix == ".csv" and is_text(column.type)]
    if not doubtful:
        return columns
    (values,) = session.records("panel/csv_values", path=file.path, columns=doubtful)
    return [pa.field(column.name, pa.null()) if values.get(column.name) == 0 else column for column in columns]


def _part(session: Session, file: PanelFile, columns: Sequence[str]) -> Batches:
    return session.batches(_PARTS[file.suffix], path=file.path, columns=list(columns))


def _tables(batches: Iterable[pa.RecordBatch], cells: int) -> Iterator[pa.Table]:
    """Yield batches as tables of about ``cells`` values."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows * batch.num_columns >= cells:
            yield pa.Table.from_batches(waiting)
            rows = 0
            waiting.clear()
    if rows:
        yield pa.Table.from_batches(waiting)


def _keyed(tables: Iterable[pa.Table], file: PanelFile, zoned: set[bool]) -> Iterator[pa.Table]:
    """Yield the rows of a file with timestamp and symbol as the first columns; add whether timestamps have a zone."""
    first_row = 1
    for table in tables:
        yield _with_keys(table, file, first_row, zoned)
        first_row += table.num_rows


def _refuse_empty(file: PanelFile) -> None:
    if file.size == 0:
        raise _UnusableError(f"{file.name} is empty")


def _with_keys(table: pa.Table, file: PanelFile, first_row: int, zoned: set[bool]) -> pa.Table:
    """Return rows of a file, from row number ``first_row``, with timestamp and symbol as the first columns."""
    import pyarrow as pa

    timestamp = named(table.column_names, TIMESTAMPS)
    if timestamp is None or (_INDEX.fullmatch(timestamp) and kind_of(table[timestamp].type) == NUMBERS):
        raise _UnusableError(f"{file.name} has no column of timestamps: call one {', '.join(TIMESTAMPS[:-1])}")
    name = named(table.column_names, SYMBOLS)
    if name is None and file.called is not None:
        raise PanelError(f"{file.name} must have a column {', '.join(SYMBOLS)}, got none: add the symbol of each row")
    if name is None:
        symbols = pa.repeat(pa.scalar(file.symbol or file.stem, pa.string()), table.num_rows)
    else:
        symbols = _names(table[name], file.name, name, first_row)
    rest = [column for column in table.column_names if column not in (timestamp, name) and not _INDEX.fullmatch(column)]
    columns = {"timestamp": _timestamps(table[timestamp], file.name, timestamp, first_row), "symbol": symbols}
    zoned |= zones_of(table[timestamp])
    return pa.table(columns | {column: table[column] for column in rest})


def stream_files(session: Session, files: Iterable[PanelFile], cells: int) -> Iterator[tuple[PanelFile, pa.Table]]:
    """Yield each file with its rows in chunks, with timestamp and symbol as the first columns; nothing is kept.

    Args:
        session: session of the panel's place.
        files: files of the panel.
        cells: about the number of values in a chunk.

    Raises:
        PanelError: a file cannot be read, files contradict each other, or a server does not answer or refuses.
    """
    zones = TimestampZones()
    for file in files:
        zoned = set[bool]()
        try:
            with answered():
                _refuse_empty(file)
                batches = session.batches(_READERS[file.suffix], path=file.path)
                for table in _keyed(_tables(batches, cells), file, zoned):
                    zones.add(zoned, file.name)
                    yield file, table
        except (StoreError, _UnusableError) as error:
            raise PanelError(f"each file of the panel must be readable, got {error}: mend or remove it") from error


def _timestamps(values: pa.ChunkedArray, where: str, name: str, first_row: int) -> pa.ChunkedArray:
    """Return timestamps in UTC, of a type without a zone."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_integer(values.type) or types.is_floating(values.type):
        raise _UnusableError(f"{where}: column {name} holds numbers; write timestamps as dates or times")
    if values.null_count:
        raise _UnusableError(f"{where}, row {first_row + _first_null(values)}: it has no {name}")
    found = moments(values)
    if found is None:
        try:
            found = pa.chunked_array([pa.array(each(values, utc), pa.timestamp("us", "UTC"))])
        except UnfitError as error:
            raise _UnusableError(
                f"{where}, row {first_row + error.row - 1}: {name} must be {RULE}, got {quoted(error.value)}"
            ) from error
    return found.cast(pa.timestamp("us"))


def _names(values: pa.ChunkedArray, where: str, name: str, first_row: int) -> pa.ChunkedArray:
    import pyarrow as pa

    numbers = wholes(values)
    found = texts(values) if numbers is None else numbers.cast(pa.string())
    if found is None:
        raise _UnusableError(f"{where}: column {name} must hold texts or whole numbers, not {values.type}")
    if found.null_count:
        raise PanelError(
            f"{where}, row {first_row + _first_null(found)}: {name} must have a value, got none: fill it or drop the "
            "row"
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
