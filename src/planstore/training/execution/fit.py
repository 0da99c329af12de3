"""Training of one job: its families are fitted on all but the newest fold, and scored on the newest.

The stored models are the scored ones, so that a recorded score belongs to the referenced model file. A refit fits each
family once more, on all labelled rows; those models are stored besides, and predict new rows.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from planstore.errors import FamilyMissingError, PlanstoreError, SampleError
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import JobState, ModelFit
from planstore.models.blend import predicted_rows
from planstore.models.description import DESCRIPTION, MEDIA_TYPE, DescribedModel, JobModels, model_file_name
from planstore.models.formats import PROBE_ROWS, dump_model
from planstore.models.libraries import used_libraries
from planstore.training.evidence.folds import fit_rows, time_folds
from planstore.training.evidence.score import score
from planstore.training.execution import predictions
from planstore.training.execution.inputs import MEDIA_TYPE as JSON, NAME as INPUTS, JobInputs
from planstore.training.execution.predictions import Predictions
from planstore.training.execution.task import File, Result, Task
from planstore.training.families import Family

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from planstore.training.panel.panel import Panel, Sample
    from planstore.training.panel.target import Target

FOLDS = 5
"""Number of folds by time; the newest is the test fold, after a gap of the target's horizon."""


def train_job(panel: Panel, task: Task) -> Result:
    """Train a job and return its result; an exception makes the job fail and becomes its error."""
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):
            return _train(panel, task)
    except Exception as error:  # noqa: BLE001  (an estimator may raise anything; only its job fails)
        return Result(JobState.FAILED, error=_reason(error))


def _reason(error: Exception) -> str:
    text = (str(error).strip().splitlines() or [""])[0]
    kind = [] if isinstance(error, PlanstoreError) else [type(error).__name__]
    return ": ".join([*getattr(error, "__notes__", []), *kind, text])


def _train(panel: Panel, task: Task) -> Result:
    started = time.perf_counter()
    split = _Split.of(panel, task)
    inputs = JobInputs.of(split.sample, split.target, task)
    evidence: dict[str, float] = {}
    if task.evidence_score is not None and math.isfinite(
        task.evidence_score
    ):  # because reference semantics accept infinite scores
        evidence["evidence_score"] = task.evidence_score
    if inputs.is_complete and inputs.digest in task.earlier:
        return Result(JobState.SUCCEEDED, evidence, reused=inputs.digest)
    fitted, seconds, left_out = _fit(split, task)
    if not fitted:
        return Result(JobState.SKIPPED, error="; ".join(left_out) or "the plan names no model family for this job")
    by_family = {
        family.name: split.predict(family, fitted[family.name]) for family in task.families if family.name in fitted
    }
    blend, parts = _blend(by_family, task)
    scores = {"score": blend, **{f"score_{name}": one for name, one in {**by_family, **parts}.items()}}
    metrics: dict[str, float] = {name: found for name, one in scores.items() if (found := split.score(one)) is not None}
    if "score" not in metrics:
        left_out.append("its newest fold holds one class only, or too few rows of each, so that it has no score")
    metrics |= evidence
    metrics |= {"rows_trained": len(split.fitted), "rows_scored": len(blend.keys)}
    if len(split.fitted) < len(split.train):
        metrics["rows_sampled_from"] = len(split.train)
    described = _models(split, task, fitted, ModelFit.SCORED)
    if task.refit:
        whole = split.of_all_rows()
        refitted, again, _ = _fit(whole, task)
        described += _models(whole, task, refitted, ModelFit.REFITTED)
        seconds = {name: round(one + again[name], 3) for name, one in seconds.items()}
        metrics["rows_refitted"] = len(whole.fitted)
    metrics |= {f"seconds_{name}": one for name, one in seconds.items()}
    metrics["seconds"] = round(time.perf_counter() - started, 3)
    files = (
        File("predictions", predictions.MEDIA_TYPE, blend.dump(**(parts or by_family))),
        *(file for _, file in described),
        _description(split, task, [model for model, _ in described]),
        File(INPUTS, JSON, inputs.document),
    )
    return Result(JobState.SUCCEEDED, metrics, files, left_out="; ".join(left_out) or None)


def _fit(split: _Split, task: Task) -> tuple[dict[str, Any], dict[str, float], list[str]]:
    """Return the fitted estimator and the seconds of each family, and the reasons of the unusable families."""
    fitted: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    left_out = list(task.left_out)
    for family in task.families:
        started = time.perf_counter()
        try:
            estimator = family.build(split.target.task_type, seed=task.seed, one_symbol=task.symbol is not None)
            fitted[family.name] = estimator.fit(split.features(family, split.fitted), split.labels)
        except FamilyMissingError as error:
            left_out.append(str(error))
        except Exception as error:
            error.add_note(f"family {family.name}")
            raise
        else:
            seconds[family.name] = round(time.perf_counter() - started, 3)
    return fitted, seconds, left_out


def _blend(by_family: Mapping[str, Predictions], task: Task) -> tuple[Predictions, dict[str, Predictions]]:
    """Return the job's predictions; where it combines with the cross-sectional job, also the two parts of the mean."""
    own = Predictions.mean(list(by_family.values()))
    if not task.combines:
        return own, {}
    if task.pooled is None or task.symbol is None:
        raise SampleError(
            f"the cross-sectional job of {task.target}, whose predictions this job averages with, has no predictions: "
            "`planstore jobs` says why"
        )
    local, pooled = own.common(Predictions.load(task.pooled))
    return Predictions.mean([local, pooled]), {"local": local, "pooled": pooled}


