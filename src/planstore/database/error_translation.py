"""What DuckDB says of a query or of files, as errors of planstore's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from planstore.database.query_bounds import reached
from planstore.errors import DENIALS, DeniedError, QueryError, StoreError


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


@contextmanager
def unreadable(place: str) -> Iterator[None]:
    """Turn whatever goes wrong while a store that may be damaged is read into an error that says where.

    What was altered may be empty or of another kind anywhere, so that any operation on it may fail.
    """
    with store_errors(place, Exception):
        yield


@contextmanager
def store_errors(place: str, *kinds: type[Exception]) -> Iterator[None]:
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
