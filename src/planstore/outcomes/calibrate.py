"""Calibration: promised scores compared with those that came true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.database.session import Session
from planstore.errors import NotFoundError
from planstore.events.outcome import metric_word
from planstore.events.vocabulary import SIDES, SignalState
from planstore.outcomes.bootstrap import Estimate, by_run, mean, rounded, sums_by_run
from planstore.outcomes.charts import Record, promise_charts, svg, write_svg
from planstore.pages.answers import Answer, plural, text_table

if TYPE_CHECKING:
    import numpy as np

LEAST_OUTCOMES = 10
"""Fewest outcomes of which slopes are told."""
CHANCE = {"auc": 0.5, "r2": 0.0}
"""The score of chance, by metric."""


@dataclass(frozen=True)
class StateCalibration:
    """Promised and realized scores of the sides of one signal state.

    Attributes:
        side: ``cross_sectional`` or ``symbol``.
        state: the signal state; None means all states.
        outcomes: number of outcomes.
        promised, realized: mean scores.
        gap: mean of realized minus promised.
        above_null: share of the outcomes with a null that exceed it.
        above_chance: share that exceeds an AUC of 0.5, or an R² of 0; None for another metric.
    """

    side: str
    state: str | None
    outcomes: int
    promised: float
    realized: float
    gap: Estimate
    above_null: Estimate
    above_chance: float | None


@dataclass(frozen=True)
class SideCalibration:
    """How well promises of one kind of side rank and cover what came true.

    Attributes:
        side: ``cross_sectional`` or ``symbol``.
        outcomes, runs: numbers of outcomes and of runs.
        slope: of realized on promised scores; 1 is perfect. It is None for fewer than ten outcomes.
        slope_within: the same for deviations from the mean of their target in their run: which symbol is better.
        rmse: root of the mean squared error of the promise as a forecast.
        rmse_of_means: the same of the mean promise of the target in the run; None for cross-sectional sides, of which
            there is one.
        coverage: share of the outcomes inside of the interval of their evidence.
    """

    side: str
    outcomes: int
    runs: int
    slope: Estimate
    slope_within: Estimate
    rmse: float
    rmse_of_means: float | None
    coverage: Estimate


@dataclass(frozen=True)
class RankCalibration:
    """Symbols at one rank of the promises of their target in their run, where 1 is the best.

    Attributes:
        rank: the rank.
        of: number of symbols that are ranked.
        groups: number of targets in runs with that many symbols.
        promised, realized: mean scores.
        realized_of_all: mean realized score of all symbols of these targets in these runs.
    """

    rank: int
    of: int
    groups: int
    promised: float
    realized: float
    realized_of_all: float


@dataclass(frozen=True, repr=False)
class Calibration(Answer):
    """Promised scores compared with those that came true.

    Attributes:
        metric: the metric of all scores.
        other_metrics: numbers of outcomes by other metrics, which are left out.
        states: by side and signal state, best first, and over all states.
        sides: by side.
        ranks: by rank of a symbol among those of its target in its run.
        compared: the outcomes, oldest first: run_id, target, symbol, state, promised, realized and more.
    """

    metric: str
    other_metrics: Mapping[str, int]
    states: Sequence[StateCalibration]
    sides: Sequence[SideCalibration]
    ranks: Sequence[RankCalibration]
    compared: Sequence[Record]

    def charts(self) -> list[Record]:
        """Return a chart of promised and realized scores for each kind of side, for templates of pages."""
        return promise_charts(self.metric, self.compared)

    def write_plot(self, path: str | Path) -> Path:
        """Write the charts of promised and realized scores to an SVG file, and return its path.

        Raises:
            ExportError: it cannot be written.
            RequestError: the path is inside of a store.
        """
        return write_svg(path, svg("calibration.svg.j2", charts=self.charts()))

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes but the single outcomes, for JSON."""
        return {
            "metric": self.metric,
            "other_metrics": dict(self.other_metrics),
            **{name: [asdict(one) for one in getattr(self, name)] for name in ("states", "sides", "ranks")},
        }

    def __str__(self) -> str:
        total = sum(side.outcomes for side in self.sides)
        names = [field.name for field in fields(StateCalibration) if field.name not in ("gap", "above_null")]
        rows = [
            {name: getattr(one, name) for name in names} | {"gap": one.gap.value, "above_null": one.above_null.value}
            for one in self.states
        ]
        return f"{plural(total, 'outcome')} by {self.metric}\n{text_table(rows)}"


def calibrate(session: Session, *, targets: Sequence[str], metric: str | None, seed: int) -> Calibration:
    """Compare promises with outcomes; see :meth:`Store.calibrate <planstore.Store.calibrate>`."""
    rows = session.records("outcomes/compared", targets=list(targets))
    by_metric: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_metric.setdefault(metric_word(row["metric_name"]), []).append(row)
    wanted = (
        metric_word(metric) if metric is not None else max(by_metric, key=lambda one: len(by_metric[one]), default="")
    )
    if wanted not in by_metric:
        which = f" of {', '.join(targets)}" if targets else ""
        by = "" if metric is None else f" by {metric}"
        raise NotFoundError(
            f"there must be an outcome{which}{by} whose evidence has a score, got none: record them with `planstore "
            "outcomes record FILE` or `planstore outcomes measure PANEL`"
        )
    chosen = by_metric.pop(wanted)
    sides = [
        _Compared(side, [row for row in chosen if (row["symbol"] is None) is (side == SIDES[0])]) for side in SIDES
    ]
    known = [side for side in sides if len(side.promised)]
    return Calibration(
        metric=wanted,
        other_metrics={name: len(found) for name, found in by_metric.items()},
        states=[state for side in known for state in side.states(wanted, seed)],
        sides=[side.side_calibration(seed) for side in known],
        ranks=[rank for side in known if side.name == SIDES[1] for rank in side.ranks()],
        compared=chosen,
    )


