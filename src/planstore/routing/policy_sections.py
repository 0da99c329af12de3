"""The sections of a policy: thresholds by task and tier, sample sizes, allowlists, horizons, families."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)

from planstore.documents.yaml_document import word_of
from planstore.events.vocabulary import SIDES, Route, Stability
from planstore.routing.reference_policy import Section


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("should be a number")
    return value


def _storable(value: str) -> str:
    if "\0" in value:
        raise ValueError("should hold no NUL")
    return value


Number = Annotated[FiniteFloat, BeforeValidator(_number)]
Count = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Text = Annotated[str, Field(max_length=1000), AfterValidator(_storable)]
TIERS = ("short", "medium", "long", "very_long")


class PolicySection(Section, BaseModel):
    """A section of a policy: it takes no other keys, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ByTier(PolicySection):
    """A threshold for each horizon tier; a tier left out means ``default``."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {"default": -0.5}

    default: Number
    short: Number | None = None
    medium: Number | None = None
    long: Number | None = None
    very_long: Number | None = None


class ByTask(PolicySection):
    """A threshold for each task."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {"classification": 0.5, "regression": -0.5}

    classification: Number
    regression: Number | ByTier

    def at(self, task: str, tier: str) -> float:
        """Return the threshold for a task and tier."""
        if task == "classification":
            return self.classification
        if not isinstance(self.regression, ByTier):
            return self.regression
        found = getattr(self.regression, tier)
        return self.regression.default if found is None else float(found)


Threshold = Number | ByTask


def threshold_at(threshold: float | ByTask, task: str, tier: str) -> float:
    """Return the number that a threshold is for a task and tier."""
    return threshold.at(task, tier) if isinstance(threshold, ByTask) else threshold


class SampleSizes(PolicySection):
    """The fewest rows each side's evidence may rest on; None for a side that the policy knows nothing of."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {side.value: None for side in SIDES}

    cross_sectional: Count | None
    symbol: Count | None


class Scores(PolicySection):
    """The scores from which one side is good enough, and strong."""

    min_score: Threshold
    strong_score: Threshold


class Allowlist(PolicySection):
    """The stabilities each side may have; None for a side that the policy knows nothing of."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {side.value: None for side in SIDES}

    cross_sectional: list[Stability] | None
    symbol: list[Stability] | None


class Experimental(PolicySection):
    """The lane for what is not good enough yet."""

    min_score: Threshold = 0.52
    allowed_stabilities: list[Stability] = [Stability.DRIFTING, Stability.UNKNOWN]
    max_fraction_symbols_per_target: Annotated[Number, Field(ge=0, le=1)] = 1.0


class StabilityClassification(PolicySection):
    """How an UNKNOWN stability is read from its metrics."""

    stable_overlap_min: Number = 0.7
    drifting_overlap_min: Number = 0.5
    stable_tau_min: Number = 0.6
    drifting_tau_min: Number = 0.4
    max_std_overlap: Number = 0.2
    max_std_tau: Number = 0.25
    min_snapshots_for_stability: Count = 2


class HorizonPattern(PolicySection):
    """A pattern that finds a number in a target's name, and how many minutes one of it is."""

    regex: Text
    multiplier: Annotated[Number, Field(gt=0)]

    @model_validator(mode="after")
    def _has_one_group(self) -> HorizonPattern:
        try:
            groups = re.compile(self.regex).groups
        except (re.error, OverflowError) as error:
            raise ValueError(f"regex is not a regular expression: {error}") from error
        except RecursionError as error:
            raise ValueError("regex is nested too deeply") from error
        if groups < 1:
            raise ValueError(r"regex needs a group around the number: (\d+)d")
        return self


class Horizon(PolicySection):
    """How a horizon in minutes is read from a target's name."""

    patterns: list[HorizonPattern] = [
        HorizonPattern(regex=r"(\d+)m", multiplier=1),
        HorizonPattern(regex=r"(\d+)h", multiplier=60),
        HorizonPattern(regex=r"(\d+)d", multiplier=390),
    ]
    same_day: Annotated[Number, Field(gt=0)] = 390


class FamilyRule(PolicySection):
    """Which families train the jobs that match; every condition given must hold, and the first rule that does wins."""

    use: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(min_length=1)]
    route: Annotated[str, word_of([route for route in Route if route.is_trained])] | None = None
    task: Literal["classification", "regression"] | None = None
    priority: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = None
    target: Text | None = None
    symbol: Text | None = None
