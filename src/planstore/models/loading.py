"""The models of a job, found in the ledger and loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from planstore.database.session import Session
from planstore.errors import NotFoundError, StoreError
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import ModelFit
from planstore.ledger.storage import ArtifactStorage
from planstore.models import pickles
from planstore.models.blend import mean_of, predicted
from planstore.models.description import DESCRIPTION, DescribedModel, JobModels, model_file_name
from planstore.models.formats import ModelFormat, load_estimator, refuse_pickle
from planstore.models.libraries import warn_of_versions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_MODEL = "model "
"""Part of the name of a model file; that of a scored model begins with it, in older stores as well."""


@dataclass(frozen=True)
class JobFiles:
    """The files of a job that succeeded.

    Attributes:
        job_id: the job.
        rows: name, digest, media type and size of each file.
    """

    job_id: str
    rows: Sequence[Sequence[Any]]

    @classmethod
    def find(cls, session: Session, plan_id: str, job_id: str) -> JobFiles:
        """Return the files of a job.

        Raises:
            NotFoundError: the job has not succeeded.
        """
        rows = session.rows("models/job_files", plan_id=plan_id, job_id=job_id)
        if not rows:
            raise NotFoundError(
                f"job {job_id} of plan {plan_id[:12]} must have succeeded, and has no model: train it with "
                "`planstore train PANEL`"
            )
        return cls(job_id, [row for _, *row in rows])

    @classmethod
    def all_of(cls, session: Session, plan_id: str) -> dict[str, JobFiles]:
        """Return the files of all jobs of a plan that succeeded, by job."""
        found: dict[str, list[Sequence[Any]]] = {}
        for job_id, *row in session.rows("models/job_files", plan_id=plan_id, job_id=None):
            found.setdefault(job_id, []).append(row)
        return {job_id: cls(job_id, rows) for job_id, rows in found.items()}

    @property
    def description(self) -> str | None:
        """Digest of the description of the models; None for models of an older store."""
        return next((digest for name, digest, *_ in self.rows if name == DESCRIPTION), None)

    @property
    def older(self) -> dict[str, str]:
        """Digest by family of pickles of an older store, which have no description."""
        return {name.removeprefix(_MODEL): digest for name, digest, *_ in self.rows if name.startswith(_MODEL)}

    @property
    def size(self) -> int:
        """Size of the model files in bytes."""
        return sum(size for name, _, _, size in self.rows if _MODEL in name)

    def refuse_pickles(self, *, allow_pickle: bool) -> None:
        """Refuse models that are pickles, before anything is loaded.

        Raises:
            RequestError: pickles are not allowed, and a model is one.
        """
        for name, _, media_type, _ in self.rows:
            if media_type == ModelFormat.PICKLE.media_type:
                refuse_pickle(f"{name} of job {self.job_id}", allow_pickle=allow_pickle)

    @property
    def digest(self) -> str:
        """Digest that identifies the models: of their description, or of all files of an older store."""
        files = sorted(self.older.values())
        return self.description or (files[0] if len(files) == 1 else digest_of("\n".join(files).encode()))


@dataclass(frozen=True)
class LoadedModels:
    """The models of a job, ready to predict.

    Attributes:
        files: the files of the job.
        described: the description of the models.
        models: the models that are loaded, one per family.
        estimators: their estimators, by family.
    """

    files: JobFiles
    described: JobModels
    models: Sequence[DescribedModel]
    estimators: Mapping[str, Any]

    @classmethod
    def load(
        cls, artifacts: ArtifactStorage, files: JobFiles, *, allow_pickle: bool, fit: ModelFit | None = None
    ) -> LoadedModels:
        """Load the models of a job.

        Args:
            artifacts: storage of the files.
            files: the files of the job.
            allow_pickle: whether pickles may be loaded, which can run code from the file.
            fit: the models to load; None means those that serve.

        Raises:
            RequestError: a model is a pickle, and pickles are not allowed.
            StoreError: a file is missing or invalid.
        """
        if files.description is None:
            return cls._older(artifacts, files, allow_pickle=allow_pickle)
        described = JobModels.load(artifacts.get(files.description))
        chosen = described.serving if fit is None else [one for one in described.models if one.fit is fit]
        estimators = {}
        for one in chosen:
            warn_of_versions(f"the model of family {one.family}", one.libraries)
            estimators[one.family] = load_estimator(
                artifacts.get(one.digest),
                one.format,
                classifies=described.classifies,
                allow_pickle=allow_pickle,
                name=f"{model_file_name(one.family, one.fit)} of job {files.job_id}",
            )
        return cls(files, described, chosen, estimators)

    @classmethod
    def _older(cls, artifacts: ArtifactStorage, files: JobFiles, *, allow_pickle: bool) -> LoadedModels:
        """Load pickles of an older store, which hold their own description."""
        found = {}
        for family, digest in files.older.items():
            refuse_pickle(f"model {family} of job {files.job_id}", allow_pickle=allow_pickle)
            found[family] = pickles.load(artifacts.get(digest))
        if not found:
            raise StoreError(f"job {files.job_id} must have a model, got none: verify the store")
        models = tuple(
            DescribedModel(
                family, ModelFit.SCORED, files.older[family], ModelFormat.PICKLE, tuple(map(int, one["classes"]))
            )
            for family, one in found.items()
        )
        first = next(iter(found.values()))
        number = max((position for model in models for position in model.classes), default=-1) + 1
        described = JobModels(
            target=first["target"],
            symbol=None,
            task_type=first["task_type"],
            features=tuple(first["features"]),
            labels=tuple(map(float, range(number))),
            seed=None,
            models=models,
        )
        return cls(files, described, models, {family: one["estimator"] for family, one in found.items()})

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the mean of the families' predictions for rows of features; see :func:`predicted`."""
        described = self.described
        rows = features[list(described.features)]
        return mean_of(
            [
                predicted(self.estimators[one.family], rows, described.task_type, one.classes, len(described.labels))
                for one in self.models
            ]
        )


