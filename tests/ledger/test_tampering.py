"""For people who doubt the store: whatever is altered behind its back, verify finds, or else it changed no meaning.

One honest store is made; every test damages a copy of it. Commit 2 is small, so all of it lies in the catalog; of
commits 1 and 3, candidates, decisions and jobs are parquet files. ``PLANSTORE_TRIALS=1000`` flips more bytes.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import planstore
import samples
from planstore.events.canonical import canonical_json
from planstore.events.commit import utc_text
from planstore.events.hashing import digest_of
from planstore.ledger.findings import Finding

TRIALS = int(os.environ.get("PLANSTORE_TRIALS", "12"))
WORKERS = 2
PLAN = "globals/training_plan"
IN_FILES = ("candidates", "decisions", "jobs", "runs")
"""The tables of which commits 1 and 3 are parquet files."""

Cell = tuple[int | None, str]
"""A commit and a table."""


@dataclass(frozen=True)
class Honest:
    """A store of three commits that was never exported; it as it was after two commits; it exported; and its anchor."""

    results: Path
    earlier: Path
    exported: Path
    anchor: str


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    folder = tmp_path_factory.mktemp("honest")
    results, earlier, exported = (folder / name for name in ("results", "earlier", "exported"))
    with planstore.open(results) as store:
        store.route(samples.table(samples.records(12, 12, seed=0)), samples.policy(), run_id="run-1")
        store.route(samples.table(samples.records(3, 3, seed=1)), samples.policy(), run_id="run-2")
    shutil.copytree(results, earlier)
    with planstore.open(results) as store:
        store.route(samples.table(samples.records(12, 12, seed=2)), samples.policy(), run_id="run-3")
    shutil.copytree(results, exported)
    with planstore.open(exported) as store:
        store.export()
        return Honest(results, earlier, exported, store.integrity.anchor())


@pytest.fixture
def damaged(honest: Honest, tmp_path: Path) -> Path:
    """A copy of the store to be damaged; without exported files, because the ledger has to tell by itself."""
    return shutil.copytree(honest.results, tmp_path / "results")


def findings(results: Path, anchor: str | None = None) -> Sequence[Finding]:
    """Return what verify finds, each finding with a place and a problem."""
    with planstore.open(results, create=False) as store:
        found = store.integrity.verify(anchor).findings
    assert all(one.where and one.problem for one in found), found
    return found


def against_headers(found: Iterable[Finding]) -> set[Cell]:
    """Return where rows are not those that their commit's header counts and digests; other checks do not speak here."""
    return {(one.commit_id, one.where) for one in found if "its header counts" in one.problem or "says" in one.problem}


def change(results: Path, *statements: str) -> None:
    """Change the catalog; ``{jobs}`` in a statement is where the catalog keeps rows of ``jobs``."""
    with closing(sqlite3.connect(results / "planstore/catalog.sqlite")) as catalog:
        kept = dict(
            catalog.execute(
                "select t.table_name, i.table_name "
                "from ducklake_inlined_data_tables i join ducklake_table t using (table_id)"
            )
        )
        for statement in statements:
            assert catalog.execute(statement.format(**kept)).rowcount > 0, f"this changes nothing: {statement}"
        catalog.commit()


def parquet_file(results: Path, table: str, commit_id: int) -> Path:
    """Return the parquet file of a table's rows of a commit."""
    files = (results / "planstore/data/main" / table).iterdir()
    return next(path for path in files if pq.read_table(path)["commit_id"][0].as_py() == commit_id)


def replace_file(results: Path, there: Path, rows: pa.Table) -> None:
    """Write a parquet file anew, and let the catalog say of it what is true of the new one."""
    pq.write_table(rows, there)
    content = there.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little")
    change(
        results,
        f"update ducklake_data_file set record_count = {rows.num_rows}, file_size_bytes = {len(content)}, "
        f"footer_size = {footer} where path = '{there.name}'",
    )


