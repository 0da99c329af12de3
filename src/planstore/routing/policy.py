"""The policy: which evidence is good enough for which route."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StrictBool,
    ValidationError,
    model_validator,
)

from planstore.database import memory
from planstore.errors import PolicyError
from planstore.events.canonical import canonical_json, sha256


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


Number = Annotated[FiniteFloat, BeforeValidator(_number)]
Count = Annotated[int, Field(strict=True, ge=0)]
DEFAULT_POLICY = Path(__file__).parent / "default_policy.yaml"
"""The policy that planstore ships: a conservative one to start from."""
TIERS = ("short", "medium", "long", "very_long")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ByTier(_Section):
    """A threshold for each horizon tier; a tier left out means ``default``."""

    default: Number
    short: Number | None = None
    medium: Number | None = None
    long: Number | None = None
    very_long: Number | None = None


class ByTask(_Section):
    """A threshold for each task."""

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
    """The fewest rows each side's evidence may rest on."""

    cross_sectional: Count
    symbol: Count


class Scores(_Section):
    """The scores from which one side is good enough, and strong."""

    min_score: Threshold
    strong_score: Threshold


class Allowlist(_Section):
    """The stabilities each side may have."""

    cross_sectional: list[Stability]
    symbol: list[Stability]


class Experimental(_Section):
    """The lane for what is not good enough yet."""

    min_score: Threshold = 0.5
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

    regex: str
    multiplier: Annotated[Number, Field(gt=0)]

    @model_validator(mode="after")
    def _has_one_group(self) -> HorizonPattern:
        try:
            groups = re.compile(self.regex).groups
        except re.error as error:
            raise ValueError(f"regex is not a regular expression: {error}") from error
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

    use: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    route: Literal["ROUTE_CROSS_SECTIONAL", "ROUTE_SYMBOL_SPECIFIC", "ROUTE_BOTH", "ROUTE_EXPERIMENTAL_ONLY"] | None = (
        None
    )
    task: Literal["classification", "regression"] | None = None
    priority: Annotated[int, Field(strict=True, ge=0)] | None = None
    target: str | None = None
    symbol: str | None = None


def _document_format(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


class Policy(_Section):
    """A routing policy, checked. Frozen; its identity is the SHA-256 of its canonical document.

    Keys are those of the recorded policies, and four of planstore's own: ``semantics``, ``horizon``, ``families``,
    ``min_margin_over_null``.
    """

    semantics: Literal["strict", "reference"] = "strict"
    dev_mode: StrictBool = False
    dev_mode_min_sample_size: Count = 1000
    min_sample_size: SampleSizes
    block_on_leakage: StrictBool = True
    min_margin_over_null: Threshold | None = None
    cross_sectional: Scores
    symbol: Scores
    stability_allowlist: Allowlist
    both_strong_behavior: str = "ROUTE_BOTH"
    enable_experimental_lane: StrictBool = False
    experimental: Experimental = Experimental()
    require_safe_features_only: StrictBool = False
    allowed_feature_leakage_status: list[Leakage] = [Leakage.SAFE]
    require_min_successful_families: Count = 0
    log_decision_reasons: StrictBool = False
    dump_plan_as: list[Annotated[Literal["JSON", "YAML", "MARKDOWN"], BeforeValidator(_document_format)]] = ["JSON"]
    stability_classification: StabilityClassification = StabilityClassification()
    horizon: Horizon = Horizon()
    families: list[FamilyRule] = []

    @model_validator(mode="after")
    def _strict_has_no_gaps(self) -> Policy:
        if self.semantics == "reference":
            if self.min_margin_over_null is not None:
                raise ValueError("min_margin_over_null needs semantics: strict; the reference knows no null")
            return self
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
                            f"{side}.min_score is {low:g} for {task}, tier {tier}, "
                            f"above its strong_score of {high:g}: nothing could be merely good enough"
                        )
        return self

    @cached_property
    def document(self) -> bytes:
        """The canonical JSON document, every default written out."""
        return canonical_json(self.model_dump(mode="json"))

    @cached_property
    def policy_id(self) -> str:
        """The SHA-256 of the canonical document."""
        return sha256(self.document)


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
        return _check(source, "the policy", {}), "policy"
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"policy file {path} cannot be read: {error}") from error
    return policy_from_yaml(text, str(path)), path.stem


def policy_from_yaml(text: str, where: str) -> Policy:
    """Return the policy in a YAML text; ``where`` names the text in errors."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
        lines = {} if node is None else dict(_lines(node, (), where))
    except yaml.YAMLError as error:
        raise PolicyError(f"{where} is not YAML: {error}") from error
    except RecursionError as error:
        raise PolicyError(f"{where} is nested too deeply, or holds itself") from error
    if not isinstance(document, Mapping):
        raise PolicyError(f"{where} holds no policy: it needs the top key `routing`")
    return _check(document, where, lines)


def check_patterns(policy: Policy, where: str = "the policy") -> None:
    """Refuse patterns that the database cannot search or match with.

    Raises:
        PolicyError: names the pattern and what the database says of it.
    """
    session = memory()
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


def _lines(node: yaml.Node, path: tuple[str | int, ...], where: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield the line of every key, and refuse a key that is given twice, because YAML keeps only the last."""
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise PolicyError(
                    f"{where}, line {line}: {'.'.join(map(str, (*path, key.value)))} is given twice, "
                    f"first on line {seen[key.value]}"
                )
            seen[key.value] = line
            yield from _lines(value, (*path, key.value), where)
            yield (*path, key.value), line
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*path, index), where)


def _check(document: Mapping[str, Any], where: str, lines: Mapping[tuple[str | int, ...], int]) -> Policy:
    if set(document) != {"routing"}:
        unknown = ", ".join(sorted(str(key) for key in document if key != "routing"))
        raise PolicyError(
            f"{where} needs the one top key `routing`" + (f", and has others: {unknown}" if unknown else "")
        )
    try:
        return Policy.model_validate(document["routing"])
    except ValidationError as error:
        raise PolicyError("\n".join(_problems(error, where, lines))) from error


def _problems(error: ValidationError, where: str, lines: Mapping[tuple[str | int, ...], int]) -> Iterator[str]:
    found: dict[tuple[str | int, ...], Any] = {}
    for problem in error.errors():
        path = tuple(part for part in problem["loc"] if not _is_union_tag(part))
        if (
            not path and problem["type"] == "value_error"
        ):  # because a check of the whole policy names the key in its words
            path = tuple(problem["msg"].removeprefix("Value error, ").partition(" ")[0].split("."))
        found.setdefault(path, problem)
    for path, problem in found.items():
        if any(len(other) > len(path) and other[: len(path)] == path for other in found):
            continue  # because what is wrong inside says more
        line = next(
            (lines[("routing", *path[:n])] for n in range(len(path), -1, -1) if ("routing", *path[:n]) in lines), 0
        )
        place = f"{where}, line {line}" if line else where
        key = ".".join(map(str, path)) or "routing"
        message = {"extra_forbidden": "is not a key of a policy", "missing": "is missing"}.get(
            problem["type"], problem["msg"].removeprefix("Value error, ")
        )
        if problem["type"] == "value_error" and message.startswith(key):
            yield f"{place}: {message}"
            continue
        got = "" if problem["type"] in ("missing", "extra_forbidden") else f", got {problem['input']!r}"
        yield f"{place}: {key}: {message}{got}"


def _is_union_tag(part: str | int) -> bool:
    """Tell whether a part of an error's place names a branch of a union rather than a key."""
    return isinstance(part, str) and (part in ("ByTask", "ByTier", "float", "constrained-float") or "[" in part)
