"""The policy: which evidence is good enough for which route."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache, cached_property, reduce
from operator import getitem
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StrictBool,
    ValidationInfo,
    model_validator,
)

from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.documents.yaml_document import Kind
from planstore.documents.yaml_loader import read_yaml
from planstore.errors import PolicyError
from planstore.events.canonical import canonical_json, sha256
from planstore.routing.reference_policy import Section, completed


class PolicyWarning(UserWarning):
    """Something about a policy that is not wrong, but that its owner should know."""


class Stability(StrEnum):
    """How alike a model's important features are over folds and runs."""

    STABLE = "STABLE"
    DRIFTING = "DRIFTING"
    DIVERGED = "DIVERGED"
    UNKNOWN = "UNKNOWN"


class Leakage(StrEnum):
    """Whether a target's features were found to know the future."""

    SAFE = "SAFE"
    SUSPECT = "SUSPECT"
    BLOCKED = "BLOCKED"
    UNKNOWN = "UNKNOWN"


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
DEFAULT_POLICY = Path(__file__).parent / "default_policy.yaml"
"""The policy that planstore ships: a conservative one to start from, which says what any strict one leaves out."""
TIERS = ("short", "medium", "long", "very_long")


class _Section(Section, BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ByTier(_Section):
    """A threshold for each horizon tier; a tier left out means ``default``."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {"default": -0.5}

    default: Number = Field(description="the threshold of every tier that is left out")
    short: Number | None = Field(default=None, description="below 60 minutes ahead")
    medium: Number | None = Field(default=None, description="from 60 to below 240 minutes ahead")
    long: Number | None = Field(default=None, description="from 240 to below 1440 minutes ahead")
    very_long: Number | None = Field(default=None, description="1440 minutes ahead or more")


class ByTask(_Section):
    """A threshold for each task."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {"classification": 0.5, "regression": -0.5}

    classification: Number = Field(description="the threshold of classification targets")
    regression: Number | ByTier = Field(description="the threshold of regression targets, or one for each horizon tier")

    def at(self, task: str, tier: str) -> float:
        """Return the threshold for a task and tier."""
        if task == "classification":
            return self.classification
        if not isinstance(self.regression, ByTier):
            return self.regression
        found = getattr(self.regression, tier)
        return self.regression.default if found is None else float(found)


Threshold = Number | ByTask


def _at(threshold: float | ByTask, task: str, tier: str) -> float:
    return threshold.at(task, tier) if isinstance(threshold, ByTask) else threshold


class SampleSizes(_Section):
    """The fewest rows each side's evidence may rest on; None for a side that the policy knows nothing of."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {"cross_sectional": None, "symbol": None}

    cross_sectional: Count | None = Field(description="fewest rows behind the evidence of a cross-sectional side")
    symbol: Count | None = Field(description="fewest rows behind the evidence of a symbol side")


class Scores(_Section):
    """The scores from which one side is good enough, and strong."""

    min_score: Threshold = Field(description="the score from which the side is WEAK_BUT_OK")
    strong_score: Threshold = Field(description="the score from which the side is STRONG")


class Allowlist(_Section):
    """The stabilities each side may have; None for a side that the policy knows nothing of."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {"cross_sectional": None, "symbol": None}

    cross_sectional: list[Stability] | None = Field(description="stabilities that a cross-sectional side may have")
    symbol: list[Stability] | None = Field(description="stabilities that a symbol side may have")


class Experimental(_Section):
    """The lane for what is not good enough yet."""

    min_score: Threshold = Field(default=0.52, description="the score from which a side is EXPERIMENTAL")
    allowed_stabilities: list[Stability] = Field(
        default=[Stability.DRIFTING, Stability.UNKNOWN], description="stabilities that a side in the lane may have"
    )
    max_fraction_symbols_per_target: Annotated[Number, Field(ge=0, le=1)] = Field(
        default=1.0,
        description="room in the lane: share of a target's symbols, from 0 to 1, best scores first (strict)",
    )


class StabilityClassification(_Section):
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


class HorizonPattern(_Section):
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


class Horizon(_Section):
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


class FamilyRule(_Section):
    """Which families train the jobs that match; every condition given must hold, and the first rule that does wins."""

    use: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(min_length=1)] = Field(
        description="the families of the jobs that match"
    )
    route: Literal["ROUTE_CROSS_SECTIONAL", "ROUTE_SYMBOL_SPECIFIC", "ROUTE_BOTH", "ROUTE_EXPERIMENTAL_ONLY"] | None = (
        Field(default=None, description="only jobs of this route")
    )
    task: Literal["classification", "regression"] | None = Field(default=None, description="only jobs of this task")
    priority: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = Field(
        default=None, description="only jobs of this priority"
    )
    target: Text | None = Field(default=None, description="only targets that match this pattern, such as y_will_*")
    symbol: Text | None = Field(default=None, description="only symbols that match this pattern")


