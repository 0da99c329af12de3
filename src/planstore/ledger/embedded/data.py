"""The parquet files of an embedded store, in one folder per table."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.errors import StoreError
from planstore.ledger.embedded.artifacts import fsync_folder

if TYPE_CHECKING:
    import pyarrow as pa


class DataFolder:
    """The folder ``data/main/<table>/`` of a store.

    Args:
        root: the folder ``data``.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def files(self) -> set[str]:
        """Return the names of all parquet files."""
        return self._names("*/*/*.parquet")

    def files_of(self, table: str) -> set[str]:
        """Return the names of a table's parquet files."""
        return self._names(f"*/{table}/*.parquet")

    def _names(self, pattern: str) -> set[str]:
        return {path.relative_to(self._root).as_posix() for path in self._root.glob(pattern)}

    def open(self, name: str) -> pa.NativeFile:
        """Open a file to read it.

        Raises:
            OSError: it cannot be read.
            StoreError: it lies outside of the folder.
        """
        import pyarrow as pa

        path = self._root / name
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise StoreError(f"the file does not lie in {self._root}")
        return pa.OSFile(str(path))

    def make_durable(self, new: Collection[str]) -> None:
        """Fsync new files and their folders, because DuckLake does not."""
        paths = [self._root / name for name in new]
        for path in paths:
            with path.open("rb") as file:
                os.fsync(file.fileno())
        for folder in {parent for path in paths for parent in (path.parent, path.parent.parent, self._root)}:
            fsync_folder(folder)

    def undelete(self, names: Collection[str]) -> set[str]:
        """Return the names of files that are gone, because a folder keeps no removed file."""
        return {name for name in names if not (self._root / name).is_file()}
