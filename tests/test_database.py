"""What a session holds comes in the order that was asked for, however the database's threads made it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from planstore.database import BATCH_ROWS, Session

Row = tuple[int, int, str]


def held(session: Session, rows: pa.Table) -> pa.Table:
    """Return rows as a session holds them in the order of the columns ``a`` and ``b``."""
    session.give("given", rows)
    session.run_kept("CREATE OR REPLACE TEMP VIEW made AS FROM given")
    return session.hold("held", "made", place="number", order=("a", "b"))


@given(rows=st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3), st.text(max_size=3)), max_size=30))
def test_rows_are_held_in_order_and_numbered(session: Session, rows: list[Row]) -> None:
    columns: Any = list(zip(*rows, strict=True)) or ([], [], [])
    table = pa.table({"a": pa.array(columns[0], pa.int64()), "b": pa.array(columns[1], pa.int64()), "text": columns[2]})
    texts = [text for *_, text in sorted(rows, key=lambda row: row[:2])]
    assert held(
        session, table.cast(pa.schema({"a": pa.int64(), "b": pa.int64(), "text": pa.string()}))
    ).to_pylist() == [{"number": number, "text": text} for number, text in enumerate(texts, 1)]


def test_what_threads_made_beside_each_other_is_held_in_order(session: Session) -> None:
    numbers = [*range(BATCH_ROWS, 2 * BATCH_ROWS), *range(BATCH_ROWS), *range(2 * BATCH_ROWS, 2 * BATCH_ROWS + 10)]
    table = held(session, pa.table({"a": [7] * len(numbers), "b": numbers, "value": numbers}))
    assert table.column_names == ["number", "value"]
    assert table["value"].to_pylist() == sorted(numbers)
    assert table["number"].to_pylist() == [number + 1 for number in sorted(numbers)]
