"""All storage of an embedded store: one folder of a file system."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from planstore.database.session import Session
from planstore.errors import StoreError, StoreMissingError
from planstore.events import hashing
from planstore.ledger.embedded.artifacts import Artifacts, make_folder
from planstore.ledger.embedded.catalog import Catalog
from planstore.ledger.embedded.data import DataFolder
from planstore.ledger.embedded.foreign_files import irregular_in_store, place, strays
from planstore.ledger.embedded.lock import WriterLock
from planstore.ledger.embedded.store_folder import Place, refuse_store
from planstore.ledger.layout import StoreLayout
from planstore.ledger.marker import read_marker, write_marker
from planstore.ledger.storage import Stray, Strays


class EmbeddedStorage:
    """The storage of the store in ``folder``.

    Args:
        folder: the store's folder, ``<results>/planstore``.
        lock_timeout: maximum seconds to wait for the writer lock.
    """

    orphan_age = timedelta(0)
    errors: tuple[type[Exception], ...] = (OSError, sqlite3.Error)

    def __init__(self, folder: Path, lock_timeout: float = 600.0) -> None:
        self._place = Place(folder)
        self._was_held = False
        self.layout = layout = StoreLayout(self._place.folder)
        self.oldest_format = hashing.SINCE_FORMAT
        self.place = str(layout.folder)
        self.name = f"the store in {layout.folder}"
        self.missing = f"there is no store in {layout.folder.parent}: run `planstore init` or `planstore route`"
        self.artifacts = Artifacts(layout.artifacts, self.check)
        self.data = DataFolder(layout.data)
        self.lock = WriterLock(layout.writer_lock, lock_timeout)
        self.catalog = Catalog(layout, self.lock)

    def marker(self) -> dict[str, Any] | None:
        """Return the marker of the store; None if there is no store."""
        return read_marker(self.layout.marker)

    def write_marker(self) -> None:
        """Write the marker of this code's format, durably."""
        write_marker(self.layout.marker)

    def prepare(self) -> None:
        """Create the folders of the store.

        Raises:
            StoreError: they cannot be created.
        """
        results = self.layout.folder.parent
        refuse_store("the results folder", results)
        try:
            for folder in (self.layout.folder, *self.layout.folders):
                make_folder(folder)
        except (OSError, ValueError) as error:
            raise StoreError(f"a store cannot be made in {results}: {error}") from error

    def prepare_catalog(self) -> None:
        """Create an empty catalog in WAL mode, which DuckDB's writers need before they first open it."""
        # because no other SQLite library touches the file later, and DuckDB has not opened it yet
        with closing(sqlite3.connect(self.layout.catalog)) as catalog:
            catalog.execute("PRAGMA journal_mode=WAL")

    def check_catalog(self, session: Session) -> None:
        """Do nothing, because a folder may be moved with its files."""

    def complete_catalog(self) -> None:
        """Do nothing, because the lock is a file."""

    def check(self) -> None:
        """Check that the store was not removed, renamed or replaced after it was opened.

        Raises:
            StoreError: it was; the message names the change.
        """
        self._place.check()
        if self._was_held:
            for path in (self.layout.marker, self.layout.catalog):
                # because the database would create a missing catalog anew, empty
                if not path.exists():
                    raise StoreMissingError(
                        f"{self.name} is gone: its {path.name} was there before; nothing was written"
                    )

    def hold(self) -> None:
        """Fix the folder of the store, so that another folder in its place is detected."""
        self._place.hold()
        self._was_held = True

    def close(self) -> None:
        """Remove copies of the catalog and close the folder."""
        self.catalog.close()
        self._place.let_go()

    def irregular(self) -> Iterator[Stray]:
        """Yield what is neither file nor folder in the place of one, such as a link."""
        folder = self.layout.folder
        for path, kind_name in irregular_in_store(folder):
            yield place(folder, path), f"{path.relative_to(folder)} is {kind_name}"

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield the part and bytes of each file of the folder."""
        for path in self.layout.folder.rglob("*"):
            with suppress(FileNotFoundError):  # because a compaction may remove it meanwhile
                if path.is_file() and not path.is_symlink():
                    yield self._part(path), path.stat().st_size

    def _part(self, path: Path) -> str:
        if path.is_relative_to(self.layout.artifacts):
            return "artifacts"
        if path.is_relative_to(self.layout.data):
            return f"table {path.parent.name}"
        return "catalog" if path.name.startswith(self.layout.catalog.name) else "other"

    def strays(self, session: Session) -> Strays:
        """Return the files that the catalog does not list and that are not artifacts."""
        return strays(session, self.layout.folder)
