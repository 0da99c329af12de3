"""A reader's text, made into relations: one or more queries, and values for their ``$name`` parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from planstore.database.query_text import statements
from planstore.errors import QueryError, RequestError

if TYPE_CHECKING:
    import duckdb

    from planstore.api.store import Store


def relations(store: Store, text: str, parameters: Mapping[str, str]) -> list[duckdb.DuckDBPyRelation]:
    """Return the relations of all queries in ``text``, in order; none of them has run yet.

    Raises:
        QueryError: one of them is wrong, does something else than read the store, or lacks a parameter.
    """
    found = statements(text)
    missing = sorted(frozenset().union(*(statement.parameters for statement in found)) - parameters.keys())
    if missing:
        raise QueryError(f"${missing[0]} has no value: give --param {missing[0]}=VALUE")
    return [store.sql(statement.text, {name: parameters[name] for name in statement.parameters}) for statement in found]


def must_be_used(text: str, parameters: Mapping[str, str]) -> None:
    """Refuse parameters that no query of ``text`` names, because they are misspelt.

    Raises:
        RequestError: there are some.
    """
    named = frozenset().union(*(statement.parameters for statement in statements(text)))
    unused = sorted(parameters.keys() - named)
    if unused:
        raise RequestError(f"--param {unused[0]} is given, but no query names ${unused[0]}")
