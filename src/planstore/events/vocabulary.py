"""The closed vocabularies of events: every word that a column, a policy or a file may hold, listed once.

Each word is text: it compares, sorts and is written as its value, so that files and columns hold plain text.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Mode(StrEnum):
    """Which rows a candidate was measured on: those of all symbols, or of one."""

    CROSS_SECTIONAL = "CROSS_SECTIONAL"
    SYMBOL_SPECIFIC = "SYMBOL_SPECIFIC"


OLDER_SYMBOL_MODE = "SYMBOL"
"""The name that ``SYMBOL_SPECIFIC`` has in older files of candidates."""


class Stability(StrEnum):
    """How alike a model's important features are over folds and runs."""

    STABLE = "STABLE"
    DRIFTING = "DRIFTING"
    DIVERGED = "DIVERGED"
    UNKNOWN = "UNKNOWN"


class LeakageStatus(StrEnum):
    """Whether a target's features were found to know the future."""

    SAFE = "SAFE"
    SUSPECT = "SUSPECT"
    BLOCKED = "BLOCKED"
    UNKNOWN = "UNKNOWN"


class ModelStatus(StrEnum):
    """Whether the model behind a candidate could be fitted."""

    OK = "OK"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    UNKNOWN = "UNKNOWN"


class SignalState(StrEnum):
    """How good the evidence of one side is, best first."""

    STRONG = "STRONG"
    WEAK_BUT_OK = "WEAK_BUT_OK"
    EXPERIMENTAL = "EXPERIMENTAL"
    DISALLOWED = "DISALLOWED"


class Route(StrEnum):
    """Where a pair is trained."""

    CROSS_SECTIONAL = "ROUTE_CROSS_SECTIONAL"
    SYMBOL_SPECIFIC = "ROUTE_SYMBOL_SPECIFIC"
    BOTH = "ROUTE_BOTH"
    EXPERIMENTAL_ONLY = "ROUTE_EXPERIMENTAL_ONLY"
    BLOCKED = "ROUTE_BLOCKED"

    @property
    def is_trained(self) -> bool:
        """Whether a pair with this route is trained at all."""
        return self is not Route.BLOCKED


class TargetState(StrEnum):
    """Whether the cross-sectional side of a target is trained: the route of a decision without a symbol."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class Preference(StrEnum):
    """The route of a pair whose sides are both good: the values of ``both_strong_behavior``."""

    BOTH = "ROUTE_BOTH"
    CROSS_SECTIONAL = "PREFER_CS"
    SYMBOL_SPECIFIC = "PREFER_SYMBOL"


class Semantics(StrEnum):
    """How a policy is read: strictly, or as the reference reads it."""

    STRICT = "strict"
    REFERENCE = "reference"


class Side(StrEnum):
    """What a route weighs: the cross-sectional side, the symbol's own, and the pair among others."""

    CROSS_SECTIONAL = "cross_sectional"
    SYMBOL = "symbol"
    PAIR = "pair"

    @property
    def label(self) -> str:
        """The side as people read it."""
        return self.value.replace("_", "-")

    @classmethod
    def of_mode(cls, mode: str | None) -> Side | None:
        """Return the side that a candidate of this mode is evidence of; None for a mode that no rule reads."""
        return {Mode.CROSS_SECTIONAL.value: cls.CROSS_SECTIONAL, Mode.SYMBOL_SPECIFIC.value: cls.SYMBOL}.get(mode or "")


SIDES = (Side.CROSS_SECTIONAL, Side.SYMBOL)
"""The sides that have evidence of their own."""


class TrainingType(StrEnum):
    """What a job of a plan trains."""

    CROSS_SECTIONAL = "cross_sectional"
    SYMBOL_SPECIFIC = "symbol_specific"
    BLOCKED = "blocked"


TRAINED_TYPES = (TrainingType.CROSS_SECTIONAL, TrainingType.SYMBOL_SPECIFIC)
"""The types whose jobs are trained."""


class JobState(StrEnum):
    """The status of a job."""

    PLANNED = "planned"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether an attempt stays in it: from there on only another attempt changes the status of the job."""
        return self not in (JobState.PLANNED, JobState.RUNNING)


FINAL_STATES = tuple(state for state in JobState if state.is_final)


def open_jobs(counts: Mapping[str, int]) -> int:
    """Return how many jobs are not in a final state, from job counts by status."""
    return sum(counts.get(state, 0) for state in JobState if not state.is_final)


class CommitKind(StrEnum):
    """What a commit records."""

    RUN = "run"
    STATUS = "status"
    OVERRIDE = "override"
    REBUILD = "rebuild"
    EVIDENCE = "evidence"


class Cause(StrEnum):
    """What two runs can differ in, and what a change of a route can therefore come from."""

    EVIDENCE = "evidence"
    POLICY = "policy"
    RULES = "rules"
    OVERRIDE = "override"
    FAMILIES = "families"
