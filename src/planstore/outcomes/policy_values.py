"""Values of policies: the scores over null that their routes gave, less the costs of their jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.errors import RequestError
from planstore.events.vocabulary import SIDES, TRAINED_TYPES, TrainingType
from planstore.outcomes.bootstrap import Estimate, by_run, rounded
from planstore.outcomes.replayed import COLUMNS
from planstore.outcomes.thresholds import Variation

if TYPE_CHECKING:
    import numpy as np

COSTS = (0.0, 0.01, 0.02, 0.05, 0.1)
"""Costs per job of the value curve, besides the requested one."""
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


class PolicyValues:
    """The values of policies, over their runs.

    Args:
        sums: by run, policy and `COLUMNS`: first as recorded, then the policies, then their variations.
        names: of the policies, without their variations; the first is that of the recorded decisions.
        hours: mean hours of one CPU core of a job, by kind.
        cost, hourly: what a job costs, and an hour of it.
        seed: seed of the intervals.

    Raises:
        RequestError: an hour costs something, and jobs of a kind that was never timed are trained.
    """

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
                    f"cost_per_hour must be 0 where no {hyphened(kind)} job was timed, got {hourly:g}: train one "
                    "first, or give a cost per job"
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


def hyphened(kind: TrainingType) -> str:
    """Return the word for a kind of job, as in messages."""
    return kind.replace("_", "-")