def test_an_untouched_copy_holds_and_so_does_one_that_was_moved(honest: Honest, tmp_path: Path) -> None:
    copied = shutil.copytree(honest.exported, tmp_path / "copied")
    assert findings(copied, honest.anchor) == []
    assert findings(copied.rename(tmp_path / "moved ☃ elsewhere"), honest.anchor) == []


# --- rows in the catalog ---------------------------------------------------------------------------------------------

ONE_DECISION = "where commit_id = 2 and symbol = 'SYM01' and target = 'y_up_01_10m'"
ROWS: dict[str, dict[Cell, str]] = {
    "a value is changed": {
        (1, "policies"): "update {policies} set name = 'another'",
        (1, "artifacts"): "update {artifacts} set size = size + 1 where commit_id = 1 and name = 'rules'",
        (2, "decisions"): "update {decisions} set route = 'ROUTE_BOTH' " + ONE_DECISION,
        (3, "plans"): "update {plans} set summary = replace(summary, '3', '4') where commit_id = 3",
    },
    "a value is null or empty or has a blank more": {
        (2, "decisions"): "update {decisions} set reasons = '[]' " + ONE_DECISION,
        (2, "plans"): "update {plans} set artifact = artifact || ' ' where commit_id = 2",
    },
    "a row is deleted": {
        (1, "policies"): "delete from {policies}",
        (1, "artifacts"): "delete from {artifacts} where commit_id = 1 and name = 'rules'",
        (2, "decisions"): "delete from {decisions} " + ONE_DECISION,
        (3, "plans"): "delete from {plans} where commit_id = 3",
    },
    "a row is said to have ended, or not to have begun": {
        (2, "decisions"): "update {decisions} set end_snapshot = 4 " + ONE_DECISION,
        (2, "plans"): "update {plans} set begin_snapshot = 1000 where commit_id = 2",
    },
    "a row is inserted": {
        (
            1,
            "overrides",
        ): "insert into {overrides} (row_id, begin_snapshot, commit_id, position, run_id, target, route) "
        "values (0, 2, 1, 1000, 'run-1', 'y_up_01_10m', 'ROUTE_BLOCKED')",
        (2, "decisions"): "insert into {decisions} select * from {decisions} " + ONE_DECISION,
        (3, "job_status"): "insert into {job_status} (row_id, begin_snapshot, commit_id, position, run_id, status) "
        "values (0, 4, 3, 1000, 'run-3', 'succeeded')",
        (3, "artifacts"): "insert into {artifacts} select * from {artifacts} where commit_id = 3",
    },
    "two rows swap a value": {
        (1, "artifacts"): "update {artifacts} set position = 9 - position where commit_id = 1 and position in (4, 5)",
        (2, "decisions"): "update {decisions} set symbol = iif(symbol = 'SYM01', 'SYM02', 'SYM01') "
        "where commit_id = 2 and target = 'y_up_02_20m' and symbol in ('SYM01', 'SYM02')",
    },
}


@pytest.mark.parametrize("attack", ROWS)
def test_rows_in_the_catalog_are_named_by_commit_and_table_when(damaged: Path, attack: str) -> None:
    change(damaged, *ROWS[attack].values())
    assert against_headers(findings(damaged)) == set(ROWS[attack])


def test_jobs_that_contradict_the_decisions_of_their_commit_are_named(damaged: Path) -> None:
    path = parquet_file(damaged, "jobs", 2)
    replace_file(damaged, path, one_value(pq.read_table(path)))
    found = [one.problem for one in findings(damaged) if one.commit_id == 2 and one.where == "jobs"]
    assert [problem for problem in found if problem.startswith("jobs against decisions: 2, ")] != []


def test_a_row_that_is_moved_to_another_commit_is_missed_in_the_one_and_found_in_the_other(damaged: Path) -> None:
    change(damaged, "update {artifacts} set commit_id = 3, position = 1000 where commit_id = 2")
    assert against_headers(findings(damaged)) == {(2, "artifacts"), (3, "artifacts")}


