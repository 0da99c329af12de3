"""Storage protocols of a store: artifacts, parquet files, the commit lock, the catalog, and all of them together.

``planstore.ledger.embedded`` implements them; ``tests/ledger/contract/`` tests every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from planstore.database.lake import Lake
from planstore.database.session import Session
from planstore.ledger.layout import StoreLayout

if TYPE_CHECKING:
    import pyarrow as pa


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

    @property
    def is_shared(self) -> bool:
        """Whether other machines reach the artifacts too."""

    def opener(self) -> ArtifactsOpener:
        """Return how another process opens the artifacts: with credentials of its own, because it may be sent there."""


ArtifactsOpener: TypeAlias = Callable[[], ArtifactStorage]
"""A function that can be pickled and opens artifacts."""


class DataStorage(Protocol):
    """The parquet files of event tables, which DuckLake writes.

    A file's name is its path in the lake, such as ``main/jobs/ducklake-….parquet``.
    """

    def files(self) -> set[str]:
        """Return the names of all files."""

    def files_of(self, table: str) -> set[str]:
        """Return the names of a table's files."""

    def open(self, name: str) -> pa.NativeFile:
        """Open a file to read it.

        Raises:
            OSError: it cannot be read.
            StoreError: it lies outside of the lake.
        """

    def make_durable(self, new: Collection[str]) -> None:
        """Make files durable before a commit refers to them."""

    def undelete(self, names: Collection[str]) -> set[str]:
        """Bring back files that the database removed because the answer to their commit was lost.

        Returns:
            the names of those that are gone.

        Raises:
            StoreError: the storage cannot be used, or refuses.
        """


@dataclass(frozen=True)
class Posted:
    """A request that the holder of the lock may commit for a writer that waits for it.

    Attributes:
        actor: the user who makes it.
        size: number of its events.
        events: the events, as JSON.
    """

    actor: str
    size: int
    events: str


@dataclass(frozen=True)
class CatalogQuery:
    """A query for rows that are only in the catalog.

    Attributes:
        statement: a statement of :class:`CatalogStorage`.
        columns: the name and type of each column; None drops the column.
        names: names of tables, as values of its parameters.
        numbers: the values of its other parameters, in order.
    """

    statement: str
    columns: Sequence[tuple[str, Any] | None]
    names: Mapping[str, str]
    numbers: Mapping[str, int]


class Turn(Protocol):
    """A writer's turn: it holds the lock, unless another holder has answered its request meanwhile."""

    @property
    def answer(self) -> str | None:
        """That answer; None if this writer holds the lock."""

    def take(self, events: int) -> dict[str, Posted]:
        """Return requests of waiting writers, the first first, by their ids, with at most so many events together."""

    def give(self, answers: Mapping[str, str]) -> None:
        """Answer taken requests, by their ids, when the lock is released."""

    def rows(self, session: Session, query: CatalogQuery) -> list[tuple[Any, ...]]:
        """Return the rows of a query, with its columns cast; ``session`` is one on the store."""


class CommitLock(Protocol):
    """The lock that serializes commits."""

    def held(self) -> AbstractContextManager[Turn]:
        """Hold the lock while a block runs.

        Raises:
            StoreBusyError: another process held it for longer than the timeout; names the process.
        """

    def turn(self, request: Callable[[], Posted | None]) -> AbstractContextManager[Turn]:
        """Hold the lock while a block runs, or let its holder commit a request.

        Args:
            request: returns the request; None if no other writer may commit it. It is called where the lock is held by
                another one.

        Raises:
            StoreBusyError: another process held the lock for longer than the timeout; names the process.
            CommitFailedError: a holder took the request, and did not end within the timeout.
        """

    def held_by_reader(self) -> AbstractContextManager[None]:
        """Exclude writers while a block runs, without write permission."""


class CatalogStorage(Lake, Protocol):
    """The catalog of the tables, which a database attaches."""

    is_quiet: bool
    """Whether writers are excluded already."""

    @property
    def is_writable(self) -> bool:
        """Whether this process may write the catalog."""

    @property
    def row_group_rows(self) -> int:
        """Rows per row group of parquet files."""

    @property
    def stored_rows(self) -> str:
        """The statement that reads the newest inlined rows of a table, for a turn of the lock."""

    @property
    def recent_rows(self) -> str | None:
        """The statement that reads inlined commits after one, for a turn of the lock; None if DuckLake is as quick."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The values of this catalog for parameters of these statements."""

    def foreign_objects(self, session: Session) -> list[tuple[Any, ...]]:
        """Return kind and name of the objects in the catalog's database which DuckLake does not make."""

    def close(self) -> None:
        """Remove copies."""


Stray: TypeAlias = tuple[str, str]
"""A table or part of the store, and the problem."""


@dataclass(frozen=True)
class Strays:
    """Unreferenced files.

    Attributes:
        strangers: files whose names no writer uses.
        orphans: paths of files with names of writers: left by a killed writer, or not committed yet.
    """

    strangers: list[Stray]
    orphans: list[str]


class StoreStorage(Protocol):
    """All storage of one store.

    Attributes:
        place: the folder or address.
        name: the store in messages, such as ``the store in /results``.
        missing: the message where there is no store.
        layout: the paths of its local folder.
        oldest_format: the oldest format of such a store that a migration reads.
        errors: errors of the storage itself, which its classes do not translate.
        orphan_age: minimum age of files that no commit names before they are removed: a writer that has lost the lock
            may still commit them.
    """

    place: str
    name: str
    missing: str
    layout: StoreLayout
    oldest_format: int
    errors: tuple[type[Exception], ...]
    orphan_age: timedelta

    @property
    def artifacts(self) -> ArtifactStorage:
        """The artifacts."""

    @property
    def data(self) -> DataStorage:
        """The parquet files."""

    @property
    def catalog(self) -> CatalogStorage:
        """The catalog."""

    @property
    def lock(self) -> CommitLock:
        """The lock that serializes commits."""

    def marker(self) -> dict[str, Any] | None:
        """Return the marker of the store, which has at least its ``format``; None if there is no store.

        Raises:
            StoreError: the marker is unreadable, or has no format.
        """

    def write_marker(self) -> None:
        """Write the marker of this code's format, durably."""

    def complete_catalog(self) -> None:
        """Create the objects in the catalog's database that DuckLake does not make; the caller holds the lock."""

    def prepare(self) -> None:
        """Create what the lock needs, if it does not exist yet.

        Raises:
            StoreError: it cannot be created.
        """

    def prepare_catalog(self) -> None:
        """Create an empty catalog; the caller holds the lock."""

    def check_catalog(self, session: Session) -> None:
        """Check that a catalog, which may have been there, is of this storage.

        Raises:
            StoreError: it is of another one.
        """

    def check(self) -> None:
        """Check that the store was not removed, renamed or replaced after it was opened.

        Raises:
            StoreError: it was; the message names the change.
        """

    def hold(self) -> None:
        """Fix the place of the store, which exists, for :meth:`check`."""

    def close(self) -> None:
        """Close everything; it is opened again on its next use."""

    def irregular(self) -> Iterator[Stray]:
        """Yield what is neither file nor folder in the place of one, such as a link."""

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield the part and bytes of each file: ``catalog``, ``table NAME``, ``artifacts`` or ``other``.

        Raises:
            StoreError: the storage cannot be read.
        """

    def strays(self, session: Session) -> Strays:
        """Return the files that the catalog does not list and that are not artifacts."""
