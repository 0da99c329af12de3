"""Translation of DuckDB's errors into planstore's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from planstore.database.query_bounds import exceeded
from planstore.errors import DENIALS, DeniedError, QueryError, StoreError

CATALOG_UNREAD = re.compile("^(Binder|IO) Error: Failed to [^\n]* DuckLake")
"""The start of an error of DuckLake that reports the catalog's own."""
SERVER_AWAY = re.compile(
    r"Could not (connect|establish)|Unable to connect|server closed the connection|[Tt]imed? ?out|a partial file"
    r"|error for HTTP [A-Z]+ to |^HTTP Error: (?!.*\(HTTP 404 )"
)
"""What DuckDB says of a server that does not answer."""


@contextmanager
def query_errors() -> Iterator[None]:
    """Translate errors of a user's query, also while rows are fetched, into QueryError; of storage, into StoreError."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise QueryError(f"{exceeded('memory')}: {str(error).splitlines()[0]}") from error
    except duckdb.Error as error:
        if _is_unreadable(error) or is_away(error) or isinstance(error, duckdb.FatalException):
            raise StoreError(f"the store could not be read: {str(error).splitlines()[0]}") from error
        raise QueryError(str(error)) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error  # because the database turned an interrupt into this error
        if str(error).startswith("Unable to cast Python instance"):
            raise QueryError("a parameter must be a value that the database has a type for") from error
        raise


@contextmanager
def unreadable(place: str) -> Iterator[None]:
    """Translate any error into StoreError or DeniedError, and name ``place``.

    All errors are translated, because altered data may be empty or of another type, which fails in any operation.
    """
    with store_errors(place, Exception):
        yield


@contextmanager
def store_errors(place: str, *kinds: type[Exception]) -> Iterator[None]:
    """Translate the database's storage errors, and errors of other ``kinds``, into StoreError; name ``place``."""
    import duckdb

    files: tuple[type[Exception], ...] = (
        duckdb.OperationalError,
        duckdb.InternalError,
        duckdb.FatalException,
        duckdb.InvalidInputException,
        duckdb.SerializationException,
    )
    try:
        yield
    except Exception as error:
        # because Arrow raises an interrupt as an OSError with the database's message
        if isinstance(error, duckdb.InterruptException) or str(error).startswith(
            ("Query interrupted", "INTERRUPT Error")
        ):
            raise KeyboardInterrupt from error  # because the database turned an interrupt into this error
        # because DuckLake raises a plain Error for a catalog that it cannot read
        if type(error) is not duckdb.Error and not isinstance(error, files + kinds) and not _is_unreadable(error):
            raise
        reason = str(error).splitlines() or [type(error).__name__]
        kind = DeniedError if is_away(error) or (kinds and _is_denied(error)) else StoreError
        raise kind(f"{place} could not be read or written: {reason[0]}") from error


def _is_unreadable(error: Exception) -> bool:
    """Return whether the catalog or a file could not be read, rather than that a statement is wrong."""
    import duckdb

    # because DuckLake reads the catalog while it binds a statement, and then the binder reports a lost connection
    lost = isinstance(error, duckdb.BinderException | duckdb.IOException) and CATALOG_UNREAD.search(str(error))
    return bool(lost) or isinstance(error, duckdb.HTTPException | duckdb.TransactionException)


def is_fatal(error: Exception) -> bool:
    """Return whether the database answers no session any more: after an internal error it has to be opened again."""
    import duckdb

    return isinstance(error, duckdb.FatalException | duckdb.InternalException)


def is_away(error: Exception) -> bool:
    """Return whether a server did not answer, or refused to: that says nothing about the store."""
    import duckdb

    if isinstance(error, duckdb.HTTPException):
        return error.status_code != HTTPStatus.NOT_FOUND
    # because Arrow raises the database's error as an OSError with its text, and DuckDB an answer that ends early as a
    # plain Error
    is_transfer = isinstance(error, duckdb.IOException | OSError) or type(error) is duckdb.Error
    return is_transfer and SERVER_AWAY.search(str(error)) is not None


def _is_denied(error: Exception) -> bool:
    """Return whether the operating system refused access; DuckDB reports that in the text of its own error."""
    import duckdb

    if isinstance(error, OSError):
        return error.errno in DENIALS
    if isinstance(error, duckdb.IOException):
        return any(os.strerror(number) in str(error) for number in DENIALS)
    return isinstance(error, MemoryError | duckdb.OutOfMemoryException | DeniedError)
