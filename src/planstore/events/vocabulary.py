"""The closed vocabularies of events: all words of columns, policies and files, each defined once.

Each word is a text: it compares, sorts and is written as its value, so that files and columns contain plain text.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Mode(StrEnum):
    """The rows that a candidate was measured on: of all symbols, or of one symbol."""

    CROSS_SECTIONAL = "CROSS_SECTIONAL"
    SYMBOL_SPECIFIC = "SYMBOL_SPECIFIC"


OLDER_SYMBOL_MODE = "SYMBOL"
"""The name of ``SYMBOL_SPECIFIC`` in older candidates files."""


class Stability(StrEnum):
    """Similarity of a model's important features over folds and runs."""

    STABLE = "STABLE"
    DRIFTING = "DRIFTING"
    DIVERGED = "DIVERGED"
    UNKNOWN = "UNKNOWN"


class LeakageStatus(StrEnum):
    """Whether a target's features contain information from the future."""

    SAFE = "SAFE"
    SUSPECT = "SUSPECT"
    BLOCKED = "BLOCKED"
    UNKNOWN = "UNKNOWN"


class ModelStatus(StrEnum):
    """Whether the model of a candidate could be fitted."""

    OK = "OK"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    UNKNOWN = "UNKNOWN"


class SignalState(StrEnum):
    """Quality of the evidence of one side, best first."""

    STRONG = "STRONG"
    WEAK_BUT_OK = "WEAK_BUT_OK"
    EXPERIMENTAL = "EXPERIMENTAL"
    DISALLOWED = "DISALLOWED"


class Route(StrEnum):
    """The route of a pair."""

    CROSS_SECTIONAL = "ROUTE_CROSS_SECTIONAL"
    SYMBOL_SPECIFIC = "ROUTE_SYMBOL_SPECIFIC"
    BOTH = "ROUTE_BOTH"
    EXPERIMENTAL_ONLY = "ROUTE_EXPERIMENTAL_ONLY"
    BLOCKED = "ROUTE_BLOCKED"

    @property
    def is_trained(self) -> bool:
        """Whether a pair with this route is trained."""
        return self is not Route.BLOCKED


class TargetState(StrEnum):
    """Whether the cross-sectional side of a target is trained: the route of a decision without a symbol."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class Preference(StrEnum):
    """The route of a pair with two good sides: the values of ``both_strong_behavior``."""

    BOTH = "ROUTE_BOTH"
    CROSS_SECTIONAL = "PREFER_CS"
    SYMBOL_SPECIFIC = "PREFER_SYMBOL"


class Semantics(StrEnum):
    """The interpretation of a policy: strict, or like the recorded reference."""

    STRICT = "strict"
    REFERENCE = "reference"


class Side(StrEnum):
    """The sides of a route: cross-sectional, symbol, and the pair compared with others."""

    CROSS_SECTIONAL = "cross_sectional"
    SYMBOL = "symbol"
    PAIR = "pair"

    @property
    def label(self) -> str:
        """The side's display name."""
        return self.value.replace("_", "-")

    @classmethod
    def of_mode(cls, mode: str | None) -> Side | None:
        """Return the side of a candidate's mode, or None for a mode that no rule reads."""
        return {Mode.CROSS_SECTIONAL.value: cls.CROSS_SECTIONAL, Mode.SYMBOL_SPECIFIC.value: cls.SYMBOL}.get(mode or "")


SIDES = (Side.CROSS_SECTIONAL, Side.SYMBOL)
"""The sides with candidates of their own."""
UPPER_LIMITS = ("EXPERIMENTAL_LANE_ROOM", "FALSE_DISCOVERY")
"""The checks of the rules whose threshold is the greatest value that passes; of others it is the least one."""


class TrainingType(StrEnum):
    """The kind of model that a job trains."""

    CROSS_SECTIONAL = "cross_sectional"
    SYMBOL_SPECIFIC = "symbol_specific"
    BLOCKED = "blocked"


TRAINED_TYPES = (TrainingType.CROSS_SECTIONAL, TrainingType.SYMBOL_SPECIFIC)
"""The types of jobs that are trained."""


class JobState(StrEnum):
    """The status of a job."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the status ends an attempt: only another attempt changes the job's status afterwards."""
        return self not in (JobState.PLANNED, JobState.CLAIMED, JobState.RUNNING)


FINAL_STATES = tuple(state for state in JobState if state.is_final)


def open_jobs(counts: Mapping[str, int]) -> int:
    """Return the number of jobs without a final status, from job counts by status."""
    return sum(counts.get(state, 0) for state in JobState if not state.is_final)


class ModelFit(StrEnum):
    """The rows that a trained model has learned from: those before the scored ones, or all labelled ones."""

    SCORED = "scored"
    REFITTED = "refitted"


class CommitKind(StrEnum):
    """The kind of events in a commit."""

    RUN = "run"
    STATUS = "status"
    OVERRIDE = "override"
    REBUILD = "rebuild"
    EVIDENCE = "evidence"
    OUTCOMES = "outcomes"


class OutcomeMode(StrEnum):
    """The model of an outcome: of all symbols, of its symbol, or the mean of both."""

    CROSS_SECTIONAL = "CROSS_SECTIONAL"
    SYMBOL_SPECIFIC = "SYMBOL_SPECIFIC"
    BOTH = "BOTH"


class Cause(StrEnum):
    """The inputs in which two runs can differ, and so the causes of a changed route."""

    EVIDENCE = "evidence"
    POLICY = "policy"
    RULES = "rules"
    OVERRIDE = "override"
    FAMILIES = "families"
