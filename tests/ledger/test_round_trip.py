"""What goes in comes out, bit for bit: every column of every event table, wherever its rows are stored.

``PLANSTORE_EXAMPLES=10`` takes ten times as many examples.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings, strategies as st

import planstore
import samples
from planstore import Store
from planstore.database.session import Session
from planstore.errors import ReadBackError, StoreError
from planstore.events.digest import StagedRows
from planstore.events.fields import _CONTROL
from planstore.ledger.backup import restore
from planstore.ledger.commit_builder import FILE_TABLES, INLINED_ROWS, CommitBuilder
from planstore.ledger.ledger import EVENT_TABLES, Ledger
from planstore.ledger.opening import storage_in
from planstore.ledger.status_writer import append_statuses

TIMES = int(os.environ.get("PLANSTORE_EXAMPLES", "1"))
Row = dict[str, Any]

ODD_TEXTS = (
    "o'brien\\x.parquet", "\\", "'", "''", '"', '\\"', "a\0b", "\0", "NULL", "null", "NaN", "CAST('x' AS VARCHAR)",
    "\r\n", "\n", "\t", "", " ", "\ufeff", "\u2028", "🙂" * 300, "{'a': 1}", "[a, 'b']", "x'41'", "0x41", "1e5", "true",
    "'); DROP TABLE lake.runs; --", "/* */", "$1 ?", "%s", "{}",
    "CONCAT('a', chr(0))", "\x01\x1b\x7f", "\U0010ffff", "\ufffe",
)  # fmt: skip
texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=30)
listed_texts = texts.filter(lambda text: "\0" not in text)
"""Texts inside a list that the catalog keeps: DuckLake refuses a NUL there."""
names = texts.filter(lambda text: text.strip() != "" and _CONTROL.search(text) is None)
"""What a commit may be called."""
doubles = (
    st.sampled_from((0.0, float("inf"), -float("inf"), float("nan"), 5e-324, -5e-324, 1e308, 1 / 3)) | st.floats()
).map(lambda number: float("nan") if number != number else number + 0.0)
"""Doubles as they are accepted: with one zero and one NaN."""
times = st.sampled_from(
    (datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(1969, 12, 31, 23, 59, 59, 999999))
) | st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**63), 2**63 - 1)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def values(kind: pa.DataType, inlined: bool) -> st.SearchStrategy[Any]:
    """Return anything that a column of this type can hold, null included."""
    found: st.SearchStrategy[Any]
    if pa.types.is_string(kind):
        found = texts
    elif pa.types.is_floating(kind):
        found = doubles
    elif pa.types.is_integer(kind):
        end = 2 ** (kind.bit_width - 1)
        found = st.sampled_from((-end, end - 1, 0)) | st.integers(-end, end - 1)
    elif pa.types.is_boolean(kind):
        found = st.booleans()
    elif pa.types.is_timestamp(kind):
        found = times.map(lambda moment: moment.replace(tzinfo=UTC))
    elif pa.types.is_list(kind):
        found = st.lists((listed_texts if inlined else texts) | st.none(), max_size=4)
    else:
        assert pa.types.is_struct(kind), kind
        found = st.fixed_dictionaries({inner.name: values(inner.type, inlined) for inner in kind})
    return found | st.none()


JSON_COLUMNS = {"metadata", "summary", "document", "metrics"}
HEADER = {"commit_id", "position", "run_id"}


def header_of(table: str) -> set[str]:
    """Return the columns of a table that its commit adds; each outcome names its own run."""
    return HEADER - {"run_id"} if table == "outcomes" else HEADER


ONE_ROW = {"runs", "policies", "plans", "overrides"}
"""Tables of which a commit holds one row."""


@dataclass(repr=False)
class Kept:
    """A ledger, and every row that was written to it, by table and commit."""

    ledger: Ledger
    schemas: Mapping[str, pa.Schema]
    rows: dict[tuple[str, int], list[Row]] = field(default_factory=dict)

    def differing(self, ledger: Ledger) -> list[tuple[str, int]]:
        """Return the tables and commits whose rows are not those that were written."""
        session = ledger.reader()
        found: dict[tuple[str, int], list[Row]] = {}
        for table in EVENT_TABLES:
            for row in session.batches("ledger/read_events", table=table, first=0, last=2**62).read_all().to_pylist():
                found.setdefault((table, row["commit_id"]), []).append(row)
        assert found.keys() == self.rows.keys()
        return [key for key, rows in self.rows.items() if exact(found[key]) != exact(rows)]


def exact(value: Any) -> Any:
    """Return a value in which two doubles are equal only when all their bits are."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, dict):
        return {name: exact(inner) for name, inner in value.items()}
    return [exact(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    ledger = Ledger(storage_in(tmp_path_factory.mktemp("round_trip") / "results" / "planstore"))
    session = ledger.writer()
    yield Kept(ledger, {table: session.schema(f"lake.{table}") for table in EVENT_TABLES})
    ledger.close()


@contextmanager
def staged(session: Session, name: str, table: pa.Table) -> Iterator[None]:
    with session.registered(name, table):
        yield


def append(kept: Kept, table: str, rows: list[Row], header: Row) -> None:
    """Append rows as one commit, by the statements that the product appends them by."""
    schema = kept.schemas[table]
    session = kept.ledger.small_writer()
    with kept.ledger.commit(session, **header) as builder:
        _append(session, builder, table, rows, schema)
    session.close()
    written = [
        {"commit_id": builder.commit_id, "position": position, "run_id": header["run_id"]} | row
        for position, row in enumerate(rows, 1)
    ]
    kept.rows[table, builder.commit_id] = written


def _append(session: Session, builder: CommitBuilder, table: str, rows: list[Row], schema: pa.Schema) -> None:
    content = pa.schema([column for column in schema if column.name not in header_of(table)])
    if table in ONE_ROW:
        builder.append(table, **rows[0])
    elif table == "job_status":
        append_statuses(builder, rows)
    elif table == "artifacts":
        placed = [row | {"place": place} for place, row in enumerate(rows, 1)]
        builder.append_staged(table, StagedRows(pa.Table.from_pylist(rows, content)), given={"rows": placed})
    else:
        plan = {"plan_id": rows[0]["plan_id"]} if table == "jobs" else {}
        bare = pa.Table.from_pylist([{n: v for n, v in row.items() if n not in plan} for row in rows],
                                    pa.schema([column for column in content if column.name not in plan]))  # fmt: skip
        place = "ordinal" if table == "jobs" else "position"
        name = {"candidates": "evidence", "outcomes": "recorded_outcomes"}.get(table, table)
        numbers = pa.array(range(1, len(rows) + 1), pa.int32())
        held = bare if table == "jobs" else bare.add_column(0, place, numbers)
        held = held.append_column("scenario", pa.array([0] * len(rows), pa.int64())) if table == "decisions" else held
        with staged(session, name, held):
            builder.append_staged(table, StagedRows(bare), **plan)


@st.composite
def commits(draw: st.DrawFn, table: str, schema: pa.Schema) -> tuple[list[Row], Row]:
    """Draw rows for a table, few or more than the catalog keeps, and a commit to hold them."""
    many = table not in ONE_ROW and draw(st.booleans())
    inlined = not many and table not in FILE_TABLES
    columns = {
        column.name: json_values.map(json.dumps) | st.none()
        if column.name in JSON_COLUMNS and pa.types.is_string(column.type)
        else values(column.type, inlined)
        for column in schema
        if column.name not in header_of(table)
    }
    rows = draw(st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=1 if table in ONE_ROW else 3))
    if many:
        rows *= INLINED_ROWS // len(rows) + 1
    if table == "jobs":
        plan = draw(texts)
        rows = [row | {"plan_id": plan, "ordinal": ordinal} for ordinal, row in enumerate(rows, 1)]
    header = {
        "kind": draw(names),
        "run_id": draw(names | st.none()),
        "message": draw(listed_texts),
        "idempotency_key": draw(names | st.none()),
    }
    return rows, header


@pytest.mark.parametrize("table", EVENT_TABLES)
@settings(max_examples=8 * TIMES, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_what_is_appended_is_read_as_it_was_given(kept: Kept, table: str, data: st.DataObject) -> None:
    rows, header = data.draw(commits(table, kept.schemas[table]))
    append(kept, table, rows, header)


def test_what_was_appended_stays_as_it_was_given_wherever_it_is_moved(kept: Kept, tmp_path: Path) -> None:
    for table in set(EVENT_TABLES) - {table for table, _ in kept.rows}:  # because another process may have tried it
        test_what_is_appended_is_read_as_it_was_given(kept=kept, table=table)
    assert kept.differing(kept.ledger) == []
    results = kept.ledger.layout.folder.parent
    kept.ledger.close()
    shutil.copytree(results, tmp_path / "copied")
    with planstore.open(results) as store:
        anchor = store.integrity.anchor()
        store.maintenance.backup(tmp_path / "backup")
        assert store.maintenance.compact(grace=timedelta(0)).flushed > 0
    assert kept.differing(kept.ledger) == []
    restore(tmp_path / "backup", tmp_path / "restored" / "planstore")
    for folder in ("copied", "restored"):
        other = Ledger(storage_in(tmp_path / folder / "planstore"), create=False)
        assert kept.differing(other) == [], folder
        other.close()
        with planstore.open(tmp_path / folder) as store:
            assert store.integrity.anchor() == anchor


@pytest.mark.parametrize(("table", "column"), [("job_status", "artifacts"), ("decisions", "reasons")])
def test_a_nul_in_a_list_that_the_catalog_would_keep_is_refused(kept: Kept, table: str, column: str) -> None:
    row = dict.fromkeys(name for name in kept.schemas[table].names if name not in HEADER) | {column: ["a\0b"]}
    before = kept.ledger.last_commit()
    with pytest.raises(StoreError, match="could not be read or written"):
        append(kept, table, [row], {"kind": "test", "run_id": None})
    assert kept.ledger.last_commit() == before


def _candidates(scores: list[float], kept: Kept) -> list[Row]:
    empty = dict.fromkeys(name for name in kept.schemas["candidates"].names if name not in HEADER)
    return [empty | {"score": score} for score in scores]


def test_negative_zeros_that_a_file_would_merge_with_positive_ones_are_refused_and_nothing_is_recorded(
    kept: Kept,
) -> None:
    alone = _candidates([-0.0] * 102, kept)
    append(kept, "candidates", alone, {"kind": "test", "run_id": None})
    before = kept.ledger.last_commit()
    del kept.rows["candidates", before]
    session = kept.ledger.reader()
    found = (
        session.batches("ledger/read_events", table="candidates", first=before, last=before)
        .read_all()["score"]
        .to_pylist()
    )
    assert exact(found) == exact([-0.0] * 102)
    with pytest.raises(ReadBackError, match="nothing was recorded"):
        append(kept, "candidates", _candidates([0.0, -0.0] * 51, kept), {"kind": "test", "run_id": None})
    assert kept.ledger.last_commit() == before


def test_a_candidate_s_negative_zero_is_recorded_as_zero(store: Store) -> None:
    metrics = {"mean_overlap": 0.8, "std_overlap": 0.1, "mean_tau": -0.0, "std_tau": 0.0}
    rows = [
        row | {"stability": "UNKNOWN", "stability_metrics": metrics, "null_score": -0.0} for row in samples.records()
    ]
    rows[0]["null_score"] = 0.0
    store.route(samples.table(rows), samples.policy())
    found = store.sql("select distinct null_score, stability_metrics.mean_tau from candidates").fetchall()
    assert exact([list(row) for row in found]) == exact([[0.0, 0.0]])
    assert store.integrity.verify().holds
