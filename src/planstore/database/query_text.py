"""The text of a reader's queries: its statements, their parameters, and whether it is complete."""

from __future__ import annotations

from dataclasses import dataclass

from planstore.database.error_translation import query_errors


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
