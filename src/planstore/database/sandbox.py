"""The sandbox for user queries: they read the store's views and macros, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from planstore.database import sql
from planstore.database.macros import MACROS
from planstore.errors import QueryError

_GAP = r"(?:\s|--[^\n]*\n|/\*.*?\*/)"
_EXPLAIN = re.compile(rf"^{_GAP}*explain(?:{_GAP}+analyze|{_GAP}*\([^()]*\))?(?={_GAP}|\()", re.IGNORECASE | re.DOTALL)
_TABLE_FUNCTIONS = {
    *("range", "generate_series", "unnest", "repeat", "json_each", "json_tree", "summary", "show"),
    *("duckdb_columns", "duckdb_functions", "duckdb_tables", "duckdb_types", "duckdb_views"),
    *MACROS,
}
"""Table functions that are allowed: the store's macros, and functions without other side effects or access."""
_LISTED = {"", '"tables"'}
"""Allowed objects of SHOW and DESCRIBE: the columns of a query, and the list of views."""
_FORBIDDEN_FUNCTIONS = {"current_setting", "getvariable", "json_serialize_plan", "nextval", "write_log"}
"""Functions that are refused because they read the machine's state or have side effects."""


def explained(text: str) -> str:
    """Return the query inside an EXPLAIN statement.

    Raises:
        QueryError: the EXPLAIN has an unsupported form.
    """
    query = _EXPLAIN.sub("", text, count=1)
    if query == text:
        raise QueryError("this EXPLAIN cannot be read; write it as EXPLAIN or EXPLAIN ANALYZE, then the query")
    return query


@cache
def views() -> frozenset[str]:
    """Return the names of the store's views."""
    return frozenset(name.rpartition("/")[2] for name in sql.names("schema/views")) - {"as_of"}


def refuse_escapes(tree: Mapping[str, Any]) -> None:
    """Refuse a query that reads anything outside the store.

    Args:
        tree: its syntax tree, from ``sql/database/parse.sql``.

    Raises:
        QueryError: the query names a function or table outside the store, or is no query.
    """
    if tree["error"]:
        raise QueryError("planstore sql takes SELECT, FROM, VALUES, WITH, DESCRIBE, SHOW, SUMMARIZE and EXPLAIN")
    tables = views() | own_tables(tree)
    for node in nodes(tree):
        if node.get("type") == "TABLE_FUNCTION" and node["function"]["function_name"] not in _TABLE_FUNCTIONS:
            raise QueryError(f"{node['function']['function_name']}() is not allowed here: it is no macro of the store")
        if node.get("function_name") in _FORBIDDEN_FUNCTIONS:
            raise QueryError(f"{node['function_name']}() is not allowed here: it says nothing about the ledger")
        if node.get("type") == "SHOW_REF" and (node["table_name"] not in _LISTED or node["show_type"] == "SHOW_FROM"):
            raise QueryError("SHOW and DESCRIBE must be `show tables` or `describe` followed by a view")
        if node.get("type") == "BASE_TABLE":
            _refuse_table(node, tables)


def own_tables(tree: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the tables that a query defines in its WITH clauses."""
    maps = (node["cte_map"]["map"] for node in nodes(tree) if "cte_map" in node)
    return frozenset(table["key"].lower() for tables in maps for table in tables) - views()


def _refuse_table(node: Mapping[str, Any], tables: frozenset[str]) -> None:
    name = node["table_name"]
    if node["catalog_name"] or node["schema_name"]:
        qualified = ".".join(filter(None, (node["catalog_name"], node["schema_name"], name)))
        raise QueryError(
            f"a view must be named without catalog and schema, got {qualified}: write `from {name}` "
            "(`show tables` lists them)"
        )
    if name.lower() not in tables:
        close = get_close_matches(name.lower(), sorted(tables), n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        raise QueryError(f"{name[:80]} is no view of the store (`show tables` lists them){meant}")


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a syntax tree."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)
