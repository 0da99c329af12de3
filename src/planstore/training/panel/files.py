"""The files of a panel: found, read through DuckDB, and brought into one table of numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from planstore.checks.arrow_columns import UnfitError, doubles, each, moments, texts, wholes
from planstore.checks.quoting import quoted
from planstore.checks.times import RULE, utc
from planstore.database.session import Session
from planstore.errors import PanelError, StoreError

if TYPE_CHECKING:
    import pyarrow as pa

TIMESTAMPS = ("timestamp", "ts", "datetime", "date", "time", "__index_level_0__")
"""What the column of timestamps may be called; the first that is there counts."""
SYMBOLS = ("symbol", "ticker", "instrument")
"""What the column of symbols may be called; without one, a file is its symbol's, by its name or its hive folder."""
_READERS = {".parquet": "panel/parquet_file", ".pq": "panel/parquet_file", ".csv": "panel/csv_file"}
_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+|column0")


@dataclass(frozen=True)
class PanelFile:
    """One file, and the symbol that its hive folder (``symbol=AAPL/``) names."""

    path: Path
    symbol: str | None


@dataclass
class Rows:
    """What the files hold.

    Attributes:
        table: timestamp (microseconds, UTC), symbol, and the columns of numbers as doubles.
        texts: columns that hold something else than numbers, and what.
        missing: symbols of which there are no rows, and why.
    """

    table: pa.Table
    texts: dict[str, str]
    missing: dict[str, str]


@dataclass
class _Kinds:
    """What each column holds, and the file that said so first."""

    seen: dict[str, dict[str, Path]] = field(default_factory=dict)

    def note(self, table: pa.Table, path: Path) -> None:
        for name, kind in zip(table.column_names, map(_kind, table.schema.types), strict=True):
            self.seen.setdefault(name, {}).setdefault(kind, path)

    def texts(self) -> dict[str, str]:
        """Return the columns that are no numbers; refuse those that are in one file and not in another."""
        found = {}
        for name, kinds in self.seen.items():
            said = [kind for kind in kinds if kind != "nothing"]
            if len(said) > 1:
                raise PanelError(
                    f"column {name} holds {said[0]} in {kinds[said[0]]}, and {said[1]} in {kinds[said[1]]}; "
                    "give it one type in all files"
                )
            if said and said[0] != "numbers":
                found[name] = said[0]
        return found


def find_files(source: Path) -> list[PanelFile]:
    """Return the files of a panel: ``source`` itself, or all parquet and CSV files in its folder and below.

    Raises:
        PanelError: there is none.
    """
    try:
        paths = _paths(source)
    except OSError as error:
        raise PanelError(f"{source} cannot be read: {error.strerror}") from error
    return [
        PanelFile(path, None if path == source else _hive_symbol(path.relative_to(source).parent)) for path in paths
    ]


def _paths(source: Path) -> list[Path]:
    if source.is_file():
        if source.suffix.lower() not in _READERS:
            raise PanelError(f"{source}: a panel is a folder or one file of {', '.join(_READERS)}")
        return [source]
    if not source.is_dir():
        raise PanelError(f"{source}: there is no such file or folder")
    paths = sorted(
        path for path in source.rglob("*") if path.suffix.lower() in _READERS and not _hidden(path.relative_to(source))
    )
    if not paths:
        raise PanelError(f"{source} holds no panel: no {', '.join(_READERS)} in it or below it")
    return paths


def read_files(session: Session, files: list[PanelFile], symbols: Collection[str] | None) -> Rows:
    """Read the files; one that cannot be used is its symbol's trouble, and the others go on.

    Args:
        session: a database in memory to read through.
        files: what `find_files` found.
        symbols: the only ones to read; None for all.

    Raises:
        PanelError: nothing can be read, files contradict each other, or it is not known whose a broken file is.
    """
    tables: list[pa.Table] = []
    kinds = _Kinds()
    broken: dict[PanelFile, str] = {}
    by_name = len(files) > 1
    for file in files:
        if symbols is not None and file.symbol is not None and file.symbol not in symbols:
            continue
        try:
            table = _read(session, file)
        except (StoreError, _UnusableError) as error:
            broken[file] = str(error)
            continue
        by_name = by_name and table["symbol"].unique().to_pylist() == [file.symbol or file.path.stem]
        kinds.note(table.drop_columns(["timestamp", "symbol"]), file.path)
        tables.append(table)
    missing = _missing(broken, by_name=by_name)
    texts = kinds.texts()
    if not tables:
        raise PanelError("; ".join(f"{name}: {reason}" for name, reason in missing.items()) or "no symbol is asked for")
    table = _joined(tables, texts, symbols)
    present = set(table["symbol"].unique().to_pylist())
    asked = set(missing) | present if symbols is None else symbols
    missing = {name: missing.get(name, "there are no rows of it") for name in sorted(asked) if name not in present}
    return Rows(table, texts, missing)


