"""Cases of a policy pass, fail, or say what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

import samples
from planstore.audit.policy_cases import try_cases
from planstore.errors import CandidatesError, PolicyError
from planstore.routing.policy_defaults import DEFAULT_POLICY

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
