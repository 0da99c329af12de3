"""Layout: the rows of a panel as columns of numbers, in the order of symbols, then of time.

The rows of a symbol are a slice of each column. In a folder, a column is a file of NumPy's, which is mapped into memory
only while it is used, and ``layout.json`` has the facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from planstore.events.digest import RowsDigest

if TYPE_CHECKING:
    import numpy as np

FACTS = "layout.json"
"""Name of the file of facts, which is written last."""
BLOCK = 16_384
"""Rows that are copied at once: few enough for the processor's cache."""
COLUMNS = 16
"""Columns that are mapped into memory at once: as many float32 as a line of the processor's cache has."""
TIMES, ORDER = "timestamp", "order"
"""Names of two columns: microseconds since 1970, UTC; and positions of the rows in the order of time, then symbols."""


@dataclass(frozen=True)
class LaidOutColumn:
    """Facts of one column of numbers.

    Attributes:
        name: name of the column.
        dtype: float32 or float64.
        values: number of rows that have a finite value.
        infinite: number of infinite values in the files; they are laid out as missing ones.
        lacking: symbols with rows that have no finite value of it, where others have one.
    """

    name: str
    dtype: str
    values: int
    infinite: int
    lacking: list[str]


@dataclass(frozen=True)
class LayoutFacts:
    """Facts of a panel that do not depend on its settings.

    Attributes:
        where: name of the panel when it was laid out.
        symbols: number of rows by symbol, sorted by name.
        columns: columns of numbers, in the order of the files.
        texts: columns that hold no numbers, with the kind of their values.
        missing: symbols that were requested or have a file, but have no usable rows, with the reason.
        notes: peculiarities of order and gaps.
        minutes, per_day: usual spacing of timestamps, as ``Spacing`` has it.
        size: bytes of all columns on the disk.
    """

    where: str
    symbols: dict[str, int]
    columns: list[LaidOutColumn]
    texts: dict[str, str]
    missing: dict[str, str]
    notes: list[str]
    minutes: float
    per_day: int
    size: int

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(self.symbols.values())

    def dump(self) -> bytes:
        """Return the facts as JSON."""
        return orjson.dumps(asdict(self))

    @classmethod
    def load(cls, content: bytes) -> LayoutFacts:
        """Return the facts in JSON written by :meth:`dump`."""
        document = orjson.loads(content)
        return cls(**document | {"columns": [LaidOutColumn(**column) for column in document["columns"]]})


class ColumnFiles(Mapping[str, "np.ndarray"]):
    """The columns in a folder by name, each mapped when it is taken."""

    def __init__(self, folder: Path, facts: LayoutFacts) -> None:
        self._folder = folder
        self._names = {column.name: str(number) for number, column in enumerate(facts.columns)}

    def __getitem__(self, name: str) -> np.ndarray:
        import numpy as np

        found: np.ndarray = np.load(column_path(self._folder, self._names[name]), mmap_mode="r")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Layout:
    """The rows of a panel.

    Attributes:
        folder: folder of the files.
        facts: facts of the panel.
        times: timestamps, microseconds since 1970, UTC.
        order: positions of the rows in the order of time, then symbols.
        columns: columns of numbers by name; a missing value is NaN.
    """

    folder: Path
    facts: LayoutFacts
    times: np.ndarray
    order: np.ndarray
    columns: Mapping[str, np.ndarray]

    @classmethod
    def open(cls, folder: Path) -> Layout:
        """Return the layout in a folder."""
        import numpy as np

        facts = LayoutFacts.load((folder / FACTS).read_bytes())
        times, order = (np.load(column_path(folder, name), mmap_mode="r") for name in (TIMES, ORDER))
        return cls(folder, facts, times, order, ColumnFiles(folder, facts))

    def held(self, names: Sequence[str]) -> Layout:
        """Return the layout with some of its columns, as arrays that can be sent to other processes."""
        import numpy as np

        columns = {name: np.asarray(self.columns[name]) for name in names}
        return replace(self, times=np.asarray(self.times), order=np.asarray(self.order), columns=columns)

    def rows(self, symbols: Collection[str] | None = None) -> np.ndarray:
        """Return the positions of the rows of symbols (None: of all), in the order of time, then symbols."""
        import numpy as np

        if symbols is None:
            return np.asarray(self.order)
        names = list(self.facts.symbols)
        codes = [names.index(name) for name in {*symbols} if name in self.facts.symbols]
        starts = self._starts
        found = np.concatenate(
            [np.empty(0, np.int64), *(np.arange(starts[one], starts[one + 1]) for one in sorted(codes))]
        )
        return found if len(codes) < 2 else np.asarray(found[np.argsort(self.times[found], kind="stable")])

    def codes(self, rows: np.ndarray) -> np.ndarray:
        """Return the position of each row's symbol in the sorted symbols."""
        import numpy as np

        counts = list(self.facts.symbols.values())
        if len(rows) < self.facts.rows // 4:
            return np.asarray(np.searchsorted(self._starts, rows, side="right") - 1)
        return np.asarray(np.repeat(np.arange(len(counts), dtype=np.int32), counts)[rows])

    @cached_property
    def moments(self) -> np.ndarray:
        """Timestamps that any symbol has, ascending."""
        import numpy as np

        return np.unique(self.times)

    @cached_property
    def _starts(self) -> np.ndarray:
        """Position of the first row of each symbol, and the number of rows."""
        import numpy as np

        return np.concatenate([[0], np.cumsum(list(self.facts.symbols.values()))])

    def dtype(self, names: Sequence[str]) -> np.dtype:
        """Return the type of values of columns: float32 if each of them has it, else float64."""
        import numpy as np

        kinds = {column.name: column.dtype for column in self.facts.columns}
        return np.result_type("float32", *{kinds[name] for name in names})

    def values(self, names: Sequence[str], rows: np.ndarray) -> np.ndarray:
        """Return a copy of rows of columns: a row for each row, so that an estimator reads it without another copy."""
        import numpy as np

        found = np.empty((len(rows), len(names)), self.dtype(names))
        for first in range(0, len(names), COLUMNS):  # because only these are mapped at a time
            columns = [self.columns[name] for name in names[first : first + COLUMNS]]
            for start in range(0, len(rows), BLOCK):
                block = rows[start : start + BLOCK]
                for place, column in enumerate(columns, first):
                    found[start : start + BLOCK, place] = column[block]
        return found

    def digest(self, names: Sequence[str]) -> str:
        """Return the digest of the rows in the order of time: timestamp, symbol, and columns as doubles."""
        import pyarrow as pa

        kinds = [("timestamp", pa.timestamp("us")), ("symbol", pa.string()), *((name, pa.float64()) for name in names)]
        digest = RowsDigest(pa.schema(kinds))
        symbols = pa.array(list(self.facts.symbols), pa.string())
        rows, columns = self.rows(), [self.columns[name] for name in names]
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            arrays = [
                pa.array(self.times[block].view("M8[us]")),
                symbols.take(pa.array(self.codes(block))),
                *(pa.array(column[block].astype(float), from_pandas=True) for column in columns),
            ]
            digest.update(pa.RecordBatch.from_arrays(arrays, schema=pa.schema(kinds)))
        return digest.hexdigest()


def column_path(folder: Path, name: str) -> Path:
    """Return the path of a column's file in a folder; columns of numbers have their number as a name."""
    return folder / f"{name}.npy"
