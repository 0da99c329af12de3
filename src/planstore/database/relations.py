"""Relations: distinct column names, types that an output format supports, and parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import duckdb
    from duckdb.sqltypes import DuckDBPyType

    Form: TypeAlias = DuckDBPyType | str


def projected(
    relation: duckdb.DuckDBPyRelation, forms: Sequence[Sequence[Form] | None] | None = None
) -> duckdb.DuckDBPyRelation:
    """Return a relation with distinct column names: the second ``a`` becomes ``a_1``.

    Args:
        relation: the rows.
        forms: for each column its conversions, in order: ``to_json``, or a type to cast to; None means no conversion.
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
    """Return a type with each innermost type replaced by the result of ``leaf``."""
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
    """Return the names and types of a nested type's direct components."""
    import duckdb

    nested = ("list", "array", "struct", "map", "union")
    components = kind.children if kind.id in nested else []
    return [(name, inner) for name, inner in components if isinstance(inner, duckdb.sqltypes.DuckDBPyType)]


def cast_column(name: str, kind: DuckDBPyType, wanted: DuckDBPyType) -> duckdb.Expression:
    """Return a column as the wanted type."""
    from duckdb import ColumnExpression

    column = ColumnExpression(name)
    if wanted == kind:
        return column  # because a redundant cast takes time to bind
    return column.cast(wanted)


def divided(
    rows: duckdb.DuckDBPyRelation, order: Sequence[str], bounds: Sequence[int]
) -> Iterator[duckdb.DuckDBPyRelation]:
    """Yield the rows below each bound of the first column of ``order`` that are below no earlier one, then the rest."""
    from duckdb import ColumnExpression, ConstantExpression

    for first, end in pairwise([None, *bounds, None]):
        part = rows
        if first is not None:
            part = part.filter(ColumnExpression(order[0]) >= ConstantExpression(first))
        if end is not None:
            part = part.filter(ColumnExpression(order[0]) < ConstantExpression(end))
        yield part
