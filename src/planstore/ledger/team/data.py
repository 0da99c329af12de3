"""The parquet files of a team store, under ``data/main/<table>/``."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from planstore.errors import StoreError
from planstore.ledger.team.objects import ObjectStorage

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "data/"
"""The prefix of all parquet files."""


class DataObjects:
    """The parquet files in object storage.

    Args:
        objects: the objects of the store.
    """

    def __init__(self, objects: ObjectStorage) -> None:
        self._objects = objects

    def files(self) -> set[str]:
        """Return the names of all parquet files."""
        return self._names("main/")

    def files_of(self, table: str) -> set[str]:
        """Return the names of a table's parquet files."""
        return self._names(f"main/{table}/")

    def _names(self, prefix: str) -> set[str]:
        keys = self._objects.keys(f"{FOLDER}{prefix}")
        return {key.removeprefix(FOLDER) for key in keys if key.endswith(".parquet")}

    def open(self, name: str) -> pa.NativeFile:
        """Open a file to read it.

        Raises:
            OSError: it cannot be read.
            StoreError: it lies outside of the store.
        """
        import pyarrow as pa

        if {"", ".", ".."} & set(name.split("/")):
            raise StoreError(f"the file does not lie in {self._objects.name}/{FOLDER}")
        try:
            return pa.PythonFile(self._objects.reader(f"{FOLDER}{name}"), mode="r")
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from error

    def make_durable(self, new: Collection[str]) -> None:
        """Do nothing, because a put that was answered is durable."""

    def undelete(self, names: Collection[str]) -> set[str]:
        """Remove the delete markers of files, which a versioned bucket keeps.

        Returns:
            the names of files that have no version.

        Raises:
            StoreError: object storage cannot be used, or this key may not remove the markers.
        """
        return {name for name in sorted(names) if not self._objects.undelete(f"{FOLDER}{name}")}
