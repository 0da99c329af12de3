"""A second backup into one folder copies only new files, and refuses all but an earlier backup of the store."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import planstore
import samples
from planstore import RequestError, Store, StoreBusyError, StoreError
from planstore.cli.verbs import app
from planstore.ledger.backup import restore
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in


def files(folder: Path) -> set[Path]:
    """Return the parquet files and artifacts of a store or backup."""
    return {
        path.relative_to(folder)
        for part in ("data", "artifacts")
        for path in (folder / part).rglob("*")
        if path.is_file()
    }


def times(folder: Path) -> dict[Path, int]:
    return {path: (folder / path).stat().st_mtime_ns for path in files(folder)}


def restored(backup: Path, results: Path) -> list[tuple[object, ...]]:
    """Return the rows of a restored backup, which holds."""
    restore(backup, results / "planstore")
    with planstore.open(results, create=False) as store:
        assert store.integrity.verify().holds
        return store.sql("from history order by all").fetchall()


def test_a_second_backup_copies_only_new_files_and_removes_replaced_ones_last(store: Store, tmp_path: Path) -> None:
    source, place = store.results / "planstore", tmp_path / "backup"
    store.create()
    assert store.maintenance.backup(place).copied == 0
    store.route(samples.table(samples.records(12, 12)), samples.policy())
    first = store.maintenance.backup(place)
    assert (first.commit_id, first.copied, first.present, first.removed) == (1, len(files(source)), 0, 0)
    assert first.copied_bytes == sum((source / path).stat().st_size for path in files(source))
    before, dates = files(place), times(place)
    store.route(samples.table(samples.records(12, 12, seed=1)), samples.policy())
    new = len(files(source)) - len(before)
    done = CliRunner().invoke(app, ["backup", str(place), "--results", str(store.results), "--json"])
    second = json.loads(done.stdout)
    assert (second["commit_id"], second["copied"], second["present"], second["removed"]) == (2, new, len(before), 0)
    assert dates.items() <= times(place).items()
    store.maintenance.compact(grace=timedelta(0))
    steps: list[str] = []
    third = store.maintenance.backup(place, progress=steps.append)
    assert third.removed > 0 < third.copied
    assert files(place) == files(source)
    assert steps[-2:] == ["replacing the catalog", "removing files"]
    assert f"{third.removed} removed" in str(third)
    assert restored(place, tmp_path / "again") == store.sql("from history order by all").fetchall()


def test_a_damaged_copy_is_copied_again_and_the_last_copy_of_a_lost_file_stays(store: Store, tmp_path: Path) -> None:
    source, place = store.results / "planstore", tmp_path / "backup"
    store.route(samples.table(samples.records(12, 12)), samples.policy())
    store.maintenance.backup(place)
    store.close()
    lost, *_ = (source / "data").rglob("decisions/*.parquet")
    damaged, *_ = (place / "data").rglob("candidates/*.parquet")
    damaged.write_bytes(b"")
    lost.rename(tmp_path / "elsewhere")
    assert store.maintenance.backup(place).copied == 1
    assert restored(place, tmp_path / "again")


def test_only_an_earlier_backup_of_the_store_is_extended(store: Store, tmp_path: Path) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    place, other = tmp_path / "backup", tmp_path / "other"
    store.maintenance.backup(place)
    with planstore.open(tmp_path / "second") as second:
        second.route(samples.table(samples.records(seed=4)), samples.policy())
        second.maintenance.backup(other)
        with pytest.raises(StoreError, match=r"must be of this store, got one whose commit 1 is not in"):
            second.maintenance.backup(place)
    restore(place, tmp_path / "copy" / "planstore")
    with pytest.raises(RequestError, match="a backup must be outside of every store"):
        store.maintenance.backup(tmp_path / "copy" / "planstore")  # a store in use, although of the same commits
    shutil.copytree(place, tmp_path / "used")
    used = Ledger(storage_in(tmp_path / "used"), create=False)

    def read(_: str) -> None:
        used.reader().row("ledger/last_commit")

    with pytest.raises(StoreBusyError, match="must be closed while it is extended"):
        store.maintenance.backup(tmp_path / "used", progress=read)
    used.close()
    store.maintenance.backup(tmp_path / "used")
    with used.locked(), pytest.raises(StoreBusyError, match="is being written by process"):
        store.maintenance.backup(tmp_path / "used")
    before = (place / "catalog.sqlite").read_bytes()
    assert restored(place, tmp_path / "again")
    assert (place / "catalog.sqlite").read_bytes() == before
