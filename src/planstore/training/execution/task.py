"""What a worker is given to train, and what it brings back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from planstore.events.vocabulary import JobState
from planstore.training.families import Family


@dataclass(frozen=True)
class Task:
    """One attempt of a job, with everything that training it takes beside the panel.

    Attributes:
        job_id, attempt: which job of the plan, and which try of it.
        target: what to learn.
        symbol: of whose rows; None pools all symbols.
        families: what to learn it with, CPU before GPU.
        left_out: families of the plan that cannot be used here, and why.
        features: what to learn from; None means all.
        seed: of everything that is drawn by chance.
        evidence_score: the score that the decision rests on.
        combines: whether its predictions are combined with those of the pooled job.
        pooled: that job's predictions (parquet), where it combines.
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


@dataclass(frozen=True)
class File:
    """A file that a worker made, to be kept as an artifact."""

    name: str
    media_type: str
    content: bytes


LOST: Literal["lost"] = "lost"


@dataclass(frozen=True)
class Result:
    """How an attempt ended.

    Attributes:
        status: the state that the job comes to; ``LOST`` when the worker died under it.
        metrics: names and finite numbers.
        files: models and predictions.
        error: why it failed, or what was left out.
    """

    status: JobState | Literal["lost"]
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    error: str | None = None
