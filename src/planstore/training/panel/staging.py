"""Staging: the numbers of a panel's files, appended in their order to one file a column, so that none are held."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.checks.panel_columns import NOTHING, NUMBERS, as_floats, float_type, kind_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

BLOCK = 65_536
"""Rows that are converted, filled or moved at once: few enough for the processor's cache."""
HEADER_BYTES = 128
"""Bytes of the header of NumPy's files."""


@dataclass
class _StagedColumn:
    """The values of one column in the order of the files; rows that a file does not have are NaN.

    Attributes:
        path: file of the values.
        dtype: float32 while all files have values that it represents, else float64.
        rows: number of rows in the file.
    """

    path: Path
    dtype: np.dtype
    rows: int = 0

    def add(self, values: pa.ChunkedArray, before: int) -> None:
        """Append values after the row number ``before``."""
        import numpy as np

        dtype = float_type(values.type)
        if dtype.itemsize > self.dtype.itemsize:
            self._widen(dtype)
        self.fill(before)
        with self.path.open("ab") as file:
            for chunk in values.chunks:
                file.write(np.ascontiguousarray(as_floats(chunk), self.dtype).data)
        self.rows = before + len(values)

    def fill(self, rows: int) -> None:
        """Append NaN up to a number of rows."""
        import numpy as np

        with self.path.open("ab") as file:
            for first in range(self.rows, rows, BLOCK):
                np.full(min(BLOCK, rows - first), np.nan, self.dtype).tofile(file)
        self.rows = max(self.rows, rows)

    def cut(self, rows: int) -> None:
        """Drop the rows after a number of rows."""
        if rows < self.rows:
            with self.path.open("r+b") as file:
                file.truncate(HEADER_BYTES + rows * self.dtype.itemsize)
            self.rows = rows

    def begin(self) -> None:
        """Begin the file, with space for its header."""
        self.path.write_bytes(bytes(HEADER_BYTES))

    def end(self) -> np.ndarray:
        """Complete the file as one of NumPy's, and return its values, mapped into memory."""
        import numpy as np
        from numpy.lib.format import header_data_from_array_1_0, write_array_header_1_0

        described = header_data_from_array_1_0(np.empty(0, self.dtype)) | {"shape": (self.rows,)}
        with self.path.open("r+b") as file:
            write_array_header_1_0(file, described)
            assert file.tell() == HEADER_BYTES
        values: np.ndarray = np.load(self.path, mmap_mode="r")
        return values

    def _widen(self, dtype: np.dtype) -> None:
        import numpy as np

        wider = replace(self, path=self.path.with_suffix(".wider"), dtype=dtype)
        wider.begin()
        with self.path.open("rb") as narrow, wider.path.open("ab") as file:
            narrow.seek(HEADER_BYTES)
            while len(values := np.fromfile(narrow, self.dtype, BLOCK)):
                values.astype(dtype).tofile(file)
        wider.path.replace(self.path)
        self.dtype = dtype


class Staging:
    """Rows of files in a folder: a file a column, and the keys of the rows in memory.

    Attributes:
        rows: number of rows.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rows = 0
        self._columns: dict[str, _StagedColumn] = {}
        self._times: list[np.ndarray] = []
        self._codes: list[np.ndarray] = []
        self._symbols: dict[str, int] = {}
        self._files = 0

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in the order of their first appearance."""
        return list(self._columns)

    def add(self, table: pa.Table) -> None:
        """Append rows with the columns ``timestamp`` and ``symbol``; columns that hold no numbers are left out."""
        import numpy as np
        import pyarrow as pa

        for name in table.column_names:
            if name not in ("timestamp", "symbol") and kind_of(table[name].type) in (NUMBERS, NOTHING):
                self._column(name, float_type(table[name].type)).add(table[name], self.rows)
        encoded = table["symbol"].combine_chunks().dictionary_encode()
        codes = [self._symbols.setdefault(name, len(self._symbols)) for name in encoded.dictionary.to_pylist()]
        self._codes.append(np.array(codes, np.int32)[encoded.indices.to_numpy()] if codes else np.empty(0, np.int32))
        self._times.append(table["timestamp"].cast(pa.int64()).to_numpy())
        self.rows += table.num_rows

    def roll_back(self, rows: int, columns: Collection[str]) -> None:
        """Return to a state with ``rows`` and ``columns``."""
        while self.rows > rows:
            self.rows -= len(self._times.pop())
            self._codes.pop()
        for name in self.columns:
            if name not in columns:
                self.drop(name)
            else:
                self._columns[name].cut(rows)

    def keys(self) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Return timestamp (microseconds, UTC) and symbol of each row, as its position in the sorted symbols."""
        import numpy as np

        times = np.concatenate([np.empty(0, np.int64), *self._times])
        codes = np.concatenate([np.empty(0, np.int32), *self._codes])
        present = set(np.unique(codes).tolist())
        names = sorted(name for name, code in self._symbols.items() if code in present)
        positions = np.zeros(len(self._symbols) + 1, np.int32)
        positions[[self._symbols[name] for name in names]] = np.arange(len(names))
        return times, positions[codes], names

    def column(self, name: str) -> tuple[Path, np.ndarray]:
        """Return the file of a column, which is one of NumPy's, and its values, mapped into memory."""
        column = self._columns[name]
        column.fill(self.rows)
        return column.path, column.end()

    def drop(self, name: str) -> None:
        """Remove the file of a column; do nothing if it was moved."""
        self._columns.pop(name).path.unlink(missing_ok=True)

    def _column(self, name: str, dtype: np.dtype) -> _StagedColumn:
        if name not in self._columns:
            self._columns[name] = _StagedColumn(self._folder / f"{self._files}.staged", dtype)
            self._columns[name].begin()
            self._files += 1
        return self._columns[name]
