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
from planstore.events.vocabulary import SIDES, TRAINED_TYPES, SignalState, TrainingType
from planstore.ledger.storage import ArtifactStorage
from planstore.outcomes.bootstrap import Estimate, by_run, rounded, sums_by_run
from planstore.outcomes.charts import svg, value_chart, write_svg
from planstore.outcomes.replayed import COLUMNS, ReplayedRoutes
from planstore.outcomes.thresholds import Variation, variations
from planstore.pages.answers import Answer, text_table
from planstore.plans.cost import hours_by_kind

if TYPE_CHECKING:
    import numpy as np

    from planstore.routing.policy_reader import ReadPolicy

RECORDED = "as recorded"
"""Name of the decisions that the runs recorded."""
COST_PER_JOB = 0.02
"""Cost of a job where the call gives none."""
COSTS = (0.0, 0.01, 0.02, 0.05, 0.1)
"""Costs per job of the value curve, besides the requested one."""
LEAST_RUNS = 4
"""Fewest runs of which one half chooses thresholds and the other tests them."""
_PAIRS, _POOLED, _OWN, _BOTH, _EXPERIMENTAL, _JOBS, _ADVANTAGE = range(len(COLUMNS))


@dataclass(frozen=True)
class PolicyValue:
    """What the routes of a policy were worth, over all runs.

    Attributes:
        policy: its name; ``as recorded`` means the decisions of the runs.
        pooled, own, both, experimental, blocked: numbers of pairs by the model that their route trains for them.
        jobs: number of jobs.
        hours: hours of one CPU core that the jobs take, by the mean time of the recorded jobs of their kind; None where
            no job of a kind was timed.
        advantage: mean score over null of the pairs that are not blocked; None without one.
        value: sum of the scores over null less the cost of all jobs, per pair.
    """

    policy: str
    pooled: int
    own: int
    both: int
    experimental: int
    blocked: int
    jobs: int
    hours: float | None
    advantage: float | None
    value: Estimate


@dataclass(frozen=True)
class ValueDifference:
    """The value of the best policy minus that of another, in the same runs."""

    policy: str
    other: str
    difference: Estimate


@dataclass(frozen=True)
class CurvePoint:
    """The value per pair of each policy at a cost per job, and the best one."""

    cost_per_job: float
    values: Mapping[str, float]
    best: str


@dataclass(frozen=True)
class ThresholdTest:
    """A threshold that was chosen on the first half of the runs, and tested on the second.

    Attributes:
        policy: the policy.
        key: the key of its threshold.
        given, chosen: its threshold, and the one of most value in the first half; a greater one than all scores
            means that no side passes.
        first_given, first_chosen: their values per pair in the first half.
        second_given, second_chosen: in the second half.
        gain: the difference in the second half.
    """

    policy: str
    key: str
    given: float
    chosen: float
    first_given: float
    first_chosen: float
    second_given: float
    second_chosen: float
    gain: Estimate


@dataclass(frozen=True)
class ModelComparison:
    """The three models on the same symbols: mean scores over null, of pairs whose symbol side had a state.

    Attributes:
        state: that signal state; None means all.
        pairs: number of pairs.
        pooled, own, both: of the cross-sectional model, the symbol's own, and the mean of both.
        own_over_pooled, both_over_pooled: differences.
        pooled_jobs, own_jobs: jobs that train the models: one for each target in a run, and one for each pair.
        pooled_hours, own_hours: their hours, as of `PolicyValue`; the mean of both takes both.
    """

    state: str | None
    pairs: int
    pooled: float
    own: float
    both: float
    own_over_pooled: Estimate
    both_over_pooled: Estimate
    pooled_jobs: int
    own_jobs: int
    pooled_hours: float | None
    own_hours: float | None


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
        kinds = [_label(kind) for kind in TRAINED_TYPES if kind not in self.hours_by_kind]
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
    judged = _Judged(np.array(sums), (RECORDED, *names), hours, per_job, cost_per_hour or 0.0, seed)
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
        models=_models(pairs, hours, seed),
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


def _label(kind: TrainingType) -> str:
    return kind.replace("_", "-")


