"""The lock that serializes commits: an advisory lock of PostgreSQL, which the server releases when its holder dies."""

from __future__ import annotations

import os
import socket
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from planstore.database import sql
from planstore.errors import StoreBusyError
from planstore.events.commit import utc_text
from planstore.ledger.team.connection import Connector, team_errors

if TYPE_CHECKING:
    import psycopg


class AdvisoryLock:
    """An advisory lock, keyed by the schema of the store; its waiters are served in order.

    Args:
        connector: opens connections.
        schema: the schema of the store.
        timeout: maximum seconds to wait.
    """

    def __init__(self, connector: Connector, schema: str, timeout: float) -> None:
        self._connector = connector
        self._schema = schema
        self._timeout = timeout
        self._forget()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock while the block runs.

        Raises:
            DeniedError: this user may not write the store.
            StoreBusyError: another process held it for longer than the timeout; names the process.
        """
        self._connector.require_writer()
        with self.held_by_reader():
            yield

    @contextmanager
    def held_by_reader(self) -> Iterator[None]:
        """Exclude writers while a block runs; the lock needs no permission."""
        connection = self._acquired()
        try:
            yield
        finally:
            self._release(connection)

    def holder(self) -> str | None:
        """Return the process that holds the lock now; None if it is free."""
        with team_errors(self._connector.name), self._connector.connect() as connection:
            return self._holder(connection)

    def close(self) -> None:
        """Close the idle connections."""
        _close(self._idle, self._process)

    def _forget(self) -> None:
        """Start without connections, as in a fork: its connections are its parent's."""
        self._idle: deque[psycopg.Connection[Any]] = deque()
        self._process = os.getpid()
        weakref.finalize(self, _close, self._idle, self._process)

    def _acquired(self) -> psycopg.Connection[Any]:
        from psycopg.errors import LockNotAvailable, OperationalError

        with team_errors(self._connector.name):
            while True:
                connection, is_new = self._connection()
                try:
                    milliseconds = str(max(1, round(self._timeout * 1000)))
                    connection.execute(sql.load("postgres/lock_timeout"), [milliseconds])
                    connection.execute(sql.load("postgres/lock"), [self._schema])
                    return connection
                except LockNotAvailable:
                    holder = self._holder(connection) or "another process"
                    self._idle.append(connection)
                    raise StoreBusyError(
                        f"the store is being written by {holder}; waited {self._timeout:g} s for {self._connector.name}"
                    ) from None
                except OperationalError:
                    connection.close()
                    if is_new:
                        raise
                    # because the server may have ended an idle connection, as in a restart

    def _release(self, connection: psycopg.Connection[Any]) -> None:
        from psycopg import Error

        # because a connection that broke has lost the lock already, and the commit is fenced by its snapshot
        with suppress(Error):
            connection.execute(sql.load("postgres/unlock"), [self._schema])
            self._idle.append(connection)
            return
        connection.close()

    def _connection(self) -> tuple[psycopg.Connection[Any], bool]:
        """Return an idle connection, or else a new one and True."""
        if self._process != os.getpid():
            self._forget()
        with suppress(IndexError):
            return self._idle.pop(), False
        return self._connector.connect(f"planstore {os.getpid()} {socket.gethostname()}"), True

    def _holder(self, connection: psycopg.Connection[Any]) -> str | None:
        row = connection.execute(sql.load("postgres/lock_holder"), [self._schema]).fetchone()
        if row is None:
            return None
        since = "" if row[1] is None else f" since {utc_text(row[1])}"  # because another user's times are not shown
        match str(row[0]).split(" ", 2):
            case ["planstore", pid, host]:
                return f"process {pid} on {host}{since}"
            case _:
                return f"a connection called {row[0]!r}{since}"


def _close(connections: deque[psycopg.Connection[Any]], process: int) -> None:
    """Close connections, except those of a process that this one is a fork of."""
    while connections and process == os.getpid():
        connections.pop().close()
