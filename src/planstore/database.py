"""Opens DuckDB with the lake attached; the only file that imports duckdb."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from planstore import sql
from planstore.bounds import reached
from planstore.errors import DENIALS, DeniedError, QueryError, StoreError
from planstore.regular import kind, unreadable_in
from planstore.row_order import in_order
from planstore.sandbox import explained, own_tables, refuse_escapes

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from duckdb.sqltypes import DuckDBPyType

    Form: TypeAlias = DuckDBPyType | str

_EXTENSIONS = ("duckdb_extension_ducklake", "duckdb_extension_sqlite_scanner")
BATCH_ROWS = 122_880
"""Rows a batch when tables enter DuckDB: one of its row groups, which its threads take one each."""
LEAVING_ROWS = 16_384
"""Rows a batch when they leave: few, because memory that is taken anew for each batch costs more than the copying does,
and a batch that fits into the processor's cache is still there when it is digested or written."""


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

    def run_kept(self, text: str) -> None:
        """Run one statement of rules that were kept: their text, as it is, with no values put in."""
        with _store_errors(self._place):
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

        with _store_errors(self._place):
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
        with _store_errors(self._place):
            found = self._connection.table(table)
        return list(zip(found.columns, found.types, strict=True))

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table as they leave the database."""
        with _store_errors(self._place):
            return self._connection.table(table).limit(0).to_arrow_table().schema

    def update(self, table: str, column: str, macro: str) -> None:
        """Replace every value in a column of a table by the result of a macro of one argument."""
        from duckdb import ColumnExpression, FunctionExpression

        with _store_errors(self._place):
            self._connection.table(table).update({column: FunctionExpression(macro, ColumnExpression(column))})

    def relation(self, statement: str, /) -> duckdb.DuckDBPyRelation:
        """Return the relation of one statement of ``sql/`` that takes no values."""
        with _store_errors(self._place):
            return self._connection.sql(sql.load(statement))

    def hold(self, name: str, view: str, *, place: str, order: Sequence[str] = ()) -> pa.Table:
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

        with _store_errors(self._place):
            rows = self._connection.view(view).to_arrow_table(BATCH_ROWS)
        if order:
            rows = in_order(rows, order).drop_columns(list(order))
        numbered = rows.add_column(0, place, pa.array(np.arange(1, rows.num_rows + 1, dtype=np.int32)))
        table = pa.Table.from_batches(numbered.to_batches(), numbered.schema)
        self.give(name, table)
        return table

    def give(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table visible under ``name`` for as long as the session lives."""
        self._connection.register(name, table)

    @contextmanager
    def given(self, name: str, table: pa.Table) -> Iterator[None]:
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
            with _store_errors(self._place):
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
        with _store_errors(self._place):
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


class CatalogPlace(Protocol):
    """Where a catalog is opened."""

    def opened(self) -> Path:
        """Return the path to open it at: its own, or that of a copy, which can only be read."""

    def has_moved_on(self, opened: Path) -> bool:
        """Tell whether what was opened is no longer as the catalog is."""


