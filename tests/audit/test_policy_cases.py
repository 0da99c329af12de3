"""Cases of a policy pass, fail, or say what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

import oracles
import samples
from planstore.audit.policy_cases import cover_cases, try_cases
from planstore.audit.policy_coverage import deciding_rules
from planstore.errors import CandidatesError, PolicyError
from planstore.routing.policy import Policy
from planstore.routing.policy_defaults import DEFAULT_POLICY, shipped_policy

GOOD = """\
- title: a good pair trains by itself
  target: y_up_10m
  symbol: AAPL
  local: {metric_name: auc, score: 0.7}
  expect: ROUTE_SYMBOL_SPECIFIC
- title: a weak pair beside a good target trains in the pooled model
  target: y_up_10m
  symbol: AAPL
  cross_sectional: {metric_name: auc, score: 0.7}
  local: {metric_name: auc, score: 0.4, stability: DIVERGED}
  expect: ROUTE_CROSS_SECTIONAL
- title: a target by itself
  target: y_up_10m
  cross_sectional: {metric_name: auc, score: 0.4}
  expect: DISABLED
- title: a family that failed counts
  target: y_up_10m
  symbol: AAPL
  families: [mlp]
  local: {metric_name: auc, score: 0.7, failed_model_families: [mlp]}
  expect: ROUTE_BLOCKED
- title: what is expected wrongly
  target: y_up_10m
  symbol: AAPL
  local: {metric_name: auc, score: 0.4}
  expect: ROUTE_BOTH
- title: a pair without evidence of its own
  target: y_up_10m
  symbol: AAPL
  cross_sectional: {metric_name: auc, score: 0.7}
  expect: ROUTE_CROSS_SECTIONAL
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "cases.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_case_is_decided_by_itself(tmp_path: Path) -> None:
    found = try_cases(samples.policy(require_min_successful_families=1), written(tmp_path, GOOD))
    assert [(case.route, case.passed) for case in found] == [
        ("ROUTE_SYMBOL_SPECIFIC", True),
        ("ROUTE_CROSS_SECTIONAL", True),
        ("DISABLED", True),
        ("ROUTE_BLOCKED", True),
        ("ROUTE_BLOCKED", False),
        (None, False),
    ]
    assert (found[0].rule, found[0].expected) == ("LOCAL_ONLY", "ROUTE_SYMBOL_SPECIFIC")
    assert "LOCAL: DISALLOWED (score=0.400" in found[4].reasons[1]
    assert found[5].reasons == ["the rules decide nothing on a pair without evidence of its own"]


@pytest.mark.parametrize("semantics", ["strict", "reference"])
def test_a_case_says_only_what_matters_to_it(tmp_path: Path, semantics: str) -> None:
    cases = written(
        tmp_path,
        "[{title: x, target: y, symbol: A, local: {metric_name: auc, score: 0.7}, expect: ROUTE_SYMBOL_SPECIFIC}]",
    )
    assert [case.passed for case in try_cases(samples.policy(semantics=semantics), cases)] == [True]


@pytest.mark.parametrize(
    "given",
    [
        "metric_name: auc, score: 0.7", "metric_name: auc, score: 1", "metric_name: r2, score: 0.3",
        "metric_name: mcc, score: 0.9", "metric_name: auc, score: 0.7, effective_samples: 60",
    ],
)  # fmt: skip
def test_metrics_that_a_case_leaves_out_pass_the_default_policy_and_given_ones_are_compared(
    tmp_path: Path, given: str
) -> None:
    policy = {"routing": {**shipped_policy(), "min_effective_samples": 50}}
    expected = {
        "": "ROUTE_SYMBOL_SPECIFIC", "p_value: null": "ROUTE_BLOCKED", "p_value: 0.9": "ROUTE_BLOCKED",
        "null_score: null": "ROUTE_BLOCKED", "null_score: 0.99": "ROUTE_BLOCKED",
    }  # fmt: skip
    cases = "".join(
        f"- {{title: x, target: y_1d, symbol: A, local: {{{given}, {more}}}, expect: {route}}}\n"
        for more, route in expected.items()
    )
    assert [case.route for case in try_cases(policy, written(tmp_path, cases))] == list(expected.values())