def test_rows_of_commits_that_are_not_there_are_found(damaged: Path) -> None:
    change(
        damaged,
        "insert into {jobs} (row_id, begin_snapshot, commit_id, position, job_id) values (1000, 4, 4, 1, 'a job')",
        "insert into {decisions} (row_id, begin_snapshot, route) values (1000, 4, 'ROUTE_BLOCKED')",
        "insert into {overrides} (row_id, begin_snapshot, commit_id, route) values (1000, 4, 0, 'ROUTE_BLOCKED')",
    )
    found = {one.where for one in findings(damaged) if "all headers together" in one.problem}
    assert found == {"jobs", "decisions", "overrides"}


def test_the_newest_commit_without_its_rows_lacks_them_in_every_table(damaged: Path) -> None:
    tables = ("artifacts", "plans")
    change(
        damaged,
        *(f"delete from {{{table}}} where commit_id = 3" for table in tables),
        "delete from ducklake_data_file where begin_snapshot = (select max(snapshot_id) from ducklake_snapshot)",
    )
    assert against_headers(findings(damaged)) == {(3, table) for table in (*tables, *IN_FILES)}


def test_documents_of_plans_that_are_changed_removed_or_added_are_found(damaged: Path) -> None:
    of_plan_2 = "plan_id = (select plan_id from {plans} where commit_id = 2) and view = 'by_target'"
    change(
        damaged,
        f"update {{plan_documents}} set jobs = '[1]' where {of_plan_2} and key = 'y_up_02_20m'",
        f"delete from {{plan_documents}} where {of_plan_2} and key = 'y_up_03_30m'",
        "insert into {plan_documents} (row_id, begin_snapshot, plan_id, view, key, jobs) "
        "select 1000, 3, plan_id, 'by_target', 'no_target', '[1]' from {plans} where commit_id = 2",
    )
    with planstore.open(damaged, create=False) as store:
        plan_id = store.run("run-2").plan_id
    found = {one.problem.partition(";")[0] for one in findings(damaged) if one.where == "plan_documents"}
    assert found == {
        f"by_target/y_up_02_20m of plan {plan_id} is not what the jobs of its plan say",
        f"by_target/y_up_02_20m of plan {plan_id} is missing",
        f"by_target/y_up_03_30m of plan {plan_id} is missing",
        f"by_target/no_target of plan {plan_id} is not what the jobs of its plan say",
    }


# --- headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        ("message = 'another'", "actor = 'somebody'", "recorded_at = replace(recorded_at, '20', '19')"),
        ("kind = 'override'", "run_id = 'run-9'", "idempotency_key = ''"),
        ("planstore_version = '9'", "counts = replace(counts, '''rows'': 9', '''rows'': 8')", "previous_digest = ''"),
        ("counts = replace(counts, 'candidates', 'decisions')", "counts = null", "counts = '[]'"),
    ],
)
def test_a_changed_header_is_found_in_its_commit(damaged: Path, changes: tuple[str, ...]) -> None:
    change(damaged, *(f"update {{commits}} set {one} where commit_id = {i}" for i, one in enumerate(changes, 1)))
    found = {one.commit_id for one in findings(damaged) if one.where == "commits"}
    assert found - {None} == {1, 2, 3}  # None: the catalog's bounds of the whole table may be wrong now as well


@pytest.mark.parametrize(
    ("statement", "commits"),
    [
        ("update {commits} set digest = replace(digest, substr(digest, 9, 1), 'x') where commit_id = 2", {2, 3}),
        ("update {commits} set commit_id = 5 - commit_id where commit_id in (2, 3)", {2, 3}),
        ("insert into {commits} select * from {commits} where commit_id = 2", {3}),
        ("delete from {commits} where commit_id = 2", {2}),
        ("delete from {commits} where commit_id = 1", {1}),
    ],
    ids=["digest", "exchanged", "twice", "second is gone", "first is gone"],
)
def test_a_broken_chain_is_found_where_it_breaks(damaged: Path, statement: str, commits: set[int]) -> None:
    change(damaged, statement)
    found = {one.commit_id for one in findings(damaged) if one.where == "commits"}
    assert found - {None} == commits


