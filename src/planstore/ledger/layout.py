"""The layout of a store: all paths and names in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = "planstore"
"""Name of a store's folder in its results folder."""
CATALOG = "catalog.sqlite"
"""Name of the catalog's file."""


@dataclass(frozen=True)
class StoreLayout:
    """The paths of a store.

    Attributes:
        folder: the folder of the store.
    """

    folder: Path

    @classmethod
    def in_results(cls, results: Path) -> StoreLayout:
        """Return the layout of the store in a results folder."""
        return cls(results / FOLDER)

    @property
    def catalog(self) -> Path:
        """The catalog, a SQLite database."""
        return self.folder / CATALOG

    @property
    def marker(self) -> Path:
        """The file that identifies the folder as a store, and contains its format."""
        return self.folder / "store.json"

    @property
    def data(self) -> Path:
        """The folder of parquet files: ``data/main/<table>/ducklake-<uuid>.parquet``."""
        return self.folder / "data"

    @property
    def artifacts(self) -> Path:
        """The folder of artifacts: ``artifacts/sha256/ab/abcdef…``."""
        return self.folder / "artifacts"

    @property
    def writer_lock(self) -> Path:
        """The lock file of writers."""
        return self.folder / "writer.lock"

    @property
    def export_lock(self) -> Path:
        """The lock file of exports."""
        return self.folder / "export.lock"

    @property
    def exported(self) -> Path:
        """The manifest of the last export."""
        return self.folder / "exported.json"

    @property
    def backup_mark(self) -> Path:
        """The file that makes a folder a backup, which a later backup may extend; a store in use has none."""
        return self.folder / "backup.json"

    @property
    def cursors(self) -> Path:
        """The folder of the cursors of ``planstore tail``."""
        return self.folder / "cursors"

    @property
    def verified(self) -> Path:
        """The note on the last verification by ``planstore verify``."""
        return self.folder / "verified.json"

    @property
    def folders(self) -> tuple[Path, Path]:
        """The folders of parquet files and artifacts."""
        return self.data, self.artifacts

    @property
    def files(self) -> tuple[Path, ...]:
        """The files next to the folders, in the place of which a link would lead out of the store."""
        return self.catalog, self.catalog.with_name(f"{CATALOG}-wal"), self.marker, self.exported
