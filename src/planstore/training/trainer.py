"""One call from a panel to trained models: evidence, routing, plan and training, each recorded in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.checks.arguments import checked
from planstore.events.vocabulary import ModelFit
from planstore.models.loading import JobFiles, LoadedModels
from planstore.pages.answers import Answer
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_reader import PolicySource, read_policy
from planstore.training.evidence.evidence_store import earlier_evidence, keep_evidence
from planstore.training.evidence.measure import FAMILIES, PanelEvidence, measure
from planstore.training.execution.executor_settings import ExecutorSettings
from planstore.training.execution.memory import check_fit_rows
from planstore.training.execution.outcome import Training
from planstore.training.execution.train import train
from planstore.training.families import families_of, load_families, refuse_unknown
from planstore.training.panel.panel import Panel

if TYPE_CHECKING:
    from planstore.api.store import Store
    from planstore.plans.training_plan import TrainingPlan
    from planstore.runs.run import Run


@dataclass(frozen=True, repr=False)
class Trained(Answer, Mapping[str, Any]):
    """Result of `train_panel`; also a mapping with ``targets``, ``features``, ``plan``, ``models`` and ``statuses``.

    Attributes:
        evidence: evidence of the panel.
        run: run that routed the evidence.
        training: outcome of the training.
        features: feature names by target.
    """

    evidence: PanelEvidence
    run: Run
    training: Training
    features: dict[str, list[str]]
    _store: Store

    @property
    def targets(self) -> list[str]:
        """Routed targets, best first."""
        return [one.target for one in self.evidence.ranking()]

    @property
    def plan(self) -> TrainingPlan:
        """Trained plan."""
        return self.run.plan

    @property
    def models(self) -> Models:
        """Trained models by job and family."""
        return Models(self._store, self.run.plan_id)

    @property
    def statuses(self) -> dict[str, str]:
        """Status by job."""
        return {job["job_id"]: job["status"] for job in self.training.jobs}

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(("targets", "features", "plan", "models", "statuses"))

    def __len__(self) -> int:
        return 5

    def __contains__(self, key: object) -> bool:
        return key in tuple(self)

    def __str__(self) -> str:
        return f"{len(self.targets)} targets routed in run {self.run.run_id}; {self.training}"


class Models(Mapping[str, Mapping[str, Any]]):
    """Scored models of a plan: for each succeeded job the estimators by family, loaded on access.

    Args:
        store: store with the models.
        plan_id: id of the plan.
        allow_pickle: whether pickles may be loaded, which can run code from the file.
    """

    def __init__(self, store: Store, plan_id: str, *, allow_pickle: bool = False) -> None:
        self._store = store
        self._plan_id = plan_id
        self._allow_pickle = allow_pickle
        rows = store.access.session.rows("training/models", plan_id=plan_id)
        self._jobs = dict.fromkeys(job_id for job_id, *_ in rows)

    def __getitem__(self, job_id: str) -> Mapping[str, Any]:
        if job_id not in self._jobs:
            raise KeyError(job_id)
        files = JobFiles.find(self._store.access.session, self._plan_id, job_id)
        artifacts = self._store.access.ledger.artifacts
        loaded = LoadedModels.load(artifacts, files, allow_pickle=self._allow_pickle, fit=ModelFit.SCORED)
        return loaded.estimators

    def __iter__(self) -> Iterator[str]:
        return iter(self._jobs)

    def __len__(self) -> int:
        return len(self._jobs)


@checked
def train_panel(
    store: Store,
    panel: Panel | Callable[[], Panel],
    *,
    policy: PolicySource | None = None,
    model_families: Sequence[str] | None = None,
    top_targets: int | None = None,
    top_features: int = 30,
    features: Sequence[str] | None = None,
    evidence_families: Sequence[str] = FAMILIES,
    families: Path | None = None,
    workers: int | None = None,
    executor: str = "local",
    ray_address: str | None = None,
    max_fit_rows: int | None = None,
    seed: int = 0,
    step: Callable[[str], None] = lambda _: None,
    progress: Callable[[dict[str, int]], None] = lambda _: None,
) -> Trained:
    """Measure a panel, route its evidence, and train the plan.

    The same panel in the same store gives the same plan, whose jobs are not trained twice.

    Args:
        store: store that records every step.
        panel: features and targets, or a function that reads them and is called after all other checks.
        policy: routing policy; None means the default policy.
        model_families: model families to train; None means lightgbm and xgboost.
        top_targets: number of best targets to route; None means all.
        top_features: number of features to select per target; 0 means no selection, so that all are used.
        features: feature names for every target, instead of a selection.
        evidence_families: model families to measure with.
        families: families file of the user.
        workers: number of concurrent measurements and training tasks; None means one per CPU core.
        executor: executor of measurements and training, ``local`` or ``ray``.
        ray_address: address of a Ray cluster; None starts one on this machine.
        max_fit_rows: maximum number of rows that a cross-sectional model is fitted on; None means as many as this
            machine's memory allows.
        seed: random seed.
        step: callback that receives the name of each step at its start.
        progress: callback that receives counts by status while the panel is measured and the plan is trained.

    Raises:
        RequestError, PolicyError, FamiliesError: an argument or its file is invalid; nothing was measured.
        PanelError: the panel cannot be read.
    """
    ExecutorSettings(executor, workers, ray_address)
    check_fit_rows(max_fit_rows)
    known = load_families(families)
    read = read_policy(DEFAULT_POLICY if policy is None else policy)
    refuse_unknown(model_families or (), read.policy, known)
    families_of(evidence_families, known)
    if not isinstance(panel, Panel):
        panel = panel()
    step("measuring")
    evidence = measure(
        panel,
        families=evidence_families,
        families_file=families,
        seed=seed,
        select=0 if features is not None else top_features,
        workers=workers,
        executor=executor,
        ray_address=ray_address,
        max_fit_rows=max_fit_rows,
        earlier=earlier_evidence(store, panel.last_timestamp),
        progress=progress,
    )
    if top_targets is not None:
        best = {one.target for one in evidence.ranking()[:top_targets]}
        evidence = replace(evidence, sides=[side for side in evidence.sides if side.target in best])
    keep_evidence(store, evidence)
    step("routing")
    run = store.route(evidence.candidates(), read, model_families)
    step("writing files")
    store.export()
    step("training")
    chosen = {
        one.target: list(features) if features is not None else evidence.selected(one.target)
        for one in evidence.ranking()
    }
    training = train(
        store,
        panel,
        workers=workers,
        executor=executor,
        ray_address=ray_address,
        max_fit_rows=max_fit_rows,
        families=families,
        features=chosen,
        seed=seed,
        progress=progress,
    )
    return Trained(evidence, run, training, chosen, store)