def test_events_whose_newest_header_is_gone_are_found(damaged: Path) -> None:
    change(damaged, "delete from {commits} where commit_id = 3")
    found = {one.where for one in findings(damaged) if "all headers together" in one.problem}
    assert found == {"artifacts", "plans", *IN_FILES}


# --- parquet files ---------------------------------------------------------------------------------------------------


def one_value(rows: pa.Table) -> pa.Table:
    targets = rows["target"].to_pylist()
    return rows.set_column(rows.schema.get_field_index("target"), rows.field("target"), [["y_up", *targets[1:]]])


def one_null(rows: pa.Table) -> pa.Table:
    symbols = rows["symbol"].to_pylist()
    return rows.set_column(rows.schema.get_field_index("symbol"), rows.field("symbol"), [[*symbols[:-1], None]])


def a_row_less(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows[:7], rows[8:]])


def a_row_more(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows[:1]])


def rows_reordered(rows: pa.Table) -> pa.Table:
    """Return the rows in another order, each under the position of another."""
    place = rows.schema.get_field_index("position")
    return rows[::-1].set_column(place, rows.field("position"), rows["position"])


def columns_exchanged(rows: pa.Table) -> pa.Table:
    """Return each target under ``symbol`` and each symbol under ``target``."""
    target, symbol = (rows.schema.get_field_index(name) for name in ("target", "symbol"))
    return rows.set_column(target, rows.field("target"), rows["symbol"]).set_column(
        symbol, rows.field("symbol"), rows["target"]
    )


EDITED = [table for table in IN_FILES if table != "runs"]


@pytest.mark.parametrize(
    "edits",
    [
        (one_value, a_row_less, rows_reordered, a_row_more, one_null, columns_exchanged),
        (a_row_more, one_null, columns_exchanged, one_value, a_row_less, rows_reordered),
    ],
)
def test_a_parquet_file_that_was_rewritten_is_found_in_its_commit_and_table(
    damaged: Path, edits: tuple[Callable[[pa.Table], pa.Table], ...]
) -> None:
    cells = {(commit_id, table) for table in EDITED for commit_id in (1, 3)}
    for (commit_id, table), edit in zip(sorted(cells), edits, strict=True):
        path = parquet_file(damaged, table, commit_id)
        rows = pq.read_table(path)
        assert not edit(rows).equals(rows)
        replace_file(damaged, path, edit(rows))
    assert against_headers(findings(damaged)) == cells


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("runs", "git_commit", "abcdef"),
        ("runs", "config_hash", ""),
        ("runs", "started_at", None),
        ("runs", "settings", {"metrics_snapshot": "o'brien", "model_families": None, "include_blocked": False}),
        ("candidates", "score", 0.4900000000000001),
        ("candidates", "feature_set_id", "another"),
        ("candidates", "stability_metrics", dict.fromkeys(samples.METRICS)),
        ("jobs", "metadata", dict.fromkeys(("cs_state", "local_state", "needs_cs_ensemble", "dev_mode_fallback"))),
        ("jobs", "reason", "because "),
    ],
)
def test_one_value_that_was_changed_in_a_parquet_file_is_found_in_its_commit_and_table(
    damaged: Path, table: str, column: str, value: object
) -> None:
    path = parquet_file(damaged, table, 2)
    rows = pq.read_table(path)
    index = rows.schema.get_field_index(column)
    changed = pa.array([value, *rows[column].to_pylist()[1:]], rows.schema.field(index).type)
    replace_file(damaged, path, rows.set_column(index, rows.field(column), changed))
    assert against_headers(findings(damaged)) == {(2, table)}


def test_the_same_rows_in_another_layout_are_the_same_rows(damaged: Path, honest: Honest) -> None:
    for table in IN_FILES:
        path = parquet_file(damaged, table, 3)
        rows = pq.read_table(path)
        replace_file(damaged, path, rows.take(pc.sort_indices(rows["position"], sort_keys=[("", "descending")])))
    assert findings(damaged, honest.anchor) == []


