"""A session: statements of ``sql/`` and user queries on one database connection."""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from planstore.database import sql
from planstore.database.batches import BATCH_ROWS, RESULT_BATCH_ROWS, Batches, encoded
from planstore.database.binding import without_pandas
from planstore.database.error_translation import is_away, is_fatal, query_errors, store_errors
from planstore.database.relations import cast_column, divided
from planstore.database.row_order import in_order
from planstore.database.sandbox import explained, own_tables, refuse_escapes
from planstore.errors import CommitFailedError, DeniedError, QueryError, StoreError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class OpenedBy(Protocol):
    """One opening of a database, as its sessions know it."""

    def hurried(self, session: Session) -> AbstractContextManager[None]:
        """Let the database wait for its servers no longer than it must, while the block runs.

        Args:
            session: a session of the database, without a transaction.
        """


class Session:
    """One connection, with its own temporary tables and transaction. Statements are named files of ``sql/``.

    Args:
        connection: the connection; the session closes it.
        place: name of the database in messages.
        opening: identifies the opening of the database.
        lost: that of the other sessions on the database.
        joins_are_written: whether the database never reorders joins.
        is_confined: whether the database only reads, and its settings are locked.

    Attributes:
        lost: set by an internal error of the database, after which it answers no session any more.
        has_to_finish: whether an interrupt of the process spares this session, because others wait for its lock.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        place: str,
        opening: OpenedBy | None = None,
        lost: Event | None = None,
        *,
        joins_are_written: bool = False,
        is_confined: bool = False,
    ) -> None:
        self._opened = connection
        self._process = os.getpid()
        self._place = place
        self.opening = opening
        self.lost = lost or Event()
        self._joins_are_written = joins_are_written
        self._is_confined = is_confined
        self.has_to_finish = False

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """The connection; refused in a fork, because a fork copies its memory but not its threads and locks.

        Raises:
            StoreError: this process is a fork of the process that opened the connection.
        """
        if not self.is_own:
            raise StoreError(
                f"{self._place} was opened by process {self._process}, and this one, {os.getpid()}, is a fork of it: "
                "open the store again here"
            )
        return self._opened

    def run(self, statement: str, /, **values: Any) -> int:
        """Run a statement of ``sql/`` and return the number of changed rows (0 if it changes none)."""
        row = self.row(statement, **values)
        return int(row[0]) if row and len(row) == 1 and isinstance(row[0], int) else 0

    def run_text(self, text: str) -> None:
        """Run the text of a statement of archived rules, unchanged and without parameters."""
        with self._errors():
            self._connection.execute(text)

    def rows(self, statement: str, /, **values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a statement of ``sql/``."""
        with self._executed(statement, values) as cursor:
            return cursor.fetchall()

    def row(self, statement: str, /, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row of a statement of ``sql/``, or None."""
        with self._executed(statement, values) as cursor:
            row = cursor.fetchone()
        return None if row is None else tuple(row)

    def problem(self, statement: str, /, **values: Any) -> str | None:
        """Run a statement of ``sql/`` and return the first line of the database's error, or None on success.

        Raises:
            DeniedError: a server refused, or did not answer, which says nothing about the file that it has.
        """
        found = self.batches_or_problem(statement, **values)
        return found if isinstance(found, str) else None

    def batches_or_problem(self, statement: str, /, **values: Any) -> Batches | str:
        """Return the rows of a statement of ``sql/``, like :meth:`batches`, or the first line of the database's error.

        Raises:
            DeniedError: a server refused, or did not answer, which says nothing about the file that it has.
        """
        import duckdb

        try:
            cursor = self._connection.execute(sql.load(statement), dict(values))
            return Batches(cursor.to_arrow_reader(RESULT_BATCH_ROWS), self._place)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            if is_away(error):
                raise DeniedError(f"{self._place} could not be read: {reason}") from error
            return reason

    def records(self, statement: str, /, **values: Any) -> list[dict[str, Any]]:
        """Return all rows of a statement of ``sql/`` as dicts."""
        with self._executed(statement, values) as cursor:
            columns = [column[0] for column in cursor.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def batches(self, statement: str, batch_rows: int | None = None, /, **values: Any) -> Batches:
        """Return the rows of a statement of ``sql/`` as Arrow batches, which are computed during iteration.

        ``batch_rows`` is their number in each batch; None means few, which stay in the processor's cache.
        """
        with self._executed(statement, values) as cursor:
            return Batches(cursor.to_arrow_reader(batch_rows or RESULT_BATCH_ROWS), self._place)

    def typed(
        self, statement: str, columns: Sequence[tuple[str, Any] | None], /, **values: Any
    ) -> list[tuple[Any, ...]]:
        """Return all rows of a statement of ``sql/``, with its columns cast.

        Args:
            statement: the statement.
            columns: the name and type of each column; None drops the column.
            values: values of its ``$name`` parameters.
        """
        with self._errors():
            relation = self._connection.sql(sql.load(statement), params=dict(values))
            chosen = [
                cast_column(name, kind, column[1])
                for name, kind, column in zip(relation.columns, relation.types, columns, strict=True)
                if column is not None
            ]
            return relation.select(*chosen).fetchall()

    def cast(self, lists: Sequence[tuple[Sequence[Any], Any]], /) -> list[list[Any]]:
        """Return lists of values, each cast to the type that stands beside it."""
        from duckdb import ConstantExpression

        if not lists:
            return []
        cast = tuple(ConstantExpression(list(values)).cast(self._connection.list_type(kind)) for values, kind in lists)
        with self._errors():
            return list(self._connection.values(cast).fetchall()[0])

    def columns(self, table: str) -> list[tuple[str, Any]]:
        """Return the names and types of a table's columns, in order."""
        with self._errors():
            relation = self._connection.table(table)
        return list(zip(relation.columns, relation.types, strict=True))

    def schema(self, table: str) -> pa.Schema:
        """Return the Arrow schema of a table."""
        with self._errors():
            return self._connection.table(table).limit(0).to_arrow_table().schema

    def update(self, table: str, column: str, macro: str) -> None:
        """Replace each value of a table's column by the result of a macro with one argument."""
        from duckdb import ColumnExpression, FunctionExpression

        with self._errors():
            self._connection.table(table).update({column: FunctionExpression(macro, ColumnExpression(column))})

    def relation(self, statement: str, /) -> duckdb.DuckDBPyRelation:
        """Return the relation of a statement of ``sql/`` without parameters."""
        with self._errors():
            return self._connection.sql(sql.load(statement))

    def materialize(
        self, name: str, view: str, *, place: str, order: Sequence[str] = (), bounds: Sequence[int] = ()
    ) -> pa.Table:
        """Compute a view once, register its rows as ``name`` until the session is closed, and return them.

        The column ``place`` comes first and numbers the rows from 1. The rows stay Arrow batches, because these are
        hashed, read and appended directly, while a table would first be converted into batches.

        Args:
            name: name of the registered table.
            view: the view.
            place: name of the column with row numbers.
            order: integer columns that the rows are sorted by, and that are dropped.
            bounds: ascending values of the first column of ``order``, at which the rows are divided. The parts are
                computed one after the other and keep their texts as dictionaries, so that many rows need less memory.
        """
        import numpy as np
        import pyarrow as pa

        with self._errors():
            parts = (
                encoded(part.to_arrow_table(BATCH_ROWS)) if bounds else part.to_arrow_table(BATCH_ROWS)
                for part in divided(self._connection.view(view), order, bounds)
            )
            rows = in_order(parts, order).drop_columns(list(order)) if order else pa.concat_tables(parts)
        numbered = rows.add_column(0, place, pa.array(np.arange(1, rows.num_rows + 1, dtype=np.int32)))
        table = pa.Table.from_batches(numbered.to_batches(), numbered.schema)
        self.register(name, table)
        return table

    def register(self, name: str, table: pa.Table) -> None:
        """Register an Arrow table as ``name`` until the session is closed."""
        self._connection.register(name, table)

    @contextmanager
    def registered(self, name: str, table: pa.Table | pa.RecordBatchReader) -> Iterator[None]:
        """Register an Arrow table, or a reader that is read once, as ``name`` while the block runs."""
        self._connection.register(name, table)
        try:
            yield
        finally:
            self._connection.unregister(name)

    @contextmanager
    def joins_as_written(self) -> Iterator[None]:
        """Disable reordering of joins while the block runs."""
        if self._joins_are_written:
            yield
            return
        assert self.opening is None, "other sessions of a store's database read the setting while it is changed"
        self.run("database/join_as_written")
        try:
            yield
        finally:
            self.run("database/join_as_estimated")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in a transaction: commit at its end, or roll back if it raises."""
        connection = self._connection
        with self._errors():
            connection.begin()
        # because a process that ends with an open transaction on a lost connection would be aborted
        at_exit = weakref.finalize(self, _roll_back, connection, self._process)
        try:
            yield
            self._commit()
        except BaseException as error:
            with self._hurried(error):
                _roll_back(connection, self._process)
            raise
        finally:
            at_exit.detach()

    @contextmanager
    def _hurried(self, error: BaseException) -> Iterator[None]:
        """Let a rollback, after an error of a server, wait for servers no longer than it must."""
        if self.opening is None or self._is_confined or not isinstance(error, DeniedError):
            yield
            return
        with closing(self.cursor()) as other, self.opening.hurried(other):  # because a failed transaction sets nothing
            yield

    def _commit(self) -> None:
        try:
            with self._errors():
                self._connection.commit()
        except StoreError as error:
            raise CommitFailedError(str(error)) from error

    def query(
        self, query: str, parameters: Mapping[str, Any] | None = None, *, at_once: bool = False
    ) -> duckdb.DuckDBPyRelation:
        """Return the relation of a user's query; it runs now if ``at_once``, otherwise when its rows are fetched.

        Raises:
            QueryError: the query is not a single SELECT, reads anything outside the store, or is invalid.
        """
        with query_errors(), self._noting_loss():
            self._check(query)
            with without_pandas():
                relation = self._connection.sql(query, params=dict(parameters) if parameters else None)
            return relation.execute() if at_once else relation

    def interrupt(self) -> None:
        """Interrupt the running query. Call it twice to end the query for certain.

        An interrupt during the start of a query raises an error in the caller, but some of its tasks continue. A closed
        session has no query, and neither has a fork.
        """
        import duckdb

        if self.is_own:
            with suppress(duckdb.ConnectionException):  # because a closed session has no query
                self._opened.interrupt()

    def cursor(self) -> Session:
        """Return another session on the same database."""
        return Session(
            self._connection.cursor(),
            self._place,
            self.opening,
            self.lost,
            joins_are_written=self._joins_are_written,
            is_confined=self._is_confined,
        )

    @property
    def is_own(self) -> bool:
        """Whether this process opened the connection: a fork of it cannot end the connection's threads."""
        return os.getpid() == self._process

    def close(self) -> None:
        """Close the connection; do nothing in a fork of the process that opened it."""
        self.has_to_finish = False
        if self.is_own:
            self._opened.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with store_errors(self._place), self._noting_loss():
            yield

    @contextmanager
    def _noting_loss(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if is_fatal(error):
                self.lost.set()
            raise

    @contextmanager
    def _executed(self, statement: str, values: Mapping[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Run a statement, and let the block fetch its rows, with whose last the database ends the reading."""
        with self._errors():
            with without_pandas():
                cursor = self._connection.execute(sql.load(statement), dict(values) if values else None)
            yield cursor

    def _check(self, query: str) -> None:
        """Check a user's query; the sandbox settings of the connection refuse the rest."""
        statements = self._connection.extract_statements(query)
        if len(statements) != 1:
            raise QueryError(f"a query must be one statement, got {len(statements)}: run them one by one")
        kind, text = statements[0].type.name, statements[0].query
        if kind == "EXPLAIN":
            self.run("database/confine_profiling")
            self.run("database/profile_on_demand")
            self._check(explained(text))
            return
        if kind != "SELECT":
            raise QueryError(f"planstore sql only reads: {kind} is not allowed here")
        row = self.row("database/parse", query=text)
        tree = json.loads(row[0]) if row else {"error": True}
        refuse_escapes(tree)
        defined = own_tables(tree)
        # because the database might resolve the name to the view
        if defined and (taken := self.row("database/taken_names", names=sorted(defined))):
            raise QueryError(
                f"a table after WITH must have a name of its own, got {taken[0]}, the name of a view: rename it"
            )


def _roll_back(connection: duckdb.DuckDBPyConnection, process: int) -> None:
    """Roll a transaction back, unless this process is a fork of the one that began it."""
    import duckdb

    if process != os.getpid():
        return
    # because a failed commit has already ended its transaction, a lost connection cannot end one, and an error that
    # is raised already says why
    with suppress(duckdb.Error):
        connection.rollback()
