"""A session: statements of ``sql/`` on one connection to the database, and queries of readers."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from planstore.database import sql
from planstore.database.batches import BATCH_ROWS, LEAVING_ROWS, Batches
from planstore.database.error_translation import query_errors, store_errors
from planstore.database.row_order import in_order
from planstore.database.sandbox import explained, own_tables, refuse_escapes
from planstore.errors import QueryError, StoreError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class Session:
    """One connection: its own temporary tables, its own transaction. Statements are named files of ``sql/``.

    Args:
        connection: what the session speaks through; the session closes it.
        place: where the data is, for messages.
        opening: stands for the database that the session is on.

    Attributes:
        has_to_finish: whether an interrupt of the process lets it finish, because others wait for what it gives back.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, place: str, opening: object = None) -> None:
        self._opened = connection
        self._process = os.getpid()
        self._place = place
        self.opening = opening
        self.has_to_finish = False

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, in the process that opened it: a fork has its memory, but neither its threads nor its locks.

        Raises:
            StoreError: this process is a fork of that one.
        """
        if not self.is_own:
            raise StoreError(
                f"{self._place} was opened by process {self._process}, and this one, {os.getpid()}, is a fork of it: "
                "open the store again here"
            )
        return self._opened

    def run(self, statement: str, /, **values: Any) -> int:
        """Run one statement of ``sql/`` and return how many rows it changed (0 for a statement that changes none)."""
        row = self._execute(statement, values).fetchone()
        return int(row[0]) if row and len(row) == 1 and isinstance(row[0], int) else 0

    def run_text(self, text: str) -> None:
        """Run one statement of rules that were kept: their text, as it is, with no values put in."""
        with store_errors(self._place):
            self._connection.execute(text)

    def rows(self, statement: str, /, **values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of one statement of ``sql/``."""
        return self._execute(statement, values).fetchall()

    def row(self, statement: str, /, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row of one statement of ``sql/``, or None."""
        row = self._execute(statement, values).fetchone()
        return None if row is None else tuple(row)

    def problem(self, statement: str, /, **values: Any) -> str | None:
        """Run one statement of ``sql/`` and return what the database says against its values, None when nothing."""
        import duckdb

        try:
            self._connection.execute(sql.load(statement), dict(values))
        except duckdb.Error as error:
            return str(error).splitlines()[0]
        return None

    def records(self, statement: str, /, **values: Any) -> list[dict[str, Any]]:
        """Return all rows of one statement of ``sql/`` as dicts."""
        cursor = self._execute(statement, values)
        columns = [column[0] for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def batches(self, statement: str, /, **values: Any) -> Batches:
        """Return the rows of one statement of ``sql/`` as Arrow batches, read as they are taken."""
        return Batches(self._execute(statement, values).to_arrow_reader(LEAVING_ROWS), self._place)

    def typed(self, statement: str, columns: Sequence[tuple[str, Any] | None], /, **values: Any) -> pa.Table:
        """Return the rows of one statement of ``sql/``, its columns renamed and cast.

        Args:
            statement: the statement.
            columns: the name and type of each of its columns; None leaves one out.
            values: values of its ``$name`` parameters.
        """
        from duckdb import ColumnExpression

        with store_errors(self._place):
            found = self._connection.sql(sql.load(statement), params=dict(values))
            chosen = [
                # because a column that has its type already would only take time to bind
                ColumnExpression(name) if column[1] == kind else ColumnExpression(name).cast(column[1]).alias(column[0])
                for name, kind, column in zip(found.columns, found.types, columns, strict=True)
                if column is not None
            ]
            # because a table of its own takes longer than a reader's few rows
            return found.select(*chosen).to_arrow_reader(BATCH_ROWS).read_all()

    def columns(self, table: str) -> list[tuple[str, Any]]:
        """Return the names and types of a table's columns, in order."""
        with store_errors(self._place):
            found = self._connection.table(table)
        return list(zip(found.columns, found.types, strict=True))

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table as they leave the database."""
        with store_errors(self._place):
            return self._connection.table(table).limit(0).to_arrow_table().schema

    def update(self, table: str, column: str, macro: str) -> None:
        """Replace every value in a column of a table by the result of a macro of one argument."""
        from duckdb import ColumnExpression, FunctionExpression

        with store_errors(self._place):
            self._connection.table(table).update({column: FunctionExpression(macro, ColumnExpression(column))})

    def relation(self, statement: str, /) -> duckdb.DuckDBPyRelation:
        """Return the relation of one statement of ``sql/`` that takes no values."""
        with store_errors(self._place):
            return self._connection.sql(sql.load(statement))

    def materialize(self, name: str, view: str, *, place: str, order: Sequence[str] = ()) -> pa.Table:
        """Compute a view once: return its rows, and make them visible under ``name`` for as long as the session lives.

        A column ``place`` comes before the others, and numbers the rows in their order from 1. Rows that are held as
        Arrow batches are digested, read and appended as they are; a table would be read into such batches for that.

        Args:
            name: what the rows are visible under.
            view: the view.
            place: the column that numbers them.
            order: columns of whole numbers that the rows are put in the order of, and that are not held.
        """
        import numpy as np
        import pyarrow as pa

        with store_errors(self._place):
            rows = self._connection.view(view).to_arrow_table(BATCH_ROWS)
        if order:
            rows = in_order(rows, order).drop_columns(list(order))
        numbered = rows.add_column(0, place, pa.array(np.arange(1, rows.num_rows + 1, dtype=np.int32)))
        table = pa.Table.from_batches(numbered.to_batches(), numbered.schema)
        self.register(name, table)
        return table

    def register(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table visible under ``name`` for as long as the session lives."""
        self._connection.register(name, table)

    @contextmanager
    def registered(self, name: str, table: pa.Table) -> Iterator[None]:
        """Make an Arrow table visible under ``name`` while the block runs."""
        self._connection.register(name, table)
        try:
            yield
        finally:
            self._connection.unregister(name)

    @contextmanager
    def joins_as_written(self) -> Iterator[None]:
        """Join in the order and on the sides in which statements are written while the block runs."""
        self.run("database/join_as_written")
        try:
            yield
        finally:
            self.run("database/join_as_estimated")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block did, or, when it raises, none of it."""
        self._connection.begin()
        try:
            yield
            with store_errors(self._place):
                self._connection.commit()
        except BaseException:
            self._rollback()
            raise

    def query(
        self, query: str, parameters: Mapping[str, Any] | None = None, *, at_once: bool = False
    ) -> duckdb.DuckDBPyRelation:
        """Return the relation of a reader's own query; it runs ``at_once``, or when its rows are taken.

        Raises:
            QueryError: the query is not one single SELECT, would leave the store, or is wrong.
        """
        with query_errors():
            self._check(query)
            relation = self._connection.sql(query, params=dict(parameters) if parameters else None)
            return relation.execute() if at_once else relation

    def interrupt(self) -> None:
        """End the query that runs. What an interrupt by the user ends is ended for certain by another one.

        One that comes while a query is being started is told to the caller, and yet some of its tasks go on.
        """
        self._connection.interrupt()

    def cursor(self) -> Session:
        """Return another session on the same database."""
        return Session(self._connection.cursor(), self._place, self.opening)

    @property
    def is_own(self) -> bool:
        """Whether this process opened the connection, and is no fork of the one that did: a fork cannot end threads."""
        return os.getpid() == self._process

    def close(self) -> None:
        """Close the connection; a fork of the process that opened it leaves it as it is."""
        self.has_to_finish = False
        if self.is_own:
            self._opened.close()

    def _execute(self, statement: str, values: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        with store_errors(self._place):
            return self._connection.execute(sql.load(statement), dict(values) if values else None)

    def _rollback(self) -> None:
        import duckdb

        try:
            self._connection.rollback()
        except duckdb.TransactionException:
            # because a commit that failed has ended its transaction already
            return

    def _check(self, query: str) -> None:
        """Refuse what is not a reader's query; the sandbox of the connection refuses the rest."""
        statements = self._connection.extract_statements(query)
        if len(statements) != 1:
            raise QueryError(f"one query at a time, please: this text holds {len(statements)} statements")
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
        own = own_tables(tree)
        # because the database might take the view for the table
        if own and (taken := self.row("database/taken_names", names=sorted(own))):
            raise QueryError(f"{taken[0]} is the name of a view already: give the table after WITH another one")


def interrupt_queries() -> bool:
    """End the queries of all sessions of this process, on whichever thread they run, and return whether that is done.

    None is ended while a session has to finish.
    """
    import duckdb

    # because an interrupt concerns the whole process, and a list of its sessions would be global state
    sessions = [found for found in gc.get_objects() if isinstance(found, Session)]
    if any(session.has_to_finish for session in sessions):
        return False
    for session in sessions:
        with suppress(duckdb.ConnectionException):  # because one that is closed has nothing to end
            session.interrupt()
    return True
