"""Training of the jobs of a plan."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
import uuid
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.checks.arguments import checked
from planstore.checks.log_levels import NOTICE
from planstore.errors import RequestError
from planstore.events.vocabulary import JobState, ModelFit
from planstore.models.formats import ModelFormat
from planstore.plans.consumer import apply_training_plan_filter
from planstore.plans.cost import CostEstimate, estimate_plan_cost
from planstore.routing.policy import is_refitted
from planstore.runs.lookup import RunName
from planstore.training.evidence.evidence_store import selected_features
from planstore.training.execution.claims import Claims
from planstore.training.execution.driver import Driver
from planstore.training.execution.executor_settings import ExecutorSettings
from planstore.training.execution.fit import train_job
from planstore.training.execution.memory import check_fit_rows, largest_fit
from planstore.training.execution.outcome import Training, TrainingWarning
from planstore.training.execution.selection import EVERYTHING, JobSelection
from planstore.training.execution.task_inputs import Tasks
from planstore.training.execution.termination import delayed_sigterm
from planstore.training.execution.worker import train_and_store
from planstore.training.families import families_of, load_families
from planstore.training.panel.match import (
    planned_settings,
    refuse_other_panel,
    refuse_other_settings,
    refuse_panel_without_targets,
)
from planstore.training.panel.panel import Panel
from planstore.training.panel.places import panel_place
from planstore.training.panel.settings import PanelSettings, PanelSettingsSource

if TYPE_CHECKING:
    from planstore.api.parts import StoreParts

_log = logging.getLogger("planstore.training")

LEASE = timedelta(seconds=30)
"""Duration of a claim; its holder renews it three times in that time."""


@checked
def train(
    store: StoreParts,
    panel: Panel,
    *,
    workers: int | None = None,
    executor: str = "local",
    ray_address: str | None = None,
    plan: RunName | None = None,
    force: bool = False,
    families: Path | None = None,
    features: Mapping[str, Sequence[str]] | None = None,
    max_attempts: int = 3,
    seed: int = 0,
    lease: timedelta = LEASE,
    selection: JobSelection = EVERYTHING,
    refit: bool | None = None,
    reuse: bool = True,
    max_fit_rows: int | None = None,
    other_settings: bool = False,
    progress: Callable[[dict[str, int]], None] = lambda _: None,
) -> Training:
    """Train the untrained jobs of a plan, or a selection of them, and record the result of each.

    Succeeded jobs are not trained again, so that a call resumes a killed training. Jobs that failed, were skipped or
    were cancelled before this call are retried. Several trainings of one plan share its jobs.

    Ctrl-C and SIGTERM cancel the running jobs before the process exits.

    Args:
        store: store with the plan.
        panel: features and targets.
        workers: as for :class:`~planstore.training.execution.executor_settings.ExecutorSettings`.
        executor: as ``workers``.
        ray_address: as ``workers``.
        plan: as for :class:`TrainingRequest`.
        force: as ``plan``.
        families: as ``plan``.
        features: feature names by target; None means those selected by the plan's evidence, where the store has it. An
            absent target uses all features of the panel.
        max_attempts: as ``plan``.
        seed: as ``plan``.
        lease: as ``plan``.
        selection: as ``plan``.
        refit: as ``plan``.
        reuse: as ``plan``.
        max_fit_rows: as ``plan``.
        other_settings: as ``plan``.
        progress: callback that receives job counts by status after each commit.

    Raises:
        NotFoundError: there is no such plan.
        PlanStaleError: the plan is stale; the message names the newer inputs.
        RequestError: an argument is invalid, or no job is selected.
        FamiliesError: the families file is invalid.
        PanelError: the panel has no target or no symbol of the plan, lacks their features, or has settings other
            than those of the plan's evidence.
    """
    request = TrainingRequest(
        store,
        ExecutorSettings(executor, workers, ray_address),
        plan=plan,
        force=force,
        families=families,
        max_attempts=max_attempts,
        seed=seed,
        lease=lease,
        selection=selection,
        refit=refit,
        reuse=reuse,
        max_fit_rows=max_fit_rows,
        other_settings=other_settings,
    )
    return request.train(panel, features=features, progress=progress)


class TrainingRequest:
    """Request to train a plan, checked before the panel is read, because reading a panel takes long.

    Args:
        store: store with the plan.
        executor: executor of the jobs and its settings.
        plan: name of the plan, as for :meth:`~planstore.Store.plan`; None means the current plan.
        force: train a stale plan, one with newer evidence, policy, rules or overrides.
        families: families file of the user.
        max_attempts: maximum number of attempts of a job after deaths of its worker.
        seed: random seed.
        lease: duration of a claim without renewal.
        selection: criteria for the jobs to train.
        refit: fit each family once more, on all labelled rows, after it was scored; the refitted models predict new
            rows. None means as the plan's policy says.
        reuse: take over the results of an earlier job with the same inputs, instead of training the job again.
        max_fit_rows: maximum number of rows that a cross-sectional model is fitted on, a sample of whole timestamps;
            None means as many as the memory of this machine allows.
        other_settings: train on a panel whose settings differ from those that the plan's evidence was measured with.

    Attributes:
        plan_id: id of the plan.
        jobs: selected jobs in plan order, each with its status when the request was made.

    Raises:
        NotFoundError, PlanStaleError, RequestError, FamiliesError: as for :func:`train`.
    """

    def __init__(
        self,
        store: StoreParts,
        executor: ExecutorSettings,
        *,
        plan: RunName | None = None,
        force: bool = False,
        families: Path | None = None,
        max_attempts: int = 3,
        seed: int = 0,
        lease: timedelta = LEASE,
        selection: JobSelection = EVERYTHING,
        refit: bool | None = None,
        reuse: bool = True,
        max_fit_rows: int | None = None,
        other_settings: bool = False,
    ) -> None:
        if max_attempts < 1:
            raise RequestError(f"max_attempts must be at least 1, got {max_attempts}")
        check_fit_rows(max_fit_rows)
        self._store = store
        self._executor = executor
        self._registry = load_families(families)
        self._run = store.run(plan)
        self._evidence = store.evidence.report(self._run.evidence_id) or {}
        self._other_settings = other_settings
        if not force:
            store.training.refuse_stale(self._run.plan_id)
        self.plan_id = self._run.plan_id
        self.jobs = selection.jobs(store, self.plan_id)
        self._selected = None if selection.is_everything else [job["job_id"] for job in self.jobs]
        planned = sorted({family for job in self.jobs for family in job["model_families"]})
        if planned and self._registry.keys().isdisjoint(planned):
            families_of(planned, self._registry)
        self._reuse = reuse
        self._max_fit_rows = max_fit_rows
        self._max_attempts = max_attempts
        self._seed = seed
        self._lease = lease
        policy = store.access.ledger.artifacts.get(self._run.policy_id)
        self._refit = is_refitted(policy) if refit is None else refit

    @property
    def pending(self) -> list[dict[str, Any]]:
        """Selected jobs that are still to be trained, in plan order."""
        return [job for job in self.jobs if job["status"] != JobState.SUCCEEDED]

    @property
    def targets(self) -> list[str]:
        """Targets of the selected jobs, sorted."""
        return sorted({job["target"] for job in self.jobs})

    def cost(self) -> CostEstimate:
        """Return the estimated training time of the pending jobs."""
        ids = [job["job_id"] for job in self.pending]
        return estimate_plan_cost(self._store.access.session, self.plan_id, ids)

    def check_panel(self, source: Path | str, settings: PanelSettingsSource | None = None) -> PanelSettings:
        """Check the names of a panel's columns and its settings, before any of its rows is read.

        The returned settings are those to read the panel with: targets of the plan are targets, whatever their names.

        Args:
            source: the folder, file or address of the panel.
            settings: as for :meth:`Panel.read <planstore.Panel.read>`.

        Raises:
            PanelError: there is no panel, no file of it has a column of a selected job's target, or its settings differ
                from those of the plan's evidence.
        """
        place = panel_place(source)
        refuse_panel_without_targets(place, self.plan_id, self.targets)
        decided = self._store.access.ledger.reader().rows("training/decided_targets", plan_id=self.plan_id)
        found = planned_settings(place, settings, [target for (target,) in decided])
        self._check_settings(found.stated())
        return found

    def _check_settings(self, stated: Mapping[str, Any]) -> None:
        if self._evidence and not self._other_settings:
            refuse_other_settings(stated, self._evidence["settings"].get("panel", {}), self.targets)

    def train(
        self,
        panel: Panel,
        *,
        features: Mapping[str, Sequence[str]] | None = None,
        progress: Callable[[dict[str, int]], None] = lambda _: None,
    ) -> Training:
        """Train the plan on a panel; ``features`` and ``progress`` are as for :func:`train`.

        Raises:
            PanelError: the panel has no target or no symbol of the plan, lacks their features, or has settings other
                than those of the plan's evidence.
        """
        self._check_settings(panel.settings)
        chosen = selected_features(self._evidence) if features is None else features
        refuse_other_panel(self._store, self.plan_id, panel, chosen, self.targets)
        filtered = apply_training_plan_filter([one.name for one in panel.targets], panel.symbols, self._run.plan)
        _log.log(NOTICE, "Training plan filter applied: %d → %d targets", len(panel.targets), len(filtered["targets"]))
        _log.log(NOTICE, "Using model families from training plan")
        self._drive(panel, chosen, progress)
        jobs: list[dict[str, Any]] = self._store.training.jobs(plan=self.plan_id)
        if self._selected is not None:
            selected = {*self._selected}
            jobs = [job for job in jobs if job["job_id"] in selected]
        pending = {job["job_id"] for job in self.pending}
        models = self._store.access.session.rows("training/models", plan_id=self.plan_id)
        self._note_jobs_without_refit(models)
        pickled = sorted({family for _, family, kind, _ in models if kind == ModelFormat.PICKLE.media_type})
        training = Training(
            self.plan_id,
            [target for target in filtered["targets"] if self._selected is None or target in self.targets],
            dict(sorted(Counter(job["status"] for job in jobs).items())),
            sum(job["job_id"] in pending and job["status"] == JobState.SUCCEEDED for job in jobs),
            jobs,
            pickled,
        )
        if pickled:
            _log.warning(
                "Models of these families are pickles, because neither their library nor skops can hold them safely: "
                "%s. Loading them needs --allow-pickle", ", ".join(pickled),
            )  # fmt: skip
        if training.emptiness:
            warnings.warn(training.emptiness, TrainingWarning, stacklevel=4)
        return training

    def _note_jobs_without_refit(self, models: Sequence[tuple[str, str, str, str]]) -> None:
        """Log the number of selected jobs that had succeeded without a refit, where one is wanted."""
        refitted = {job_id for job_id, _, _, fit in models if fit == ModelFit.REFITTED}
        lacking = {job["job_id"] for job in self.jobs} & {job_id for job_id, *_ in models} - refitted
        if self._refit and lacking:
            _log.warning(
                "Jobs that succeeded before without a refit, and are not trained again: %d. Their scored models "
                "predict; route a policy with refit: true to train them under a new plan", len(lacking),
            )  # fmt: skip

    def _drive(
        self, panel: Panel, features: Mapping[str, Sequence[str]], progress: Callable[[dict[str, int]], None]
    ) -> None:
        ledger = self._store.access.ledger
        reach_artifacts = ledger.artifacts.is_shared or not self._executor.is_remote
        names = {name for job in self.pending if job["symbol"] is None for name in job["model_families"]}
        fit = largest_fit(panel, [self._registry[name] for name in names & set(self._registry)], self._max_fit_rows)
        work = partial(train_and_store, ledger.artifacts.opener()) if reach_artifacts else train_job
        with tempfile.TemporaryDirectory(prefix="planstore-") as folder, delayed_sigterm():
            claims = Claims(
                ledger,
                self.plan_id,
                f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:6]}",
                gpu_families=[name for name, family in self._registry.items() if family.stage == "gpu"],
                lease=self._lease,
                max_attempts=self._max_attempts,
                selected=self._selected,
            )
            with closing(claims), closing(self._executor.open(panel, work, Path(folder), fit)) as executor:
                tasks = Tasks(
                    claims,
                    ledger.artifacts,
                    self._registry,
                    features,
                    self._seed,
                    refit=self._refit,
                    fit_rows=fit.rows,
                    reuses=self._reuse,
                )
                Driver(claims, executor, tasks.make, lease=self._lease, progress=progress).run()
