"""Estimate of a measurement before it begins: fits, time and memory, from timed sides of a few rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.checks.arguments import checked
from planstore.training.evidence.measure import FAMILIES, questions_of
from planstore.training.evidence.side import Question, measure_sample
from planstore.training.execution.executor_settings import ExecutorSettings
from planstore.training.execution.memory import affordable_workers, largest_fit
from planstore.training.panel.panel import Panel

if TYPE_CHECKING:
    from planstore.training.panel.panel import Sample

TIMED_ROWS = 50_000
"""Maximum number of rows of the larger of two timed sides; the time of others is a straight line through both."""


@dataclass(frozen=True)
class EvidenceEstimate:
    """Estimate of a measurement, if no side was measured before.

    Attributes:
        sides: number of sides.
        fits: number of fits: a family in a fold with a seed.
        processor_seconds: processor time of all sides.
        workers: number of worker processes.
        seconds: time on these workers.
        worker_bytes: maximum memory of a worker.
    """

    sides: int
    fits: int
    processor_seconds: float
    workers: int
    seconds: float
    worker_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


@checked
def estimate_evidence(
    panel: Panel,
    *,
    families: Sequence[str] = FAMILIES,
    families_file: Path | None = None,
    folds: int = 5,
    seed: int = 0,
    seeds: int = 1,
    select: int = 30,
    symbols: bool = True,
    workers: int | None = None,
    max_fit_rows: int | None = None,
) -> EvidenceEstimate:
    """Return the estimate of a measurement; arguments are as for :func:`measure <planstore.Store.measure>`.

    Two sides of few rows are measured and timed for each task type of the panel's targets.

    Raises:
        RequestError: an argument cannot be used.
        FamiliesError: the families file cannot be used.
    """
    ExecutorSettings(workers=workers)
    questions = questions_of(
        panel, families=families, families_file=families_file, folds=folds, seed=seed, seeds=seeds, select=select,
        symbols=symbols,
    )  # fmt: skip
    fit = largest_fit(panel, questions[0].families, max_fit_rows)
    timed: dict[tuple[str, bool], _Line] = {}
    seconds = []
    for question in questions:
        if question.symbol in panel.missing:
            continue
        kind = panel.target(question.target).task_type, bool(question.families)
        if not timed:
            _timed(panel, question)  # because the first side imports its libraries
        if kind not in timed:
            timed[kind] = _timed(panel, question)
        counts = panel.layout.facts.symbols
        seconds.append(timed[kind].at(sum(counts.values()) if question.symbol is None else counts[question.symbol]))
    used = min(affordable_workers(panel, workers, fit), len(questions))
    return EvidenceEstimate(
        sides=len(questions),
        fits=sum(len(question.families) for question in questions if question.symbol not in panel.missing)
        * folds
        * seeds,
        processor_seconds=round(sum(seconds), 1),
        workers=used,
        seconds=round(max([sum(seconds) / used, *seconds]), 1),
        worker_bytes=fit.worker_bytes(panel),
    )


@dataclass(frozen=True)
class _Line:
    """Processor seconds of a side by its rows."""

    rows: int
    seconds: float
    per_row: float

    def at(self, rows: int) -> float:
        return max(0.0, self.seconds + (rows - self.rows) * self.per_row)


def _timed(panel: Panel, question: Question) -> _Line:
    """Measure two sides of the question's target, one on its longest symbol and one on several, and time them."""
    names = sorted(panel.layout.facts.symbols, key=lambda name: -panel.layout.facts.symbols[name])
    several: list[str] = []
    rows = 0
    for name in names:
        rows += panel.layout.facts.symbols[name]
        if several and rows > TIMED_ROWS:
            break
        several.append(name)
    small = panel.sample(question.target, symbols=names[:1])
    first = _seconds(panel, replace(question, symbol=names[0]), small)
    if len(several) == 1:
        return _Line(len(small.labels), first, first / max(1, len(small.labels)))
    large = panel.sample(question.target, symbols=several)
    second = _seconds(panel, replace(question, symbol=None), large)
    per_row = max(0.0, (second - first) / max(1, len(large.labels) - len(small.labels)))
    return _Line(len(small.labels), first, per_row)


def _seconds(panel: Panel, question: Question, sample: Sample) -> float:
    started = time.process_time()
    measure_sample(panel.target(question.target), question, sample)
    return time.process_time() - started
