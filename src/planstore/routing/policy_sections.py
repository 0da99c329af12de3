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

from planstore.documents.yaml_document import OneOf
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


class PolicySection(Section, BaseModel):
    """A section of a policy: it takes no other keys, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ByTier(PolicySection):
    """A threshold for each horizon tier; a tier left out means ``default``."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {"default": -0.5}

    default: Number = Field(description="the threshold of every tier that is left out")
    short: Number | None = Field(default=None, description="below 60 minutes ahead")
    medium: Number | None = Field(default=None, description="from 60 to below 240 minutes ahead")
    long: Number | None = Field(default=None, description="from 240 to below 1440 minutes ahead")
    very_long: Number | None = Field(default=None, description="1440 minutes ahead or more")


class ByTask(PolicySection):
    """A threshold for each task."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {"classification": 0.5, "regression": -0.5}

    classification: Number = Field(description="the threshold of classification targets")
    regression: Number | ByTier = Field(description="the threshold of regression targets, or one for each horizon tier")


Threshold = Number | ByTask


class SampleSizes(PolicySection):
    """The fewest rows each side's evidence may rest on; None for a side that the policy knows nothing of."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {side.value: None for side in SIDES}

    cross_sectional: Count | None = Field(description="fewest rows behind the evidence of a cross-sectional side")
    symbol: Count | None = Field(description="fewest rows behind the evidence of a symbol side")


class Scores(PolicySection):
    """The scores from which one side is good enough, and strong."""

    min_score: Threshold = Field(description="the score from which the side is WEAK_BUT_OK")
    strong_score: Threshold = Field(description="the score from which the side is STRONG")


class Allowlist(PolicySection):
    """The stabilities each side may have; None for a side that the policy knows nothing of."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {side.value: None for side in SIDES}

    cross_sectional: list[Stability] | None = Field(description="stabilities that a cross-sectional side may have")
    symbol: list[Stability] | None = Field(description="stabilities that a symbol side may have")


class Experimental(PolicySection):
    """The experimental lane, for sides below the minimum of their policy."""

    min_score: Threshold = Field(default=0.52, description="the score from which a side is EXPERIMENTAL")
    allowed_stabilities: list[Stability] = Field(
        default=[Stability.DRIFTING, Stability.UNKNOWN], description="stabilities that a side in the lane may have"
    )
    max_fraction_symbols_per_target: Annotated[Number, Field(ge=0, le=1)] = Field(
        default=1.0,
        description="room in the lane: share of a target's symbols, from 0 to 1, best scores first (strict)",
    )


class StabilityClassification(PolicySection):
    """How an UNKNOWN stability is read from its metrics."""

    stable_overlap_min: Number = Field(default=0.7, description="least mean_overlap of STABLE")
    drifting_overlap_min: Number = Field(default=0.5, description="least mean_overlap of DRIFTING")
    stable_tau_min: Number = Field(default=0.6, description="least mean_tau of STABLE")
    drifting_tau_min: Number = Field(default=0.4, description="least mean_tau of DRIFTING")
    max_std_overlap: Number = Field(default=0.2, description="a std_overlap above it means DIVERGED")
    max_std_tau: Number = Field(default=0.25, description="a std_tau above it means DIVERGED")
    min_snapshots_for_stability: Count = Field(
        default=2, description="with fewer stability_snapshots the stability stays UNKNOWN"
    )


class HorizonPattern(PolicySection):
    """A pattern that finds a number in a target's name, and how many minutes one of it is."""

    regex: Text = Field(description="a regular expression with one group around the number")
    multiplier: Annotated[Number, Field(gt=0)] = Field(description="minutes that 1 of the number stands for, above 0")

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

    patterns: list[HorizonPattern] = Field(
        default=[
            HorizonPattern(regex=r"(\d+)m", multiplier=1),
            HorizonPattern(regex=r"(\d+)h", multiplier=60),
            HorizonPattern(regex=r"(\d+)d", multiplier=390),
        ],
        description="patterns of a number in a target's name, tried in order",
    )
    same_day: Annotated[Number, Field(gt=0)] = Field(
        default=390, description="minutes ahead of a target whose name contains same_day, above 0"
    )


class Budget(PolicySection):
    """The most that the training of a plan may cost: fits, or hours of one CPU core."""

    fits: Annotated[int, Field(strict=True, ge=1, lt=2**63)] | None = Field(
        default=None, description="most fits of a plan, at least 1; a fit is one family of one job"
    )
    hours: Annotated[Number, Field(gt=0)] | None = Field(
        default=None, description="most hours of one CPU core, above 0, by the fits that the ledger has timed"
    )

    @model_validator(mode="after")
    def _has_one_limit(self) -> Budget:
        given = [name for name in ("fits", "hours") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"budget must be either fits or hours, got {' and '.join(given) or 'neither'}: "
                "write budget: {fits: 40} or budget: {hours: 5}"
            )
        return self


class FamilyRule(PolicySection):
    """Which families train the jobs that match; every condition given must hold, and the first rule that does wins."""

    use: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(min_length=1)] = Field(
        description="the families of the jobs that match"
    )
    route: Annotated[str, OneOf([route for route in Route if route.is_trained])] | None = Field(
        default=None, description="only jobs of this route"
    )
    task: Literal["classification", "regression"] | None = Field(default=None, description="only jobs of this task")
    priority: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = Field(
        default=None, description="only jobs of this priority"
    )
    target: Text | None = Field(default=None, description="only targets that match this pattern, such as y_will_*")
    symbol: Text | None = Field(default=None, description="only symbols that match this pattern")
