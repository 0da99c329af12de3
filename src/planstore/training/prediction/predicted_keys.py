"""Keys of predicted rows, in a table that may leave memory: each timestamp of a symbol is predicted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planstore.database.session import Session
from planstore.errors import PanelError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


class PredictedKeys:
    """Timestamp and symbol of the rows that are predicted.

    Args:
        session: a session for the table; it makes no other call meanwhile.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._symbols: dict[str, int] = {}
        self._files: dict[str, int] = {}
        session.run("panel/predicted_keys")

    def add(self, times: pa.ChunkedArray, symbol: str, positions: np.ndarray, file: str) -> None:
        """Add rows of a symbol.

        Args:
            times: timestamps of the rows of a chunk, UTC.
            symbol: the symbol.
            positions: positions of its rows in the chunk.
            file: name of their file.
        """
        import pyarrow as pa

        number = len(positions)
        codes = (
            self._symbols.setdefault(symbol, len(self._symbols)),
            self._files.setdefault(file, len(self._files)),
        )
        of_symbol, of_file = (pa.repeat(pa.scalar(code, pa.int32()), number) for code in codes)
        keys = pa.table({"symbol": of_symbol, "timestamp": times.take(pa.array(positions)), "file": of_file})
        with self._session.registered("new_keys", keys):
            self._session.run("panel/add_predicted_keys")

    def refuse_repeated(self) -> None:
        """Refuse a timestamp that a symbol has more than once.

        Raises:
            PanelError: names the first one, and the files of its rows.
        """
        found = self._session.row("panel/repeated_keys")
        if found is None:
            return
        symbol, timestamp, number, *files = found
        symbols, names = list(self._symbols), list(self._files)
        raise PanelError(
            f"a timestamp of a symbol must have one row, got {number} of {symbols[symbol]} at {timestamp} UTC in "
            f"{' and '.join(names[file] for file in dict.fromkeys(files))}: drop the others"
        )
