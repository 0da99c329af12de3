"""The protocol by which a database attaches a lake: where its catalog and files are, and which extensions it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from planstore.database.session import Session


@dataclass(frozen=True, eq=False)
class Opening:
    """One opening of a lake.

    Attributes:
        catalog: DuckLake's name of the opened catalog.
        temp_directory: the folder for intermediate results that exceed the memory limit.
        read_only: whether nothing can be written through it, as through a copy of the catalog.
    """

    catalog: str
    temp_directory: Path
    read_only: bool = False

    @contextmanager
    def hurried(self, session: Session) -> Iterator[None]:
        """Let a database of this opening wait for its servers no longer than it must, while the block runs.

        Args:
            session: a session of the database, without a transaction.
        """
        yield  # because the files of a folder have no server


class Lake(Protocol):
    """A lake, which connections attach as ``lake``."""

    @property
    def name(self) -> str:
        """The store in messages, such as ``the store in /results``."""

    @property
    def catalog_name(self) -> str:
        """The catalog in messages, such as ``the catalog /results/planstore/catalog.sqlite``."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """The modules of the DuckDB extensions that it needs, in the order of loading."""

    @property
    def directory(self) -> str:
        """The directory of its parquet files, the only one that a confined session reads."""

    def check(self) -> None:
        """Refuse files that a query would wait for, such as a pipe in the place of a parquet file.

        Raises:
            StoreError: there is one.
        """

    def open(self) -> Opening:
        """Return how to open the catalog now.

        Raises:
            StoreError: the catalog is missing or cannot be read.
        """

    def attach(self, session: Session, opening: Opening, *, read_only: bool) -> None:
        """Attach the lake to a session of a new database."""

    def is_outdated(self, opening: Opening) -> bool:
        """Return whether it has to be opened again: the catalog is newer, or the credentials are."""
