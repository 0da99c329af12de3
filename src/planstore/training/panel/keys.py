"""Keys: timestamp and symbol of each row of a panel's files, which are all of a panel that is held in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True)
class _Part:
    """Keys of some rows, and the symbols that these have."""

    times: np.ndarray
    codes: np.ndarray
    symbols: set[str]


class PanelKeys:
    """Timestamp and symbol of each row of files.

    Args:
        symbols: symbols to read; None means all.

    Attributes:
        requested: ``symbols``.
        rows: number of rows.
    """

    def __init__(self, symbols: Collection[str] | None) -> None:
        self.requested = symbols
        self.rows = 0
        self._parts: list[_Part] = []
        self._codes: dict[str, int] = {}

    def add(self, table: pa.Table) -> set[str]:
        """Append the keys of rows, and return their symbols."""
        import numpy as np
        import pyarrow as pa

        encoded = table["symbol"].combine_chunks().dictionary_encode()
        symbols = encoded.dictionary.to_pylist()
        codes = np.array([self._codes.setdefault(name, len(self._codes)) for name in symbols], np.int32)
        times = table["timestamp"].cast(pa.int64()).to_numpy()
        self._parts.append(_Part(times, codes[encoded.indices.to_numpy()], set(symbols)))
        self.rows += table.num_rows
        return set(symbols)

    def cut(self, rows: int) -> None:
        """Drop the rows that were added after a number of rows."""
        while self.rows > rows:
            self.rows -= len(self._parts.pop().times)

    @property
    def names(self) -> list[str]:
        """The requested symbols that have rows, sorted."""
        present = set[str]().union(*(part.symbols for part in self._parts))
        return sorted(present if self.requested is None else present.intersection(self.requested))

    def joined(self) -> tuple[np.ndarray, np.ndarray]:
        """Return timestamp (microseconds, UTC) and symbol of each row, as its position in ``names``.

        The position of a symbol that is not requested is the number of names.
        """
        import numpy as np

        names = self.names
        # because NumPy sorts numbers of 16 bits much faster than others
        positions = np.full(len(self._codes), len(names), np.uint16 if len(names) < 2**16 else np.int32)
        positions[[self._codes[name] for name in names]] = np.arange(len(names))
        times = np.concatenate([np.empty(0, np.int64), *(part.times for part in self._parts)])
        return times, np.concatenate([positions[:0], *(positions[part.codes] for part in self._parts)])
