"""Training the current plan: its jobs, and nothing else."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.consumer import apply_training_plan_filter
from planstore.errors import RequestError
from planstore.training.claims import Claims
from planstore.training.driver import Driver
from planstore.training.executor import Executor
from planstore.training.families import load_families
from planstore.training.local import LocalExecutor, affordable_workers
from planstore.training.panel import Panel
from planstore.training.reports import selected_features
from planstore.training.tasks import Tasks
from planstore.training.worker import work

if TYPE_CHECKING:
    from planstore.store import Store

_log = logging.getLogger("planstore.training")

LEASE = timedelta(seconds=30)
"""How long a claim lasts unless its holder, who renews it thrice in that time, is gone."""
EXECUTORS = ("local", "ray")


@dataclass(frozen=True)
class Training:
    """What came of a training.

    Attributes:
        plan_id: the plan.
        targets: those of the panel that the plan trains.
        progress: how many of the plan's jobs are where.
        jobs: the plan's jobs in plan order, each with its latest status, metrics, artifacts and error.
    """

    plan_id: str
    targets: list[str]
    progress: dict[str, int]
    jobs: list[dict[str, Any]]

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The jobs that failed."""
        return [job for job in self.jobs if job["status"] == "failed"]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return dict(vars(self))


def train(
    store: Store,
    panel: Panel,
    *,
    workers: int | None = None,
    executor: str = "local",
    ray_address: str | None = None,
    plan: str | None = None,
    force: bool = False,
    families: Path | None = None,
    features: Mapping[str, Sequence[str]] | None = None,
    max_attempts: int = 3,
    seed: int = 0,
    lease: timedelta = LEASE,
    progress: Callable[[dict[str, int]], None] = lambda _: None,
) -> Training:
    """Train the jobs of a plan that are not trained yet, and record how each ended.

    Jobs that succeeded are left alone, so that a training that was killed goes on where it stopped. Jobs that failed,
    were skipped or cancelled before this call are tried again. Several trainings of one plan share its jobs.

    Args:
        store: holds the plan.
        panel: features and targets.
        workers: how many tasks run at once, each on one core; None means one a core, as far as memory allows.
        executor: ``local``, processes of this machine; or ``ray``, which needs the ``ray`` extra.
        ray_address: of a Ray cluster; None starts one on this machine.
        plan: the plan, named as for :meth:`~planstore.Store.plan`; None means the current one.
        force: train it although its evidence, policy, rules or overrides have moved on.
        families: a families file of the user's own.
        features: what to learn a target from, by target; None means what the plan's evidence selected, where the
            store keeps that; a target that is not in it learns from all features of the panel.
        max_attempts: how often a job is tried whose worker died.
        seed: of everything that is drawn by chance.
        lease: how long a worker that is not heard of keeps its job.
        progress: is told, after each commit, how many jobs are where.

    Raises:
        NotFoundError: there is no plan.
        PlanStaleError: what the plan follows from has moved on; says how.
        RequestError: an argument cannot be used.
        FamiliesError: the families file cannot be used.
    """
    _check(executor, workers, max_attempts)
    registry = load_families(families)
    run = store.run(plan)
    if not force:
        store.refuse_stale(plan)
    filtered = apply_training_plan_filter([target.name for target in panel.targets], panel.symbols, run.plan)
    _log.info("Training plan filter applied: %d → %d targets", len(panel.targets), len(filtered["targets"]))
    _log.info("Using model families from training plan")
    claims = Claims(
        store._ledger,
        run.plan_id,
        f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:6]}",
        gpu_families=[name for name, family in registry.items() if family.stage == "gpu"],
        lease=lease,
        max_attempts=max_attempts,
    )
    chosen = selected_features(store, run.evidence_id) if features is None else features
    tasks = Tasks(claims, store._ledger.artifacts, registry, chosen, seed)
    with tempfile.TemporaryDirectory(prefix="planstore-") as folder:
        saved = Path(folder) / "panel.parquet"
        panel.save(saved)
        workplace = _executor(executor, saved, workers, ray_address)
        try:
            Driver(claims, workplace, tasks.make, lease=lease, progress=progress).run()
        finally:
            workplace.close()
            claims.close()
    jobs = store.jobs(plan=run.plan_id)
    return Training(
        run.plan_id, filtered["targets"], dict(sorted(Counter(job["status"] for job in jobs).items())), jobs
    )


def _check(executor: str, workers: int | None, max_attempts: int) -> None:
    if executor not in EXECUTORS:
        raise RequestError(f"executor is {executor!r}; it can be {' or '.join(EXECUTORS)}")
    for name, number in (("workers", workers), ("max_attempts", max_attempts)):
        if number is not None and number < 1:
            raise RequestError(f"{name} is {number}; it is a whole number from 1")


def _executor(name: str, panel: Path, workers: int | None, ray_address: str | None) -> Executor:
    if name == "local":
        return LocalExecutor(panel, affordable_workers(panel, workers), work)
    from planstore.training.ray_cluster import RayExecutor

    return RayExecutor(panel, workers, ray_address)
