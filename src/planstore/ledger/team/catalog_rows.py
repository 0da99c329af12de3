"""Rows of DuckLake's tables in PostgreSQL, cast to the types of the lake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planstore.database.session import Session


def cast_rows(
    session: Session, rows: Sequence[Sequence[Any]], columns: Sequence[tuple[str, Any] | None]
) -> list[tuple[Any, ...]]:
    """Return rows with their columns cast.

    DuckLake stores texts as bytes, because PostgreSQL's texts cannot hold NUL, and values of types that PostgreSQL has
    none for as texts.

    Args:
        session: a session, whose database casts.
        rows: the rows.
        columns: the name and type of each column; None drops the column.
    """
    kept = [index for index, column in enumerate(columns) if column is not None]
    read = [[row[index] for index in kept] for row in rows]
    kinds = [column[1] for column in columns if column is not None]
    texts = [index for index in range(len(kinds)) if any(isinstance(row[index], str) for row in read)]
    cast = session.cast([([row[index] for row in read], kinds[index]) for index in texts])
    for index, column in zip(texts, cast, strict=True):
        for row, value in zip(read, column, strict=True):
            row[index] = value
    return [tuple(value.decode() if isinstance(value, bytes) else value for value in row) for row in read]
