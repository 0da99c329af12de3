"""What somebody adds to a store, or puts in a file's place, is told with its place, and nothing ever waits for it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import planstore
import samples
from planstore.ledger.findings import Verified

JOBS = "planstore/data/main/jobs"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an exported store of four commits; candidates, jobs and runs are in files, all else is in the catalog."""
    with planstore.open(tmp_path_factory.mktemp("honest") / "results") as store:
        for number, size in enumerate((4, 3, 4), 1):
            rows = samples.table(samples.records(size, size, seed=number))
            run = store.route(rows, samples.policy(), run_id=f"run-{number}")
        with store.training.status_writer() as writer:
            writer.record(planstore.JobStatus(run.plan_id, run.plan.jobs[0]["job_id"], "running"))
        store.export()
    return store.results


@pytest.fixture
def damaged(honest: Path, tmp_path: Path) -> Path:
    return shutil.copytree(honest, tmp_path / "results")


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
            catalog.execute(statement.format(**kept))
        catalog.commit()


def verified(results: Path) -> Verified:
    with planstore.open(results, create=False) as store:
        return store.integrity.verify()


def told(results: Path) -> dict[str, str]:
    """Return the findings: their problems by their places, those of one place after each other."""
    found: dict[str, str] = {}
    for one in verified(results).findings:
        found[one.where] = f"{found.get(one.where, '')}{one.problem}\n"
    return found


def test_a_store_that_was_compacted_rebuilt_and_written_again_has_nothing_foreign(damaged: Path) -> None:
    with planstore.open(damaged) as store:
        store.maintenance.compact(grace=timedelta(0))
        store.overrides.set("t", None, "ROUTE_BOTH", reason="x")
        assert store.maintenance.rebuild().same
        store.route(samples.table(samples.records(3, 4, seed=9)), samples.policy(), run_id="later")
        found = store.integrity.verify()
        assert (found.findings, found.orphans) == ([], [])
        store.maintenance.compact()
        found = store.integrity.verify()
        assert (found.findings, found.orphans) == ([], [])


OBJECTS = {
    "trigger": "create trigger evil after insert on {decisions} begin delete from {overrides}; end",
    "view": "create view shown as select * from {decisions}",
    "index": "create index quick on {decisions} (target)",
    "table": "create table notes (note VARCHAR)",
    "table like theirs": "create table ducklake_inlined_data_5_9 (row_id BIGINT)",
    "virtual table": "create virtual table found using fts5(note)",
    "statistics": "analyze",
}
IN_TABLES = {
    "with_default": "create table made (row_id BIGINT default 7)",
    "with_check": "create table made (row_id BIGINT check (row_id < 5))",
    "collation": "create table made (target VARCHAR collate nocase)",
    "generated": "create table made (a BIGINT, b BIGINT as (a + 1))",
}


def test_whatever_else_is_in_the_catalogs_database_is_named(damaged: Path) -> None:
    change(damaged, *OBJECTS.values())
    found = told(damaged)
    for name in ("evil", "shown", "quick", "notes", "ducklake_inlined_data_5_9", "found", "sqlite_stat1"):
        assert f" {name} is there, and is none of the store's" in found["catalog"]
    assert "the trigger evil" in found["catalog"]


def test_a_table_with_more_to_it_than_columns_is_named(damaged: Path) -> None:
    """As one in the place of an honest table, whose rows it could give, refuse or compare otherwise."""
    for name, statement in IN_TABLES.items():
        change(
            damaged, statement.replace("made", name), f"insert into ducklake_inlined_data_tables select 1, '{name}', 7"
        )
    with planstore.open(damaged, create=False) as store:
        names = [name for _, name in store.access.ledger.reader().rows("verify/foreign_objects")]
    assert names == sorted(IN_TABLES)


DEFINITIONS = {
    "commits": "insert into ducklake_schema select 9, 'u', 1, null, 'evil', 'main/', 1",
    "strange": "insert into ducklake_table select 99, 'u', 1, null, 0, 'strange', 'main/', 1",
    "artifacts": "insert into ducklake_table select 98, 'u', 1000, null, 0, 'artifacts', 'main/', 1",
    "shown": "insert into ducklake_view select 97, 'u', 1000, null, 0, 'shown', 'duckdb', 'select 1', ''",
    "decisions": "update ducklake_column set initial_default = 'ROUTE_BOTH' where column_name = 'route' and table_id = "
    "(select table_id from ducklake_table where table_name = 'decisions')",
    "candidates": "delete from ducklake_metadata where scope_id = "
    "(select table_id from ducklake_table where table_name = 'candidates')",
    "an option": "insert into ducklake_metadata values ('auto_compact', 'true', null, null)",
    "a macro": "insert into ducklake_macro values (0, 96, 'as_of', 1, null)",
}