class _Judged:
    """Sums by run, policy and `COLUMNS`: first as recorded, then the policies, then their variations."""

    def __init__(
        self, sums: np.ndarray, names: Sequence[str], hours: Mapping[str, float], cost: float, hourly: float, seed: int
    ) -> None:
        import numpy as np

        self._sums = sums
        self._names = names
        self._cost = cost
        self._seed = seed
        own = sums[..., [_OWN, _BOTH, _EXPERIMENTAL]].sum(axis=-1)
        self._hours = np.zeros_like(own)
        for kind, jobs in zip(TRAINED_TYPES, (sums[..., _JOBS] - own, own), strict=True):
            if hourly and kind not in hours and jobs.any():
                raise RequestError(
                    f"cost_per_hour must be 0 where no {_label(kind)} job was timed, got {hourly:g}: train one first, "
                    "or give a cost per job"
                )
            self._hours += np.where(jobs > 0, jobs * hours.get(kind, np.nan), 0.0)
        self._hourly = hourly * self._hours if hourly else np.zeros_like(own)

    def _value(self, place: int, cost: float, runs: slice = slice(None)) -> np.ndarray:
        """Return the value of a policy in each run: scores over null, less the cost of its jobs and hours."""
        of_jobs = cost * self._sums[runs, place, _JOBS] + self._hourly[runs, place]
        found: np.ndarray = self._sums[runs, place, _ADVANTAGE] - of_jobs
        return found

    def _per_pair(self, values: np.ndarray, runs: slice = slice(None)) -> Estimate:
        import numpy as np

        sums = np.stack([self._sums[runs, 0, _PAIRS], values], axis=1)
        return by_run(sums, lambda total: total[:, 1] / total[:, 0], seed=self._seed)

    def policies(self) -> list[PolicyValue]:
        """Return the value of each policy."""
        import numpy as np

        found = []
        for place, name in enumerate(self._names):
            total = self._sums[:, place].sum(axis=0)
            pooled, own, both, experimental = (int(total[one]) for one in (_POOLED, _OWN, _BOTH, _EXPERIMENTAL))
            trained = pooled + own + both + experimental
            hours = float(self._hours[:, place].sum())
            found.append(
                PolicyValue(
                    name, pooled, own, both, experimental, int(total[_PAIRS]) - trained, int(total[_JOBS]),
                    rounded(hours) if np.isfinite(hours) else None,
                    rounded(float(total[_ADVANTAGE]) / trained) if trained else None,
                    self._per_pair(self._value(place, self._cost)),
                )
            )  # fmt: skip
        return found

    def _best(self, cost: float) -> int:
        return max(range(len(self._names)), key=lambda place: float(self._value(place, cost).sum()))

    def differences(self) -> list[ValueDifference]:
        """Return the difference of the best policy to each other one."""
        best = self._best(self._cost)
        return [
            ValueDifference(
                self._names[best], name, self._per_pair(self._value(best, self._cost) - self._value(place, self._cost))
            )
            for place, name in enumerate(self._names)
            if place != best
        ]

    def curve(self) -> list[CurvePoint]:
        """Return the values at each cost."""
        pairs = float(self._sums[:, 0, _PAIRS].sum())
        return [
            CurvePoint(
                cost,
                {
                    name: rounded(float(self._value(place, cost).sum()) / pairs)
                    for place, name in enumerate(self._names)
                },
                self._names[self._best(cost)],
            )
            for cost in sorted({*COSTS, self._cost})
        ]

    def thresholds(self, varied: Sequence[Variation], first: int) -> list[ThresholdTest]:
        """Return for each policy and side the threshold that the first runs choose, tested on the others."""
        found = []
        for name in self._names[1:]:
            given = self._names.index(name)
            for side in SIDES:
                places = [
                    (len(self._names) + place, one)
                    for place, one in enumerate(varied)
                    if (one.policy, one.side) == (name, side)
                ]
                if places:
                    found.append(self._test(name, given, places, first))
        return found

    def _test(self, name: str, given: int, places: Sequence[tuple[int, Variation]], first: int) -> ThresholdTest:
        before, after = slice(None, first), slice(first, None)

        def value(place: int, runs: slice) -> float:
            return rounded(float(self._value(place, self._cost, runs).sum() / self._sums[runs, 0, _PAIRS].sum()))

        key, threshold = places[0][1].key, places[0][1].given
        best, chosen = given, threshold
        for place, one in places:
            if value(place, before) > value(best, before):
                best, chosen = place, one.threshold
        gain = self._value(best, self._cost, after) - self._value(given, self._cost, after)
        return ThresholdTest(
            name, key, threshold, chosen, value(given, before), value(best, before), value(given, after),
            value(best, after), self._per_pair(gain, after),
        )  # fmt: skip


def _models(pairs: Sequence[Record], hours: Mapping[str, float], seed: int) -> list[ModelComparison]:
    import numpy as np

    runs = np.array([pair["run_id"] for pair in pairs], dtype=object)
    states = np.array([pair["local_state"] for pair in pairs], dtype=object)
    targets = np.array([f"{pair['run_id']}\0{pair['target']}" for pair in pairs], dtype=object)
    pooled, own, both = (np.array([pair[name] for pair in pairs]) for name in ("pooled", "own", "both"))

    def mean(values: np.ndarray, where: np.ndarray) -> Estimate:
        sums = sums_by_run(runs[where], np.ones(int(where.sum())), values[where])
        return by_run(sums, lambda total: total[:, 1] / total[:, 0], seed=seed)

    chosen = [(str(state), states == state) for state in SignalState if (states == state).any()]

    def taken(kind: TrainingType, jobs: int) -> float | None:
        return rounded(jobs * hours[kind]) if kind in hours else None

    def compared(state: str | None, where: np.ndarray) -> ModelComparison:
        jobs = len(set(targets[where])), int(where.sum())
        over_null = [rounded(float(values[where].mean())) for values in (pooled, own, both)]
        return ModelComparison(
            state, int(where.sum()), over_null[0], over_null[1], over_null[2], mean(own - pooled, where),
            mean(both - pooled, where), *jobs, *map(taken, TRAINED_TYPES, jobs),
        )  # fmt: skip

    return [compared(state, where) for state, where in [*chosen, (None, np.ones(len(pairs), bool))]]
