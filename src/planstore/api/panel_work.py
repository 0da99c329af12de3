"""Measuring and training on a panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.api.parts import StoreParts
from planstore.checks.arguments import checked

if TYPE_CHECKING:
    from planstore.runs.lookup import RunName
    from planstore.training.evidence.leakage import LeakageLimits
    from planstore.training.evidence.measure import PanelEvidence
    from planstore.training.execution.outcome import Training
    from planstore.training.outcomes.measure import PanelOutcomes
    from planstore.training.panel.panel import Panel


class PanelWork:
    """The part of a store that measures and trains on panels."""

    @checked
    def measure(
        self: StoreParts,
        panel: Panel,
        *,
        families: Sequence[str] | None = None,
        families_file: Path | str | None = None,
        folds: int = 5,
        seed: int = 0,
        seeds: int = 1,
        select: int = 30,
        symbols: bool = True,
        workers: int | None = None,
        executor: str = "local",
        ray_address: str | None = None,
        max_fit_rows: int | None = None,
        limits: LeakageLimits | None = None,
        reuse: bool = True,
        progress: Callable[[dict[str, int]], None] = lambda _: None,
    ) -> PanelEvidence:
        """Measure every target of a panel out of sample, and record the evidence in the ledger.

        Pass ``evidence.candidates()`` to :meth:`Store.route <planstore.Store.route>`. Stability is measured over
        folds, and over earlier evidence of the store whose data ended before.

        Args:
            panel: the panel, as :meth:`Panel.read <planstore.Panel.read>` returns it.
            families: model families to measure with; None means lightgbm.
            families_file: families file (YAML) with further families.
            folds: number of folds, split by time.
            seed: random seed.
            seeds: number of seeds, from ``seed`` on, with which each family is fitted; scores are means over them.
            select: number of features to select per target; 0 selects none.
            symbols: whether each symbol is measured alone too, besides all together.
            workers: concurrent measurements, each on one thread; None means one per CPU core, limited by memory.
            executor: ``local`` (processes of this machine) or ``ray``.
            ray_address: address of a Ray cluster; None starts one on this machine.
            max_fit_rows: maximum number of rows that a cross-sectional model is fitted on, a sample of whole
                timestamps; None means as many as this machine's memory allows.
            limits: limits from which features and scores count as leaking.
            reuse: take over sides that were measured before from the same inputs, also by a call that was killed.
            progress: callback that receives the number of sides measured and still planned.

        Raises:
            RequestError: an argument is invalid, or the store is read as of an earlier commit.
            FamiliesError: the families file is invalid.
            WorkerDiedError: three workers died while they measured one side.
        """
        from planstore.training.evidence.evidence_store import earlier_evidence, keep_evidence
        from planstore.training.evidence.measure import FAMILIES, measure

        self.access.require_now("measure")
        evidence = measure(
            panel,
            families=FAMILIES if families is None else families,
            families_file=None if families_file is None else Path(families_file),
            folds=folds,
            seed=seed,
            seeds=seeds,
            select=select,
            symbols=symbols,
            workers=workers,
            executor=executor,
            ray_address=ray_address,
            max_fit_rows=max_fit_rows,
            limits=limits,
            reuse=reuse,
            earlier=earlier_evidence(self, panel.last_timestamp),
            progress=progress,
        )
        keep_evidence(self, evidence)
        return evidence

    @checked
    def train(
        self: StoreParts,
        panel: Panel,
        *,
        plan: RunName | None = None,
        targets: Sequence[str] = (),
        symbols: Sequence[str] = (),
        families: Sequence[str] = (),
        priorities: Sequence[int] = (),
        families_file: Path | str | None = None,
        workers: int | None = None,
        executor: str = "local",
        ray_address: str | None = None,
        max_fit_rows: int | None = None,
        force: bool = False,
        features: Mapping[str, Sequence[str]] | None = None,
        max_attempts: int = 3,
        seed: int = 0,
        refit: bool | None = None,
        reuse: bool = True,
        other_settings: bool = False,
        progress: Callable[[dict[str, int]], None] = lambda _: None,
    ) -> Training:
        """Train the untrained jobs of a plan, or a selection of them, and record the result of each.

        A later call resumes a killed training. Several trainings can share one plan.

        Args:
            panel: the panel, as :meth:`Panel.read <planstore.Panel.read>` returns it.
            plan: a name as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.
            targets: train only jobs of these targets; empty means all, as for the next three.
            symbols: train only jobs of these symbols.
            families: train only jobs with one of these families, with all of their families.
            priorities: train only jobs of these priorities.
            families_file: families file (YAML) with further families.
            workers: concurrent jobs; None means one per CPU core, limited by memory.
            executor: ``local`` (processes of this machine) or ``ray``.
            ray_address: address of a Ray cluster; None starts one on this machine.
            max_fit_rows: maximum number of rows that a cross-sectional model is fitted on, a sample of whole
                timestamps; None means as many as this machine's memory allows.
            force: train a stale plan, one with newer evidence, policy, rules or overrides.
            features: feature names by target; None means those selected by the plan's evidence.
            max_attempts: maximum number of attempts of a job after deaths of its worker.
            seed: random seed.
            refit: after scoring, fit each model once more on all labelled rows; those predict new rows. None means as
                the plan's policy says.
            reuse: take over the results of an earlier job with the same inputs, instead of training the job again.
            other_settings: train on a panel whose horizons, embargoes, tasks or classes differ from those that the
                plan's evidence was measured with.
            progress: callback that receives job counts by status after each commit.

        Raises:
            NotFoundError: there is no such plan.
            PlanStaleError: the plan is stale; the message names the newer inputs.
            RequestError: an argument is invalid, no job is selected, or the store is read as of an earlier commit.
            FamiliesError: the families file is invalid.
            PanelError: the panel has no target or no symbol of the plan, lacks their features, or has settings other
                than those of the plan's evidence.
        """
        from planstore.training.execution.selection import JobSelection
        from planstore.training.execution.train import train

        self.access.require_now("train")
        return train(
            self,
            panel,
            workers=workers,
            executor=executor,
            ray_address=ray_address,
            max_fit_rows=max_fit_rows,
            plan=plan,
            force=force,
            families=None if families_file is None else Path(families_file),
            features=features,
            max_attempts=max_attempts,
            seed=seed,
            refit=refit,
            selection=JobSelection(targets, symbols, families, priorities),
            reuse=reuse,
            other_settings=other_settings,
            progress=progress,
        )

    @checked
    def measure_outcomes(
        self: StoreParts,
        panel: Panel,
        *,
        runs: Sequence[str] = (),
        refit: bool = False,
        length: int | None = None,
        families: Sequence[str] | None = None,
        families_file: Path | str | None = None,
        workers: int | None = None,
        allow_pickle: bool = False,
        progress: Callable[[dict[str, int]], None] = lambda _: None,
    ) -> PanelOutcomes:
        """Score models of runs on the rows of a panel that came after, and record the outcomes in one commit.

        A row counts where it lies after the newest data that the evidence and the model have seen, by more than the
        horizon and embargo of its target. A cross-sectional model is scored on all symbols and on each.

        Args:
            panel: the panel, as :meth:`Panel.read <planstore.Panel.read>` returns it.
            runs: runs, named as in :meth:`Store.plan <planstore.Store.plan>`, or ranges ``A..B`` of them; an empty list
                means the newest run of each plan.
            refit: fit both sides of every pair as of the end of the run's evidence, instead of scoring trained models:
                also those that the policy did not route. The trained models are not used.
            length: maximum number of timestamps of the stretch; None means all.
            families: model families of refits; None means those of the evidence.
            families_file: families file (YAML) with further families.
            workers: worker processes of refits; None means one per CPU core, limited by memory.
            allow_pickle: load models that are pickles, which can run code from the file.
            progress: callback that receives the number of targets of runs measured and still planned, of refits.

        Raises:
            PanelError: no run has a side with rows that came after.
            OutcomesError: an outcome is recorded with other values.
            NotFoundError: a name matches no run.
            RequestError: an argument is invalid, a model is a pickle, or the store is read as of an earlier commit.
            FamiliesError: the families file is invalid.
            WorkerDiedError: three workers died while they refitted one target of a run.
        """
        from planstore.training.outcomes.measure import measure_outcomes

        self.access.require_now("measure_outcomes")
        return measure_outcomes(
            self,
            panel,
            runs=runs,
            refit=refit,
            length=length,
            families=families,
            families_file=None if families_file is None else Path(families_file),
            workers=workers,
            allow_pickle=allow_pickle,
            progress=progress,
        )