def test_a_parquet_file_in_the_place_of_another_commits_is_found(damaged: Path) -> None:
    for table in IN_FILES:
        replace_file(damaged, parquet_file(damaged, table, 3), pq.read_table(parquet_file(damaged, table, 1)))
    assert against_headers(findings(damaged)) == {(commit_id, table) for table in IN_FILES for commit_id in (1, 3)}


@pytest.mark.parametrize("commit_id", [1, 3])
def test_a_parquet_file_that_is_gone_cut_or_empty_is_named_with_its_commit_and_table(
    damaged: Path, commit_id: int
) -> None:
    gone, cut, empty = (parquet_file(damaged, table, commit_id) for table in EDITED)
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-100])
    empty.write_bytes(b"")
    found = findings(damaged)
    for table, path in zip(EDITED, (gone, cut, empty), strict=True):
        told = [(one.commit_id, path.name in one.problem) for one in found if one.where == table]
        assert told[0] == (commit_id, True)
        assert all(named for _, named in told)


# --- what the catalog says of tables and files -----------------------------------------------------------------------

LAST_TARGET = "where max_value = 'y_up_12_120m'"
HIDING = {
    "the greatest value of a file": f"update ducklake_file_column_stats set max_value = 'y_up_11_110m' {LAST_TARGET}",
    "the least value of a file": f"update ducklake_file_column_stats set min_value = 'y_up_02_20m' {LAST_TARGET}",
    "a bound that is no value": "update ducklake_file_column_stats set min_value = 'many' where min_value = '10000'",
    "the greatest score of a file": "update ducklake_file_column_stats set max_value = '0.6' where max_value = '0.65'",
    "that a file has no nulls": "update ducklake_file_column_stats set null_count = 0 where max_value = 'SYM11'",
    "the greatest value of a table": f"update ducklake_table_column_stats set max_value = 'y_up_11_110m' {LAST_TARGET}",
    "the least value of rows in the catalog": "update ducklake_table_column_stats set min_value = '3' "
    "where min_value = '2'",
    "a field of a struct": "update ducklake_table_column_stats set max_value = 'E' where min_value = 'DISALLOWED'",
    "that a column has only values": "update ducklake_table_column_stats set contains_null = 0",
    "how long a file is": "update ducklake_data_file set file_size_bytes = file_size_bytes - 4",
    "that a file is elsewhere": "update ducklake_data_file set path_is_relative = 0, path = '[decisions]' "
    "where path like '%/[decisions]' or path = '[decisions]'",
    "how many rows a file has": "update ducklake_data_file set record_count = record_count + 1000",
    "that a table is partitioned": "insert into ducklake_partition_info select 1, table_id, 0, null "
    "from ducklake_table where table_name = 'decisions'",
    "that a file lies in a partition": "insert into ducklake_file_partition_value "
    "select data_file_id, table_id, 0, '3' from ducklake_data_file",
}
"""What a catalog can say that hides rows from a query with a filter, and leaves all of them to one without."""


@pytest.mark.parametrize("told", HIDING)
def test_a_catalog_that_lies_to_filters_about_what_is_in_files_is_found(damaged: Path, told: str) -> None:
    file = parquet_file(damaged, "decisions", 3)
    change(damaged, HIDING[told].replace("[decisions]", file.name))
    assert findings(damaged) != []


def in_footer(path: Path, old: bytes, new: bytes) -> None:
    """Change what a parquet file says of its values, and none of them."""
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    assert old in content[footer:]
    path.write_bytes(content[:footer] + content[footer:].replace(old, new))


def without_bloom_filter(path: Path, column: str) -> None:
    """Empty the Bloom filter of a column, so that a query for any of its values skips the file."""
    found = pq.ParquetFile(path).metadata.row_group(0)
    chunk = next(found.column(i) for i in range(found.num_columns) if found.column(i).path_in_schema == column)
    content = bytearray(path.read_bytes())
    end = chunk.bloom_filter_offset + chunk.bloom_filter_length
    content[end - 32 : end] = bytes(32)
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["bounds", "Bloom filter"])
def test_a_parquet_file_that_hides_its_rows_from_filters_is_found_in_its_commit_and_table(
    damaged: Path, how: str
) -> None:
    file = parquet_file(damaged, "decisions", 3)
    if how == "bounds":
        in_footer(file, b"y_up_12_120m", b"y_up_11_120m")
    else:
        without_bloom_filter(file, "target")
    question = "select count(*) from decisions where commit_id = 3 and target = 'y_up_12_120m'"
    with planstore.open(damaged, create=False) as store:
        assert store.sql(question).fetchall() == [(0,)], "the rows are hidden"
    (found,) = findings(damaged)
    assert (found.commit_id, found.where) == (3, "decisions")
    assert "y_up_12_120m" in found.problem or "y_up_01_10m" in found.problem


