"""Keys of predicted rows, in a table that may leave memory: each timestamp of a symbol is predicted once."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

from planstore.database.connection import memory
from planstore.errors import PanelError

if TYPE_CHECKING:
    import pyarrow as pa

KEY_BYTES = 256 * 2**20
"""Maximum bytes of keys in memory; more are on the disk."""


class PredictedKeys:
    """Timestamp and symbol of the rows that are predicted, while a block runs."""

    def __init__(self) -> None:
        self._symbols: dict[str, int] = {}
        self._files: dict[str, int] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = stack.enter_context(TemporaryDirectory(prefix="planstore-"))
            self._session = stack.enter_context(closing(memory(spill=(KEY_BYTES, Path(folder)))))
            self._session.run("panel/predicted_keys")
            self._opened = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def add(self, times: pa.ChunkedArray, symbols: pa.ChunkedArray, file: str) -> None:
        """Add rows of a file.

        Args:
            times: their timestamps, UTC.
            symbols: their symbols.
            file: the file's name.
        """
        import pyarrow as pa

        encoded = symbols.combine_chunks().dictionary_encode()
        names = encoded.dictionary.to_pylist()
        codes = pa.array([self._symbols.setdefault(name, len(self._symbols)) for name in names], pa.int32())
        of_file = pa.scalar(self._files.setdefault(file, len(self._files)), pa.int32())
        keys = pa.table(
            {"symbol": codes.take(encoded.indices), "timestamp": times, "file": pa.repeat(of_file, len(times))}
        )
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
