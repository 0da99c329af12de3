"""A store is where it was opened: whatever the working directory does, and whoever moves the folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import planstore
import samples
from histories import SYMBOL, TARGET, cs, local
from planstore import JobStatus, StatusWriter, Store, StoreError, StoreMissingError
from planstore.ledger.backup import restore

CANDIDATES = samples.table([cs(), local()])


def tree(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_a_relative_path_means_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    monkeypatch.chdir(first)
    store = planstore.open("results")
    monkeypatch.chdir(second)
    run = store.route(CANDIDATES, samples.policy(), run_id="one")
    assert store.results == first / "results"
    with store.training.status_writer() as writer:
        monkeypatch.chdir(first)
        writer.record(JobStatus(run.plan_id, run.plan.jobs[0]["job_id"], "running"))
        monkeypatch.chdir(second)
    assert store.export().results == first / "results"
    store.overrides.set(TARGET, SYMBOL, "ROUTE_BOTH", reason="x")
    assert store.maintenance.rebuild().same
    store.maintenance.compact()
    assert store.integrity.verify().holds
    assert tree(second) == []
    store.maintenance.backup("backup")
    assert (second / "backup/store.json").exists()
    store.close()
    assert store.at(1).log()[0]["run_id"] == "one"
    restore(Path("backup"), Path("restored/planstore"))
    with planstore.open("restored", create=False) as restored:
        monkeypatch.chdir(first)
        assert restored.integrity.verify().holds
    plan = planstore.load_training_plan("results")
    monkeypatch.chdir(second)
    assert plan is not None
    assert [job["job_id"] for job in plan["jobs"]] == [job["job_id"] for job in store.plan().jobs]


def test_a_link_means_where_it_led_when_it_was_opened(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    link = tmp_path / "newest"
    link.symlink_to("one")
    with planstore.open(link) as store:
        store.create()
        link.unlink()
        link.symlink_to("two")
        store.route(CANDIDATES, samples.policy())
        store.export()
        assert store.integrity.verify().holds
    assert tree(tmp_path / "two") == []


def test_a_working_directory_that_is_gone_is_said(tmp_path: Path) -> None:
    command = "import os, sys; os.rmdir(os.getcwd()); sys.argv[1:] = ['log']; from planstore.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("planstore: the store in results/planstore cannot be read: ")
    assert done.stderr.count("\n") == 1


def removed(results: Path) -> None:
    shutil.rmtree(results)


def only_the_store_removed(results: Path) -> None:
    shutil.rmtree(results / "planstore")


def renamed(results: Path) -> None:
    results.rename(results.with_name("elsewhere"))


def emptied(results: Path) -> None:
    for path in (results / "planstore").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def without_catalog(results: Path) -> None:
    (results / "planstore/catalog.sqlite").unlink()


def replaced_by_nothing(results: Path) -> None:
    removed(results)
    (results / "planstore").mkdir(parents=True)


def replaced_by_another_store(results: Path) -> None:
    renamed(results)
    shutil.copytree(results.with_name("another"), results)


def replaced_by_a_copy(results: Path) -> None:
    renamed(results)
    shutil.copytree(results.with_name("elsewhere"), results)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a store with a run."""
    with planstore.open(tmp_path_factory.mktemp("honest") / "results") as store:
        store.route(CANDIDATES, samples.policy(), run_id="one")
    return store.results


@pytest.fixture
def opened(honest: Path, tmp_path: Path) -> Iterator[tuple[Store, StatusWriter, JobStatus]]:
    """Yield a store that was used, beside another one, with a writer whose session is open, and what it can write."""
    for name in ("another", "results"):
        shutil.copytree(honest, tmp_path / name)
    with planstore.open(tmp_path / "results") as store, store.training.status_writer() as writer:
        plan = store.plan()
        job = plan.jobs[0]["job_id"]
        writer.record(JobStatus(store.run().plan_id, job, "running"))
        yield store, writer, JobStatus(store.run().plan_id, job, "succeeded")


@pytest.mark.parametrize(
    "change",
    [
        removed,
        only_the_store_removed,
        renamed,
        emptied,
        without_catalog,
        replaced_by_nothing,
        replaced_by_another_store,
        replaced_by_a_copy,
    ],
)
def test_no_call_makes_a_new_store_or_uses_another_one_when_the_folder_was(
    opened: tuple[Store, StatusWriter, JobStatus], tmp_path: Path, change: Callable[[Path], None]
) -> None:
    store, writer, status = opened
    change(store.results)
    before = tree(tmp_path)
    calls: list[Callable[[], object]] = [
        lambda: store.route(CANDIDATES, samples.policy(both_strong_behavior="PREFER_CS")),
        lambda: store.overrides.set(TARGET, SYMBOL, "ROUTE_BOTH", reason="x"),
        lambda: writer.record(status),
        lambda: store.sql("from history").fetchall(),
        store.create,
        store.log,
        store.plan,
        store.overrides.list,
        store.export,
        store.maintenance.rebuild,
        store.maintenance.compact,
        store.integrity.anchor,
        lambda: store.why(TARGET, SYMBOL),
        lambda: store.at(1),
        lambda: store.maintenance.backup(tmp_path / "backup"),
        store.integrity.verify,
        lambda: store.access.ledger.artifacts.put(b"something new"),
    ]
    for call in calls:
        with pytest.raises(StoreError):
            call()
    assert tree(tmp_path) == before


def test_a_store_that_was_removed_says_so_and_where(opened: tuple[Store, StatusWriter, JobStatus]) -> None:
    store = opened[0]
    removed(store.results)
    with pytest.raises(StoreMissingError, match="was removed or renamed while it was open") as refused:
        store.log()
    assert str(store.results / "planstore") in str(refused.value)
    store.close()
    with pytest.raises(StoreMissingError, match="is gone"):
        store.create()
    store.results.mkdir()
    with pytest.raises(StoreMissingError, match="is gone"):
        store.route(CANDIDATES, samples.policy())
