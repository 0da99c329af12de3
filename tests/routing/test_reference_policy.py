"""A team's own policy files work under reference semantics: what they leave out has the value that it had there."""

from __future__ import annotations

import copy
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

import inputs
import samples
from planstore import PolicyError, PolicyWarning
from planstore.api.store import Store
from planstore.routing.policy import Policy
from planstore.routing.policy_reader import read_policy

Record = dict[str, Any]
ROUTING: Record = yaml.safe_load(samples.SHORT_POLICY_YAML)["routing"] | {"semantics": "reference"}
LANE: Record = {"min_score": 0.52}
TASKS: Record = {"classification": 0.5, "regression": -0.5}
POOLED, OWN = samples.record("y_10m"), samples.record("y_10m", "AAPL")


def policy(**changes: Any) -> Record:
    return {"routing": copy.deepcopy(ROUTING | changes)}


def without(*keys: str) -> Record:
    """Return the policy without some keys."""
    found = policy()
    for key in keys:
        *sections, last = ("routing", *key.split("."))
        section = found
        for name in sections:
            section = section[name]
        del section[last]
    return found


def read(document: Record) -> Policy:
    """Return a policy that is read without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_policy(document)[0]


def scores(threshold: Any) -> Record:
    return {"cross_sectional": {"min_score": threshold, "strong_score": 0.6}}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (scores({}), scores(TASKS)),
        (scores({"regression": 0.1}), scores({"classification": 0.5, "regression": 0.1})),
        (scores({"classification": 0.7}), scores({"classification": 0.7, "regression": -0.5})),
        (scores({"regression": {}}), scores({"classification": 0.5, "regression": {"default": -0.5}})),
        (
            scores({"classification": 1, "regression": {"short": 0.1}}),
            scores({"classification": 1, "regression": {"default": -0.5, "short": 0.1}}),
        ),
        ({"symbol": {"min_score": 0.5, "strong_score": {}}}, {"symbol": {"min_score": 0.5, "strong_score": TASKS}}),
        ({}, {"experimental": LANE}),
        ({"experimental": {}}, {"experimental": LANE}),
        ({"experimental": None}, {"experimental": LANE}),
        ({"experimental": {"min_score": None}}, {"experimental": LANE}),
        ({"experimental": {"min_score": {}}}, {"experimental": {"min_score": TASKS}}),
        ({"experimental": {"allowed_stabilities": None}}, {"experimental": LANE}),
        ({"experimental": {"max_fraction_symbols_per_target": 1}}, {"experimental": LANE}),
        ({"dump_plan_as": "JSON"}, {"dump_plan_as": ["JSON"]}),
        ({"dump_plan_as": "markdown"}, {"dump_plan_as": ["MARKDOWN"]}),
        ({"dump_plan_as": None}, {}),
        ({"min_sample_size": {"cross_sectional": 5000.0, "symbol": -0.0}}, {"min_sample_size": {"cross_sectional": 5000, "symbol": 0}}),
        ({"dev_mode_min_sample_size": 2e3}, {"dev_mode_min_sample_size": 2000}),
        ({"require_min_successful_families": 1.0}, {"require_min_successful_families": 1}),
        (
            {"stability_classification": {"max_std_tau": 1, "min_snapshots_for_stability": 3.0, "max_std_overlap": None}},
            {"stability_classification": {"max_std_tau": 1.0, "min_snapshots_for_stability": 3}},
        ),
        *(
            ({key: None}, {})
            for key in (
                "dev_mode", "dev_mode_min_sample_size", "block_on_leakage", "both_strong_behavior", "horizon", "families",
                "enable_experimental_lane", "require_safe_features_only", "allowed_feature_leakage_status",
                "require_min_successful_families", "log_decision_reasons", "stability_classification",
                "min_margin_over_null",
            )
        ),
    ],
    ids=str,
)  # fmt: skip
def test_a_gap_means_its_value_in_the_reference(given: Record, meant: Record) -> None:
    assert read(policy(**given)).document == read(policy(**meant)).document


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (scores("0.5"), "cross_sectional.min_score: should be a number, got '0.5'"),
        (scores(True), "cross_sectional.min_score: should be a number, got True"),
        (scores(float("nan")), "cross_sectional.min_score: Input should be a finite number"),
        (scores(float("inf")), "cross_sectional.min_score: Input should be a finite number"),
        (scores(None), "cross_sectional.min_score: should be a number"),
        (scores([]), "cross_sectional.min_score: should be a number"),
        (scores({"classification": None}), "cross_sectional.min_score.classification: should be a number"),
        (scores({"regression": {"default": "low"}}), "cross_sectional.min_score.regression.default: should be a number"),
        ({"cross_sectional": {"min_score": 0.5}}, "cross_sectional.strong_score: is missing"),
        ({"cross_sectional": []}, "cross_sectional: Input should be"),
        ({"experimental": "on"}, "experimental: Input should be"),
        ({"min_sample_size": {"cross_sectional": 5000.5, "symbol": 1}}, "min_sample_size.cross_sectional: Input should be"),
        ({"min_sample_size": {"cross_sectional": -5.0, "symbol": 1}}, "min_sample_size.cross_sectional: Input should be"),
        ({"min_sample_size": {"cross_sectional": float("inf"), "symbol": 1}}, "min_sample_size.cross_sectional: Input"),
        ({"min_sample_size": {"cross_sectional": True, "symbol": 1}}, "min_sample_size.cross_sectional: Input should be"),
        ({"min_sample_size": None}, "min_sample_size: Input should be"),
        ({"stability_allowlist": None}, "stability_allowlist: Input should be"),
        ({"stability_allowlist": {"cross_sectional": "STABLE", "symbol": []}}, "stability_allowlist.cross_sectional: Input"),
        ({"dev_mode": "false"}, "dev_mode: Input should be a valid boolean"),
        ({"dev_mode": 1}, "dev_mode: Input should be a valid boolean"),
        ({"enable_experimental_lane": "yes"}, "enable_experimental_lane: Input should be a valid boolean"),
        ({"dev_mode_min_sample_size": -1}, "dev_mode_min_sample_size: Input should be"),
        ({"dump_plan_as": "PDF"}, "dump_plan_as.0: Input should be 'JSON'"),
        ({"dump_plan_as": ["JSON", "PDF"]}, "dump_plan_as.1: Input should be 'JSON'"),
        ({"dump_plan_as": "JSON, YAML"}, "dump_plan_as.0: Input should be 'JSON'"),
        ({"min_margin_over_null": 0.1}, "min_margin_over_null needs semantics: strict"),
    ],
    ids=str,
)  # fmt: skip
def test_what_the_reference_cannot_use_is_refused(change: Record, said: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(said)):
        read(policy(**change))


def test_keys_that_routing_does_not_read_are_named_in_one_warning(tmp_path: Path) -> None:
    others = {"view_policy": {"a": [1]}, "requested_view": None, "auto_flip_min_symbols": 20}
    nested = {"min_score": {"default": 0.5, "classification": 0.5, "regression": 0.1}, "strong_score": 0.6, "note": "x"}
    path = tmp_path / "team.yaml"
    path.write_text(yaml.safe_dump(policy(**others, cross_sectional=nested)), encoding="utf-8")
    with pytest.warns(PolicyWarning) as caught:
        found, _ = read_policy(path)
    (warning,) = caught
    assert str(path) in str(warning.message)
    named = str(warning.message).rpartition(": ")[2].split(", ")
    assert sorted(named) == sorted([*others, "cross_sectional.min_score.default", "cross_sectional.note"])
    meant = policy(cross_sectional={"min_score": {"classification": 0.5, "regression": 0.1}, "strong_score": 0.6})
    assert found.document == read(meant).document


def test_strict_semantics_refuse_what_the_reference_leaves_open(tmp_path: Path) -> None:
    for change, said in (
        ({"view_policy": {}}, "view_policy: is not a key of a policy"),
        ({"min_sample_size": {"cross_sectional": 5.0, "symbol": 1}}, "min_sample_size.cross_sectional: Input should"),
        ({"symbol": None}, "symbol must be given under semantics: strict, got null"),
        ({"min_sample_size": {"cross_sectional": 1, "symbol": None}}, "min_sample_size.symbol must be given"),
        ({"stability_allowlist": {"cross_sectional": [], "symbol": None}}, "stability_allowlist.symbol must be given"),
        ({"dev_mode": None}, "dev_mode: Input should be a valid boolean"),
        ({"dump_plan_as": "JSON"}, "dump_plan_as: Input should be a valid list"),
    ):
        document = samples.policy(**change)
        message = inputs.refusal(tmp_path, PolicyError, lambda store: store.route(inputs.frame(), document))  # noqa: B023
        assert said in message


@pytest.mark.parametrize("semantics", ["strict", "reference"])
def test_other_top_keys_are_other_programs(tmp_path: Path, semantics: str) -> None:
    path = tmp_path / "policy.yaml"
    others = "schedule: {at: 9:30, at: 10:15, mode: 0644, by: !cron daily}\non: [push]\n"
    document = samples.policy(semantics=semantics)
    path.write_text(others + yaml.safe_dump({**document, "zoo": None}), "utf-8")
    assert read_policy(path)[0].document == read(document).document


PARTS = ("", "min_sample_size.", "stability_allowlist.")


@pytest.mark.parametrize("side", ["cross_sectional", "symbol"])
def test_a_side_that_no_candidate_has_may_be_left_out_of_the_policy(tmp_path: Path, store: Store, side: str) -> None:
    pooled = [POOLED, samples.record("y_10m", None, mode="SYMBOL_SPECIFIC")]
    others, symbol = ([OWN], "AAPL") if side == "cross_sectional" else (pooled, None)
    whole = store.route(samples.table(others), policy())
    run = store.route(samples.table(others), without(*(part + side for part in PARTS)))
    assert run.plan.jobs == whole.plan.jobs
    assert store.why("y_10m", symbol, run_id=run.run_id).findings == []
    both = samples.table([POOLED, OWN])
    said = f"the policy must say what {side} needs, because 'y_10m' has such a candidate"
    message = inputs.refusal(tmp_path, PolicyError, lambda store: store.route(both, without(side)))
    assert said in message
    store.route(both, policy())
    for part in PARTS:
        with pytest.raises(PolicyError, match=said):
            store.route(both, without(part + side))
        with pytest.raises(PolicyError, match=said):
            store.whatif(without(part + side))
