"""Query texts as relations, with values for their ``$name`` parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from planstore.checks.quoting import quoted
from planstore.database.query_text import statements
from planstore.errors import QueryError, RequestError

if TYPE_CHECKING:
    import duckdb

    from planstore.api.store import Store


def relations(store: Store, text: str, parameters: Mapping[str, str]) -> list[duckdb.DuckDBPyRelation]:
    """Return the relations of all queries in ``text``, in order, before any of them runs.

    Raises:
        QueryError: a query is invalid, does not only read the store, or lacks a parameter.
    """
    found = statements(text)
    missing = sorted(frozenset().union(*(statement.parameters for statement in found)) - parameters.keys())
    if missing:
        raise QueryError(f"${missing[0]} must have a value, got none: add --param {missing[0]}=VALUE")
    return [
        store.sql(statement.text, {name: parameters[name] for name in statement.parameters}).relation
        for statement in found
    ]


_DOT_COMMANDS = {".tables": "show tables"}
"""Queries of the commands that users of other shells know."""


def is_command(text: str) -> bool:
    """Return whether an input is a command of other shells, which ends with its line."""
    return text.lstrip().startswith((".", "\\"))


def query_text(text: str) -> str:
    """Return the queries of an input, which may be a command of other shells.

    Raises:
        RequestError: the command is unknown.
    """
    if not is_command(text):
        return text
    query = _DOT_COMMANDS.get(text.strip().rstrip(";").lower())
    if query is None:
        known = ", ".join(_DOT_COMMANDS)
        raise RequestError(
            f"a dot or backslash command must be {known} and stand alone, got {quoted(text.strip())}: "
            "`show tables` lists the views, and `describe runs` shows the columns of one"
        )
    return query


def refuse_unused_parameters(text: str, parameters: Mapping[str, str]) -> None:
    """Refuse parameters that no query of ``text`` uses, because their names are misspelt.

    Raises:
        RequestError: a parameter is unused.
    """
    named = frozenset().union(*(statement.parameters for statement in statements(text)))
    unused = sorted(parameters.keys() - named)
    if unused:
        raise RequestError(f"--param must name a parameter of a query, got {unused[0]}: no query uses ${unused[0]}")