def _document_format(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


class Policy(_Section):
    """A routing policy, checked. Frozen; its identity is the SHA-256 of its canonical document.

    Keys are those of the recorded policies, and four of planstore's own: ``semantics``, ``horizon``, ``families``,
    ``min_margin_over_null``. Of a strict policy, keys that are left out, nested ones too, mean what ``DEFAULT_POLICY``
    says; the defaults of the fields here are those of the reference, under which a side that no candidate has may be
    left out, and is None.
    """

    REFERENCE: ClassVar[Mapping[str, Any]] = {"cross_sectional": None, "symbol": None}

    semantics: Literal["strict", "reference"] = Field(
        default="strict", description="strict, or reference: reproduces the recorded reference outputs"
    )
    dev_mode: StrictBool = Field(default=False, description="relaxes the cross-sectional minimum and allowlist")
    dev_mode_min_sample_size: Count = Field(default=1000, description="the cross-sectional minimum in dev mode")
    min_sample_size: SampleSizes = Field(description="fewest rows behind the evidence of each side")
    block_on_leakage: StrictBool = Field(
        default=True, description="a side whose leakage_status is BLOCKED is DISALLOWED"
    )
    min_margin_over_null: Threshold | None = Field(
        default=None, description="least margin of a score over its null_score; null: no margin is required (strict)"
    )
    cross_sectional: Scores | None = Field(description="scores of the cross-sectional side")
    symbol: Scores | None = Field(description="scores of the symbol side")
    stability_allowlist: Allowlist = Field(description="stabilities that each side may have")
    both_strong_behavior: Text = Field(
        default="ROUTE_BOTH", description="the route where both sides are good: ROUTE_BOTH, PREFER_CS or PREFER_SYMBOL"
    )
    enable_experimental_lane: StrictBool = Field(default=False, description="whether a side can be EXPERIMENTAL")
    experimental: Experimental = Field(default=Experimental(), description="the experimental lane")
    require_safe_features_only: StrictBool = Field(
        default=False, description="a side whose leakage_status is not allowed below is DISALLOWED (strict)"
    )
    allowed_feature_leakage_status: list[Leakage] = Field(
        default=[Leakage.SAFE], description="leakage statuses that require_safe_features_only allows"
    )
    require_min_successful_families: Count = Field(
        default=0, description="fewest requested families that did not fail; with fewer a side is DISALLOWED (strict)"
    )
    log_decision_reasons: StrictBool = Field(
        default=False, description="log each decision with its reasons, in the logger planstore.routing"
    )
    dump_plan_as: list[Annotated[Literal["JSON", "YAML", "MARKDOWN"], BeforeValidator(_document_format)]] = Field(
        default=["JSON"], description="formats of the exported plan; JSON is always written"
    )
    stability_classification: StabilityClassification = Field(
        default=StabilityClassification(), description="how an UNKNOWN stability is classified from its metrics"
    )
    horizon: Horizon = Field(default=Horizon(), description="how the horizon is read from a target's name")
    families: list[FamilyRule] = Field(
        default=[], description="families for each job; the first rule that matches applies"
    )

    _filled_in: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="before")
    @classmethod
    def _reference_may_have_gaps(cls, given: Any, info: ValidationInfo) -> Any:
        if not isinstance(given, Mapping) or given.get("semantics") != "reference":
            return given
        found, unread = completed(cls, given)
        if unread:
            where = (info.context or {}).get("where", "the policy")
            warnings.warn(
                f"{where}: keys without effect, because routing under semantics: reference does not read them: "
                f"{', '.join(unread)}",
                PolicyWarning,
                stacklevel=2,
            )
        return found

    @model_validator(mode="wrap")
    @classmethod
    def _strict_has_no_gaps(cls, given: Any, check: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, Mapping) or given.get("semantics") == "reference":
            policy = check(given)
            if policy.semantics == "reference" and policy.min_margin_over_null is not None:
                raise ValueError("min_margin_over_null needs semantics: strict; the reference knows no null")
            return policy
        policy = check(_filled(given, _shipped()))
        policy._filled_in = tuple(_missing(given, _shipped()))
        policy._refuse_contradictions()
        return policy

    @property
    def left_out(self) -> tuple[str, ...]:
        """The keys that a strict policy left out, as ``experimental.min_score``."""
        return self._filled_in

    def _refuse_contradictions(self) -> None:
        for key in self._absent_sides():
            raise ValueError(f"{key} must be given under semantics: strict, got null: say what the side needs")
        known = ("ROUTE_BOTH", "PREFER_CS", "PREFER_SYMBOL")
        if self.both_strong_behavior not in known:
            raise ValueError(
                f"both_strong_behavior is {self.both_strong_behavior!r}; it can be {', '.join(known)} "
                "(semantics: reference takes any word, and routes by none)"
            )
        for side in ("cross_sectional", "symbol"):
            scores = getattr(self, side)
            for task in ("classification", "regression"):
                for tier in ("default", *TIERS):
                    low, high = _at(scores.min_score, task, tier), _at(scores.strong_score, task, tier)
                    if low > high:
                        raise ValueError(
                            f"{side}.min_score is {low:g} for {task}, tier {tier}, above its strong_score of {high:g}: "
                            f"nothing could be merely good enough{self._defaulted(side)}"
                        )

    def _defaulted(self, side: str) -> str:
        """Return the end of a sentence that names which thresholds of a side are not the policy's own, if any."""
        found = [key for key in self._filled_in if key == side or key.startswith(f"{side}.")]
        return f"; the policy leaves out {', '.join(found)}, which mean what the default policy says" if found else ""

    def _absent_sides(self) -> list[str]:
        sections = {
            "": self,
            "min_sample_size.": self.min_sample_size,
            "stability_allowlist.": self.stability_allowlist,
        }
        return [
            f"{place}{side}"
            for side in ("cross_sectional", "symbol")
            for place, section in sections.items()
            if getattr(section, side) is None
        ]

    @property
    def leaves_out_a_side(self) -> bool:
        """Whether it knows nothing of one side, so that no candidate may have that."""
        return bool(self._absent_sides())

    @cached_property
    def document(self) -> bytes:
        """The canonical JSON document, every default written out."""
        return canonical_json(self.model_dump(mode="json"))

    @cached_property
    def policy_id(self) -> str:
        """The SHA-256 of the canonical document."""
        return sha256(self.document)


