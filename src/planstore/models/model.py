"""Model: the predictions of a job or a pair on new rows, and its lineage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted, shown_names
from planstore.database.session import Session
from planstore.errors import NotFoundError
from planstore.ledger.storage import ArtifactStorage
from planstore.models.frame import Frame, features_of
from planstore.models.loading import Blend, JobFiles, LoadedModels
from planstore.pages.answers import Answer

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, repr=False)
class Model(Answer):
    """Model of a job: the mean of its families; for a job of ``ROUTE_BOTH`` the mean with the cross-sectional model.

    Made by :meth:`Store.model <planstore.Store.model>`. Where the job was refitted on all labelled rows, the refitted
    models predict.
    """

    _job: dict[str, Any]
    _blend: Blend

    @property
    def job_id(self) -> str:
        """The job."""
        return str(self._job["job_id"])

    @property
    def target(self) -> str:
        """The target that it predicts."""
        return str(self._job["target"])

    @property
    def symbol(self) -> str | None:
        """Symbol of the rows that it predicts; None means all symbols."""
        return None if self._job["symbol"] is None else str(self._job["symbol"])

    @property
    def task_type(self) -> str:
        """``BINARY_CLASSIFICATION``, ``MULTICLASS_CLASSIFICATION`` or ``REGRESSION``."""
        return self._blend.own.described.task_type

    @property
    def families(self) -> tuple[str, ...]:
        """Model families whose predictions are averaged."""
        return tuple(dict.fromkeys(one.family for part in self._blend.parts for one in part.models))

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns that it needs."""
        return self._blend.features

    @property
    def labels(self) -> tuple[float, ...]:
        """Values of the target's classes, smallest first, or as the panel's settings state; empty for a regression."""
        return self._blend.labels

    @property
    def newest_data(self) -> datetime | None:
        """Timestamp of the newest row that it has learned from, UTC; None for models of an older store."""
        return self._blend.newest_data

    @property
    def digest(self) -> str:
        """Digest of the description of its models, which names every file."""
        return self._blend.own.files.digest

    @checked
    def predict(self, frame: Frame) -> np.ndarray:
        """Return the predictions for the rows of a frame, in their order.

        They are the probability of the second of two classes, the probabilities of several classes (one column for
        each of `labels`), or the values of a regression.

        Args:
            frame: a pandas or Polars frame or an Arrow table with a column of numbers for each of `features`. Other
                columns have no effect, but a model of one symbol refuses rows of others.

        Raises:
            PanelError: the columns do not fit; names those that are missing, of a wrong type, or unknown.
        """
        values = self._blend.predict(features_of(frame, self.features, "the frame", symbol=self.symbol))
        return values if self._blend.has_columns else values[:, 0]

    def lineage(self) -> dict[str, Any]:
        """Return where the model comes from, for JSON.

        The keys are those of the job, its decision and its run, and ``models``: each model file of the job with its
        family, ``fit`` (``scored`` or ``refitted``), whether it ``predicts``, its digest, format, rows, newest data and
        libraries. ``pooled`` has the cross-sectional job and its models, for a job that is averaged with it.
        """
        metrics = json.loads(self._job["metrics"] or "{}")
        own = {name: value for name, value in self._job.items() if name not in ("metrics", "pooled_job_id")}
        own["status_at"] = None if own["status_at"] is None else own["status_at"].isoformat()
        own |= {"score": metrics.get("score"), "evidence_score": metrics.get("evidence_score"), "digest": self.digest}
        own |= {"newest_data": None if self.newest_data is None else self.newest_data.isoformat()}
        pooled = self._blend.pooled and {"job_id": self._blend.pooled.files.job_id, **_files(self._blend.pooled)}
        return own | _files(self._blend.own) | {"pooled": pooled}

    def __str__(self) -> str:
        rows = "all symbols" if self.symbol is None else self.symbol
        pooled = self._blend.pooled
        blended = "" if pooled is None else f", averaged with {pooled.files.job_id}"
        newest = "" if self.newest_data is None else f"; its newest data is of {self.newest_data:%Y-%m-%d %H:%M} UTC"
        return (
            f"{self.target} on {rows}: {', '.join(self.families)} of job {self.job_id}{blended}, "
            f"{len(self.features)} features{newest}"
        )


def find_model(
    session: Session,
    artifacts: ArtifactStorage,
    plan_id: str,
    name: str,
    symbol: str | None,
    *,
    allow_pickle: bool,
) -> Model:
    """Return the model of a job, or the one that predicts for a target or pair.

    Args:
        session: a session of the store.
        artifacts: storage of the files.
        plan_id: the plan.
        name: id of a job; or a target.
        symbol: the symbol of the pair; None means the job, or the cross-sectional model of the target.
        allow_pickle: whether pickles may be loaded, which can run code from the file.

    Raises:
        NotFoundError: the plan has no such job or pair, or its job has not succeeded.
        RequestError: a model is a pickle, and pickles are not allowed.
    """
    jobs = session.records("models/job", plan_id=plan_id, job_id=name) if symbol is None else []
    if not jobs:
        job_id = _serving_job(session, plan_id, name, symbol)
        jobs = session.records("models/job", plan_id=plan_id, job_id=job_id)
    job = jobs[0]
    found = [
        None if job_id is None else JobFiles.find(session, plan_id, job_id)
        for job_id in (job["job_id"], job["pooled_job_id"])
    ]
    assert found[0] is not None, "a job has an id"
    return Model(job, Blend.load(artifacts, found[0], found[1], allow_pickle=allow_pickle))


def _serving_job(session: Session, plan_id: str, target: str, symbol: str | None) -> str:
    known = session.records("models/serving_jobs", plan_id=plan_id, target=target, symbol=symbol)
    found = next((row for row in known if row["symbol"] == symbol), None)
    if found is None:
        everything = session.rows("models/serving_jobs", plan_id=plan_id, target=None, symbol=None)
        targets = list(dict.fromkeys(row[0] for row in everything))
        symbols = [row[1] for row in everything if row[0] == target and row[1] is not None]
        if target not in targets:
            what, there = f"plan {plan_id[:12]} must have the job or target {quoted(target)}", targets
        else:
            what, there = f"plan {plan_id[:12]} must have {target} on {quoted(symbol)}", symbols
        raise NotFoundError(f"{what}, got {shown_names(there) or 'none'}: name one of them")
    if found["job_id"] is None:
        pair = target if symbol is None else f"{target} on {symbol}"
        raise NotFoundError(
            f"{pair} must have a job in plan {plan_id[:12]}, got route {found['route']}: "
            f"`planstore why {target}{'' if symbol is None else f' {symbol}'}` explains it"
        )
    return str(found["job_id"])


def _files(part: LoadedModels) -> dict[str, Any]:
    serving = {one.digest for one in part.models}
    return {
        "models": [
            {
                "family": one.family,
                "fit": str(one.fit),
                "predicts": one.digest in serving,
                "digest": one.digest,
                "format": str(one.format),
                "rows": one.rows,
                "newest_data": None if one.newest_data is None else one.newest_data.isoformat(),
                "libraries": dict(one.libraries),
                "pickled_because": one.pickled_because,
            }
            for one in part.described.models
        ],
        "seed": part.described.seed,
    }
