"""Training: what ledger and statuses cost beside the bare fits, and what a second worker brings."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from figures import Figure, seconds

import planstore
from planstore.api.store import Store
from planstore.training.execution.fit import train_job
from planstore.training.execution.local_executor import LocalExecutor
from planstore.training.execution.task import Result, Task
from planstore.training.execution.train import train
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel

SYMBOLS = 20
POLICY = {
    "routing": {
        "min_sample_size": {"cross_sectional": 0, "symbol": 0},
        "cross_sectional": {"min_score": 0.5, "strong_score": 0.6},
        "symbol": {"min_score": 0.5, "strong_score": 0.6},
        "stability_allowlist": {"cross_sectional": ["STABLE"], "symbol": ["STABLE"]},
        "min_margin_over_null": None,
        "max_false_discovery_rate": None,
    }
}


def overhead(folder: Path) -> Iterator[Figure]:
    """A thousand short jobs, claimed, trained and recorded, against the same tasks on the same workers, unrecorded.

    By the clock, and by processor time, which neighbours on the machine disturb less.
    """
    panel, store = _panel(folder, 50, 4400, 45), _store(folder / "overhead", 50, "lightgbm")
    bare, bare_cpu = _measured(lambda: _run_bare(panel, store, 2))
    ours, ours_cpu = _measured(lambda: train(store, panel, workers=2))
    (jobs,) = store.sql("select count(*) from job_status where status = 'succeeded'").fetchone() or (0,)
    assert jobs == 50 * SYMBOLS, f"{jobs} of {50 * SYMBOLS} jobs were trained"
    (commits,) = store.sql("select count(*) from commits where kind = 'status'").fetchone() or (0,)
    yield Figure(
        f"{jobs:,} short jobs, claimed, trained and recorded in {commits} commits",
        f"{ours:.1f} s, {jobs / ours:.0f} jobs/s", f"the tasks alone: {bare:.1f} s", ours / bare, "under 1.05",
    )  # fmt: skip
    yield Figure(
        "processor time of that", f"{ours_cpu:.1f} s", f"the tasks alone: {bare_cpu:.1f} s", ours_cpu / bare_cpu,
        "under 1.05",
    )  # fmt: skip


def _measured(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long ``work`` takes, and how much time of processors, children included."""

    def spent() -> float:
        usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in usage)

    before = spent()
    return seconds(work), spent() - before


def scaling(folder: Path) -> Iterator[Figure]:
    """Two workers against one, on two cores, with jobs of a few tenths of a second."""
    panel = _panel(folder, 5, 4400, 45)
    taken = {}
    for workers in (1, 2):
        store = _store(folder / f"scaling{workers}", 5, "extra_trees")
        taken[workers] = seconds(lambda: train(store, panel, workers=workers))  # noqa: B023
        trained = store.training.progress().counts
        assert trained == {"succeeded": 5 * SYMBOLS}, trained
    yield Figure(
        "100 jobs with two workers", f"{taken[2]:.1f} s", f"one worker: {taken[1]:.1f} s",
        taken[1] / taken[2], "at least 1.7",
    )  # fmt: skip


def _panel(folder: Path, targets: int, days: int, features: int) -> Panel:
    source = folder / f"panel{targets}"
    source.mkdir()
    start = np.datetime64("2000-01-01", "us")
    for number in range(SYMBOLS):
        chance = np.random.default_rng(number)
        values = chance.normal(size=(days, features))
        columns: dict[str, Any] = {"timestamp": start + np.arange(days) * np.timedelta64(1, "D")}
        columns |= {f"f{place}": values[:, place] for place in range(features)}
        columns |= {_target(place): values[:, place % features] + chance.normal(size=days) for place in range(targets)}
        pq.write_table(pa.table(columns), source / f"S{number:02d}.parquet")
    return Panel.read(source)


def _target(number: int) -> str:
    return f"fwd_ret_{number:02d}_1d"


def _store(results: Path, targets: int, family: str) -> Store:
    """Return a store whose plan trains each target on each symbol alone."""
    store = planstore.open(results)
    rows = [
        {"target": _target(target), "symbol": symbol, "mode": "SYMBOL_SPECIFIC", "score": 0.7, "stability": "STABLE",
         "sample_size": 1000, "leakage_status": "SAFE", "task_type": "REGRESSION"}
        for target in range(targets)
        for symbol in (f"S{number:02d}" for number in range(SYMBOLS))
    ]  # fmt: skip
    store.route(pa.Table.from_pylist(rows), POLICY, [family])
    return store


def _run_bare(panel: Panel, store: Store, workers: int) -> None:
    """Run the tasks of a plan on as many workers, with nothing claimed or recorded."""
    saved = store.results / "panel.parquet"
    panel.save(saved)
    executor = LocalExecutor(saved, workers, train_job)
    waiting, running = _tasks(store), set[Future[Result]]()
    while waiting or running:
        while waiting and len(running) < executor.slots:
            running.add(executor.start(waiting.pop()))
        done, running = wait(running, return_when=FIRST_COMPLETED)
        assert all(future.result().status == "succeeded" for future in done)
    executor.close()


def _tasks(store: Store) -> list[Task]:
    families = load_families()
    return [
        Task(job["job_id"], 1, job["target"], job["symbol"], tuple(families[name] for name in job["model_families"]))
        for job in store.training.jobs()
    ]
