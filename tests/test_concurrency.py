"""Many processes and threads at one store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

import planstore
import samples
from ledger_checks import check_ledger
from planstore.api.store import Store
from planstore.events.vocabulary import CommitKind
from planstore.ledger.backup import backup
from planstore.ledger.compaction import compact
from planstore.ledger.ledger import Ledger
from planstore.ledger.migration import migrate
from planstore.ledger.opening import storage_in
from planstore.projections.rebuild import rebuild

pytestmark = pytest.mark.usefixtures("many_threads")

PLANSTORE = str(Path(sys.executable).with_name("planstore"))
HOLDER = """
import sys, planstore
from planstore.ledger.backup import backup
from planstore.events.vocabulary import CommitKind
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in
from planstore.ledger.compaction import compact
from planstore.ledger.migration import migrate
from planstore.projections.rebuild import rebuild
ledger = Ledger(storage_in(__import__("pathlib").Path(sys.argv[1])))
session = ledger.writer()
with ledger.commit(session, "test", run_id=None):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_processes_that_route_at_once_all_succeed_one_after_the_other(tmp_path: Path) -> None:
    results = tmp_path / "results"
    policy = tmp_path / "policy.yaml"
    policy.write_text(samples.POLICY_YAML, encoding="utf-8")
    writers = []
    for number in range(4):
        candidates = samples.parquet(tmp_path / f"{number}.parquet", samples.records(seed=number))
        command = [PLANSTORE, "route", str(candidates), "--policy", str(policy), "--results", str(results), "--json"]
        writers.append(
            subprocess.Popen(
                [*command, "--run-id", f"r{number}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
    finished = [writer.communicate(timeout=120) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, finished
    assert {json.loads(out)["commit_id"] for out, _ in finished} == {1, 2, 3, 4}
    assert sorted(check_ledger(results)) == ["r0", "r1", "r2", "r3"]
    master = json.loads((results / "globals/training_plan/master_training_plan.json").read_text(encoding="utf-8"))
    jobs = [
        job
        for path in (results / "globals/training_plan/by_target").iterdir()
        for job in json.loads(path.read_text(encoding="utf-8"))["jobs"]
    ]
    assert sorted(job["job_id"] for job in jobs) == sorted(job["job_id"] for job in master["jobs"])
    assert master["metadata"]["commit_id"] == 4


def test_a_reader_never_waits_for_a_writer(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    process = holder(store.results / "planstore")
    before = time.monotonic()
    with planstore.open(store.results, create=False) as reader:
        assert reader.sql("select count(*) from runs").fetchall() == [(1,)]
        assert reader.plan().jobs
    assert time.monotonic() - before < 10
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def test_a_lock_that_is_held_for_too_long_names_its_holder(store: Store) -> None:
    store.create()
    process = holder(store.results / "planstore")
    ledger = Ledger(storage_in(store.results / "planstore", lock_timeout=0.2))
    with pytest.raises(planstore.StoreBusyError, match=f"process {process.pid} on .* since"):  # noqa: SIM117
        with ledger.commit(ledger.writer(), CommitKind.STATUS, run_id=None):
            raise AssertionError("the lock was not held")
    ledger.close()
    process.communicate("\n", timeout=60)


def ledger(folder: Path) -> Ledger:
    return Ledger(storage_in(folder, lock_timeout=0.2), create=False)


MAINTENANCE: dict[str, Callable[[Path], object]] = {
    "compact": lambda folder: compact(ledger(folder), timedelta(0)),
    "rebuild": lambda folder: rebuild(ledger(folder)),
    "backup": lambda folder: backup(ledger(folder), folder.with_name("backup")),
    "migrate": lambda folder: migrate(folder, lock_timeout=0.2),
}


@pytest.mark.parametrize("work", MAINTENANCE)
def test_nobody_maintains_a_store_that_is_being_written(store: Store, work: str) -> None:
    store.create()
    folder = store.results / "planstore"
    if work == "migrate":
        (folder / "store.json").write_text('{"format": 1}', encoding="utf-8")
    with FileLock(folder / "writer.lock"), pytest.raises(planstore.StoreBusyError, match="is being written by"):
        MAINTENANCE[work](folder)


def test_a_lock_left_by_a_killed_process_does_not_block(store: Store) -> None:
    store.create()
    process = holder(store.results / "planstore")
    process.kill()
    process.communicate()
    run = store.route(samples.table(samples.records()), samples.policy())
    assert run.commit_id == 1


def test_threads_can_share_a_store(store: Store) -> None:
    def work(number: int) -> int:
        run = store.route(samples.table(samples.records(seed=number)), samples.policy(), run_id=f"t{number}")
        assert planstore.get_jobs_for_target(run.plan, "y_up_01_10m") is not None
        return run.commit_id

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(work, range(8))) == list(range(1, 9))
    assert len(check_ledger(store.results)) == 8


def test_the_same_run_again_is_the_run_that_is_there_and_another_under_its_id_is_refused(store: Store) -> None:
    first = store.route(samples.table(samples.records()), samples.policy(), run_id="r")
    again = store.route(samples.table(samples.records()), samples.policy(), run_id="r")
    assert (again.commit_id, again.plan_id) == (first.commit_id, first.plan_id)
    with pytest.raises(
        planstore.RunConflictError, match="'r' is recorded already, in commit 1, with another evidence_id"
    ):
        store.route(samples.table(samples.records(seed=3)), samples.policy(), run_id="r")
    assert store.log()[0]["commit_id"] == 1


def test_a_lock_file_that_somebody_holds_does_not_stop_the_command_line_from_reading(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    with FileLock(store.results / "planstore" / "writer.lock"):
        for verb in (["log"], ["plan"], ["jobs"], ["sql", "from history limit 1"]):
            done = subprocess.run(
                [PLANSTORE, *verb, "--results", str(store.results)],
                capture_output=True,
                timeout=60,
                env=os.environ | {},
            )
            assert done.returncode == 0, done.stderr