def test_whatever_else_the_catalog_defines_is_named(damaged: Path) -> None:
    change(damaged, *DEFINITIONS.values())
    with planstore.open(damaged, create=False) as store:
        rows = store.access.ledger.reader().rows("verify/foreign_definitions")
    assert {where for where, _ in rows} == {"commits", "strange", "artifacts", "shown", "decisions", "candidates"}
    text = " ".join(problem for _, problem in rows)
    assert all(name in text for name in ("auto_compact", "as_of", "evil", "strange", "ROUTE_BOTH"))
    assert not verified(damaged).holds


SHIFTS = {
    "decisions": "update {decisions} set begin_snapshot = begin_snapshot + 1 where commit_id = 1",
    "candidates": "update ducklake_data_file set end_snapshot = 1000, partial_max = 1000 where table_id = "
    "(select table_id from ducklake_table where table_name = 'candidates')",
    "artifacts": "update {artifacts} set begin_snapshot = begin_snapshot - 1 where commit_id = 2 and name = 'plan'",
    "policies": "update {policies} set end_snapshot = 1000",
    "overrides": "update ducklake_table set begin_snapshot = 3 where table_name = 'overrides'",
    "runs": "update ducklake_column set begin_snapshot = 2 where column_name = 'git_commit' and table_id = "
    "(select table_id from ducklake_table where table_name = 'runs')",
    "jobs": "update ducklake_data_file set begin_snapshot = begin_snapshot + 1 where data_file_id = "
    "(select min(data_file_id) from ducklake_data_file join ducklake_table using (table_id) where table_name = 'jobs')",
    "plan_documents": "update {plan_documents} set begin_snapshot = begin_snapshot + 1 where view = 'by_type'",
    "plans": "update ducklake_column set end_snapshot = 1000 where column_name = 'summary'",
    "job_status": "update {job_status} set begin_snapshot = 1",
}


def test_whatever_is_said_to_have_come_or_to_go_at_another_time_is_named(damaged: Path) -> None:
    change(damaged, *SHIFTS.values())
    with planstore.open(damaged, create=False) as store:
        session = store.access.ledger.reader()
        from planstore.ledger.snapshots import shifted_snapshots

        assert {table for table, _, _ in shifted_snapshots(session)} == set(SHIFTS)
    assert set(SHIFTS) - {"plans"} <= set(told(damaged))


@pytest.mark.parametrize("compacted", [False, True])
def test_commits_that_exchange_their_snapshots_are_named(damaged: Path, compacted: bool) -> None:
    if compacted:
        with planstore.open(damaged) as store:
            store.maintenance.compact(grace=timedelta(0))
        change(
            damaged, "update ducklake_data_file set begin_snapshot = begin_snapshot + 1, partial_max = partial_max - 1"
        )
    else:
        change(damaged, "update {commits} set begin_snapshot = 7 - begin_snapshot where commit_id in (2, 3)")
    assert not verified(damaged).holds


def test_a_row_that_is_to_come_later_is_named(damaged: Path) -> None:
    change(
        damaged,
        "insert into {overrides} (row_id, begin_snapshot, commit_id, position, target, route, cleared) "
        "values (0, 6, 4, 2, 'y_up_01_10m', 'ROUTE_BLOCKED', 0)",
        "insert into ducklake_view select 97, 'u', 6, null, 0, 'decisions', 'duckdb', 'select 1', ''",
    )
    assert {"overrides", "decisions"} <= set(told(damaged))


# --- files -----------------------------------------------------------------------------------------------------------


