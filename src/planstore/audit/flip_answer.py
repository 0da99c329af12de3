"""Answers whose table is the flips that a database lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planstore.pages.answers import TableAnswer

if TYPE_CHECKING:
    import pyarrow as pa

    from planstore.database.query_rows import QueryRows


class FlipAnswer(TableAnswer):
    """An answer with a row for each flip, of which there may be millions."""

    def flip_table(self) -> QueryRows:
        """Return a row for each flip."""
        raise NotImplementedError

    def records(self) -> Sequence[Mapping[str, Any]]:
        """Return the flips."""
        rows: list[dict[str, Any]] = self.arrow().to_pylist()
        return rows

    def head(self, number: int) -> Sequence[Mapping[str, Any]]:
        """Return the first flips."""
        rows: list[dict[str, Any]] = self.flip_table().limit(number).to_arrow_table().to_pylist()
        return rows

    def arrow(self) -> pa.Table:
        """Return the flips as an Arrow table."""
        return self.flip_table().arrow()
