"""Rows of a query: a relation of the database whose frames are made by Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planstore.pages.answers import HTML_ROWS, html_table, to_pandas

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa


class QueryRows:
    """The rows of a query, computed when they are fetched.

    Methods and attributes that are not below are those of DuckDB's relation: ``fetchall``, ``fetchone``, ``columns``,
    ``types``, ``limit``, ``pl`` and others.

    Attributes:
        relation: DuckDB's relation.
    """

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self.relation = relation

    def __getattr__(self, name: str) -> Any:
        return self.df if name in ("to_df", "fetchdf") else getattr(self.relation, name)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows that were not fetched yet."""
        return self.relation.fetchall()

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None after the last."""
        return self.relation.fetchone()

    def df(self) -> pd.DataFrame:
        """Return the rows as a pandas frame.

        It is made by Arrow, because DuckDB calls pandas in a way that newer versions of it warn of.
        """
        return to_pandas(self.arrow())

    def arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return self.relation.to_arrow_table()

    def __len__(self) -> int:
        return len(self.relation)

    def __str__(self) -> str:
        return str(self.relation)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = self.relation.limit(HTML_ROWS).to_arrow_table()
        return html_table(table.to_pylist(), table.column_names)
