"""The effective document of a policy, its JSON Schema, and the difference of two policies."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import jsonschema
import pyarrow as pa
import pytest
import yaml

import samples
from planstore.audit.scenario import EvidenceSet, Scenario
from planstore.audit.staging import stage
from planstore.database.connection import memory
from planstore.routing.candidate_readers import Records
from planstore.routing.candidates import read_candidates
from planstore.routing.effective_policy import effective_text, left_out_leaves
from planstore.routing.policy import Policy
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_difference import KeyDifference, difference
from planstore.routing.policy_direction import Direction, overall
from planstore.routing.policy_reader import KIND, read_policy
from planstore.routing.policy_schema import policy_schema
from planstore.routing.rules import apply_rules

GAPS = """
routing:
  min_sample_size: {symbol: 500}
  symbol: {min_score: {classification: 0.56, regression: {short: 0.02}}}
  families: [{use: [linear], target: "fwd_*"}]
  horizon: {patterns: [{regex: '(\\d+)bars', multiplier: 5}]}
"""
REFERENCE = """
routing:
  semantics: reference
  min_sample_size: {symbol: 500}
  symbol: {min_score: {classification: 0.56}, strong_score: 0.6}
  stability_allowlist: {symbol: [STABLE]}
"""


def parsed(text: str) -> Policy:
    return KIND.parse(text, "policy.yaml", Policy)


def test_the_effective_document_is_the_same_policy_with_nothing_left_out() -> None:
    for text in (GAPS, REFERENCE):
        policy = parsed(text)
        shown = effective_text(policy)
        assert policy.left_out
        assert parsed(shown).policy_id == policy.policy_id
        assert left_out_leaves(policy) != []
        assert "dev_mode: false  # default" in shown
        assert "symbol: 500\n" in shown
    assert parsed(effective_text(parsed(GAPS))).left_out == ()


def test_each_key_of_the_effective_document_is_marked_exactly_if_the_policy_left_it_out() -> None:
    shown = effective_text(parsed(GAPS)).splitlines()
    marked = {line.strip().partition(":")[0] for line in shown if line.endswith("# default")}
    plain = {line.strip() for line in shown if not line.endswith("# default") and not line.endswith(":")}
    assert plain == {
        "symbol: 500",
        "classification: 0.56",
        "short: 0.02",
        "patterns: [{regex: (\\d+)bars, multiplier: 5.0}]",
        "families: [{use: [linear], target: fwd_*}]",
    }
    assert {"cross_sectional", "default", "strong_score", "same_day", "semantics"} <= marked
    leaves = left_out_leaves(parsed(GAPS))
    assert {"symbol.min_score.regression.default", "min_sample_size.cross_sectional", "dev_mode"} <= set(leaves)
    assert not {"symbol.min_score.regression.short", "min_sample_size.symbol", "families"} & set(leaves)


def test_a_policy_that_says_everything_is_shown_without_a_mark() -> None:
    policy = read_policy(DEFAULT_POLICY).policy
    assert "# default" not in effective_text(policy)
    assert left_out_leaves(policy) == []


def test_the_schema_takes_what_the_effective_document_says_and_refuses_another_key() -> None:
    validator = jsonschema.Draft202012Validator(policy_schema())
    document = yaml.safe_load(effective_text(parsed(GAPS)))
    assert list(validator.iter_errors(document)) == []
    document["routing"]["min_score"] = 1
    assert list(validator.iter_errors(document)) != []


def changed(**changes: Any) -> Policy:
    return Policy.model_validate(samples.policy(**changes)["routing"])


def differences(before: Policy, after: Policy) -> dict[str, KeyDifference]:
    return {one.key: one for one in difference(before, after).keys}


def test_a_difference_is_told_in_words_with_its_meaning_and_which_value_is_a_default() -> None:
    found = differences(parsed(samples.SHORT_POLICY_YAML), changed(enable_experimental_lane=False))
    lane = found["enable_experimental_lane"]
    assert str(lane) == (
        "enable_experimental_lane is switched off (the first policy leaves it out): whether a side can be EXPERIMENTAL"
    )
    assert (lane.direction, lane.before_left_out, lane.after_left_out) == (Direction.STRICTER, True, False)
    margin = found["min_margin_over_null.classification"]
    assert str(margin).startswith("min_margin_over_null.classification changes from 0.02 to null (the first")
    assert margin.direction is Direction.LOOSER
    assert found["dump_plan_as"].direction is Direction.NONE
    assert "cross_sectional.min_score" not in found


def test_numbers_that_round_alike_are_shown_in_full() -> None:
    (one,) = difference(changed(), changed(symbol={"min_score": 0.5200000001, "strong_score": 0.6})).keys
    assert "rises from 0.52 to 0.5200000001" in str(one)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0.5, {"classification": 0.5, "regression": 0.5}, {}),
        (0.5, {"classification": 0.5, "regression": 0.25}, {".regression": "looser"}),
        (
            {"classification": 0.5, "regression": 0.25},
            {"classification": 0.5, "regression": {"default": 0.25, "short": 0.5}},
            {".regression.short": "stricter"},
        ),
        (
            {"classification": 0.5, "regression": {"default": 0.0, "long": 0.25}},
            {"classification": 0.5, "regression": {"default": 0.25, "short": 0.125}},
            {".regression.default": "stricter", ".regression.short": "stricter"},
        ),
    ],
)
def test_thresholds_differ_by_task_and_tier(before: Any, after: Any, expected: dict[str, str]) -> None:
    policies = [changed(symbol={"min_score": one, "strong_score": 0.6}) for one in (before, after)]
    found = difference(*policies).keys
    assert {one.key.removeprefix("symbol.min_score"): one.direction.value for one in found} == expected


CHANGES: tuple[dict[str, Any], ...] = (
    {"min_sample_size": {"cross_sectional": 20_000, "symbol": 1}},
    {"cross_sectional": {"min_score": 0.4, "strong_score": 0.6}},
    {"symbol": {"min_score": 0.55, "strong_score": 0.6}},
    {"symbol": {"min_score": 0.52, "strong_score": 0.8}},
    {"min_margin_over_null": 0.1},
    {"min_margin_over_null": 0.2},
    {"block_on_leakage": False},
    {"stability_allowlist": {"cross_sectional": ["STABLE", "DRIFTING"], "symbol": ["STABLE"]}},
    {"stability_allowlist": {"cross_sectional": ["STABLE"], "symbol": ["UNKNOWN", "DIVERGED"]}},
    {"enable_experimental_lane": True},
    {"enable_experimental_lane": True, "experimental": {"min_score": 0.3}},
    {"enable_experimental_lane": True, "experimental": {"allowed_stabilities": ["STABLE", "DRIFTING", "UNKNOWN"]}},
    {"experimental": {"min_score": 0.1}},
    {"dev_mode": True},
    {"dev_mode": True, "dev_mode_min_sample_size": 8_000},
    {"require_safe_features_only": True},
    {"require_safe_features_only": True, "allowed_feature_leakage_status": ["SAFE", "UNKNOWN"]},
    {"require_min_successful_families": 2},
    {"stability_classification": {"stable_overlap_min": 0.55}},
    {"stability_classification": {"drifting_tau_min": 0.1, "max_std_overlap": 0.9}},
    {"stability_classification": {"min_snapshots_for_stability": 5}},
    {"both_strong_behavior": "PREFER_CS"},
    {"horizon": {"same_day": 10}},
)
STATES = ("DISALLOWED", "EXPERIMENTAL", "WEAK_BUT_OK", "STRONG")


def evidence(rows: int) -> pa.Table:
    """Return candidates at random, from a fixed seed, with values around every threshold."""
    chance = random.Random(5)
    records = []
    for row in range(rows):
        metrics = {name: chance.choice((0.15, 0.45, 0.6, 0.8)) for name in ("mean_overlap", "mean_tau")}
        metrics |= {name: chance.choice((0.05, 0.22, 0.5)) for name in ("std_overlap", "std_tau")}
        records.append(
            samples.record(
                f"y_{row}_10m",
                chance.choice((None, "AAA")),
                score=chance.choice((0.35, 0.5, 0.53, 0.58, 0.7, 0.9)),
                null_score=chance.choice((None, 0.3, 0.45)),
                stability=chance.choice(("STABLE", "DRIFTING", "DIVERGED", "UNKNOWN", "UNKNOWN")),
                stability_metrics=metrics,
                stability_snapshots=chance.choice((1, 3, 9)),
                sample_size=chance.choice((600, 4_000, 10_000)),
                leakage_status=chance.choice(("SAFE", "SAFE", "UNKNOWN", "BLOCKED")),
                failed_model_families=chance.choice(([], ["xgboost"])),
            )
        )
    return read_candidates(Records(records), strict=True).table


def states(policies: list[Policy]) -> Iterator[list[int]]:
    """Yield the rank of the signal state of each side under each policy, all on the same evidence."""
    candidates = evidence(600)
    scenarios = [
        Scenario(EvidenceSet(0), one.document.decode(), ["lightgbm", "xgboost"], include_blocked=False)
        for one in policies
    ]
    session = memory(confined=True)
    try:
        stage(session, candidates.append_column("evidence_set", pa.array([0] * len(candidates), pa.int64())), scenarios)
        apply_rules(session)
        rows = session.materialize("found_states", "side_states", place="number").to_pylist()
    finally:
        session.close()
    found = {(row["scenario"], row["target"]): STATES.index(row["state"]) for row in rows}
    targets = sorted({target for _, target in found})
    yield from ([found[place, target] for target in targets] for place in range(len(policies)))


def test_a_looser_policy_gives_no_side_a_worse_state_and_a_stricter_one_none_a_better() -> None:
    policies = [changed(), *(changed(**change) for change in CHANGES)]
    ranks = list(states(policies))
    seen: set[str] = set()
    for (before, old), (after, new) in itertools.permutations(zip(policies, ranks, strict=True), 2):
        found = difference(before, after)
        is_better, is_worse = (any(map(compare, new, old)) for compare in (int.__gt__, int.__lt__))
        message = f"{found.direction}: {[str(one) for one in found.keys]}"
        if found.direction is Direction.LOOSER:
            assert not is_worse, message
        elif found.direction is Direction.STRICTER:
            assert not is_better, message
        elif found.direction is Direction.NONE:
            assert is_better is is_worse is False, message
        if is_better != is_worse:
            seen |= {one.key for one in found.keys if found.direction is not Direction.INCOMPARABLE}
    assert {"symbol.min_score", "dev_mode", "enable_experimental_lane", "min_margin_over_null"} <= seen


def test_the_lane_with_more_room_is_looser_and_one_key_each_way_is_incomparable() -> None:
    lane = {"enable_experimental_lane": True}
    narrow = changed(**lane, experimental={"max_fraction_symbols_per_target": 0.1})
    wide = changed(**lane, experimental={"max_fraction_symbols_per_target": 0.5})
    assert difference(narrow, wide).direction is Direction.LOOSER
    assert difference(narrow, changed(**lane, min_sample_size={"cross_sectional": 9_000, "symbol": 1})).direction is (
        Direction.INCOMPARABLE
    )
    assert overall([]) is Direction.NONE


def test_a_stability_that_may_get_better_by_getting_worse_is_incomparable() -> None:
    odd = {"stability_allowlist": {"cross_sectional": ["STABLE"], "symbol": ["DRIFTING"]}}
    found = differences(changed(**odd), changed(**odd, stability_classification={"stable_overlap_min": 0.9}))
    assert found["stability_classification.stable_overlap_min"].direction is Direction.INCOMPARABLE
    ordered = differences(changed(), changed(stability_classification={"stable_overlap_min": 0.9}))
    assert ordered["stability_classification.stable_overlap_min"].direction is Direction.STRICTER
