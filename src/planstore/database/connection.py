"""Connections to DuckDB: with a store's lake attached, or in memory only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

from planstore.checks.regular_files import kind, unreadable_in
from planstore.database.error_translation import store_errors
from planstore.database.extensions import check_extensions, extensions
from planstore.database.session import Session
from planstore.errors import StoreError


class CatalogPlace(Protocol):
    """Locates a catalog that can be opened."""

    def opened(self) -> Path:
        """Return the path to open: the catalog itself, or a read-only copy of it."""

    def is_outdated(self, opened: Path) -> bool:
        """Return whether the catalog is newer than the opened copy."""


class Database:
    """An in-memory DuckDB instance with a store's lake attached.

    Args:
        catalog: path of the catalog.
        data: the folder of its parquet files.
        read_only: whether the lake is attached read-only.
        threads: number of threads; None means one per CPU core.
        memory: memory limit in bytes; four times as much temporary disk space is allowed. None means most of the
            machine's memory and disk.
        place: locates the catalog to open; None means ``catalog``.
    """

    def __init__(
        self,
        catalog: Path,
        data: Path,
        *,
        read_only: bool,
        threads: int | None = None,
        memory: int | None = None,
        place: CatalogPlace | None = None,
    ) -> None:
        self._catalog = catalog.absolute()
        self._data = data.absolute()
        self._read_only = read_only
        self._options = {} if threads is None else {"threads": str(threads)}
        if memory is not None:
            self._options |= {"memory_limit": f"{memory}B", "max_temp_directory_size": f"{4 * memory}B"}
        self._place = place
        self._opening = Lock()
        self._first: Session | None = None

    def session(self) -> Session:
        """Return a new session; open the database first if it is not open, or the catalog is newer."""
        for path, what in unreadable_in(self._data):
            raise StoreError(f"{path} is {what}, not a file: put the file back, or remove it if nothing names it")
        with self._opening:
            if self._first is not None and self._is_outdated(self._first):
                self._first = None  # because its other sessions continue on the older catalog
            if self._first is None:
                self._first = self._opened()
            return self._first.cursor()

    def is_current(self, session: Session) -> bool:
        """Return whether a session uses the same database as a new session would."""
        first = self._first
        return first is not None and session.opening is first.opening and not self._is_outdated(first)

    def _is_outdated(self, first: Session) -> bool:
        assert isinstance(first.opening, Opening)
        return self._place is not None and self._place.is_outdated(first.opening.catalog)

    def _opened(self) -> Session:
        import duckdb

        place = f"the store in {self._catalog.parent}"
        catalog = self._catalog
        if not catalog.is_file() or catalog.stat().st_size == 0:
            state = (
                "not there" if not catalog.exists() else "empty" if catalog.is_file() else kind(catalog.stat().st_mode)
            )
            raise StoreError(f"{place} has lost its catalog: {catalog} is {state}")

        opened = catalog if self._place is None else self._place.opened()
        is_copy = opened != catalog
        connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                # because their signatures take long to check; `check_extensions` compares their hashes
                "allow_unsigned_extensions": "true",
                "python_enable_replacements": "false",
                "temp_directory": str(opened.with_name("tmp")),
                # because the next step allocates the memory that a step has just freed
                "allocator_flush_threshold": "8GB",
                "allocator_bulk_deallocation_flush_threshold": "8GB",
                **self._options,
            }
        )
        session = Session(connection, f"the catalog {catalog}")
        with store_errors(f"the catalog {catalog}", duckdb.Error):
            if not self._read_only:
                check_extensions()
            for extension in extensions():
                connection.load_extension(str(extension))
            session.run("database/use_utc")
            session.run("database/one_view_of_catalog")
            session.run("database/set_catalog", catalog=f"sqlite:{opened}")
            session.run("database/set_data", data=str(self._data))
            session.run("database/secret")
            session.run("database/attach_read_only" if self._read_only or is_copy else "database/attach")
            if self._read_only:
                session.run("database/confine_directories", directories=[str(self._data)])
                session.run("database/confine_all_but_profiling")
                with _existing_working_directory():
                    session.run("database/confine_access")
                session.run("database/confine_settings")
        return Session(connection, place, Opening(opened))

    def close(self) -> None:
        """Close the database and all its sessions, if it is open."""
        with self._opening:
            if self._first is not None and self._first.is_own:
                self._first.close()
                self._first = None


@dataclass(frozen=True, eq=False)
class Opening:
    """One opening of a database, with the path of the opened catalog."""

    catalog: Path


def memory(*, confined: bool = False, threads: int | None = None) -> Session:
    """Return a session on a new in-memory database without a lake.

    Args:
        confined: whether access to files is disabled.
        threads: number of threads; None means one per CPU core. A single thread answers small queries faster.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": "false",
        "enable_external_access": not confined,
    }
    if threads is not None:
        config["threads"] = threads
    connection = duckdb.connect(config=config)
    session = Session(connection, "a database in memory")
    session.run("database/use_utc")
    return session


@contextmanager
def _existing_working_directory() -> Iterator[None]:
    """Change to the root folder if the working directory was removed, because the database reads its path."""
    try:
        Path.cwd()
    except FileNotFoundError:
        removed = os.open(os.curdir, os.O_RDONLY)
        os.chdir(os.sep)
        try:
            yield
        finally:
            os.fchdir(removed)
            os.close(removed)
    else:
        yield
