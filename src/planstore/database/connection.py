"""Opens DuckDB: with a store's lake attached, or in memory alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Protocol

from planstore.checks.regular_files import kind, unreadable_in
from planstore.database.error_translation import store_errors
from planstore.database.session import Session
from planstore.errors import StoreError

_EXTENSIONS = ("duckdb_extension_ducklake", "duckdb_extension_sqlite_scanner")


class CatalogPlace(Protocol):
    """Where a catalog is opened."""

    def opened(self) -> Path:
        """Return the path to open it at: its own, or that of a copy, which can only be read."""

    def has_moved_on(self, opened: Path) -> bool:
        """Tell whether what was opened is no longer as the catalog is."""


class Database:
    """One DuckDB in memory with a store's lake attached, to write or to read only.

    Args:
        catalog: the catalog.
        data: the folder of its parquet files.
        read_only: whether the lake can only be read.
        threads: how many threads the database works with; None means one for each core.
        memory: bytes that the database may use, and that its queries may put on disk four times over; None means
            most of the machine's memory, and of its disk.
        place: where the catalog is opened; None means where it is.
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
        """Return a new session; the first one opens the database, as does one after the catalog has moved on."""
        for path, what in unreadable_in(self._data):
            raise StoreError(f"{path} is {what}, not a file: put the file back, or remove it if nothing names it")
        with self._opening:
            if self._first is not None and self._has_moved_on(self._first):
                self._first = None  # which other sessions that are on it go on with
            if self._first is None:
                self._first = self._opened()
            return self._first.cursor()

    def is_current(self, session: Session) -> bool:
        """Tell whether a session is on the database that a new one would be on."""
        first = self._first
        return first is not None and session.opening is first.opening and not self._has_moved_on(first)

    def _has_moved_on(self, first: Session) -> bool:
        assert isinstance(first.opening, Opening)
        return self._place is not None and self._place.has_moved_on(first.opening.catalog)

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
                # because their signatures were checked when this process first used them, which takes long
                "allow_unsigned_extensions": "true",
                "python_enable_replacements": "false",
                "temp_directory": str(opened.with_name("tmp")),
                # because memory that one step gave back is what the next one takes, a moment later
                "allocator_flush_threshold": "8GB",
                "allocator_bulk_deallocation_flush_threshold": "8GB",
                **self._options,
            }
        )
        session = Session(connection, f"the catalog {catalog}")
        with store_errors(f"the catalog {catalog}", duckdb.Error):
            for extension in _signed_extensions():
                connection.load_extension(extension)
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
        """Close the database, and with it every session, if it was opened."""
        with self._opening:
            if self._first is not None and self._first.is_own:
                self._first.close()
                self._first = None


@dataclass(frozen=True, eq=False)
class Opening:
    """One opening of a database, and the path of the catalog that was opened."""

    catalog: Path


def memory(*, confined: bool = False, threads: int | None = None) -> Session:
    """Return a session on a database of its own, in memory, with no lake.

    Args:
        confined: give it no way to any file.
        threads: how many it may use; as many as there are cores when None. One answers small questions sooner.
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
    """Leave the working directory where it has been removed, because the database asks for its path."""
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


@cache
def _signed_extensions() -> tuple[str, ...]:
    """Return the files of our extensions inside their wheels, from where nothing is downloaded; DuckDB signed them.

    Raises:
        duckdb.Error: one of them is not what was signed.
    """
    import duckdb

    extensions = tuple(str(_extension(module)) for module in _EXTENSIONS)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        for extension in extensions:
            connection.load_extension(extension)
    return extensions


def _extension(module: str) -> Path:
    from importlib.resources import files

    return next(Path(str(files(module))).rglob("*.duckdb_extension"))
