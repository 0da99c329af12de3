"""Backtest: policies over history, judged by the scores that came true of their routes; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.audit.scenario import Record
from planstore.database.session import Session
from planstore.errors import NotFoundError, RequestError
from planstore.events.outcome import metric_word
from planstore.events.vocabulary import TRAINED_TYPES
from planstore.ledger.storage import ArtifactStorage
from planstore.outcomes.bootstrap import rounded
from planstore.outcomes.charts import svg, value_chart, write_svg
from planstore.outcomes.model_comparison import ModelComparison, compared_models
from planstore.outcomes.policy_values import (
    CurvePoint,
    PolicyValue,
    PolicyValues,
    ThresholdTest,
    ValueDifference,
    hyphened,
)
from planstore.outcomes.replayed import ReplayedRoutes
from planstore.outcomes.thresholds import variations
from planstore.pages.answers import Answer, text_table
from planstore.plans.cost import hours_by_kind

if TYPE_CHECKING:
    from planstore.routing.policy_reader import ReadPolicy

RECORDED = "as recorded"
"""Name of the decisions that the runs recorded."""
COST_PER_JOB = 0.02
"""Cost of a job where the call gives none."""
LEAST_RUNS = 4
"""Fewest runs of which one half chooses thresholds and the other tests them."""


@dataclass(frozen=True, repr=False)
class Backtest(Answer):
    """Policies judged by what came true.

    Attributes:
        metric: the metric of all scores.
        other_metrics: numbers of pairs with outcomes by other metrics, which are left out.
        cost_per_job, cost_per_hour: what a job, and an hour of its training, cost, in the unit of the scores.
        hours_by_kind: mean hours of one CPU core of the recorded jobs, by kind; a kind that was never timed is missing.
        runs: run ids, oldest first.
        pairs: number of pairs over all runs.
        policies: in the order of the call, after ``as recorded``.
        differences: the best policy against each other one.
        curve: values by cost per job, at the same cost per hour.
        thresholds: thresholds chosen on the first half of the runs; empty if there are fewer than four runs.
        models: the three models on the same symbols, by signal state of the symbol side, and over all.
    """

    metric: str
    other_metrics: Mapping[str, int]
    cost_per_job: float
    cost_per_hour: float
    hours_by_kind: Mapping[str, float]
    runs: Sequence[str]
    pairs: int
    policies: Sequence[PolicyValue]
    differences: Sequence[ValueDifference]
    curve: Sequence[CurvePoint]
    thresholds: Sequence[ThresholdTest]
    models: Sequence[ModelComparison]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {**asdict(self), "verdict": self.verdict}

    def write_plot(self, path: str | Path) -> Path:
        """Write the chart of values by the cost of a job to an SVG file, and return its path.

        Raises:
            ExportError: it cannot be written.
            RequestError: the path is inside of a store.
        """
        lines = {one.policy: [point.values[one.policy] for point in self.curve] for one in self.policies}
        chart = value_chart([point.cost_per_job for point in self.curve], lines)
        return write_svg(
            path, svg("backtest.svg.j2", chart=chart, metric=self.metric, runs=len(self.runs), pairs=self.pairs)
        )

    @property
    def verdict(self) -> str:
        """Which policy would have been better, by how much, and whether that can be told."""
        nearest = min(self.differences, key=lambda one: one.difference.value or 0.0)
        low, high = nearest.difference.low, nearest.difference.high
        amount = f"{nearest.difference.value or 0.0:.4f} {self.metric} over null per pair, at {self.costs}"
        if low is None or high is None:
            return (
                f"{nearest.policy} is better than {nearest.other} by {amount}; one run says nothing of its uncertainty."
            )
        interval = f"95 % from {low:.4f} to {high:.4f}"
        if low <= 0:
            return f"{nearest.policy} and {nearest.other} cannot be told apart: they differ by {amount} ({interval})."
        return f"{nearest.policy} would have been better than {nearest.other} by {amount} ({interval})."

    @property
    def costs(self) -> str:
        """The costs in words."""
        per_hour = f"{self.cost_per_hour:g} per hour"
        if not self.cost_per_hour:
            return f"{self.cost_per_job:g} per job"
        return f"{self.cost_per_job:g} per job and {per_hour}" if self.cost_per_job else per_hour

    @property
    def untimed(self) -> str | None:
        """Why hours are missing; None where none is."""
        if all(one.hours is not None for one in self.policies):
            return None
        kinds = [hyphened(kind) for kind in TRAINED_TYPES if kind not in self.hours_by_kind]
        return (
            f"no {' and no '.join(kinds)} job of the ledger was timed: `planstore train` times the jobs that it trains"
        )

    def __str__(self) -> str:
        rows = [{**asdict(one), "value": one.value.value} for one in self.policies]
        return f"{self.verdict}\n{text_table(rows)}"


def backtest(
    session: Session,
    artifacts: ArtifactStorage,
    policies: Sequence[ReadPolicy],
    *,
    cost_per_job: float | None,
    cost_per_hour: float | None,
    metric: str | None,
    seed: int,
    progress: Callable[[str], None] = lambda _: None,
) -> Backtest:
    """Judge policies by outcomes; see :meth:`Store.backtest <planstore.Store.backtest>`."""
    import numpy as np

    if not policies:
        raise RequestError("policies must be at least one, got none: name a policy")
    for name, cost in (("cost_per_job", cost_per_job), ("cost_per_hour", cost_per_hour)):
        if cost is not None and not 0 <= cost < np.inf:
            raise RequestError(f"{name} must be a number from 0, got {cost}")
    per_job = (COST_PER_JOB if cost_per_hour is None else 0.0) if cost_per_job is None else cost_per_job
    wanted, by_metric = _comparable(session, metric)
    pairs = by_metric.pop(wanted)
    by_commit: dict[int, list[Record]] = {}
    for pair in pairs:
        by_commit.setdefault(pair["commit_id"], []).append(pair)
    runs = [run for run in session.records("store/runs_between", first=0, last=2**62) if run["commit_id"] in by_commit]
    first_half = {run["commit_id"] for run in runs[: len(runs) // 2]} if len(runs) >= LEAST_RUNS else set()
    names = _names(policies)
    varied = variations(
        dict(zip(names, policies, strict=True)), wanted, [pair for pair in pairs if pair["commit_id"] in first_half]
    )
    tried = [read.policy for read in policies] + [one.varied for one in varied]
    sums = []
    with ReplayedRoutes(session, artifacts, by_commit) as routes:
        for run in runs:
            progress(run["run_id"])
            sums.append([routes.recorded(run), *routes.replayed(run, tried)])
    hours = hours_by_kind(session)
    judged = PolicyValues(np.array(sums), (RECORDED, *names), hours, per_job, cost_per_hour or 0.0, seed)
    return Backtest(
        metric=wanted,
        other_metrics={name: len(found) for name, found in by_metric.items()},
        cost_per_job=per_job,
        cost_per_hour=cost_per_hour or 0.0,
        hours_by_kind={kind: rounded(one) for kind, one in hours.items()},
        runs=[run["run_id"] for run in runs],
        pairs=len(pairs),
        policies=judged.policies(),
        differences=judged.differences(),
        curve=judged.curve(),
        thresholds=judged.thresholds(varied, len(first_half)),
        models=compared_models(pairs, hours, seed),
    )


def _comparable(session: Session, metric: str | None) -> tuple[str, dict[str, list[Record]]]:
    """Return the metric, and the pairs with outcomes of all three models by each metric.

    Raises:
        NotFoundError: there is none.
    """
    by_metric: dict[str, list[Record]] = {}
    for row in session.records("outcomes/comparable_pairs"):
        by_metric.setdefault(metric_word(row["metric_name"]), []).append(row)
    wanted = (
        metric_word(metric) if metric is not None else max(by_metric, key=lambda one: len(by_metric[one]), default="")
    )
    if wanted not in by_metric:
        by = "" if metric is None else f" by {metric}"
        raise NotFoundError(
            f"there must be a pair with outcomes{by} of the cross-sectional model, of its own and of both, got none: "
            "measure them with `planstore outcomes measure PANEL --refit`"
        )
    return wanted, by_metric


def _names(policies: Sequence[ReadPolicy]) -> list[str]:
    """Return the names of policies; those of the same name are numbered."""
    names = [read.name for read in policies]
    return [
        name if names.count(name) == 1 and name != RECORDED else f"{name} {names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]
