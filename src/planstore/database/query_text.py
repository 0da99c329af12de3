"""Parsing of user queries: statements, parameters, completeness."""

from __future__ import annotations

from dataclasses import dataclass

from planstore.database.error_translation import query_errors


@dataclass(frozen=True)
class Statement:
    """One statement of a query text, with the names of its ``$name`` parameters."""

    text: str
    parameters: frozenset[str]


def statements(text: str) -> list[Statement]:
    """Return the statements of a query text, in order; they are neither run nor checked against the sandbox.

    Raises:
        QueryError: the text is not valid SQL.
    """
    import duckdb

    with query_errors():
        return [
            Statement(statement.query, frozenset(statement.named_parameters))
            for statement in duckdb.extract_statements(text)
        ]


def is_ended(text: str) -> bool:
    """Return whether a text ends with a semicolon outside of quotes and comments."""
    import duckdb

    tokens = duckdb.tokenize(text)
    return bool(tokens) and text.encode()[tokens[-1][0] :].startswith(b";")
