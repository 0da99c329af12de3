"""Evidence of one side: a target over all symbols or on one, fitted and scored fold by fold, with its null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from planstore.errors import SampleError
from planstore.events.vocabulary import LeakageStatus
from planstore.models.blend import predicted_rows
from planstore.training.evidence.folds import fit_rows, time_folds
from planstore.training.evidence.importances import importances
from planstore.training.evidence.leakage import LeakageLimits, Sign, feature_signs, leakage_status, ranked, score_signs
from planstore.training.evidence.nulls import Predicted, ShiftNull, shift_null
from planstore.training.evidence.score import DIGITS, LEAST_OF_CLASS, score, scored_classes
from planstore.training.evidence.selection import F_ROWS, Vote, select, spread, univariate
from planstore.training.evidence.stability import MeasuredStability, Snapshot, mean_snapshot, stability
from planstore.training.families import Family

if TYPE_CHECKING:
    import numpy as np

    from planstore.training.panel.panel import Panel, Sample
    from planstore.training.panel.target import Target

RANKED = 16
"""Number of features whose ranks are in memory at once."""


@dataclass(frozen=True)
class Question:
    """A side to measure.

    Attributes:
        target: its name.
        symbol: the symbol of the rows; None means all symbols.
        families: families to fit, whose mean is the score; with none, only signs of leakage are measured.
        folds: number of folds, in order of time.
        seed: random seed.
        limits: the limits of signs of leakage.
        selects: number of features to select; 0 selects none.
        earlier: the mean snapshots of earlier runs, to measure stability against.
        fit_rows: maximum number of rows that a cross-sectional model is fitted on; None means all.
        seeds: number of seeds, from `seed` on, with which each family is fitted; the score is the mean over them.
    """

    target: str
    symbol: str | None
    families: tuple[Family, ...]
    folds: int = 5
    seed: int = 0
    limits: LeakageLimits = field(default_factory=LeakageLimits)
    selects: int = 0
    earlier: tuple[Snapshot, ...] = ()
    fit_rows: int | None = None
    seeds: int = 1

    @property
    def side(self) -> tuple[str, str | None]:
        """Target and symbol."""
        return self.target, self.symbol


@dataclass(frozen=True)
class MeasuredSide:
    """The measurements of one side.

    Attributes:
        target, symbol, task_type: the side; symbol is None for all symbols.
        sample_size: rows with a label.
        scores: of each fold that has one, AUC or R² out of sample; the mean over families and seeds.
        null: the distribution of the score on labels that are shifted in time; None if there are too few timestamps.
        signs: of leakage.
        snapshot: the mean importance of each feature; empty if no family has importances.
        stability: similarity of importances; None if there are none to compare.
        snapshots: number of snapshots behind the stability.
        selected: selected features with votes, best first.
        failed: reasons by family, for families that failed.
        reason: the reason if there is no score, else None.
        sampled: rows that the models of the newest fold are fitted on, and its train rows, of which those are a sample;
            None if they are the same.
    """

    target: str
    symbol: str | None
    task_type: str
    sample_size: int = 0
    scores: tuple[float, ...] = ()
    null: ShiftNull | None = None
    signs: tuple[Sign, ...] = ()
    snapshot: Snapshot = field(default_factory=dict)
    stability: MeasuredStability | None = None
    snapshots: int = 0
    selected: tuple[Vote, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    sampled: tuple[int, int] | None = None

    @property
    def score(self) -> float | None:
        """The mean over folds."""
        return _mean(self.scores)

    @property
    def null_score(self) -> float | None:
        """The mean score on labels that are shifted in time."""
        return None if self.null is None else self.null.score

    @property
    def p_value(self) -> float | None:
        """The probability that chance scores as high."""
        return None if self.null is None else self.null.p_value

    @property
    def interval(self) -> tuple[float, float] | None:
        """The confidence interval (95 %) of the mean over folds, by Student's t; None for less than two folds."""
        import numpy as np
        from scipy.stats import sem, t

        if len(self.scores) < 2:
            return None
        spread = float(sem(self.scores) * t.ppf(0.975, len(self.scores) - 1))
        middle = float(np.mean(self.scores))
        return round(middle - spread, DIGITS), round(middle + spread, DIGITS)

    @property
    def named(self) -> set[str]:
        """The features that signs of leakage name."""
        return {sign.feature for sign in self.signs if sign.feature is not None}

    @property
    def leakage(self) -> LeakageStatus:
        """SAFE, SUSPECT or BLOCKED; UNKNOWN without measurements."""
        return leakage_status(self.signs) if self.reason is None else LeakageStatus.UNKNOWN