def test_a_view_in_the_place_of_a_table_is_found_though_it_shows_verify_the_honest_rows(
    damaged: Path, honest: Honest
) -> None:
    change(
        damaged,
        "update ducklake_table set table_name = 'true_decisions' where table_name = 'decisions'",
        "insert into ducklake_view "
        "(view_id, view_uuid, begin_snapshot, schema_id, view_name, dialect, sql, column_aliases) "
        "select 1000, '00000000-0000-0000-0000-000000000000', begin_snapshot, schema_id, 'decisions', 'duckdb', "
        "'select * replace (if(exists (from duckdb_views() where view_name = ''history''), ''ROUTE_BLOCKED'', route) "
        "as route) from lake.main.true_decisions', '' from ducklake_table where table_name = 'true_decisions'",
    )
    question = "select route, count(*) from decisions group by all order by all"
    with planstore.open(damaged, create=False) as store, planstore.open(honest.results, create=False) as true:
        told, expected = store.sql(question).fetchall(), true.sql(question).fetchall()
    assert findings(damaged) != [] or told == expected


# --- artifacts and exported files ------------------------------------------------------------------------------------


def test_artifacts_that_are_altered_removed_or_replaced_are_named_with_the_commit_that_kept_them(damaged: Path) -> None:
    with planstore.open(damaged, create=False) as store:
        first, second, third = (store.run(f"run-{number}") for number in (1, 2, 3))
    kept = damaged / "planstore/artifacts/sha256"
    paths = {name: kept / name[:2] / name for name in (first.policy_id, first.rules_id, second.plan_id, third.plan_id)}
    paths[first.policy_id].write_bytes(paths[first.policy_id].read_bytes().replace(b"0.52", b"0.53"))
    paths[first.rules_id].write_bytes(paths[first.rules_id].read_bytes() + b"\n")
    paths[second.plan_id].unlink()
    paths[third.plan_id].write_bytes((kept / first.plan_id[:2] / first.plan_id).read_bytes())
    found = {(one.commit_id, one.problem.split()[1]) for one in findings(damaged) if one.where == "artifacts"}
    assert found == {(1, first.policy_id), (1, first.rules_id), (2, second.plan_id), (3, third.plan_id)}


def test_exported_files_that_are_altered_removed_or_added_are_named(honest: Honest, tmp_path: Path) -> None:
    damaged = shutil.copytree(honest.exported, tmp_path / "results")
    for altered in (f"{PLAN}/master_training_plan.json", "METRICS/routing_plan/routing_plan.json"):
        content = (damaged / altered).read_bytes()
        (damaged / altered).write_bytes(content.replace(b"SYM01", b"SYM02", 1))
    removed = (f"{PLAN}/by_symbol/SYM03.json", "METRICS/routing_candidates.parquet")
    for path in removed:
        (damaged / path).unlink()
    added = (f"{PLAN}/by_symbol/SYM99.json", f"{PLAN}/training_plan.yaml", "METRICS/training_plan/by_type/all.json")
    for path in added:
        (damaged / path).parent.mkdir(parents=True, exist_ok=True)
        (damaged / path).write_bytes(b"{}")
    assert {(one.where, one.problem) for one in findings(damaged)} == {
        ("files", f"{PLAN}/master_training_plan.json differs"),
        ("files", "METRICS/routing_plan/routing_plan.json differs"),
        *(("files", f"{path} is missing") for path in removed),
        *(("files", f"{path} is no file of this plan") for path in added),
    }


