"""The policy: which evidence is good enough for which route."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
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
from planstore.documents.yaml_document import Kind, word_of
from planstore.documents.yaml_loader import read_yaml
from planstore.errors import PolicyError
from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import SIDES, LeakageStatus, Preference, Route, Semantics, Stability
from planstore.routing.reference_policy import Section, completed


class PolicyWarning(UserWarning):
    """Something about a policy that is not wrong, but that its owner should know."""


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

    default: Number
    short: Number | None = None
    medium: Number | None = None
    long: Number | None = None
    very_long: Number | None = None


class ByTask(_Section):
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


def _at(threshold: float | ByTask, task: str, tier: str) -> float:
    return threshold.at(task, tier) if isinstance(threshold, ByTask) else threshold


class SampleSizes(_Section):
    """The fewest rows each side's evidence may rest on; None for a side that the policy knows nothing of."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {side.value: None for side in SIDES}

    cross_sectional: Count | None
    symbol: Count | None


class Scores(_Section):
    """The scores from which one side is good enough, and strong."""

    min_score: Threshold
    strong_score: Threshold


class Allowlist(_Section):
    """The stabilities each side may have; None for a side that the policy knows nothing of."""

    REFERENCE: ClassVar[Mapping[str, Any]] = {side.value: None for side in SIDES}

    cross_sectional: list[Stability] | None
    symbol: list[Stability] | None


class Experimental(_Section):
    """The lane for what is not good enough yet."""

    min_score: Threshold = 0.52
    allowed_stabilities: list[Stability] = [Stability.DRIFTING, Stability.UNKNOWN]
    max_fraction_symbols_per_target: Annotated[Number, Field(ge=0, le=1)] = 1.0


class StabilityClassification(_Section):
    """How an UNKNOWN stability is read from its metrics."""

    stable_overlap_min: Number = 0.7
    drifting_overlap_min: Number = 0.5
    stable_tau_min: Number = 0.6
    drifting_tau_min: Number = 0.4
    max_std_overlap: Number = 0.2
    max_std_tau: Number = 0.25
    min_snapshots_for_stability: Count = 2


class HorizonPattern(_Section):
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


class Horizon(_Section):
    """How a horizon in minutes is read from a target's name."""

    patterns: list[HorizonPattern] = [
        HorizonPattern(regex=r"(\d+)m", multiplier=1),
        HorizonPattern(regex=r"(\d+)h", multiplier=60),
        HorizonPattern(regex=r"(\d+)d", multiplier=390),
    ]
    same_day: Annotated[Number, Field(gt=0)] = 390


class FamilyRule(_Section):
    """Which families train the jobs that match; every condition given must hold, and the first rule that does wins."""

    use: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(min_length=1)]
    route: Annotated[str, word_of([route for route in Route if route.is_trained])] | None = None
    task: Literal["classification", "regression"] | None = None
    priority: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = None
    target: Text | None = None
    symbol: Text | None = None


def _document_format(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


class Policy(_Section):
    """A routing policy, checked. Frozen; its identity is the digest of its canonical document.

    Keys are those of the recorded policies, and four of planstore's own: ``semantics``, ``horizon``, ``families``,
    ``min_margin_over_null``. Of a strict policy, keys that are left out, nested ones too, mean what ``DEFAULT_POLICY``
    says; the defaults of the fields here are those of the reference, under which a side that no candidate has may be
    left out, and is None.
    """

    REFERENCE: ClassVar[Mapping[str, Any]] = {side.value: None for side in SIDES}

    semantics: Semantics = Semantics.STRICT
    dev_mode: StrictBool = False
    dev_mode_min_sample_size: Count = 1000
    min_sample_size: SampleSizes
    block_on_leakage: StrictBool = True
    min_margin_over_null: Threshold | None = None
    cross_sectional: Scores | None
    symbol: Scores | None
    stability_allowlist: Allowlist
    both_strong_behavior: Text = Preference.BOTH.value
    enable_experimental_lane: StrictBool = False
    experimental: Experimental = Experimental()
    require_safe_features_only: StrictBool = False
    allowed_feature_leakage_status: list[LeakageStatus] = [LeakageStatus.SAFE]
    require_min_successful_families: Count = 0
    log_decision_reasons: StrictBool = False
    dump_plan_as: list[Annotated[Literal["JSON", "YAML", "MARKDOWN"], BeforeValidator(_document_format)]] = ["JSON"]
    stability_classification: StabilityClassification = StabilityClassification()
    horizon: Horizon = Horizon()
    families: list[FamilyRule] = []

    _filled_in: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="before")
    @classmethod
    def _reference_may_have_gaps(cls, given: Any, info: ValidationInfo) -> Any:
        if not isinstance(given, Mapping) or given.get("semantics") != Semantics.REFERENCE:
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
        if not isinstance(given, Mapping) or given.get("semantics") == Semantics.REFERENCE:
            policy = check(given)
            if policy.semantics == Semantics.REFERENCE and policy.min_margin_over_null is not None:
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
        if self.both_strong_behavior not in tuple(Preference):
            raise ValueError(
                f"both_strong_behavior is {self.both_strong_behavior!r}; it can be {', '.join(Preference)} "
                "(semantics: reference takes any word, and routes by none)"
            )
        for side in SIDES:
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
            f"{place}{side}" for side in SIDES for place, section in sections.items() if getattr(section, side) is None
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
        """The digest of the canonical document."""
        return digest_of(self.document)


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


KIND = Kind("policy", "routing", PolicyError, alone=False)
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
        return KIND.check(source, "the policy", Policy), "policy"
    if not isinstance(source, str | Path):
        raise PolicyError(f"the policy must be a policy, a mapping or the path of a YAML file, got {quoted(source)}")
    path = Path(source)
    return KIND.read(path, Policy), path.stem


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
