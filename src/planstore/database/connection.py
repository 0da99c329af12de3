"""Connections to DuckDB: with a store's lake attached, or in memory only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from planstore.checks.environment import environment_number
from planstore.database.error_translation import store_errors
from planstore.database.extensions import check_extensions, extension
from planstore.database.lake import Lake, Opening
from planstore.database.session import Session

if TYPE_CHECKING:
    import duckdb

THREADS_VARIABLE = "PLANSTORE_THREADS"
"""Environment variable with the number of threads of a database; without it, one per CPU core."""
MOST_THREADS = 1024
"""Upper limit of that number: the database starts as many as it is told, and dies where the system refuses them."""


class Database:
    """An in-memory DuckDB instance with a lake attached.

    Args:
        lake: the lake.
        read_only: whether the lake is attached read-only.
        joins_as_written: whether joins are never reordered, as rules need it. It cannot be set for one session while
            others run: the database reads the setting without a lock.
        threads: number of threads; None means that of the environment, or one per CPU core.
        memory: memory limit in bytes; four times as much temporary disk space is allowed. None means most of the
            machine's memory and disk.

    Raises:
        RequestError: the variable with the number of threads is no such number.
    """

    def __init__(
        self,
        lake: Lake,
        *,
        read_only: bool,
        joins_as_written: bool = False,
        threads: int | None = None,
        memory: int | None = None,
    ) -> None:
        self._lake = lake
        self._read_only = read_only
        self._joins_as_written = joins_as_written
        self._options = _threads(threads)
        if memory is not None:
            self._options |= {"memory_limit": f"{memory}B", "max_temp_directory_size": f"{4 * memory}B"}
        self._opening = Lock()
        self._first: Session | None = None

    def session(self) -> Session:
        """Return a new session; open the database first if it is not open, or is outdated."""
        self._lake.check()
        with self._opening:
            if self._first is not None and self._is_outdated(self._first):
                self._first = None  # and not closed, because its other sessions continue on the older catalog
            if self._first is None:
                self._first = self._opened()
            return self._first.cursor()

    def is_current(self, session: Session) -> bool:
        """Return whether a session uses the same database as a new session would."""
        first = self._first
        return first is not None and session.opening is first.opening and not self._is_outdated(first)

    def _is_outdated(self, first: Session) -> bool:
        assert isinstance(first.opening, Opening)
        return first.lost.is_set() or self._lake.is_outdated(first.opening)

    def _opened(self) -> Session:
        import duckdb

        lake = self._lake
        opening = lake.open()
        connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                # because their signatures take long to check; `check_extensions` compares their hashes
                "allow_unsigned_extensions": "true",
                "python_enable_replacements": "false",
                "temp_directory": str(opening.temp_directory),
                # because the next step allocates the memory that a step has just freed
                "allocator_flush_threshold": "8GB",
                "allocator_bulk_deallocation_flush_threshold": "8GB",
                **self._options,
            }
        )
        session = Session(connection, lake.catalog_name)
        with store_errors(lake.catalog_name, duckdb.Error):
            if not self._read_only:
                check_extensions(lake.extensions)
            _load(connection, lake.extensions)
            session.run("database/use_utc")
            session.run("database/no_progress_bar")
            session.run("database/no_retries")
            lake.attach(session, opening, read_only=self._read_only or opening.read_only)
            if self._read_only:
                session.run("database/confine_directories", directories=[lake.directory])
                session.run("database/confine_all_but_profiling")
                with _existing_working_directory():
                    session.run("database/confine_access")
                session.run("database/confine_settings")
            if self._joins_as_written:
                session.run("database/join_as_written")
        return Session(
            connection,
            lake.name,
            opening,
            joins_are_written=self._joins_as_written,
            is_confined=self._read_only,
        )

    def close(self) -> None:
        """Close the database and all its sessions, if it is open."""
        with self._opening:
            if self._first is not None and self._first.is_own:
                self._first.close()
                self._first = None


def memory(
    *,
    confined: bool = False,
    threads: int | None = None,
    extensions: tuple[str, ...] = (),
    name: str = "a database in memory",
    spill: tuple[int, Path] | None = None,
) -> Session:
    """Return a session on a new in-memory database without a lake.

    Args:
        confined: whether access to files is disabled.
        threads: number of threads; None means that of the environment, or one per CPU core. A single thread answers
            small queries faster.
        extensions: modules of extensions to load, with which it reads files of other machines; it keeps none of them
            in memory.
        name: what is read, in messages.
        spill: memory limit in bytes, and the folder for what exceeds it. None means most of the machine's memory.

    Raises:
        StoreError: an extension is not the one that was installed.
        RequestError: the variable with the number of threads is no such number.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": "false",
        "enable_external_access": not confined,
        **_threads(threads),
    }
    if extensions:
        check_extensions(extensions)
        config |= {"allow_unsigned_extensions": True, "enable_external_file_cache": False}
    if spill is not None:
        config |= {"memory_limit": f"{spill[0]}B", "temp_directory": str(spill[1])}
    connection = duckdb.connect(config=config)
    _load(connection, extensions)
    session = Session(connection, name)
    session.run("database/use_utc")
    session.run("database/no_progress_bar")
    return session


def _load(connection: duckdb.DuckDBPyConnection, modules: tuple[str, ...]) -> None:
    for module in modules:
        connection.load_extension(str(extension(module)))


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


def _threads(threads: int | None) -> dict[str, str]:
    """Return the setting of the number of threads, if it was given, or the environment has one."""
    if threads is None:
        rule = f"a whole number from 1 to {MOST_THREADS}"
        threads = environment_number(THREADS_VARIABLE, rule, least=1, most=MOST_THREADS)
    return {} if threads is None else {"threads": str(threads)}