def a_fifo(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def a_link(path: Path) -> None:
    """Put a link there, to the very same content elsewhere."""
    store = next(parent for parent in path.parents if parent.name == "planstore")
    elsewhere = store.parent.parent / f"elsewhere-{path.name}"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def a_socket(path: Path) -> None:
    path.unlink()
    here = Path.cwd()
    os.chdir(path.parent)  # because the path of a socket is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)
    os.chdir(here)


def a_device(path: Path) -> None:
    path.unlink()
    try:
        os.mknod(path, 0o20666, os.makedev(1, 5))  # zeros without an end
    except PermissionError:
        a_fifo(path)


def test_whatever_stands_beside_the_stores_files_or_in_their_place_is_named(damaged: Path) -> None:
    store = damaged / "planstore"
    file = next((damaged / JOBS).iterdir())
    killed = file.with_name("ducklake-01a21a34-88d3-7977-9a61-33dd7001518b.parquet")
    for copy in (file.with_name("stray.parquet"), store / "data/main/stray.parquet", store / "data/notes.txt", killed):
        shutil.copyfile(file, copy)
    artifacts = sorted((store / "artifacts/sha256").glob("*/*"))
    a_link(artifacts[0])
    a_link(artifacts[1].parent)
    a_fifo(artifacts[2])
    a_socket(artifacts[3])
    a_device(artifacts[4])
    artifacts[0].with_name("notes").write_text("mine")
    planted = store / "artifacts/sha256/ab" / ("ab" * 32)
    planted.parent.mkdir(exist_ok=True)
    planted.write_bytes(b"not what its name says")
    a_link(store / "data/main/candidates")
    found = told(damaged)
    for where, name in (
        ("jobs", "data/main/jobs/stray.parquet"), ("data", "data/main/stray.parquet"),
        ("data", "data/notes.txt"), ("artifacts", f"{artifacts[0].name} is a symbolic link"),
        ("artifacts", f"sha256/{artifacts[1].parent.name} is a symbolic link"),
        ("artifacts", f"{artifacts[2].name} is a FIFO"), ("artifacts", f"{artifacts[3].name} is a socket"),
        ("artifacts", f"{artifacts[4].name} is "), ("artifacts", "notes is there, and is no artifact"),
        ("artifacts", f"artifact {'ab' * 32} was altered"), ("data", "data/main/candidates is a symbolic link"),
    ):  # fmt: skip
        assert name in found[where], name
    assert verified(damaged).orphans == [f"data/main/jobs/{killed.name}"]


VERBS = """
import json, sys
from pathlib import Path
import planstore, samples

def said(call, *given):
    try:
        answer = call(*given)
    except planstore.PlanstoreError as error:
        return type(error).__name__
    return answer.holds if call is VERBS["verify"] else "done"

VERBS = {
    "verify": lambda store: store.integrity.verify(),
    "sql": lambda store: store.sql("from jobs").fetchall(),
    "why": lambda store: store.why("y_up_01_10m", "SYM01"),
    "backup": lambda store: store.maintenance.backup(store.results.with_name(f"{store.results.name}-backup")),
    "export": lambda store: store.export(),
    "rebuild": lambda store: store.maintenance.rebuild(),
    "compact": lambda store: store.maintenance.compact(),
    "override": lambda store: store.overrides.set("t", None, "ROUTE_BOTH", reason="x"),
}
for name, verbs in json.loads(sys.argv[2]).items():
    results = Path(sys.argv[1], name)
    if verbs == ["load"]:
        told = [said(planstore.load_training_plan, results)]
    else:
        try:
            with planstore.open(results, create=False) as store:
                told = [said(VERBS[verb], store) for verb in verbs]
        except planstore.StoreError as error:
            told = [type(error).__name__] * len(verbs)
    print(json.dumps([name, dict(zip(verbs, told))]), flush=True)
"""
PLACES: dict[str, tuple[str, dict[str, object]]] = {
    "data": (
        "planstore/data/main/jobs/*",
        {"verify": False} | dict.fromkeys(("sql", "why", "backup", "export", "rebuild", "compact"), "StoreError"),
    ),
    "artifact": ("planstore/artifacts/sha256/*/*", {"verify": False, "backup": "StoreError"}),
    "marker": ("planstore/store.json", {"verify": "StoreError"}),
    "catalog": ("planstore/catalog.sqlite", {"verify": False, "sql": "StoreError", "backup": "StoreError"}),
    "commits": ("planstore/catalog.sqlite-wal", {"verify": False}),
    "manifest": ("planstore/exported.json", {"verify": False, "export": "done"}),
    "lock": ("planstore/writer.lock", {"override": "done"}),
    "note": ("planstore/writer.lock.json", {"override": "StoreError"}),
    "exported": ("*/*/*[ln]g_plan.json", {"verify": False, "export": "done"}),
    "no store": ("globals/training_plan/master_training_plan.json", {"load": "PlanFileError"}),
}
"""Where a pipe is put, and what comes of each verb: what it says, of verify whether it says that all holds."""


def test_nothing_waits_for_a_pipe_that_nobody_writes_to(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "small") as store:
        store.route(samples.table(samples.records(2, 3)), samples.policy(), run_id="run-1")
        store.export()
    for name, (pattern, _) in PLACES.items():
        results = shutil.copytree(tmp_path / "small", tmp_path / name)
        if name == "no store":
            shutil.rmtree(results / "planstore")
        for path in [*results.glob(pattern)][:3] or [results / pattern]:
            a_fifo(path)
    verbs = {name: list(expected) for name, (_, expected) in PLACES.items()}
    done = subprocess.run(
        [sys.executable, "-c", VERBS, str(tmp_path), json.dumps(verbs)],
        capture_output=True, text=True, timeout=300, check=False,
        env=os.environ | {"PYTHONPATH": str(Path(samples.__file__).parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = dict(map(json.loads, done.stdout.splitlines()))
    assert found == {name: expected for name, (_, expected) in PLACES.items()}
