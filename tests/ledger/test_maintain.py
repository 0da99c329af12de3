"""Compaction, backup and restore change where events are, and nothing else."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import inputs
import planstore
import samples
from planstore import JobStatus, Store, StoreError
from planstore.ledger.backup import restore
from planstore.ledger.compaction import step
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in

NOW = timedelta(0)
COUNT_INLINED = """
import sqlite3, sys
catalog = sqlite3.connect(sys.argv[1])
names = catalog.execute("select name from sqlite_master where name glob 'ducklake_inlined_data_[0-9]*'").fetchall()
print(sum(catalog.execute(f'select count(*) from "{name}"').fetchone()[0] for (name,) in names))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results folder of a store with rows in its catalog, and with small files side by side."""
    with planstore.open(tmp_path_factory.mktemp("made") / "results") as store:
        for seed in range(3):
            run = store.route(samples.table(samples.records(12, 12, seed=seed)), samples.policy(), run_id=f"run-{seed}")
            with store.training.status_writer() as writer:
                for attempt in range(1, 4):
                    writer.record(JobStatus(run.plan_id, run.plan.jobs[0]["job_id"], "running", attempt=attempt))
    return store.results


@pytest.fixture
def busy(made: Path, tmp_path: Path) -> Iterator[Store]:
    """Yield a copy of that store."""
    with planstore.open(shutil.copytree(made, tmp_path / "results"), create=False) as store:
        yield store


def everything(store: Store) -> list[list[tuple[object, ...]]]:
    views = ("commits", "history", "plan_documents", "current_jobs", "current_decisions")
    with planstore.open(store.results) as fresh:
        return [fresh.sql(f"from {view} order by all").fetchall() for view in views]


def inlined(store: Store) -> int:
    """Return how many rows are kept inside the catalog."""
    # in a process of its own, because a second SQLite library takes away the locks of the one that DuckDB brings
    return int(inputs.python(COUNT_INLINED, str(store.results / "planstore" / "catalog.sqlite")).stdout)


def test_compaction_moves_rows_into_fewer_files_and_changes_no_digest(busy: Store) -> None:
    before, anchor, files = (
        everything(busy),
        busy.integrity.anchor(),
        list(busy.results.glob("planstore/data/*/*/*.parquet")),
    )
    assert inlined(busy) > 0
    done = busy.maintenance.compact(grace=NOW)
    assert done.flushed > 0
    assert inlined(busy) == 0
    assert done.files_before == len(files)
    busy.maintenance.compact(grace=NOW)
    assert len(list(busy.results.glob("planstore/data/main/decisions/*.parquet"))) == 1
    assert everything(busy) == before
    assert busy.integrity.anchor() == anchor
    assert busy.integrity.verify(anchor).holds


def test_a_step_after_which_a_digest_is_another_is_taken_back(busy: Store) -> None:
    ledger, before = Ledger(storage_in(busy.results / "planstore"), create=False), inlined(busy)
    with pytest.raises(StoreError, match="maintenance/flush would have changed jobs, so it was rolled back"):
        step(ledger.small_writer(), ledger.storage.data, "maintenance/flush", {"jobs": "another digest"})
    ledger.close()
    assert inlined(busy) == before > 0


def test_a_compacted_store_is_written_on(busy: Store) -> None:
    anchor = busy.integrity.anchor()
    busy.maintenance.compact(grace=NOW)
    run = busy.route(samples.table(samples.records(seed=7)), samples.policy())
    with busy.training.status_writer() as writer:
        writer.record(JobStatus(run.plan_id, run.plan.jobs[0]["job_id"], "running"))
    busy.maintenance.compact(grace=NOW)
    assert busy.integrity.verify(anchor).holds
    assert len(busy.log()) == 14


def test_what_killed_writers_left_is_removed_and_files_of_others_stay(busy: Store) -> None:
    data = busy.results / "planstore" / "data" / "main" / "decisions"
    orphan = data / "ducklake-00000000-0000-7000-8000-000000000000.parquet"
    shutil.copy(next(data.glob("*.parquet")), orphan)
    assert busy.integrity.verify().holds
    assert busy.maintenance.compact().orphans == 0, "another process might still be writing it"
    assert busy.maintenance.compact(grace=NOW).orphans == 1
    assert not orphan.exists()
    assert busy.integrity.verify().holds


def test_a_file_that_is_gone_stops_a_compaction_unless_it_was_to_be_removed(busy: Store) -> None:
    gone = sorted((busy.results / "planstore" / "data").rglob("*.parquet"))[0]
    with closing(busy.access.ledger.writer()) as session:
        removed = "main/jobs/removed-by-a-compaction-that-was-killed.parquet"
        schedule = (
            "insert into __ducklake_metadata_lake.ducklake_files_scheduled_for_deletion values (9, $path, true, now())"
        )
        session._connection.execute(schedule, {"path": removed})
        assert (removed, True) in session.rows("verify/named_files")
    content = gone.read_bytes()
    gone.unlink()
    with pytest.raises(StoreError, match=f"commits name main/.*{gone.name}, which is gone: restore a backup"):
        busy.maintenance.compact(grace=NOW)
    gone.write_bytes(content)
    before = everything(busy)
    busy.maintenance.compact(grace=NOW)
    assert everything(busy) == before
    with closing(busy.access.ledger.writer()) as session:
        assert all(path != removed for path, _ in session.rows("verify/named_files"))


def test_files_that_were_merged_stay_as_long_as_is_asked(busy: Store) -> None:
    before = set(busy.results.glob("planstore/data/*/*/*.parquet"))
    busy.maintenance.compact(grace=timedelta(hours=1))
    assert before <= set(busy.results.glob("planstore/data/*/*/*.parquet"))


def test_a_reader_goes_on_while_the_store_is_compacted(busy: Store) -> None:
    with planstore.open(busy.results) as reader:
        before = reader.sql("select count(*) from history").fetchall()
        relation = reader.sql("from history order by commit_id, position")
        first = relation.fetchmany(10)
        busy.maintenance.compact(grace=NOW)
        assert reader.sql("select count(*) from history").fetchall() == before
        assert len(first) + len(relation.fetchall()) == before[0][0]


def test_an_empty_store_is_compacted_backed_up_and_restored(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        store.create()
        assert store.maintenance.compact().flushed == 0
        store.maintenance.backup(tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again" / "planstore")
    with planstore.open(tmp_path / "again", create=False) as store:
        assert store.integrity.verify().holds
        store.route(samples.table(samples.records()), samples.policy())


def test_a_backup_is_the_store_and_goes_on_by_itself(busy: Store, tmp_path: Path) -> None:
    busy.maintenance.backup(tmp_path / "backup")
    anchor, before = busy.integrity.anchor(), everything(busy)
    busy.route(samples.table(samples.records(seed=8)), samples.policy())
    restore(tmp_path / "backup", tmp_path / "again" / "planstore")
    with planstore.open(tmp_path / "again", create=False) as again:
        assert again.integrity.anchor() == anchor
        assert everything(again) == before
        assert again.integrity.verify(anchor).holds
        again.route(samples.table(samples.records(seed=9)), samples.policy())
        assert again.integrity.verify(anchor).holds


def test_a_backup_goes_into_a_new_folder_only(busy: Store, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match="a backup must go into a new folder or one with an earlier backup, got "):
        busy.maintenance.backup(tmp_path / "taken")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["mine"]


def test_a_backup_that_was_cut_short_is_none(busy: Store, tmp_path: Path) -> None:
    busy.maintenance.backup(tmp_path / "backup")
    (tmp_path / "backup" / "store.json").unlink()
    with pytest.raises(StoreError, match="is no complete backup"):
        restore(tmp_path / "backup", tmp_path / "again" / "planstore")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("again", ["backup", "restore"])
def test_what_could_not_be_copied_leaves_nothing_and_can_be_done_again(busy: Store, tmp_path: Path, again: str) -> None:
    busy.maintenance.backup(tmp_path / "backup")
    source = busy.results / "planstore" if again == "backup" else tmp_path / "backup"
    target = tmp_path / "there" / "planstore"
    with (source / "artifacts" / "sha256" / f"incoming-{'0' * 32}").open("wb") as large:
        large.truncate(64 * 2**20)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def copy() -> None:
        if again == "backup":
            busy.maintenance.backup(target)
        else:
            restore(source, target)

    resource.setrlimit(resource.RLIMIT_FSIZE, (32 * 2**20, before[1]))
    try:
        with pytest.raises(StoreError, match=r"could not be .*File too large"):
            copy()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(target.parent.iterdir()) == []
    copy()
    assert [path.name for path in target.parent.iterdir()] == ["planstore"]


def test_a_backup_that_somebody_else_made_meanwhile_stays(busy: Store, tmp_path: Path) -> None:
    target, started = tmp_path / "there" / "backup", list[str]()

    def meanwhile(step: str) -> None:
        if not started:
            started.append(step)
            busy.maintenance.backup(target)

    with pytest.raises(StoreError, match="was created meanwhile by another process"):
        busy.maintenance.backup(target, progress=meanwhile)
    assert list(target.parent.iterdir()) == [target]
    restore(target, tmp_path / "again" / "planstore")


def test_a_restore_never_replaces_a_store(busy: Store, tmp_path: Path) -> None:
    busy.maintenance.backup(tmp_path / "backup")
    with pytest.raises(StoreError, match="there is a store in"):
        restore(tmp_path / "backup", busy.results / "planstore")
    assert busy.integrity.verify().holds