@dataclass(frozen=True)
class Measurement:
    """A measured side, and the importances of features in each fold, by which it is compared with later runs."""

    side: MeasuredSide
    shots: tuple[Snapshot, ...] = ()

    def compared(self, earlier: Sequence[Snapshot]) -> MeasuredSide:
        """Return the side with its stability against itself and earlier runs."""
        if not self.side.scores:
            return self.side
        return replace(self.side, stability=stability(self.shots, earlier), snapshots=len(self.shots) + len(earlier))


def measure_side(panel: Panel, question: Question) -> MeasuredSide:
    """Measure one side; an error becomes the reason for its missing score, and is not raised."""
    sample = sample_of(panel, question)
    if sample is None:
        return missing_side(panel, question)
    return measure_sample(panel.target(question.target), question, sample).compared(question.earlier)


def sample_of(panel: Panel, question: Question) -> Sample | None:
    """Return the rows of a side; None where its symbol has none."""
    if question.symbol in panel.missing:
        return None
    return panel.sample(question.target, symbols=None if question.symbol is None else [question.symbol])


def missing_side(panel: Panel, question: Question) -> MeasuredSide:
    """Return the side of a symbol without rows."""
    task_type = panel.target(question.target).task_type
    return MeasuredSide(question.target, question.symbol, task_type, reason=panel.missing[str(question.symbol)])


def measure_sample(target: Target, question: Question, sample: Sample) -> Measurement:
    """Measure the rows of a side, without a comparison with earlier runs."""
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):
            return _Measuring(target, question, sample).measurement()
    except SampleError as error:
        side = MeasuredSide(target.name, question.symbol, target.task_type, len(sample.labels), reason=str(error))
        return Measurement(side)


