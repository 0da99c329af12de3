"""Relations of a reader's query: distinct column names, and types that an output format can hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import duckdb
    from duckdb.sqltypes import DuckDBPyType

    Form: TypeAlias = DuckDBPyType | str


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
