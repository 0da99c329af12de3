"""Outcomes of runs on a panel: which runs, which models, and what is recorded."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.checks.arguments import checked
from planstore.errors import PanelError, RequestError, SampleError
from planstore.events.outcome import metric_word
from planstore.events.vocabulary import JobState, OutcomeMode
from planstore.models.loading import Blend, JobFiles
from planstore.outcomes.record import RecordedOutcomes, record_outcomes
from planstore.pages.answers import SHOWN_ROWS, Answer
from planstore.runs.lookup import find_runs
from planstore.training.evidence.measure import FAMILIES
from planstore.training.execution.executor_settings import ExecutorSettings
from planstore.training.execution.memory import largest_fit
from planstore.training.execution.retried_tasks import RetriedTasks
from planstore.training.families import families_of, load_families
from planstore.training.outcomes.refit import Refit, measure_refit, outcome_row, trouble
from planstore.training.outcomes.stretch import Scored, in_classes, later_rows
from planstore.training.panel.match import other_settings
from planstore.training.panel.panel import Panel

if TYPE_CHECKING:
    from planstore.api.parts import StoreParts
    from planstore.runs.lookup import Record

Progress = Callable[[dict[str, int]], None]


@dataclass(frozen=True, repr=False)
class PanelOutcomes(Answer):
    """The outcomes of a measurement.

    Attributes:
        recorded: the record of the outcomes.
        troubles: sides that could not be measured, with reasons.
    """

    recorded: RecordedOutcomes
    troubles: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {**self.recorded.as_dict(), "troubles": list(self.troubles)}

    def __str__(self) -> str:
        more = len(self.troubles) - SHOWN_ROWS
        shown = [*self.troubles[:SHOWN_ROWS], *([f"… and {more} more"] if more > 0 else [])]
        return "\n".join([str(self.recorded), *shown])


@checked
def measure_outcomes(
    store: StoreParts,
    panel: Panel,
    *,
    runs: Sequence[str] = (),
    refit: bool = False,
    length: int | None = None,
    families: Sequence[str] | None = None,
    families_file: Path | None = None,
    workers: int | None = None,
    allow_pickle: bool = False,
    progress: Progress = lambda _: None,
) -> PanelOutcomes:
    """Measure and record outcomes; see :meth:`Store.measure_outcomes <planstore.Store.measure_outcomes>`."""
    ExecutorSettings(workers=workers)
    if length is not None and length < 1:
        raise RequestError(f"length must be at least 1, got {length}")
    for name, is_given in (("families", families), ("workers", workers is not None)):
        if is_given and not refit:
            raise RequestError(f"{name} must be given with refit only, got it without: trained models are scored as is")
    if allow_pickle and refit:
        raise RequestError("allow_pickle must be given without refit, got both: a refit loads no model")
    selected = find_runs(store.access.session, runs)
    if not runs:  # because runs with the same plan rest on the same evidence
        selected = list({run["plan_id"]: run for run in selected}.values())
    rows: list[dict[str, Any]] = []
    troubles: list[str] = []
    wanted = [_RunSides.of(store, panel, run) for run in selected]
    if refit:
        tasks = [task for sides in wanted for task in sides.refits(families, families_file, length)]
        found = _refit_all(panel, tasks, workers, progress)
    else:
        found = (sides.score_models(length, allow_pickle=allow_pickle) for sides in wanted)
    for more, why in found:
        rows += more
        troubles += why
    troubles += [reason for sides in wanted for reason in sides.troubles]
    if not rows:
        reasons = "; ".join(dict.fromkeys(troubles[:3])) or "no run has a trained model: --refit fits models as of then"
        raise PanelError(f"the panel must have rows that came after the evidence of a run, got none: {reasons}")
    recorded = record_outcomes(store.access.ledger, store.access.session, "the panel", rows)
    return PanelOutcomes(recorded, troubles)


class _RunSides:
    """The sides of one run that the panel can measure.

    Attributes:
        troubles: those that it cannot measure, with reasons.
    """

    def __init__(self, store: StoreParts, panel: Panel, run: Record, sides: Sequence[Record]) -> None:
        self._store = store
        report = store.evidence.report(run["evidence_id"])
        self._evidence = {} if report is None else report
        self._settings = self._evidence.get("settings", {})
        self._panel = panel
        self._run = run
        self.troubles: list[str] = []
        self._until: dict[tuple[str, str | None], datetime | None] = {}
        known = {target.name: target for target in panel.targets}
        for name in sorted({side["target"] for side in sides} & set(known)) if self._evidence else ():
            differing = other_settings(panel.settings, self._settings.get("panel", {}), [name])
            if differing:
                why = f"settings must be those of its evidence, got {', '.join(differing)}: state the same ones"
                self.troubles.append(trouble(run["run_id"], name, None, why))
                del known[name]
        for side in sides:
            target = known.get(side["target"])
            if target is None:
                continue
            metric = "auc" if target.is_classification else "r2"
            promised = side["metric_name"]
            if promised is not None and metric_word(promised) != metric:
                self.troubles.append(
                    trouble(run["run_id"], target.name, side["symbol"], f"its evidence is {promised}, not {metric}")
                )
            elif side["symbol"] is None or side["symbol"] in panel.symbols:
                self._until[side["target"], side["symbol"]] = side["evidence_as_of"]

    @classmethod
    def of(cls, store: StoreParts, panel: Panel, run: Record) -> _RunSides:
        """Return the sides of a run."""
        sides = store.access.session.records("outcomes/run_sides", commit_id=run["commit_id"])
        return cls(store, panel, run, sides)

    def _symbols(self, target: str) -> tuple[str, ...]:
        """Return the symbols that the panel and the run's decisions on a target have in common."""
        return tuple(sorted(symbol for name, symbol in self._until if name == target and symbol is not None))

    def refits(self, families: Sequence[str] | None, families_file: Path | None, length: int | None) -> Iterator[Refit]:
        """Yield a refit for each target: with the features, families, seed and rows that its evidence had."""
        chosen = families_of(families or self._settings.get("families", FAMILIES), load_families(families_file))
        features = tuple(self._evidence.get("features", self._panel.features))
        lacking = sorted(set(features) - set(self._panel.features))
        if lacking:
            why = f"the panel lacks the features {', '.join(lacking[:3])}, which its evidence was measured with"
            self.troubles += [
                trouble(self._run["run_id"], one, None, why) for one in sorted({t for t, _ in self._until})
            ]
            return
        most = largest_fit(self._panel, chosen, self._settings.get("max_fit_rows")).rows
        for target in dict.fromkeys(name for name, _ in self._until):
            times = [until for (name, _), until in self._until.items() if name == target and until is not None]
            if not times:
                why = "its candidates have no evidence_as_of, so that the end of its data is not known"
                self.troubles.append(trouble(self._run["run_id"], target, None, why))
                continue
            symbols = self._symbols(target)
            if symbols and max(times) < self._panel.last_timestamp:
                seed = self._settings.get("seed", 0)
                yield Refit(
                    self._run["run_id"], target, symbols, max(times), tuple(chosen), seed, length, features, most
                )

    def score_models(self, length: int | None, *, allow_pickle: bool) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the outcomes of the trained models of the run's plan, and the reasons of those without one."""
        session, artifacts = self._store.access.session, self._store.access.ledger.artifacts
        files = JobFiles.all_of(session, self._run["plan_id"])
        jobs = session.rows("outcomes/jobs", plan_id=self._run["plan_id"]) if files else []
        rows: list[dict[str, Any]] = []
        troubles: list[str] = []
        for job_id, target, symbol, pooled_id in jobs:
            if job_id not in files or (target, symbol) not in self._until:
                continue
            pooled = None if pooled_id is None else files.get(pooled_id)
            for part in (files[job_id], *([] if pooled is None else [pooled])):
                part.refuse_pickles(allow_pickle=allow_pickle)
            try:
                blend = Blend.load(artifacts, files[job_id], pooled, allow_pickle=allow_pickle)
                rows += self._of_job(job_id, target, symbol, blend, length, troubles)
            except SampleError as error:
                troubles.append(trouble(self._run["run_id"], target, symbol, error))
        return rows, troubles

    def _of_job(
        self, job_id: str, target: str, symbol: str | None, blend: Blend, length: int | None, troubles: list[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield the outcomes of a job: of its own model, and of the mean with the cross-sectional one.

        Raises:
            SampleError: nothing can be measured.
        """
        learned = blend.newest_data
        if learned is None:
            raise SampleError("its models are of an older store and do not say which data they have learned from")
        symbols = self._symbols(target) if symbol is None else (symbol,)
        until = max(learned, *(self._until[target, one] or learned for one in {symbol, *symbols}))
        described = blend.own.described
        sample = in_classes(self._panel.sample(target, symbols=symbols), described.labels)
        rows = later_rows(sample, self._panel.target(target), until, length)
        if not len(rows):
            raise SampleError(f"no labelled row came after {until:%Y-%m-%d %H:%M} UTC")
        wanted = [(OutcomeMode.CROSS_SECTIONAL if symbol is None else OutcomeMode.SYMBOL_SPECIFIC, blend.own.predict)]
        if blend.pooled is not None:
            wanted.append((OutcomeMode.BOTH, blend.predict))
        features = self._features(target, symbols, blend, rows)
        for mode, predict in wanted:
            whole = Scored(sample, self._panel.target(target), rows, predict(features))
            parts = [(symbol, whole), *([(one, whole.of_symbol(one)) for one in symbols] if symbol is None else [])]
            for name, scored in parts:
                try:
                    yield outcome_row(
                        self._run["run_id"], target, name, mode, until, scored,
                        job_id=job_id, model=blend.own.files.digest,
                    )  # fmt: skip
                except SampleError as error:
                    troubles.append(trouble(self._run["run_id"], target, name, error))

    def _features(self, target: str, symbols: Sequence[str], blend: Blend, rows: Any) -> Any:
        """Return the features of rows.

        Raises:
            SampleError: the panel lacks features.
        """
        lacking = [name for name in blend.features if name not in self._panel.features]
        if lacking:
            raise SampleError(f"the panel lacks the features {', '.join(lacking[:3])}, which the model needs")
        sample = self._panel.sample(target, symbols=symbols, features=blend.features)
        return sample.source.frame(rows).astype(float)  # as loaded models take them


def _refit_all(
    panel: Panel, tasks: Sequence[Refit], workers: int | None, progress: Progress
) -> Iterator[tuple[list[dict[str, Any]], list[str]]]:
    """Yield the outcomes of refits in the order of the tasks."""
    if not tasks:
        return
    with tempfile.TemporaryDirectory(prefix="planstore-") as folder:
        rows = panel.layout.facts.rows
        fits = [largest_fit(panel, task.families, task.fit_rows or rows) for task in tasks]
        fit = max(fits, key=lambda one: one.worker_bytes(panel))
        found = {}
        with closing(ExecutorSettings(workers=workers).open(panel, measure_refit, Path(folder), fit)) as executor:
            for task, measured in RetriedTasks(executor, tasks):
                found[task.run_id, task.target] = measured
                progress({"measured": len(found), JobState.PLANNED.value: len(tasks) - len(found)})
    for task in tasks:
        yield found[task.run_id, task.target]