def _models(split: _Split, task: Task, fitted: Mapping[str, Any], fit: ModelFit) -> list[tuple[DescribedModel, File]]:
    """Return the description and the file of each model that was fitted on the train rows of a split."""
    return [_model(split, family, fitted[family.name], fit) for family in task.families if family.name in fitted]


def _model(split: _Split, family: Family, estimator: Any, fit: ModelFit) -> tuple[DescribedModel, File]:
    name, probe = family.name, split.features(family, split.test[:PROBE_ROWS])
    found = dump_model(estimator, probe, classifies=split.target.is_classification)
    model = DescribedModel(
        family=name,
        fit=fit,
        digest=digest_of(found.content),
        format=found.format,
        classes=tuple(split.classes.astype(int).tolist()),
        newest_data=split.newest(split.train),
        rows=len(split.fitted),
        libraries=used_libraries(estimator, found.format),
        pickled_because=found.reason,
    )
    return model, File(model_file_name(name, fit), found.format.media_type, found.content)


def _description(split: _Split, task: Task, described: list[DescribedModel]) -> File:
    content = JobModels(
        target=split.target.name,
        symbol=task.symbol,
        task_type=split.target.task_type,
        features=split.sample.source.names,
        labels=tuple(split.sample.classes.tolist()),
        seed=task.seed,
        models=tuple(described),
        pooled=task.pooled_models,
    )
    return File(DESCRIPTION, MEDIA_TYPE, content.dump())


@dataclass(frozen=True)
class _Split:
    """Rows of a job, split into train and test.

    Attributes:
        target: the target.
        sample: all labelled rows.
        train: numbers of the train rows.
        test: numbers of the test rows.
        task: the job.
    """

    target: Target
    sample: Sample
    train: np.ndarray
    test: np.ndarray
    task: Task

    @classmethod
    def of(cls, panel: Panel, task: Task) -> _Split:
        """Return the split of the rows of ``task``.

        Raises:
            SampleError: the rows have no label or only one class.
        """
        target = panel.target(task.target)
        if task.symbol is not None and task.symbol not in panel.symbols:
            reason = panel.missing.get(task.symbol, "it has no such symbol")
            raise SampleError(f"the panel has no rows of {task.symbol}: {reason}")
        sample = panel.sample(
            task.target, symbols=None if task.symbol is None else [task.symbol], features=task.features
        )
        if not len(sample.labels):
            raise SampleError(f"no row has a label of {task.target}")
        *_, (train, test) = time_folds(sample.timestamps, folds=FOLDS, horizon=target.gap, symbols=sample.symbols)
        split = cls(target, sample, train, test, task)
        if target.is_classification and len(split.classes) < 2:
            raise SampleError(f"the rows to learn from hold one class only of {task.target}")
        return split

    def of_all_rows(self) -> _Split:
        """Return the split whose train rows are all rows."""
        import numpy as np

        return replace(self, train=np.arange(len(self.sample.labels)))

    @cached_property
    def fitted(self) -> np.ndarray:
        """Train rows that models are fitted on: all, or a sample of them."""
        most = self.task.fit_rows if self.task.symbol is None else None
        return fit_rows(self.train, self.sample.places, most, self.task.seed)

    def features(self, family: Family, rows: np.ndarray) -> pd.DataFrame:
        """Return the features of the rows at these positions, as a family takes them."""
        return family.exact(self.sample.source.frame(rows))

    @cached_property
    def classes(self) -> np.ndarray:
        """Classes of the fitted rows; empty for regression."""
        import numpy as np

        return np.unique(self.sample.labels[self.fitted]) if self.target.is_classification else np.empty(0)

    @cached_property
    def labels(self) -> np.ndarray:
        """Fitted labels: values, or positions in `classes`, because some estimators accept only integers from 0."""
        import numpy as np

        values: np.ndarray = self.sample.labels[self.fitted]
        return np.searchsorted(self.classes, values).astype(int) if self.target.is_classification else values

    def predict(self, family: Family, estimator: Any) -> Predictions:
        """Return the predictions of a family's fitted estimator for the test rows."""
        import pandas as pd

        keys = pd.DataFrame(
            {
                "timestamp": self.sample.timestamps[self.test],
                "symbol": self.sample.symbols[self.test].astype(str),
                "label": self.sample.labels[self.test],
            }
        )
        classes = self.classes.astype(int).tolist()
        number = int(self.sample.labels.max()) + 1 if self.target.is_classification else 0
        features = partial(self.features, family)
        return Predictions(keys, predicted_rows(estimator, features, self.test, self.target.task_type, classes, number))

    def newest(self, rows: np.ndarray) -> datetime:
        """Return the newest timestamp of the rows at these positions, UTC."""
        return datetime.fromisoformat(str(self.sample.timestamps[rows].max())).replace(tzinfo=UTC)

    def score(self, predictions: Predictions) -> float | None:
        """Return the score of predictions; None where it is undefined."""
        return score(self.target.task_type, predictions.keys["label"].to_numpy(), predictions.values)