class _Measuring:
    """A side while it is measured."""

    def __init__(self, target: Target, question: Question, sample: Sample) -> None:
        if not len(sample.labels):
            raise SampleError("no row has a label")
        self.target = target
        self.question = question
        self.sample = sample
        self.names = list(sample.source.names)
        self.folds = time_folds(sample.timestamps, folds=question.folds, horizon=target.gap, symbols=sample.symbols)
        most = question.fit_rows if question.symbol is None else None
        self.fitted = [fit_rows(train, sample.places, most, question.seed) for train, _ in self.folds]
        if sample.labels.min() == sample.labels.max():
            raise SampleError("all labels are the same")

    def measurement(self) -> Measurement:
        """Return the measurements.

        Raises:
            SampleError: no fold has a score.
        """
        if not self.question.families:
            return Measurement(MeasuredSide(
                self.target.name, self.question.symbol, self.target.task_type, len(self.sample.labels),
                signs=tuple(self._signs()),
            ))  # fmt: skip
        fitted: list[_Fitted] = []
        failed: dict[str, str] = {}
        for family in self.question.families:
            try:
                fitted += [self._fit(family, self.question.seed + place) for place in range(self.question.seeds)]
            except SampleError:
                raise
            except Exception as error:  # noqa: BLE001  (an estimator may raise anything; the side says so and goes on)
                failed[family.name] = (
                    f"{type(error).__name__}: {(str(error).splitlines() or ['it does not say why'])[0]}"
                )
        if not fitted:
            reason = "; ".join(f"{name}: {why}" for name, why in failed.items())
            return Measurement(MeasuredSide(
                self.target.name, self.question.symbol, self.target.task_type, len(self.sample.labels),
                failed=failed, reason=reason,
            ))  # fmt: skip
        scores = _means([one.scores for one in fitted])
        importances = next((one.importances for one in fitted if one.importances), {})
        first = next(iter(importances.values()), [])
        shots = [dict(zip(self.names, values.tolist(), strict=True)) for values in first]
        classes = self.target.is_classification
        side = MeasuredSide(
            target=self.target.name,
            symbol=self.question.symbol,
            task_type=self.target.task_type,
            sample_size=len(self.sample.labels),
            scores=scores,
            null=self._null(fitted),
            signs=(*score_signs(_mean(scores), classes=classes, limits=self.question.limits), *self._signs()),
            snapshot=mean_snapshot(shots) if shots else {},
            selected=tuple(self._select(importances)) if self.question.selects else (),
            failed=failed,
            sampled=self._sampled(),
        )
        return Measurement(side, tuple(shots))

    def _sampled(self) -> tuple[int, int] | None:
        fitted, known = len(self.fitted[-1]), len(self.folds[-1][0])
        return (fitted, known) if fitted < known else None

    def _fit(self, family: Family, seed: int) -> _Fitted:
        """Fit a family in every fold, and score its predictions of the test rows."""
        import numpy as np

        fitted = _Fitted()
        for train, (_, test) in zip(self.fitted, self.folds, strict=True):
            truth = self.sample.labels[test]
            if len(np.unique(self.sample.labels[train])) < 2 or not self._is_scored(truth):
                continue
            estimator, values = self._predicted(family, seed, train, test)
            found = score(self.target.task_type, truth, values)
            assert found is not None
            fitted.scores.append(found)
            fitted.tests.append(test)
            fitted.predicted.append(values)
            fitted.note(importances(estimator))
        if not fitted.scores:
            several = f", of several with {LEAST_OF_CLASS} rows of one and of the others" if self._has_several else ""
            raise SampleError(f"no fold has two classes to learn and two to be scored on{several}")
        return fitted

    @property
    def _has_several(self) -> bool:
        return self.target.task_type.startswith("MULTICLASS")

    def _is_scored(self, labels: np.ndarray) -> bool:
        return bool(scored_classes(labels)) if self._has_several else bool(labels.min() < labels.max())

    def _predicted(self, family: Family, seed: int, train: np.ndarray, test: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return an estimator that is fitted on train rows, and its predictions of test rows as `score` takes them."""
        import numpy as np

        task_type, labels = self.target.task_type, self.sample.labels[train]
        one_symbol = self.question.symbol is not None
        estimator = family.build(task_type, seed=seed, one_symbol=one_symbol)
        classes = np.unique(labels).astype(int) if self.target.is_classification else np.empty(0, int)
        number = int(self.sample.labels.max()) + 1 if self.target.is_classification else 0
        known = np.searchsorted(classes, labels).astype(int) if self.target.is_classification else labels
        estimator.fit(self._features(family, train), known)
        features = partial(self._features, family)
        return estimator, predicted_rows(estimator, features, test, task_type, classes.tolist(), number)

    def _features(self, family: Family, rows: np.ndarray) -> np.ndarray:
        exact: np.ndarray = family.exact(self.sample.source.take(rows))
        return exact

    def _null(self, fitted: Sequence[_Fitted]) -> ShiftNull | None:
        predicted = zip(*(one.predicted for one in fitted), strict=True)
        folds = [Predicted(rows, values) for rows, values in zip(fitted[0].tests, predicted, strict=True)]
        sample, target = self.sample, self.target
        return shift_null(
            target.task_type, sample.timestamps, sample.symbols, sample.labels, folds, horizon=target.horizon
        )

    def _signs(self) -> Sequence[Sign]:
        found: list[Sign] = []
        for first in range(0, len(self.names), RANKED):
            names = self.names[first : first + RANKED]
            found += feature_signs(
                names,
                ranked([partial(self.sample.source.column, first + place) for place in range(len(names))]),
                self.sample.labels,
                self.sample.symbols,
                self.sample.places,
                classes=self.target.is_classification,
                horizon=self.target.horizon,
                limits=self.question.limits,
            )
        return sorted(found, key=lambda sign: sign.sign == "SHIFTED_TARGET")  # which follow those of all features

    def _select(self, importances: Mapping[str, list[np.ndarray]]) -> Sequence[Vote]:
        """Choose features by the importances of the models and by univariate statistics of training rows."""
        import numpy as np

        train = self.folds[-1][0]
        classes = self.target.is_classification
        sources = {name: np.mean(values, axis=0) for name, values in importances.items()}
        train = train[spread(len(train), F_ROWS)]
        features = self.sample.source.take(train)
        sources |= univariate(features, self.sample.labels[train], classes=classes, seed=self.question.seed)
        return select(self.names, sources, self.question.selects)


@dataclass
class _Fitted:
    """Results of one family and seed over the folds."""

    scores: list[float] = field(default_factory=list)
    tests: list[np.ndarray] = field(default_factory=list)
    predicted: list[np.ndarray] = field(default_factory=list)
    importances: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def note(self, found: Mapping[str, np.ndarray]) -> None:
        for source, values in found.items():
            self.importances.setdefault(source, []).append(values)


def _mean(scores: Sequence[float]) -> float | None:
    import numpy as np

    return round(float(np.mean(scores)), DIGITS) if scores else None


def _means(by_family: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return the mean over families and seeds of each fold's score."""
    import numpy as np

    return tuple(round(float(np.mean(of_fold)), DIGITS) for of_fold in zip(*by_family, strict=True))
