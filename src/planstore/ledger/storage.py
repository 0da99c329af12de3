"""Storage protocols of a store: artifacts, parquet files, the commit lock and the catalog.

``planstore.ledger.embedded`` implements them; ``tests/ledger/contract/`` tests every implementation.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from planstore.database.connection import CatalogPlace


class ArtifactStorage(Protocol):
    """Contents stored by their digest, written once and never changed."""

    def put(self, content: bytes) -> str:
        """Store a content durably and return its digest."""

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Store several contents durably and return their digests."""

    def get(self, digest: str) -> bytes:
        """Return the content of a digest, verified.

        Raises:
            StoreError: there is none, or it was altered.
        """

    def has(self, digest: str) -> bool:
        """Return whether a digest has content."""

    def digests(self) -> set[str]:
        """Return the digests of all artifacts."""


class DataStorage(Protocol):
    """The parquet files of event tables, which DuckLake writes."""

    @property
    def root(self) -> Path:
        """The folder of the files."""

    def files(self) -> set[Path]:
        """Return all files."""

    def files_of(self, table: str) -> set[Path]:
        """Return the files of a table."""

    def make_durable(self, new: Collection[Path]) -> None:
        """Fsync files before a commit refers to them."""


class CommitLock(Protocol):
    """The lock that serializes commits."""

    def held(self) -> AbstractContextManager[None]:
        """Hold the lock while a block runs.

        Raises:
            StoreBusyError: another process held it for longer than the timeout; names the process.
        """

    def held_by_reader(self) -> AbstractContextManager[None]:
        """Exclude writers while a block runs, without write permission."""


class CatalogStorage(CatalogPlace, Protocol):
    """The catalog of the tables, which a database opens."""

    is_quiet: bool

    @property
    def is_writable(self) -> bool:
        """Whether this process may write the catalog."""

    def close(self) -> None:
        """Remove copies."""
