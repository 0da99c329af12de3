"""The parquet files of an embedded store, in one folder per table."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from planstore.ledger.embedded.artifacts import fsync_folder


class DataFolder:
    """The folder ``data/main/<table>/`` of a store.

    Attributes:
        root: the folder ``data``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def files(self) -> set[Path]:
        """Return all parquet files."""
        return set(self.root.glob("*/*/*.parquet"))

    def files_of(self, table: str) -> set[Path]:
        """Return the parquet files of a table."""
        return set(self.root.glob(f"*/{table}/*.parquet"))

    def make_durable(self, new: Collection[Path]) -> None:
        """Fsync new files and their folders, because DuckLake does not."""
        for path in new:
            with path.open("rb") as file:
                os.fsync(file.fileno())
        for folder in {parent for path in new for parent in (path.parent, path.parent.parent, self.root)}:
            fsync_folder(folder)