class Database:
    """One DuckDB in memory with a store's lake attached, to write or to read only.

    Args:
        folder: the store's folder.
        read_only: whether the lake can only be read.
        threads: how many threads the database works with; None means one for each core.
        memory: bytes that the database may use, and that its queries may put on disk four times over; None means
            most of the machine's memory, and of its disk.
        place: where the catalog is opened; None means where it is.
    """

    def __init__(
        self,
        folder: Path,
        *,
        read_only: bool,
        threads: int | None = None,
        memory: int | None = None,
        place: CatalogPlace | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._catalog = self._folder / "catalog.sqlite"
        self._read_only = read_only
        self._options = {} if threads is None else {"threads": str(threads)}
        if memory is not None:
            self._options |= {"memory_limit": f"{memory}B", "max_temp_directory_size": f"{4 * memory}B"}
        self._place = place
        self._opening = Lock()
        self._first: Session | None = None

    def session(self) -> Session:
        """Return a new session; the first one opens the database, as does one after the catalog has moved on."""
        for path, what in unreadable_in(self._folder / "data"):
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
        assert isinstance(first.opening, _Opening)
        return self._place is not None and self._place.has_moved_on(first.opening.catalog)

    def _opened(self) -> Session:
        import duckdb

        place = f"the store in {self._folder}"
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
        with _store_errors(f"the catalog {catalog}", duckdb.Error):
            for extension in _signed_extensions():
                connection.load_extension(extension)
            session.run("database/use_utc")
            session.run("database/one_view_of_catalog")
            session.run("database/set_catalog", catalog=f"sqlite:{opened}")
            session.run("database/set_data", data=str(self._folder / "data"))
            session.run("database/secret")
            session.run("database/attach_read_only" if self._read_only or is_copy else "database/attach")
            if self._read_only:
                session.run("database/confine_directories", directories=[str(self._folder / "data")])
                session.run("database/confine_all_but_profiling")
                with _existing_working_directory():
                    session.run("database/confine_access")
                session.run("database/confine_settings")
        return Session(connection, place, _Opening(opened))

    def close(self) -> None:
        """Close the database, and with it every session, if it was opened."""
        with self._opening:
            if self._first is not None and self._first.is_own:
                self._first.close()
                self._first = None


@dataclass(frozen=True, eq=False)
class _Opening:
    """One opening of a database, and the path of the catalog that was opened."""

    catalog: Path


class Batches:
    """Arrow batches on their way out of the database; what is wrong with its files shows while they are taken."""

    def __init__(self, reader: pa.RecordBatchReader, place: str) -> None:
        self._reader = reader
        self._place = place

    @property
    def schema(self) -> pa.Schema:
        """The columns of every batch."""
        return self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        with _store_errors(self._place, pa.ArrowException, OSError):
            yield from self._reader

    def read_all(self) -> pa.Table:
        """Return all batches as one table."""
        import pyarrow as pa

        return pa.Table.from_batches(list(self), self.schema)


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


@contextmanager
def query_errors() -> Iterator[None]:
    """Turn what the database says of a reader's query, also while its rows are taken, into an error of ours."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise QueryError(f"{reached('memory')}: {str(error).splitlines()[0]}") from error
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error  # because that is what the database made it from
        if str(error).startswith("Unable to cast Python instance"):
            raise QueryError("a parameter must be a value that the database has a type for") from error
        raise


def projected(
    relation: duckdb.DuckDBPyRelation, forms: Sequence[Sequence[Form] | None] | None = None
) -> duckdb.DuckDBPyRelation:
    """Return the rows of a relation under distinct names, of which the second ``a`` is ``a_1``.

    Args:
        relation: the rows.
        forms: what is done to each column, one after the other: ``to_json``, or casts to a type; None: nothing.
    """
    import duckdb

    named = relation.select(duckdb.StarExpression()).set_alias("rows")
    columns = []
    for name, steps in zip(named.columns, forms or [None] * len(named.columns), strict=True):
        column = duckdb.ColumnExpression("rows", name)
        for step in steps or ():
            column = duckdb.FunctionExpression("to_json", column) if step == "to_json" else column.cast(step)
        columns.append(column.alias(name))
    return named.select(*columns)


def with_leaves(kind: DuckDBPyType, leaf: Callable[[DuckDBPyType], Form]) -> Form:
    """Return a type whose innermost types are ``leaf`` of those that ``kind`` has."""
    import duckdb

    if kind.id not in ("list", "array", "struct", "map"):
        return leaf(kind)
    size = [number for name, number in kind.children if name == "size" and isinstance(number, int)]
    inner = {name: with_leaves(child, leaf) for name, child in inner_types(kind)}
    if kind.id == "list":
        return duckdb.list_type(inner["child"])
    if kind.id == "array":
        return duckdb.array_type(inner["child"], size[0])
    return duckdb.struct_type(inner) if kind.id == "struct" else duckdb.map_type(inner["key"], inner["value"])


def inner_types(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    """Return the types that a nested type is made of, each with its name there."""
    import duckdb

    nested = ("list", "array", "struct", "map", "union")
    found = kind.children if kind.id in nested else []
    return [(name, inner) for name, inner in found if isinstance(inner, duckdb.sqltypes.DuckDBPyType)]


@dataclass(frozen=True)
class Statement:
    """One statement of a reader's text, and the names of its ``$name`` parameters."""

    text: str
    parameters: frozenset[str]


def statements(text: str) -> list[Statement]:
    """Return the statements of a reader's text, in order; none of them is run, or known to be allowed.

    Raises:
        QueryError: something in the text is no SQL.
    """
    import duckdb

    with query_errors():
        return [Statement(found.query, frozenset(found.named_parameters)) for found in duckdb.extract_statements(text)]


def is_ended(text: str) -> bool:
    """Return whether a text ends with a semicolon that ends a statement: one outside of quotes and comments."""
    import duckdb

    tokens = duckdb.tokenize(text)
    return bool(tokens) and text.encode()[tokens[-1][0] :].startswith(b";")


@contextmanager
def unreadable(place: str) -> Iterator[None]:
    """Turn whatever goes wrong while a store that may be damaged is read into an error that says where.

    What was altered may be empty or of another kind anywhere, so that any operation on it may fail.
    """
    with _store_errors(place, Exception):
        yield


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
def _store_errors(place: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn what the database says of its files, and errors of other ``kinds``, into an error that says where."""
    import duckdb

    files: tuple[type[Exception], ...] = (
        duckdb.OperationalError,
        duckdb.InternalError,
        duckdb.InvalidInputException,
        duckdb.SerializationException,
    )
    try:
        yield
    except Exception as error:
        # Arrow passes an interrupt on as an OSError with the database's words
        if isinstance(error, duckdb.InterruptException) or str(error).startswith(
            ("Query interrupted", "INTERRUPT Error")
        ):
            raise KeyboardInterrupt from error  # because that is what the database made it from
        # because DuckLake says of a catalog that it cannot read no more than that there is an error
        if type(error) is not duckdb.Error and not isinstance(error, files + kinds):
            raise
        reason = str(error).splitlines() or [type(error).__name__]
        kind = DeniedError if kinds and _is_denied(error) else StoreError
        raise kind(f"{place} could not be read or written: {reason[0]}") from error


def _is_denied(error: Exception) -> bool:
    """Tell whether the system did not let something be done; the database says so of files in its own words."""
    import duckdb

    if isinstance(error, OSError):
        return error.errno in DENIALS
    if isinstance(error, duckdb.IOException):
        return any(os.strerror(number) in str(error) for number in DENIALS)
    return isinstance(error, MemoryError | duckdb.OutOfMemoryException | DeniedError)


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
