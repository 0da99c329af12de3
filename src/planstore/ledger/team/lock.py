"""The lock that serializes commits: an advisory lock of PostgreSQL, which the server releases when its holder dies.

A writer that has to wait posts its request, which the holder of the lock may commit with its own. The queue of the lock
is the only wait: when the turn comes, the request is answered, or is the writer's own to commit. A request is valid as
long as its writer waits, so that nothing is recorded for a process that has ended long ago.
"""

from __future__ import annotations

import logging
import os
import socket
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from planstore.database import sql
from planstore.database.session import Session
from planstore.errors import CommitFailedError, StoreBusyError
from planstore.events.commit import utc_text
from planstore.ledger.storage import CatalogQuery, Posted
from planstore.ledger.team.catalog_rows import cast_rows
from planstore.ledger.team.connection import Connector, team_errors

if TYPE_CHECKING:
    import psycopg

_log = logging.getLogger("planstore.ledger")


class TeamTurn:
    """A writer's turn, on the connection that waited for the lock.

    Args:
        connection: the connection.
        schema: the schema of the store.
        connector: opens others.
        queries: the queries that earlier turns have made; new ones are added.
        answer: the answer to the writer's request; None if the connection holds the lock.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        schema: str,
        connector: Connector,
        queries: dict[tuple[str, ...], str],
        answer: str | None = None,
    ) -> None:
        self.answer = answer
        self._connection = connection
        self._schema = schema
        self._connector = connector
        self._queries = queries
        self._answers: dict[str, str] = {}

    def take(self, events: int) -> dict[str, Posted]:
        """Return requests of waiting writers, the first first, by their ids, with at most so many events together."""
        with team_errors(self._connector.name):
            rows = self._connection.execute(sql.load("postgres/take_requests"), [self._schema, events]).fetchall()
        return {number: Posted(*content) for number, *content, _ in sorted(rows, key=itemgetter(-1))}

    def give(self, answers: Mapping[str, str]) -> None:
        """Answer taken requests, by their ids, when the lock is released."""
        self._answers.update(answers)

    def rows(self, session: Session, query: CatalogQuery) -> list[tuple[Any, ...]]:
        """Return the rows of the query that its statement makes for PostgreSQL, with its columns cast.

        It runs on this connection, because DuckDB's extension needs six statements for each reading.
        """
        from psycopg import OperationalError

        made = (query.statement, *query.names.values())
        if made not in self._queries:
            ((self._queries[made],),) = session.rows(query.statement, **query.names)
        text, values = self._queries[made], list(query.numbers.values())
        with team_errors(self._connector.name):
            try:
                rows = self._connection.execute(text, values).fetchall()
            except OperationalError:
                # because the connection may have ended, which says nothing about the rows
                with self._connector.connect() as another:
                    rows = another.execute(text, values).fetchall()
        return cast_rows(session, rows, query.columns)

    def release(self) -> None:
        """Send the answers, and give the lock back.

        Raises:
            psycopg.Error: the connection is broken.
        """
        if self.answer is not None:
            return
        with self._connection.pipeline() as pipeline:
            if self._answers:
                ids, texts = list(self._answers), list(self._answers.values())
                self._connection.execute(sql.load("postgres/answer_requests"), [ids, texts])
                pipeline.sync()  # because the next holder must see the answers
            self._connection.execute(sql.load("postgres/unlock"), [self._schema])


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
        self._queries: dict[tuple[str, ...], str] = {}
        self._forget()

    def prepare(self) -> None:
        """Create the table of requests, in the schema of the store."""
        with team_errors(self._connector.name), self._connect() as connection:
            connection.execute(sql.load("postgres/planstore_requests"))

    @contextmanager
    def held(self) -> Iterator[TeamTurn]:
        """Hold the lock while the block runs.

        Raises:
            DeniedError: this user may not write the store.
            StoreBusyError: another process held it for longer than the timeout; names the process.
        """
        self._connector.require_writer()
        with self._released(self._acquired(self._wait)) as turn:
            yield turn

    @contextmanager
    def held_by_reader(self) -> Iterator[None]:
        """Exclude writers while a block runs; the lock needs no permission."""
        with self._released(self._acquired(self._wait)):
            yield

    @contextmanager
    def turn(self, request: Callable[[], Posted | None]) -> Iterator[TeamTurn]:
        """Hold the lock while the block runs, or let its holder commit the request.

        Raises:
            DeniedError: this user may not write the store.
            StoreBusyError: another process held the lock for longer than the timeout; names the process.
            CommitFailedError: a holder took the request, and did not end within the timeout.
        """
        self._connector.require_writer()
        with self._released(self._acquired(lambda connection: self._turn(connection, request))) as turn:
            yield turn

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

    def _acquired(
        self, acquire: Callable[[psycopg.Connection[Any]], TeamTurn]
    ) -> tuple[psycopg.Connection[Any], TeamTurn]:
        """Return a connection with its turn."""
        from psycopg import Error, OperationalError

        with team_errors(self._connector.name):
            while True:
                connection, is_new = self._connection()
                try:
                    return connection, acquire(connection)
                except StoreBusyError:
                    self._idle.append(connection)
                    raise
                except OperationalError:
                    connection.close()
                    if is_new:
                        raise
                    # because the server may have ended an idle connection, as in a restart
                except (Error, CommitFailedError):
                    connection.close()  # because it may hold the lock, or have a request
                    raise

    def _wait(self, connection: psycopg.Connection[Any]) -> TeamTurn:
        from psycopg.errors import LockNotAvailable

        try:
            connection.execute(sql.load("postgres/lock"), [self._schema])
        except LockNotAvailable:
            raise self._busy(connection) from None
        return self._turn_on(connection)

    def _turn(self, connection: psycopg.Connection[Any], request: Callable[[], Posted | None]) -> TeamTurn:
        """Take the lock if it is free; else post the request and wait."""
        from psycopg.errors import LockNotAvailable

        row = connection.execute(sql.load("postgres/try_lock"), [self._schema]).fetchone()
        if row is not None and row[0]:
            return self._turn_on(connection)
        posted = request()
        if posted is None:
            return self._wait(connection)
        number = str(uuid4())
        values = [number, posted.actor, posted.size, posted.events]
        try:
            return self._answered(connection, number, values)
        except LockNotAvailable:
            if connection.execute(sql.load("postgres/withdraw"), [number]).fetchone() is not None:
                raise self._busy(connection) from None
        try:
            # because the holder that has taken the request is about to end
            return self._answered(connection, number)
        except LockNotAvailable:
            raise CommitFailedError(
                f"{self._busy(connection)}; it has taken these events, and if they are recorded is not known"
            ) from None

    def _answered(self, connection: psycopg.Connection[Any], number: str, values: list[Any] | None = None) -> TeamTurn:
        """Post a request if its values are given, then wait for the lock or the answer."""
        if values is not None:
            connection.execute(sql.load("postgres/request"), values)
        # because the server then gives the lock of one answered request to the next without waiting for its process
        with connection.pipeline():
            connection.execute(sql.load("postgres/lock"), [self._schema])
            answers = connection.execute(sql.load("postgres/answered"), [number, self._schema])
        row = answers.fetchone()
        if row is not None and row[0] is not None:
            return self._turn_on(connection, str(row[0]))
        connection.execute(sql.load("postgres/remove_requests"))
        return self._turn_on(connection)

    def _turn_on(self, connection: psycopg.Connection[Any], answer: str | None = None) -> TeamTurn:
        return TeamTurn(connection, self._schema, self._connector, self._queries, answer)

    def _busy(self, connection: psycopg.Connection[Any]) -> StoreBusyError:
        holder = self._holder(connection) or "another process"
        return StoreBusyError(
            f"the store is being written by {holder}; waited {self._timeout:g} s for {self._connector.name}"
        )

    @contextmanager
    def _released(self, acquired: tuple[psycopg.Connection[Any], TeamTurn]) -> Iterator[TeamTurn]:
        """Release the lock after the block."""
        from psycopg import Error

        connection, turn = acquired
        try:
            yield turn
        finally:
            try:
                turn.release()
                self._idle.append(connection)
            except Error as error:
                # because a connection that broke has lost the lock already, and the commit is fenced by its snapshot;
                # requests without an answer are decided again by their writers
                _log.debug("the lock was lost before its release: %s", error)
                connection.close()

    def _connection(self) -> tuple[psycopg.Connection[Any], bool]:
        """Return an idle connection, or else a new one and True."""
        if self._process != os.getpid():
            self._forget()
        with suppress(IndexError):
            return self._idle.pop(), False
        return self._connect(), True

    def _connect(self) -> psycopg.Connection[Any]:
        connection = self._connector.connect(f"planstore {os.getpid()} {socket.gethostname()}")
        milliseconds = str(max(1, round(self._timeout * 1000)))
        connection.execute(sql.load("postgres/lock_settings"), [milliseconds, self._schema])
        return connection

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