CASE = "{title: mine, target: y, symbol: A, local: {metric_name: auc, score: 0.7}, expect: ROUTE_BOTH}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "is not YAML"),
        ("a: 1", "must be a list"),
        ("", "must be a list"),
        ("[]", "holds no case"),
        ("[{title: mine, target: y}]", "line 1: 0.expect: is missing"),
        (f"[{CASE}, {CASE.replace('mine', 'yours').replace('local', 'lokal')}]", "1.lokal: is not a key of a case"),
        (f"[{CASE.replace('ROUTE_BOTH', 'ROUTE_NONE')}]", "0.expect: Input should be 'ROUTE_CROSS_SECTIONAL'"),
        (f"[{CASE.replace('title: mine', 'title: ')}]", "0.title"),
        (f"[{CASE.replace('symbol: A, ', '')}]", "'mine': a case with a symbol expects a route"),
        (f"[{CASE.replace('ROUTE_BOTH', 'ENABLED')}]", "'mine': a case with a symbol expects a route"),
        (
            "[{title: mine, target: y, local: {metric_name: auc, score: 1}, expect: ENABLED}]",
            "'mine': evidence under local needs a symbol",
        ),
        (f"[{CASE.replace('local: {metric_name: auc, score: 0.7}, ', '')}]", "'mine' has no evidence"),
    ],
)
def test_a_file_that_is_none_says_where_and_why(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PolicyError) as refused:
        try_cases(samples.policy(), path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ("score: high", "column score: 'high' does not fit"),
        ("score: .inf", "column score"),
        ("score: 0.7, stability: STEADY", "column stability: 'STEADY'"),
        ("score: 0.7, sample_size: -1", "column sample_size: '-1' is no number of rows"),
        ("score: 1.7", "column score: '1.7' is no auc: from 0 to 1"),
        ("score: 0.7, task_type: REGRESSION", "column metric_name: 'auc' measures classification"),
    ],
)
def test_evidence_that_is_none_names_its_case(tmp_path: Path, evidence: str, said: str) -> None:
    path = written(tmp_path, f"[{CASE.replace('score: 0.7', evidence)}]")
    with pytest.raises(CandidatesError) as refused:
        try_cases(samples.policy(), path)
    assert said in str(refused.value)
    assert f"{path}: 'mine'" in str(refused.value)


@pytest.mark.parametrize("named", ["", ", task_type: ranking", ", metric_name: sharpe"])
def test_evidence_that_names_no_task_names_its_case_and_what_to_add(tmp_path: Path, named: str) -> None:
    path = written(tmp_path, f"[{CASE.replace('metric_name: auc, score: 0.7', f'score: 0.505{named}')}]")
    with pytest.raises(CandidatesError, match=r"'mine'(.|\n)*column task_type: .*or auc or r2 in metric_name"):
        try_cases(samples.policy(), path)


@pytest.mark.parametrize(
    "named", ["metric_name: auc", "task_type: binary", "task_type: Multi-Class", "metric_name: ROC_AUC"]
)
def test_a_coin_flip_is_nothing_whatever_its_task_is_called(tmp_path: Path, named: str) -> None:
    case = CASE.replace("metric_name: auc, score: 0.7", f"{named}, score: 0.505, null_score: 0.45")
    path = written(tmp_path, f"[{case.replace('ROUTE_BOTH', 'ROUTE_BLOCKED')}]")
    assert [case.passed for case in try_cases(DEFAULT_POLICY, path)] == [True]


def test_a_column_that_is_misspelt_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, f"[{CASE.replace('score: 0.7', 'score: 0.7, samplesize: 5')}]")
    with pytest.raises(PolicyError, match=r"'mine'.*samplesize"):
        try_cases(samples.policy(), path)


def test_a_missing_file_and_a_broken_policy_are_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        try_cases(samples.policy(), tmp_path / "none.yaml")
    with pytest.raises(PolicyError):
        try_cases({"routing": 3}, written(tmp_path, GOOD))