@cache
def _shipped() -> Mapping[str, Any]:
    """Return the keys of the policy that planstore ships, every one that there is."""
    found: Mapping[str, Any] = read_yaml(DEFAULT_POLICY.read_text(encoding="utf-8")).value["routing"]
    return found


def _filled(given: Any, default: Any) -> Any:
    """Return what was given, with what it leaves out as ``default`` says."""
    if not isinstance(given, Mapping):
        return given
    known = _by_key(given, default)
    return {**known, **{key: _filled(value, known.get(key)) for key, value in given.items()}}


def _missing(given: Any, default: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the keys of ``default`` that were not given; of a section that was not, only its own."""
    if isinstance(given, Mapping):
        for key, value in _by_key(given, default).items():
            if key in given:
                yield from _missing(given[key], value, (*path, key))
            else:
                yield ".".join((*path, key))


def _by_key(given: Mapping[str, Any], default: Any) -> Mapping[str, Any]:
    """Return a default by its keys; a number is that of all tiers, where tiers were given."""
    if isinstance(default, Mapping):
        return default
    return {"default": default} if default is not None and set(given) <= {"default", *TIERS} else {}


_KIND = Kind("policy", "routing", PolicyError, alone=False)
PolicySource = Policy | Mapping[str, Any] | str | Path


def read_policy(source: PolicySource) -> tuple[Policy, str]:
    """Return the policy that ``source`` holds, and a name for it.

    Args:
        source: a policy, a mapping with the top key ``routing``, or the path of a YAML file.

    Raises:
        PolicyError: names the file, each key that is wrong, its line and what is allowed there.
    """
    if isinstance(source, Policy):
        return source, "policy"
    if isinstance(source, Mapping):
        return _KIND.check(source, "the policy", Policy), "policy"
    if not isinstance(source, str | Path):
        raise PolicyError(f"the policy must be a policy, a mapping or the path of a YAML file, got {quoted(source)}")
    path = Path(source)
    return _KIND.read(path, Policy), path.stem


def note_left_out(policy: Policy, source: PolicySource) -> None:
    """Warn of all keys that a policy leaves out, at once, and say what they mean."""
    if not policy.left_out:
        return
    document = policy.model_dump(mode="json")
    where = source if isinstance(source, str | Path) else "the policy"
    keys = ", ".join(_told(key, document) for key in policy.left_out)
    warnings.warn(
        f"{where}: keys that are left out mean what the default policy says: {keys}; `planstore init --policy FILE` "
        "writes all of them",
        PolicyWarning,
        stacklevel=4,
    )


def _told(key: str, document: Mapping[str, Any]) -> str:
    """Return a key with its value, where that is short."""
    value = orjson.dumps(reduce(getitem, key.split("."), document)).decode()
    return f"{key} ({value})" if len(value) <= 60 else key


def policy_from_yaml(text: str, where: str) -> Policy:
    """Return the policy in a YAML text; ``where`` names the text in errors."""
    return _KIND.parse(text, where, Policy)


def check_patterns(policy: Policy, where: str = "the policy") -> None:
    """Refuse patterns that the database cannot search or match with.

    Raises:
        PolicyError: names the pattern and what the database says of it.
    """
    session = memory()
    session.run("routing/unicode_pattern")
    for index, pattern in enumerate(policy.horizon.patterns):
        problem = session.problem("policy/horizon_pattern", regex=pattern.regex)
        if problem:
            raise PolicyError(
                f"{where}: horizon.patterns.{index}.regex: {pattern.regex!r} cannot be searched with: {problem}"
            )
    session.run("planning/pattern_regex")
    for index, rule in enumerate(policy.families):
        for key, name_pattern in (("target", rule.target), ("symbol", rule.symbol)):
            problem = name_pattern and session.problem("policy/family_pattern", pattern=name_pattern)
            if problem:
                raise PolicyError(
                    f"{where}: families.{index}.{key}: {name_pattern!r} is no pattern of names: {problem}"
                )
    session.close()