BESIDE_FILES: dict[str, Cell] = {
    "update {commits} set commit_id = null where commit_id = 3": (3, "commits"),
    "update {commits} set recorded_at = null where commit_id = 3": (3, "commits"),
    "update ducklake_data_file set end_snapshot = begin_snapshot where path = '[runs]'": (3, "runs"),
    "update {policies} set document = null": (1, "policies"),
    "update {plans} set artifact = null where commit_id = 3": (3, "plans"),
    "update {plan_documents} set view = 'by_chance' where view = 'by_route'": (None, "plan_documents"),
    "update {plan_documents} set key = null where view = 'by_symbol'": (None, "plan_documents"),
    "update {plan_documents} set jobs = '[]' where view = 'by_target'": (None, "plan_documents"),
    "update ducklake_data_file set end_snapshot = begin_snapshot where path = '[decisions]'": (3, "decisions"),
}
"""Changes to what exported files are made from, and where each must be found."""


@pytest.mark.parametrize("statement", BESIDE_FILES)
def test_an_exported_store_is_verified_to_its_end_and_nothing_is_raised_after(
    honest: Honest, tmp_path: Path, statement: str
) -> None:
    damaged, cell = shutil.copytree(honest.exported, tmp_path / "results"), BESIDE_FILES[statement]
    for table in ("decisions", "runs"):
        statement = statement.replace(f"[{table}]", parquet_file(damaged, table, 3).name)
    change(damaged, statement)
    assert cell in {(one.commit_id, one.where) for one in findings(damaged)}


# --- what only an anchor finds ---------------------------------------------------------------------------------------


def test_an_honest_store_that_is_another_one_is_found_by_the_anchor_alone(tmp_path: Path, honest: Honest) -> None:
    with planstore.open(tmp_path / "results") as store:
        for number in (1, 2, 3):
            store.route(samples.table(samples.records(2, 3, seed=number)), samples.policy(), run_id=f"run-{number}")
    assert [(one.commit_id, one.where) for one in findings(tmp_path / "results", honest.anchor)] == [(3, "anchor")]


def test_a_store_that_was_put_back_to_an_earlier_commit_is_found_by_the_anchor_alone(honest: Honest) -> None:
    assert [(one.commit_id, one.where) for one in findings(honest.earlier, honest.anchor)] == [(3, "anchor")]


def test_a_store_that_went_another_way_after_an_earlier_commit_is_found_by_the_anchor_alone(
    tmp_path: Path, honest: Honest
) -> None:
    forked = shutil.copytree(honest.earlier, tmp_path / "forked")
    with planstore.open(forked) as store:
        for number in (3, 4):
            store.route(samples.table(samples.records(2, 3, seed=number)), samples.policy(), run_id=f"run-{number}")
    assert [(one.commit_id, one.where) for one in findings(forked, honest.anchor)] == [(3, "anchor")]