@dataclass(frozen=True)
class Blend:
    """The models of a job, and those of the cross-sectional job whose predictions are averaged with theirs.

    Attributes:
        own: the models of the job.
        pooled: the cross-sectional models; None for a job that is not averaged.
    """

    own: LoadedModels
    pooled: LoadedModels | None

    @classmethod
    def load(cls, artifacts: ArtifactStorage, own: JobFiles, pooled: JobFiles | None, *, allow_pickle: bool) -> Blend:
        """Load the models that predict; see :meth:`LoadedModels.load`."""
        loaded = [
            None if files is None else LoadedModels.load(artifacts, files, allow_pickle=allow_pickle)
            for files in (own, pooled)
        ]
        assert loaded[0] is not None, "a job has files"
        return cls(loaded[0], loaded[1])

    @property
    def parts(self) -> tuple[LoadedModels, ...]:
        """The models of each job."""
        return (self.own,) if self.pooled is None else (self.own, self.pooled)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features of all parts."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.described.features))

    @property
    def labels(self) -> tuple[float, ...]:
        """Values of the target's classes, smallest first."""
        return max((part.described.labels for part in self.parts), key=len)

    @property
    def newest_data(self) -> datetime | None:
        """Timestamp of the newest row that a part has learned from."""
        return max((part.described.newest_data for part in self.parts if part.described.newest_data), default=None)

    @property
    def has_columns(self) -> bool:
        """Whether there is a prediction for each of several classes."""
        return self.own.described.classifies and not self.own.described.is_binary

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the mean of the parts' predictions for rows of features; one column, or one per class."""
        import numpy as np

        if not len(features):
            return np.empty((0, len(self.labels) if self.has_columns else 1))
        return mean_of([part.predict(features) for part in self.parts])
