"""Tasks of claimed jobs, with families, features and cross-sectional predictions resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planstore.ledger.storage import ArtifactStorage
from planstore.models.description import DESCRIPTION
from planstore.training.execution.claims import Claim, Claims
from planstore.training.execution.predictions import Predictions
from planstore.training.execution.task import Task
from planstore.training.families import Family


class Tasks:
    """Factory of the tasks of one plan.

    Args:
        claims: claims on the plan's jobs.
        artifacts: artifact storage with the predictions.
        families: all families by name.
        features: features by target; an absent target uses all features.
        seed: random seed.
        refit: whether each family is fitted once more, on all labelled rows, after it was scored.
        fit_rows: maximum number of rows that a cross-sectional model is fitted on; None means all.
        reuses: whether results of earlier jobs with the same inputs may be reused.
    """

    def __init__(
        self,
        claims: Claims,
        artifacts: ArtifactStorage,
        families: Mapping[str, Family],
        features: Mapping[str, Sequence[str]],
        seed: int,
        *,
        refit: bool,
        fit_rows: int | None,
        reuses: bool,
    ) -> None:
        self._claims = claims
        self._artifacts = artifacts
        self._families = families
        self._features = {target: tuple(names) for target, names in features.items()}
        self._seed = seed
        self._refit = refit
        self._fit_rows = fit_rows
        self._jobs = {job["job_id"]: job for job in claims.jobs()}
        self._pooled: tuple[str, Predictions] | None = None
        self._earlier = claims.earlier_inputs() if reuses else {}

    def make(self, claim: Claim) -> Task:
        """Return the task of a claim; families of the CPU stage come first."""
        job = self._jobs[claim.job_id]
        known = [self._families[name] for name in job["model_families"] if name in self._families]
        unknown = [name for name in job["model_families"] if name not in self._families]
        return Task(
            job_id=claim.job_id,
            attempt=claim.attempt,
            target=job["target"],
            symbol=job["symbol"],
            families=tuple(sorted(known, key=lambda family: family.stage)),
            left_out=tuple(
                f"family {name} is not registered: give its definition in a families file" for name in unknown
            ),
            features=self._features.get(job["target"]),
            seed=self._seed,
            evidence_score=job["evidence_score"],
            combines=job["combines"],
            pooled=self._pooled_predictions(job),
            refit=self._refit,
            fit_rows=self._fit_rows,
            earlier=frozenset(self._earlier.get((job["target"], job["symbol"]), ())),
            pooled_models=self._file_of_pooled(job, DESCRIPTION),
        )

    def _pooled_predictions(self, job: Mapping[str, Any]) -> bytes | None:
        """Return the cross-sectional job's predictions for the job's symbol; None before that job succeeds."""
        digest = self._file_of_pooled(job, "predictions")
        if digest is None:
            return None
        if self._pooled is None or self._pooled[0] != digest:
            self._pooled = (digest, Predictions.load(self._artifacts.get(digest)))
        return self._pooled[1].of_symbol(job["symbol"]).dump()

    def _file_of_pooled(self, job: Mapping[str, Any], name: str) -> str | None:
        return self._claims.file_of(job["pooled_job_id"], name) if job["pooled_job_id"] else None
