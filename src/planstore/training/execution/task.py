"""Tasks of workers and their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from planstore.events.vocabulary import JobState
from planstore.ledger.storage import ArtifactStorage
from planstore.training.families import Family


@dataclass(frozen=True)
class Task:
    """One attempt of a job: all inputs of its training except the panel.

    Attributes:
        job_id, attempt: job of the plan, and number of the attempt.
        target: target to predict.
        symbol: symbol of the rows; None means all symbols (cross-sectional).
        families: model families, CPU stage before GPU stage.
        left_out: reasons of the plan's families that cannot be used here.
        features: feature names; None means all.
        seed: random seed.
        evidence_score: score of the evidence behind the decision.
        combines: whether its predictions are averaged with those of the cross-sectional job.
        pooled: predictions of the cross-sectional job (parquet), where the job combines.
        refit: whether each family is fitted once more, on all labelled rows, after it was scored.
        fit_rows: maximum number of rows that a cross-sectional model is fitted on; None means all.
        earlier: digests of the inputs of earlier jobs on this target and symbol, whose results may be reused.
        pooled_models: digest of the description of that job's models, where it has one.
    """

    job_id: str
    attempt: int
    target: str
    symbol: str | None
    families: tuple[Family, ...]
    left_out: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    seed: int = 0
    evidence_score: float | None = None
    combines: bool = False
    pooled: bytes | None = None
    pooled_models: str | None = None
    refit: bool = False
    fit_rows: int | None = None
    earlier: frozenset[str] = frozenset()


@dataclass(frozen=True)
class File:
    """A file of a job, to be stored as an artifact."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class StoredFile:
    """A file of a job, stored as the artifact of a digest; its size is in bytes."""

    name: str
    media_type: str
    digest: str
    size: int


def stored(artifacts: ArtifactStorage, files: Sequence[File]) -> list[StoredFile]:
    """Store files as artifacts.

    Raises:
        StoreError: they cannot be stored.
    """
    digests = artifacts.put_all([file.content for file in files])
    return [
        StoredFile(file.name, file.media_type, digest, len(file.content))
        for file, digest in zip(files, digests, strict=True)
    ]


LOST: Literal["lost"] = "lost"
"""State of an attempt whose worker died, or could not store the files."""


@dataclass(frozen=True)
class Result:
    """Result of an attempt.

    Attributes:
        status: final state of the job; `LOST` after the death of the worker, or where it could not store the files.
        metrics: finite numbers by name.
        files: models and predictions that are still to be stored.
        stored_files: those that its worker has stored.
        error: reason of the failure.
        left_out: reasons of the families left out of a job that succeeded.
        reused: digest of the inputs, where an earlier job with the same inputs has the results; there are no files.
    """

    status: JobState | Literal["lost"]
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    stored_files: tuple[StoredFile, ...] = ()
    error: str | None = None
    left_out: str | None = None
    reused: str | None = None
