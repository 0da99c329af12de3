"""Coverage of a policy by its cases: the rules and thresholds that no case reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from planstore.database.session import Session
from planstore.events.vocabulary import SIDES, Preference, Semantics
from planstore.routing.policy import Policy
from planstore.routing.policy_keys import is_threshold, keys_and_values, stated
from planstore.routing.rules import current_rules, explain_rules

_ENDINGS = {Preference.BOTH: "", Preference.CROSS_SECTIONAL: "_PREFER_CS", Preference.SYMBOL_SPECIFIC: "_PREFER_LOCAL"}


@dataclass(frozen=True)
class RuleCoverage:
    """A rule that can decide a case, and the number of cases that it decides."""

    rule: str
    cases: int


@dataclass(frozen=True)
class KeyCoverage:
    """A key of the policy that evidence is compared with.

    Attributes:
        key: the key, such as ``symbol.min_score.classification``.
        value: its value.
        passed: the number of cases with evidence that passes it.
        failed: the number of cases with evidence that fails it.
    """

    key: str
    value: Any
    passed: int
    failed: int

    @property
    def gap(self) -> str:
        """The gap in words; empty if one case passes the key and another one fails it."""
        if self.passed == self.failed == 0:
            return "no case reaches it"
        return "no case fails it" if not self.failed else "no case passes it" if not self.passed else ""


@dataclass(frozen=True)
class Coverage:
    """The rules and keys of a policy, each with the number of cases that reach it.

    A case decides one pair, so that the lane has room for it only if the policy gives it all symbols' share.
    """

    rules: tuple[RuleCoverage, ...]
    keys: tuple[KeyCoverage, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def read_coverage(session: Session, policy: Policy, rules: Iterable[str | None]) -> Coverage:
    """Return the coverage of a policy.

    Args:
        session: in which the rules have just decided one scenario for each case.
        policy: the policy of all cases.
        rules: the rule that decided each case.
    """
    explain_rules(session, current_rules())
    decided = Counter(rules)
    reached = Counter((row["key"], row["passed"]) for row in session.records("policy/reached_keys"))
    return Coverage(
        rules=tuple(RuleCoverage(rule, decided[rule]) for rule in deciding_rules(policy)),
        keys=tuple(
            KeyCoverage(key, value, reached[key, True], reached[key, False])
            for key, value in compared_keys(policy.model_dump(mode="json"))
        ),
    )


def deciding_rules(policy: Policy) -> Iterator[str]:
    """Yield the rules that can decide a case under a policy."""
    is_strict, has_lane = policy.semantics == Semantics.STRICT, policy.enable_experimental_lane
    yield from ("CS_ENABLED", *(["CS_EXPERIMENTAL"] if has_lane else []), "CS_DISALLOWED")
    if is_strict:
        yield "NO_EVIDENCE"
    yield "BOTH_DISALLOWED"
    if has_lane:
        is_full = is_strict and policy.experimental.max_fraction_symbols_per_target < 1
        yield "EXPERIMENTAL_LANE_FULL" if is_full else "EXPERIMENTAL_LANE"
    yield from ("LOCAL_ONLY", "CS_ONLY")
    if policy.both_strong_behavior not in tuple(Preference):
        yield "NO_RULE_MATCH"
        return
    ending = _ENDINGS[Preference(policy.both_strong_behavior)]
    yield f"BOTH_STRONG{ending}"
    if is_strict:
        yield f"BOTH_ELIGIBLE{ending}"


def compared_keys(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the keys of a policy's document that evidence is compared with, and their values."""
    for key, value in keys_and_values(document):
        if not _is_compared(key, value, document):
            continue
        if is_threshold(key):
            yield from ((f"{key}{rest}", number) for rest, number in stated(value))
        else:
            yield key, value


def _is_compared(key: str, value: Any, document: Mapping[str, Any]) -> bool:
    section, _, name = key.rpartition(".")
    is_strict = document["semantics"] == Semantics.STRICT
    if value is None:
        return False
    if section == "experimental":
        return document["enable_experimental_lane"] and (is_strict or name != "max_fraction_symbols_per_target")
    if section == "stability_classification":
        return is_strict or name != "min_snapshots_for_stability"
    if section == "min_sample_size" or key == "require_min_successful_families":
        return value > 0 and (is_strict or bool(section))
    if key == "allowed_feature_leakage_status":
        return is_strict and bool(document["require_safe_features_only"])
    if key in ("block_on_leakage", "min_margin_over_null", "max_false_discovery_rate", "min_effective_samples"):
        return value is not False
    return section == "stability_allowlist" or section in SIDES
