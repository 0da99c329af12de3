"""``planstore sql``: a query over the ledger, read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

if TYPE_CHECKING:
    import duckdb


def command(
    query: Annotated[
        str,
        typer.Argument(metavar="QUERY", help="One SELECT over the store's views and macros: 'from history limit 20'."),
    ],
    results: Results = RESULTS,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show in the table; --json gives all.")] = 100,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Run QUERY over the ledger. It can neither write nor reach files outside the store."""
    import planstore
    from planstore.cli import output
    from planstore.database import query_errors

    with planstore.open(results, create=False, as_of=as_of) as store, query_errors():
        relation = store.sql(query)
        if json:
            output.print_json_array(_records(relation))
            return
        rows = relation.fetchmany(limit + 1)
        more = "there are more rows; --limit or --json shows them" if len(rows) > limit else ""
        output.print_table("", relation.columns, rows[:limit], more=more)


def _records(relation: duckdb.DuckDBPyRelation) -> Iterator[dict[str, Any]]:
    """Yield rows as objects; columns of type JSON as the values they hold."""
    names = _distinct(relation.columns)
    is_json = [str(kind) == "JSON" for kind in relation.types]
    while rows := relation.fetchmany(10_000):
        for row in rows:
            yield {
                name: _value(value) if json and value is not None else value
                for name, value, json in zip(names, row, is_json, strict=True)
            }


def _distinct(columns: list[str]) -> list[str]:
    """Return names for columns of which several may have one: the second `a` is `a_1`."""
    names: list[str] = []
    for column in columns:
        name, place = column, 1
        while name in names:
            name, place = f"{column}_{place}", place + 1
        names.append(name)
    return names


def _value(text: str) -> Any:
    """Return what a JSON text holds; the database's JSON also knows NaN, which becomes null."""
    import json

    import orjson

    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
    return orjson.Fragment(text)
