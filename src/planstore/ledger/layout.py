"""The layout of a store: every path in its folder, and every name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = "planstore"
"""The folder of a store in its results folder."""
CATALOG = "catalog.sqlite"
"""The file that holds the catalog of the store's tables."""


@dataclass(frozen=True)
class StoreLayout:
    """The paths of a store.

    Attributes:
        folder: the folder of the store.
    """

    folder: Path

    @classmethod
    def in_results(cls, results: Path) -> StoreLayout:
        """Return the layout of the store of a results folder."""
        return cls(results / FOLDER)

    @property
    def catalog(self) -> Path:
        """The catalog, a SQLite database."""
        return self.folder / CATALOG

    @property
    def marker(self) -> Path:
        """The file that makes the folder a store, and names its format."""
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
        """The file that a writer locks."""
        return self.folder / "writer.lock"

    @property
    def export_lock(self) -> Path:
        """The file that an export locks."""
        return self.folder / "export.lock"

    @property
    def exported(self) -> Path:
        """The digests of the files that were exported last."""
        return self.folder / "exported.json"

    @property
    def folders(self) -> tuple[Path, Path]:
        """The folders that hold the files of a store; all other files are beside them."""
        return self.data, self.artifacts

    @property
    def files(self) -> tuple[Path, ...]:
        """The files beside the folders, where a link would lead out of the store."""
        return self.catalog, self.catalog.with_name(f"{CATALOG}-wal"), self.marker, self.exported