def test_coverage_counts_the_rules_and_thresholds_that_cases_reach(tmp_path: Path) -> None:
    policy = samples.policy(require_min_successful_families=1, enable_experimental_lane=True)
    results, found = cover_cases(policy, written(tmp_path, GOOD))
    assert results == try_cases(policy, tmp_path / "cases.yaml")
    rules = {one.rule: one.cases for one in found.rules}
    assert rules == {
        "CS_ENABLED": 0, "CS_EXPERIMENTAL": 0, "CS_DISALLOWED": 1, "NO_EVIDENCE": 0, "BOTH_DISALLOWED": 2,
        "EXPERIMENTAL_LANE": 0, "LOCAL_ONLY": 1, "CS_ONLY": 1, "BOTH_STRONG": 0, "BOTH_ELIGIBLE": 0,
    }  # fmt: skip
    keys = {one.key: one for one in found.keys}
    score = keys["symbol.strong_score"]
    assert (score.value, score.passed, score.failed, score.gap) == (0.6, 1, 2, "")
    assert keys["symbol.min_score"].gap == "no case passes it"
    assert keys["experimental.allowed_stabilities"].gap == "no case reaches it"
    assert keys["min_sample_size.symbol"].gap == "no case fails it"
    assert (keys["require_min_successful_families"].passed, keys["require_min_successful_families"].failed) == (5, 1)
    assert not {"min_margin_over_null", "dev_mode", "both_strong_behavior", "families"} & set(keys)


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@pytest.mark.parametrize("behavior", ["ROUTE_BOTH", "PREFER_CS", "PREFER_SYMBOL", "WHATEVER"])
@pytest.mark.parametrize("lane", [False, True])
def test_the_rules_that_can_decide_a_case_are_those_that_decide_one(semantics: str, behavior: str, lane: bool) -> None:
    if semantics == "strict" and behavior == "WHATEVER":
        return
    policy = Policy.model_validate(
        samples.policy(semantics=semantics, both_strong_behavior=behavior, enable_experimental_lane=lane)["routing"]
    )
    rules = set(deciding_rules(policy))
    pairs = {rule for rule in rules if not rule.startswith("CS_") or rule == "CS_ONLY"}
    assert pairs <= {*oracles.RULES[semantics], "NO_RULE_MATCH"}
    assert ("NO_RULE_MATCH" in rules) == (behavior == "WHATEVER")
    assert ("EXPERIMENTAL_LANE" in rules) == ("CS_EXPERIMENTAL" in rules) == lane


def test_every_key_that_evidence_is_compared_with_can_be_reached(tmp_path: Path) -> None:
    metrics = "stability: UNKNOWN, stability_snapshots: 3, stability_metrics: "
    steady, wild = (
        f"{metrics}{{mean_overlap: {overlap}, mean_tau: {tau}, std_overlap: {spread}, std_tau: {spread}}}"
        for overlap, tau, spread in ((0.9, 0.9, 0.01), (0.1, 0.1, 0.9))
    )
    sides = [
        f"{{metric_name: {metric}, score: {score}, null_score: {max(null, least)}, sample_size: {rows}, "
        f"leakage_status: {leakage}, p_value: {p}, effective_samples: 50, failed_model_families: [{failed}], "
        f"{stability.replace('snapshots: 3', f'snapshots: {shots}')}}}"
        for metric, least in (("auc", 0.0), ("r2", -1.0))
        for score, null, rows, leakage, failed, stability, shots, p in (
            (0.9, 0.1, 90_000, "SAFE", "", steady, 3, 0.2),
            (0.9, 0.1, 90_000, "SAFE", "", steady, 3, 0.01),
            (0.57, 0.1, 90_000, "SAFE", "", wild, 3, 0.01),
            (0.57, 0.1, 90_000, "SAFE", "", steady, 1, 0.01),
            (0.55, 0.1, 90_000, "SAFE", "", steady, 3, 0.01),
            (0.007, -0.01, 90_000, "SAFE", "", steady, 3, 0.01),
            (0.02, 0.0, 90_000, "SAFE", "", wild, 3, 0.01),
            (0.001, 0.0, 90_000, "SAFE", "", steady, 3, 0.01),
            (0.9, 0.9, 90_000, "SAFE", "", steady, 3, 0.01),
            (0.9, 0.1, 1, "SAFE", "", steady, 3, 0.01),
            (0.9, 0.1, 90_000, "BLOCKED", "", steady, 3, 0.01),
            (0.9, 0.1, 90_000, "SUSPECT", "", steady, 3, 0.01),
            (0.9, 0.1, 90_000, "SAFE", "lightgbm", steady, 3, 0.01),
        )
    ]
    cases = [
        f"- {{title: {number}, target: y_10m, symbol: A, families: [lightgbm], {side}: {given}, expect: ROUTE_BLOCKED}}"
        for side in ("local", "cross_sectional")
        for number, given in enumerate(sides, 1)
    ]
    cases = [case.replace("cross_sectional:", "local: {metric_name: auc}, cross_sectional:") for case in cases]
    path = written(tmp_path, "\n".join(case.replace("title: ", "title: case ") for case in cases))
    _, found = cover_cases(DEFAULT_POLICY, path)
    assert [key.key for key in found.keys if key.passed == 0 == key.failed] == []
    full = [key.key for key in found.keys if not key.gap]
    assert len(full) > 0.75 * len(found.keys), [(key.key, key.gap) for key in found.keys if key.gap]
