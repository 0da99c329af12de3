"""A commit is acknowledged only once its rows read back as they were written."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime
from errno import EIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import samples
from planstore import JobStatus, Store
from planstore.errors import ReadBackError, StoreError
from planstore.events.digest import RowsDigest
from planstore.ledger.commit_builder import FILE_TABLES, INLINED_ROWS, STRUCT_TABLES
from planstore.ledger.embedded.data import DataFolder
from planstore.ledger.read_back import WHOLE_ROWS, Header, Written, check_files

NEGATIVE_ZERO = {"mean_overlap": 0.8, "std_overlap": 0.1, "mean_tau": -0.0, "std_tau": 0.1}


def test_rows_of_every_table_with_structs_or_floating_point_numbers_go_to_files(store: Store) -> None:
    store.create()
    session = store.access.ledger.writer()
    limit = "option_name = 'data_inlining_row_limit' AND scope = 'TABLE'"
    options = session._connection.execute(f"SELECT scope_entry, value FROM lake.options() WHERE {limit}")
    assert dict(options.fetchall()) == {f"main.{table}": "0" for table in FILE_TABLES}
    tables = session._connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'"
    ).fetchall()
    assert len(tables) == 12
    kinds = {table: [kind for _, kind in session.columns(f"lake.{table}")] for (table,) in tables}
    assert {table for table in kinds if any(kind.id == "struct" for kind in kinds[table])} == set(STRUCT_TABLES)
    # because rows in the catalog are compared as values, and 0.0 equals -0.0
    floating = {table for table in kinds if any("DOUBLE" in str(kind) or "FLOAT" in str(kind) for kind in kinds[table])}
    assert floating == {"candidates", "outcomes"}


def test_a_catalog_that_would_change_a_struct_is_an_error_and_nothing_is_recorded(store: Store) -> None:
    store.create()
    session = store.access.ledger.writer()
    session.run("database/inlined_rows", table="candidates", rows=INLINED_ROWS)  # as format 2 had it
    rows = [row | {"stability": "UNKNOWN", "stability_metrics": NEGATIVE_ZERO} for row in samples.records()]
    with pytest.raises(ReadBackError, match="candidates: the files hold 0 rows, 15 were written"):
        store.route(samples.table(rows), samples.policy())
    assert store.log() == []
    (finding,) = store.integrity.verify().findings
    assert finding.problem == f"the option data_inlining_row_limit is {INLINED_ROWS} of table 9"


def test_files_that_cannot_be_made_durable_refuse_their_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: DataFolder, new: Collection[str]) -> None:
        if any(name.endswith(".parquet") for name in new):
            raise OSError(EIO, "Input/output error")

    monkeypatch.setattr(DataFolder, "make_durable", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        store.route(samples.table(samples.records()), samples.policy())
    assert store.log() == []


def _alter(store: Store, table: str, change: str) -> None:
    """Have the catalog change each row that it is given of one table, as a fault of storage would."""
    store.create()
    inlined = dict(store.access.ledger.reader().rows("ledger/inlined_tables"))[table]
    store.close()
    with closing(sqlite3.connect(store.results / "planstore" / "catalog.sqlite")) as catalog:
        update = f"UPDATE {inlined} SET {change} WHERE rowid = new.rowid"
        catalog.execute(f"CREATE TRIGGER altering AFTER INSERT ON {inlined} BEGIN {update}; END")
        catalog.commit()


def test_a_status_that_the_catalog_changes_is_an_error_to_its_writer(store: Store) -> None:
    run = store.route(samples.table(samples.records()), samples.policy())
    plan_id, job_id = run.plan_id, run.plan.jobs[0]["job_id"]
    _alter(store, "job_status", "worker = replace(worker, '''', '')")
    with store.training.status_writer() as writer:
        assert writer.record(JobStatus(plan_id, job_id, "running", worker="plain")) == 2
        with pytest.raises(ReadBackError, match="commit 3 does not read back as it was written: job_status"):
            writer.record(JobStatus(plan_id, job_id, "running", worker="o'brien", attempt=2))


def test_a_commit_that_the_catalog_changes_is_an_error_to_its_writer(store: Store) -> None:
    _alter(store, "commits", "message = upper(message)")
    with pytest.raises(ReadBackError, match="commit 1 does not read back as it was written: commits"):
        store.overrides.set("y_up", "AAPL", "ROUTE_BLOCKED", reason="quiet")


@pytest.fixture(scope="module", params=[10, 4 * WHOLE_ROWS])
def written(request: pytest.FixtureRequest) -> Written:
    rows: int = request.param
    scores = pa.array([0.0, None] * (rows // 2))
    content = pa.table({"target": pa.array([f"t{i}" for i in range(rows)]), "score": scores})
    header = Header(7, 3, {"run_id": "r"})
    return Written("candidates", header, content, RowsDigest.of_table(_rows(header, content)).hexdigest())


def _rows(header: Header, content: pa.Table) -> pa.Table:
    rows = header.columns(pa.array(range(3, content.num_rows + 3), pa.int32()))
    for name in content.column_names:
        rows = rows.append_column(name, content[name])
    return rows


def _file(folder: Path, written: Written, **changes: list[Any]) -> str:
    """Write the rows last first, with other values in some columns, and return the file's name."""
    table = _rows(written.header, written.content)
    for name, values in changes.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values, table[name].type))
    path = folder / "rows.parquet"
    pq.write_table(table[::-1], path, row_group_size=WHOLE_ROWS // 2)
    return path.name


def test_files_with_the_written_rows_are_accepted_in_any_order(tmp_path: Path, written: Written) -> None:
    check_files(written, DataFolder(tmp_path), [_file(tmp_path, written)])


@pytest.mark.parametrize(
    ("column", "value"), [("score", 0.25), ("score", -0.0), ("target", "t"), ("commit_id", 8), ("run_id", "s")]
)
def test_files_with_other_rows_are_refused(tmp_path: Path, written: Written, column: str, value: object) -> None:
    changed = _file(tmp_path, written, **{column: [value] * written.content.num_rows})
    with pytest.raises(ReadBackError, match="commit 7 does not read back as it was written: candidates"):
        check_files(written, DataFolder(tmp_path), [changed])


def test_files_with_rows_twice_are_refused(tmp_path: Path, written: Written) -> None:
    with pytest.raises(ReadBackError, match=f"the files hold {2 * written.content.num_rows} rows"):
        check_files(written, DataFolder(tmp_path), [_file(tmp_path, written)] * 2)


def test_a_commit_of_more_rows_than_are_read_back_whole_holds(store: Store) -> None:
    table = samples.table(samples.records(60, 400))
    assert table.num_rows > WHOLE_ROWS
    assert store.route(table, samples.policy()).commit_id == 1
    assert store.integrity.verify().holds


def test_times_read_back_to_the_microsecond(store: Store) -> None:
    latest = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
    before = datetime.now(UTC)
    store.overrides.set("y_up", "AAPL", "ROUTE_BLOCKED", reason="quiet", expires_at=latest)
    found = store.sql("select c.recorded_at, o.expires_at from commits as c join overrides as o using (commit_id)")
    ((recorded, expires),) = found.fetchall()
    assert before <= recorded <= datetime.now(UTC)
    assert expires == latest