def test_headers_that_were_rewritten_with_all_their_digests_are_found_by_the_anchor_alone(
    damaged: Path, honest: Honest
) -> None:
    change(damaged, "update {commits} set message = 'another' where commit_id = 2")
    with planstore.open(damaged, create=False) as store:
        rows = store.sql("from commits order by commit_id")
        commits = [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
    previous = commits[0]["digest"]
    for commit in commits[1:]:
        header = commit | {"previous_digest": previous, "recorded_at": utc_text(commit["recorded_at"])}
        del header["digest"]
        digest = digest_of(canonical_json(header))
        change(
            damaged,
            f"update {{commits}} set digest = '{digest}', previous_digest = '{previous}' "
            f"where commit_id = {commit['commit_id']}",
        )
        previous = digest
    change(
        damaged,
        "delete from ducklake_table_column_stats "
        "where table_id = (select table_id from ducklake_table where table_name = 'commits')",
    )
    assert [(one.commit_id, one.where) for one in findings(damaged, honest.anchor)] == [(3, "anchor")]


# --- bytes at random -------------------------------------------------------------------------------------------------

FLIPS = """
import random, shutil, sys
from pathlib import Path
import planstore

plain, exported, folder, anchor = *map(Path, sys.argv[1:4]), sys.argv[4]
VIEWS = ("commits", "runs", "policies", "artifacts", "candidates", "decisions", "plans", "jobs", "job_status",
         "overrides", "plan_documents")
DATA, CATALOG, ARTIFACTS = "planstore/data/*/*/*", "planstore/catalog.sqlite", "planstore/artifacts/*/*/*"
NOTES, PLAN, METRICS = "planstore/*.json", "globals/**/*.*", "METRICS/**/*.*"
KINDS = ((plain, [DATA]), (plain, [CATALOG]), (plain, [ARTIFACTS]), (exported, [NOTES, PLAN, METRICS]))

def files_of(results, kinds):
    return sorted(path for kind in kinds for path in results.glob(kind) if path.is_file())

FILTERS = ("target = 'y_up_05_50m'", "symbol = 'SYM03'", "symbol is null", "target > 'y_up_11'", "commit_id = 3")

def meaning(results, store):
    tables = [repr(store.sql(f"from {view} order by all").fetchall()) for view in VIEWS]
    tables += [repr(store.sql(f"from {view} where {one} order by all").fetchall())
               for view in ("candidates", "decisions", "jobs") for one in FILTERS]
    return tables, [path.read_bytes() for path in files_of(results, [ARTIFACTS, PLAN, METRICS])]

def verdict(results):
    try:
        with planstore.open(results, create=False) as store:
            if not store.integrity.verify(anchor).holds:
                return "found"
            try:
                return "the same" if meaning(results, store) == before[honest] else "MISSED"
            except Exception as error:
                return f"MISSED, and reading raises {error!r}"
    except planstore.StoreError:
        return "found"
    except Exception as error:
        return f"RAISED {error!r}"

before = {honest: meaning(honest, planstore.open(honest, create=False)) for honest in (plain, exported)}
for trial in map(int, sys.argv[5:]):
    chance = random.Random(trial)
    honest, kinds = chance.choice(KINDS)
    results = folder / str(trial)
    shutil.copytree(honest, results)
    path = chance.choice(files_of(results, kinds))
    content = bytearray(path.read_bytes())
    place, bits = chance.randrange(len(content)), chance.randrange(1, 256)
    content[place] ^= bits
    path.write_bytes(content)
    print(f"byte {place} of {path} ^ {bits}", end=": ", flush=True)
    told = verdict(results)
    print(told, flush=True)
    if told in ("found", "the same"):
        shutil.rmtree(results)
"""


def flip(honest: Honest, folder: Path, trials: Sequence[int]) -> list[str]:
    """Return what came of each trial; one that ends its process is found, and a new process goes on after it."""
    stores, told = (honest.results, honest.exported), list[str]()
    while len(told) < len(trials):
        process = subprocess.run(
            [sys.executable, "-c", FLIPS, *stores, folder, honest.anchor, *map(str, trials[len(told) :])],
            capture_output=True,
            text=True,
            timeout=60 + 10 * len(trials),
            env={"PATH": ""},
        )
        lines = process.stdout.splitlines()
        assert lines, process.stderr
        if process.returncode:
            assert process.returncode < 0, process.stderr
            lines[-1] += f"died of signal {-process.returncode}"
        told += lines
    return told


@pytest.fixture(scope="module", autouse=True)
def flipped(honest: Honest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Future[list[str]]]]:
    """What comes of the trials, which run in processes of their own beside the other tests of this file."""
    folder = tmp_path_factory.mktemp("flipped")
    with ThreadPoolExecutor(WORKERS) as workers:
        yield [workers.submit(flip, honest, folder, range(first, TRIALS, WORKERS)) for first in range(WORKERS)]


def test_a_byte_that_was_flipped_anywhere_is_found_or_changed_no_meaning(flipped: list[Future[list[str]]]) -> None:
    told = [line for part in flipped for line in part.result()]
    assert len(told) == TRIALS
    assert [line for line in told if "MISSED" in line or "RAISED" in line] == []
    assert any(line.endswith("found") for line in told)