class _UnusableError(Exception):
    """Why a file cannot be used."""


def _read(session: Session, file: PanelFile) -> pa.Table:
    """Return a file's rows with their timestamp and symbol first."""
    import pyarrow as pa

    if file.path.stat().st_size == 0:
        raise _UnusableError(f"{file.path} is empty")
    statement = _READERS[file.path.suffix.lower()]
    problem = session.problem(statement, path=str(file.path))
    if problem is not None:
        raise _UnusableError(f"{file.path} cannot be read: {problem}")
    table = session.batches(statement, path=str(file.path)).read_all()
    moment = _named(table.column_names, TIMESTAMPS)
    if moment is None:
        raise _UnusableError(f"{file.path} has no column of timestamps: {', '.join(TIMESTAMPS[:-1])}")
    if table.num_rows == 0:
        raise _UnusableError(f"{file.path} has no rows")
    name = _named(table.column_names, SYMBOLS)
    if name is None:
        symbols = pa.array([file.symbol or file.path.stem] * table.num_rows, pa.string())
    else:
        symbols = _names(table[name], file.path, name)
    rest = [column for column in table.column_names if column not in (moment, name) and not _INDEX.fullmatch(column)]
    columns = {"timestamp": _moments(table[moment], file.path, moment), "symbol": symbols}
    return pa.table(columns | {column: table[column] for column in rest})


def _moments(values: pa.ChunkedArray, path: Path, name: str) -> pa.ChunkedArray:
    """Return timestamps in UTC, without saying so in their type."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_integer(values.type) or types.is_floating(values.type):
        raise _UnusableError(f"{path}: column {name} holds numbers; write timestamps as dates or times")
    if values.null_count:
        raise _UnusableError(f"{path}, row {_first_null(values)}: it has no {name}")
    found = moments(values)
    if found is None:
        try:
            found = pa.chunked_array([pa.array(each(values, utc), pa.timestamp("us", "UTC"))])
        except UnfitError as error:
            raise _UnusableError(
                f"{path}, row {error.row}: {name} must be {RULE}, got {quoted(error.value)}"
            ) from error
    return found.cast(pa.timestamp("us"))


def _names(values: pa.ChunkedArray, path: Path, name: str) -> pa.ChunkedArray:
    import pyarrow as pa

    numbers = wholes(values)
    found = texts(values) if numbers is None else numbers.cast(pa.string())
    if found is None:
        raise _UnusableError(f"{path}: column {name} must hold texts or whole numbers, not {values.type}")
    if found.null_count:
        raise PanelError(f"{path}, row {_first_null(found)}: it has no {name}")
    return found


def _joined(tables: list[pa.Table], texts: dict[str, str], symbols: Collection[str] | None) -> pa.Table:
    """Return all rows as one table, with doubles alone beside timestamp and symbol."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = []
    for table in tables:
        names = [name for name in table.column_names if name not in texts]
        columns = [table[name] if name in ("timestamp", "symbol") else _doubles(table[name]) for name in names]
        numbers.append(pa.table(dict(zip(names, columns, strict=True))))
    joined = pa.concat_tables(numbers, promote_options="default")
    if symbols is not None:
        joined = joined.filter(pc.is_in(joined["symbol"], pa.array(sorted(symbols), pa.string())))
    return joined


def _doubles(values: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_boolean(values.type):
        return values.cast(pa.int8()).cast(pa.float64())
    return values.cast(pa.float64()) if types.is_null(values.type) else doubles(values)


def _kind(kind: pa.DataType) -> str:
    import pyarrow.types as types

    if types.is_null(kind):
        return "nothing"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind):
        return "numbers"
    return "times" if types.is_temporal(kind) else "text" if types.is_string(kind) else str(kind)


def _missing(broken: dict[PanelFile, str], *, by_name: bool) -> dict[str, str]:
    """Return what is missing by symbol; a broken file is that of its name where all other files are so."""
    found = {}
    for file, reason in broken.items():
        if file.symbol is None and not by_name:
            raise PanelError(reason)
        found[file.symbol or file.path.stem] = reason
    return found


def _named(columns: Iterable[str], names: tuple[str, ...]) -> str | None:
    there = {column.lower(): column for column in columns}
    return next((there[name] for name in names if name in there), None)


def _first_null(values: pa.ChunkedArray) -> int:
    import pyarrow.compute as pc

    return int(pc.index(pc.is_null(values), True).as_py()) + 1


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _hive_symbol(folder: Path) -> str | None:
    named = (part.partition("=") for part in folder.parts)
    return next((unquote(value) for key, _, value in named if key.lower() in SYMBOLS and value), None)
