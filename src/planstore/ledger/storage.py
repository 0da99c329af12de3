"""The seams of a store: what the ledger asks of artifacts, of parquet files, of the writers' lock and of the catalog.

``planstore.ledger.embedded`` is the first implementation; ``tests/ledger/contract/`` holds what each must keep.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class ArtifactStorage(Protocol):
    """Files under their digest, written once and never again."""

    def put(self, content: bytes) -> str:
        """Keep a content durably and return its digest."""

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Keep several contents durably and return their digests."""

    def get(self, digest: str) -> bytes:
        """Return the content under a digest, verified.

        Raises:
            StoreError: there is none, or it was altered.
        """

    def has(self, digest: str) -> bool:
        """Tell whether there is content under a digest."""

    def digests(self) -> set[str]:
        """Return the digests of all artifacts."""


class DataStorage(Protocol):
    """The parquet files of event tables, which DuckLake writes."""

    @property
    def root(self) -> Path:
        """Where they are."""

    def files(self) -> set[Path]:
        """Return all files."""

    def files_of(self, table: str) -> set[Path]:
        """Return the files of a table."""

    def make_durable(self, new: Collection[Path]) -> None:
        """Make files durable before a commit names them."""


class CommitLock(Protocol):
    """The lock that makes commits take turns."""

    def held(self) -> AbstractContextManager[None]:
        """Hold the lock while a block runs.

        Raises:
            StoreBusyError: somebody held it for longer than the timeout; says who.
        """

    def held_by_reader(self) -> AbstractContextManager[None]:
        """Keep writers out while a block runs, without a right to write."""


class CatalogStorage(Protocol):
    """The catalog of the tables, which a database opens."""

    is_quiet: bool

    @property
    def is_writable(self) -> bool:
        """Whether this process may write it."""

    def opened(self) -> Path:
        """Return the path to open it at: its own, or that of a copy, which can only be read."""

    def has_moved_on(self, opened: Path) -> bool:
        """Tell whether the catalog has changed since it was opened there."""

    def close(self) -> None:
        """Remove copies."""