class _Compared:
    """Promised and realized scores of one kind of side, as columns."""

    def __init__(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        import numpy as np

        def column(key: str) -> np.ndarray:
            return np.array([np.nan if row[key] is None else row[key] for row in rows], dtype=float)

        self.name = name
        self.runs = np.array([row["run_id"] for row in rows], dtype=object)
        self.targets = np.array([row["target"] for row in rows], dtype=object)
        self.state = np.array([row["state"] for row in rows], dtype=object)
        self.promised, self.realized, self.null = map(column, ("promised", "realized", "realized_null"))
        self.low, self.high = map(column, ("promised_low", "promised_high"))
        keys = [f"{row['run_id']}\0{row['target']}" for row in rows]
        self.groups = np.unique(keys, return_inverse=True)[1] if rows else np.empty(0, dtype=int)

    def states(self, metric: str, seed: int) -> list[StateCalibration]:
        """Return the comparison for each signal state that occurs, and for all."""
        import numpy as np

        names = [state for state in SignalState if (self.state == state).any()]
        chosen = [(str(state), self.state == state) for state in names]
        return [
            self._state(name, where, metric, seed) for name, where in [*chosen, (None, np.ones(len(self.state), bool))]
        ]

    def _state(self, name: str | None, where: np.ndarray, metric: str, seed: int) -> StateCalibration:
        import numpy as np

        runs, promised, realized, null = (one[where] for one in (self.runs, self.promised, self.realized, self.null))
        above = np.where(np.isfinite(null), realized > null, np.nan)
        chance = CHANCE.get(metric)
        return StateCalibration(
            self.name, name, len(runs), rounded(float(promised.mean())), rounded(float(realized.mean())),
            mean(runs, realized - promised, seed=seed), mean(runs, above, seed=seed),
            None if chance is None else rounded(float((realized > chance).mean())),
        )  # fmt: skip

    def side_calibration(self, seed: int) -> SideCalibration:
        """Return slopes, errors and coverage."""
        import numpy as np

        means = self._means(self.promised)
        stated = np.isfinite(self.low) & np.isfinite(self.high)
        inside = np.where(stated, (self.realized >= self.low) & (self.realized <= self.high), np.nan)
        within = (self.promised - means, self.realized - self._means(self.realized))
        is_symbol = self.name == SIDES[1]
        return SideCalibration(
            side=self.name,
            outcomes=len(self.promised),
            runs=len(set(self.runs)),
            slope=_slope(self.runs, self.promised, self.realized, seed),
            slope_within=_slope(self.runs, *within, seed) if is_symbol else Estimate(None, None, None),
            rmse=_rms(self.realized - self.promised),
            rmse_of_means=_rms(self.realized - means) if is_symbol else None,
            coverage=mean(self.runs, inside, seed=seed),
        )

    def _means(self, values: np.ndarray) -> np.ndarray:
        """Return for each row the mean of its target in its run."""
        import numpy as np

        found: np.ndarray = (np.bincount(self.groups, weights=values) / np.bincount(self.groups))[self.groups]
        return found

    def ranks(self) -> list[RankCalibration]:
        """Return promised and realized scores by rank; of groups of several sizes those of the most common one."""
        import numpy as np

        sizes = np.bincount(self.groups)[self.groups]
        common = np.bincount(sizes[sizes > 1])
        if not len(common):
            return []
        size = int(common.argmax())
        rows = np.flatnonzero(sizes == size)
        order = rows[np.lexsort((-self.promised[rows], self.groups[rows]))].reshape(-1, size)
        whole = rounded(float(self.realized[order].mean()))
        return [
            RankCalibration(
                rank + 1, size, len(order), rounded(float(self.promised[order[:, rank]].mean())),
                rounded(float(self.realized[order[:, rank]].mean())), whole,
            )
            for rank in range(size)
        ]  # fmt: skip


def _slope(runs: np.ndarray, x: np.ndarray, y: np.ndarray, seed: int) -> Estimate:
    """Return the slope of the least-squares line of y on x."""
    import numpy as np

    if len(x) < LEAST_OUTCOMES:
        return Estimate(None, None, None)
    middle = x - x.mean()  # because sums of squares far from zero lose digits
    other = y - y.mean()
    sums = sums_by_run(runs, np.ones(len(x)), middle, other, middle * middle, middle * other)

    def slope(total: np.ndarray) -> np.ndarray:
        number, of_x, of_y, squares, products = total.T
        spread = squares - of_x**2 / number
        found: np.ndarray = np.where(
            spread > np.finfo(float).eps * np.maximum(squares, 1e-300) * number,
            (products - of_x * of_y / number) / spread,
            np.nan,
        )
        return found

    return by_run(sums, slope, seed=seed)


def _rms(errors: np.ndarray) -> float:
    import numpy as np

    return rounded(float(np.sqrt((errors**2).mean())))
