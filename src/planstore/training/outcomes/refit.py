"""Refits: models fitted on the rows that were known at a time, and scored on those that came after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from planstore.errors import SampleError
from planstore.events.vocabulary import OutcomeMode
from planstore.models.blend import mean_of, predicted_rows
from planstore.training.evidence.folds import fit_rows
from planstore.training.families import Family
from planstore.training.outcomes.stretch import Scored, known_rows, later_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from planstore.training.panel.panel import Panel, Sample
    from planstore.training.panel.target import Target

Measured = tuple[list[dict[str, Any]], list[str]]
"""Rows of outcomes, and the reasons of those that could not be measured."""


@dataclass(frozen=True)
class Refit:
    """The sides of one target of a run, to be fitted as of then.

    Attributes:
        run_id: the run.
        target: the target.
        symbols: the symbols on which the run decided.
        until: the end of the evidence.
        families: families to fit, whose mean is scored.
        seed: random seed.
        length: maximum number of scored timestamps; None means all.
        features: features to learn from; None means all of the panel.
        fit_rows: maximum number of rows that the cross-sectional model is fitted on; None means all.
    """

    run_id: str
    target: str
    symbols: tuple[str, ...]
    until: datetime
    families: tuple[Family, ...]
    seed: int
    length: int | None
    features: tuple[str, ...] | None = None
    fit_rows: int | None = None

    def __str__(self) -> str:
        return f"{self.target} of run {self.run_id}"


def measure_refit(panel: Panel, refit: Refit) -> Measured:
    """Return the outcomes of a target's sides in a run: of all symbols, of each, and of the mean of both models."""
    from threadpoolctl import threadpool_limits

    target = panel.target(refit.target)
    sample = panel.sample(refit.target, symbols=refit.symbols, features=refit.features)
    rows: list[dict[str, Any]] = []
    troubles: list[str] = []
    with threadpool_limits(1):
        pooled = _side(sample, target, refit, None, rows, troubles)
        for symbol in refit.symbols:
            own = _side(sample, target, refit, symbol, rows, troubles)
            of_pooled = None if pooled is None else pooled.of_symbol(symbol)
            if of_pooled is not None and len(of_pooled.rows):
                _add(rows, troubles, refit, OutcomeMode.CROSS_SECTIONAL, symbol, of_pooled)
                if own is not None:
                    _add(rows, troubles, refit, OutcomeMode.BOTH, symbol, own.with_mean(of_pooled))
    return rows, troubles


def _side(
    sample: Sample, target: Target, refit: Refit, symbol: str | None, rows: list[dict[str, Any]], troubles: list[str]
) -> Scored | None:
    """Fit and score one side, add its outcome, and return its predictions; None where it could not be fitted."""
    import numpy as np

    inside = np.ones(len(sample.labels), dtype=bool) if symbol is None else sample.symbols == symbol
    train, test = (
        found[inside[found]]
        for found in (known_rows(sample, target, refit.until), later_rows(sample, target, refit.until, refit.length))
    )
    try:
        if not len(test):
            raise SampleError("no labelled row came after")
        if symbol is None:
            train = fit_rows(train, sample.places, refit.fit_rows, refit.seed)
        scored = Scored(sample, target, test, _predicted(sample, target, refit, train, test, one=symbol is not None))
    except SampleError as error:
        troubles.append(trouble(refit.run_id, refit.target, symbol, error))
        return None
    mode = OutcomeMode.CROSS_SECTIONAL if symbol is None else OutcomeMode.SYMBOL_SPECIFIC
    _add(rows, troubles, refit, mode, symbol, scored)
    return scored


def _predicted(
    sample: Sample, target: Target, refit: Refit, train: np.ndarray, test: np.ndarray, *, one: bool
) -> np.ndarray:
    """Return the mean of the families' predictions for the test rows.

    Raises:
        SampleError: there is nothing to learn from.
    """
    import numpy as np

    labels = sample.labels[train]
    classes = np.unique(labels).astype(int) if target.is_classification else np.empty(0, dtype=int)
    if not len(train) or (target.is_classification and len(classes) < 2):
        raise SampleError(
            "the rows known then hold fewer than two classes" if len(train) else "no label was known then"
        )
    fitted = np.searchsorted(classes, labels).astype(int) if target.is_classification else labels
    number = int(sample.labels.max()) + 1 if target.is_classification else 0
    found = []
    for family in refit.families:
        estimator = family.build(target.task_type, seed=refit.seed, one_symbol=one)
        estimator.fit(_features(family, sample, train), fitted)
        features = partial(_features, family, sample)
        found.append(predicted_rows(estimator, features, test, target.task_type, classes.tolist(), max(number, 2)))
    return mean_of(found)


def _features(family: Family, sample: Sample, rows: np.ndarray) -> pd.DataFrame:
    return family.exact(sample.source.frame(rows))


def _add(
    rows: list[dict[str, Any]], troubles: list[str], refit: Refit, mode: OutcomeMode, symbol: str | None, scored: Scored
) -> None:
    try:
        rows.append(outcome_row(refit.run_id, refit.target, symbol, mode, refit.until, scored))
    except SampleError as error:
        troubles.append(trouble(refit.run_id, refit.target, symbol, error))


def outcome_row(
    run_id: str, target: str, symbol: str | None, mode: OutcomeMode, until: datetime, scored: Scored, **model: str
) -> dict[str, Any]:
    """Return the row of an outcome.

    Raises:
        SampleError: the predictions have no score.
    """
    empty = dict.fromkeys(("job_id", "model"))
    side = {"run_id": run_id, "target": target, "symbol": symbol, "mode": str(mode), "learned_until": until}
    return {**side, **empty, **scored.outcome(), **model}


def trouble(run_id: str, target: str, symbol: str | None, reason: object) -> str:
    """Return a sentence about a side that could not be measured."""
    return f"{run_id}: {target} on {'all symbols' if symbol is None else symbol}: {reason}"
