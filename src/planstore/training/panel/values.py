"""Values: the columns of numbers of a panel's files, each value written to its place in a layout; none are held."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.checks.panel_columns import NOTHING, as_floats, kind_of
from planstore.database.session import Session
from planstore.errors import PanelError, StoreError
from planstore.training.panel.files import CHUNK_CELLS, ReadFiles, each_chunk
from planstore.training.panel.layout import LaidOutColumn, column_path
from planstore.training.panel.places import PanelFile

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

CHUNKS = 8
"""Number of chunks of a large file in another order: more rows of a symbol are written faster, and need more memory."""
THREADS = 2
"""Number of columns that are written at once: one more waits for the processor where the database reads meanwhile."""
RUN = 32
"""Rows in a run of neighbours, on average, from which on each run is written by itself."""


class BrokenFilesError(Exception):
    """Files have values that cannot be read.

    Attributes:
        reasons: the reason by file.
    """

    def __init__(self, reasons: dict[PanelFile, str]) -> None:
        super().__init__(*reasons.values())
        self.reasons = reasons


def write_values(
    session: Session, read: ReadFiles, rows: np.ndarray, symbols: Mapping[str, int], where: str, folder: Path
) -> list[LaidOutColumn]:
    """Write the columns of numbers into a folder, and return their facts.

    Args:
        session: session of the panel's place.
        read: the panel's files.
        rows: number in the files of each row of the layout.
        symbols: number of rows by symbol, in the order of the layout.
        where: the panel's name in messages.
        folder: the folder.

    Raises:
        BrokenFilesError: files have values that cannot be read; what is in the folder is of no use.
        PanelError: a file has other rows than before, or a server does not answer or refuses.
        OSError: the folder cannot be written.
    """
    import numpy as np

    places = np.full(sum(file.rows for file in read.files), -1)
    places[rows] = np.arange(len(rows))
    columns = [
        _ColumnFile(column_path(folder, str(number)), name, dtype, len(rows))
        for number, (name, dtype) in enumerate(read.columns.items())
    ]
    large = max(CHUNK_CELLS, len(rows) * len(columns) // CHUNKS)
    broken: dict[PanelFile, str] = {}
    first = 0
    with ThreadPoolExecutor(THREADS) as threads:
        for file in read.files:
            writing = _Writing(columns, places[first : first + file.rows], threads)
            known = {column.name for column in file.schema if kind_of(column.type) != NOTHING}
            names = [column.name for column in columns if column.name in known]
            try:
                each_chunk(session, file, names, CHUNK_CELLS if writing.is_in_order else large, writing.add)
            except StoreError as error:
                broken[file.file] = str(error)
            else:
                if writing.rows != file.rows:
                    raise changed(where)
            first += file.rows
    if broken:
        raise BrokenFilesError(broken)
    return [
        LaidOutColumn(column.name, str(column.dtype), column.finite, column.infinite, column.lacking(symbols))
        for column in columns
    ]


class _Writing:
    """Writing of one file's rows.

    Args:
        columns: the columns of the layout; in those that the file does not have, its rows are missing.
        places: place of each row of the file in the layout; -1 of rows that are left out.
        threads: threads that write columns.

    Attributes:
        rows: number of rows of the file so far.
        is_in_order: whether all rows of the file are laid out one after the other.
    """

    def __init__(self, columns: list[_ColumnFile], places: np.ndarray, threads: ThreadPoolExecutor) -> None:
        self.rows = 0
        self.is_in_order = _are_neighbours(places)
        self._columns = columns
        self._places = places
        self._threads = threads

    def add(self, table: pa.Table) -> None:
        """Write the next rows of the file."""
        import pyarrow as pa

        places = self._places[self.rows : self.rows + table.num_rows]
        self.rows += table.num_rows
        if len(places) < table.num_rows:
            return  # because the file has other rows than before, as their number says
        move = _Move(places)
        missing = pa.chunked_array([pa.nulls(len(places))])

        def write(column: _ColumnFile) -> None:
            column.write(table[column.name] if column.name in table.column_names else missing, move)

        list((map if move.order is None else self._threads.map)(write, self._columns))


class _Move:
    """Move of rows to their places.

    Attributes:
        order: the rows that are laid out, in the order of their places; None of rows that are all in order.
        places: their places, ascending.
        runs: first and end in ``places`` of each run of neighbours, and the place of its first row.
    """

    def __init__(self, places: np.ndarray) -> None:
        import numpy as np

        self.order: np.ndarray | None = None
        if not _are_neighbours(places):
            self.order = np.argsort(places)[np.count_nonzero(places < 0) :]
            places = places[self.order]
        self.places = places
        starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
        ends = np.append(starts, len(places))[1:]
        self.runs = list(zip(starts.tolist(), ends.tolist(), places[starts].tolist(), strict=True))


class _ColumnFile:
    """File of a column, one of NumPy's.

    Attributes:
        finite: number of finite values so far.
        infinite: number of infinite values so far; they are laid out as missing.
    """

    def __init__(self, path: Path, name: str, dtype: np.dtype, rows: int) -> None:
        from numpy.lib.format import open_memmap

        self.name, self.dtype = name, dtype
        self.finite = self.infinite = 0
        self._path = path
        self._offset = open_memmap(path, "w+", dtype, (rows,)).offset

    def write(self, values: pa.ChunkedArray, move: _Move) -> None:
        """Write the values of rows."""
        import numpy as np

        parts = (as_floats(part).astype(self.dtype, copy=False) for part in values.chunks)
        if move.order is None:
            place = int(move.places[0])
            with self._path.open("r+b", buffering=0) as file:
                for part in parts:
                    self._write(file, self._without_infinite(part).data, place)
                    place += len(part)
            return
        ordered = self._without_infinite(np.concatenate(list(parts)).take(move.order))
        if len(ordered) < RUN * len(move.runs):
            np.load(self._path, mmap_mode="r+")[move.places] = ordered
            return
        content = ordered.data
        with self._path.open("r+b", buffering=0) as file:
            for first, end, place in move.runs:
                self._write(file, content[first:end], place)

    def lacking(self, symbols: Mapping[str, int]) -> list[str]:
        """Return the symbols without a finite value, where others have one; ``symbols`` has their numbers of rows.

        All is written. Only a symbol whose last value is missing is read.
        """
        import numpy as np

        ends = np.cumsum(list(symbols.values()))
        if not self.finite or self.finite == ends[-1]:
            return []
        values = np.load(self._path, mmap_mode="r")
        return [
            name
            for (name, rows), end, is_missing in zip(symbols.items(), ends, np.isnan(values[ends - 1]), strict=True)
            if is_missing and np.isnan(values[end - rows : end]).all()
        ]

    def _write(self, file: io.FileIO, values: memoryview, place: int) -> None:
        if os.pwrite(file.fileno(), values, self._offset + place * values.itemsize) < values.nbytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _without_infinite(self, values: np.ndarray) -> np.ndarray:
        """Count values, and return them with infinite ones as missing."""
        import numpy as np

        finite = int(np.count_nonzero(np.isfinite(values)))
        self.finite += finite
        if finite == len(values) or not (infinite := int(np.count_nonzero(is_infinite := np.isinf(values)))):
            return values
        self.infinite += infinite
        return np.where(is_infinite, self.dtype.type(np.nan), values)


def _are_neighbours(places: np.ndarray) -> bool:
    """Return whether rows are all laid out, one after the other."""
    import numpy as np

    return bool(places[0] >= 0 and (np.diff(places) == 1).all())


def changed(where: str) -> PanelError:
    """Return the error of a panel whose files changed while they were read."""
    return PanelError(f"{where} must stay as it is while it is read, got new content: read it again")
