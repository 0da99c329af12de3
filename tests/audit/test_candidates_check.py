"""Candidates are checked without a store, and those without nulls are told both ways out."""

from __future__ import annotations

from pathlib import Path

import pytest

import planstore
import samples
from cli.test_cli import call
from planstore.audit.candidates_check import CHECKS, check_candidates
from planstore.errors import CandidatesError
from planstore.events.candidate_columns import TABLE
from planstore.routing.policy_defaults import DEFAULT_POLICY

GOOD = [samples.record("y_up_10m", symbol, score) for symbol, score in ((None, 0.7), ("AAA", 0.7), ("BBB", 0.4))]
WAYS_OUT = ("`planstore evidence PANEL` writes null_score", "`min_margin_over_null: null`", "in the policy)")


def test_each_column_is_shown_with_the_checks_that_it_passes() -> None:
    found = check_candidates(samples.table(GOOD), samples.policy(enable_experimental_lane=False))
    columns = {column.column: column for column in found.columns}
    assert list(columns) == [column.name for column in TABLE]
    assert columns["score"].policy == "STRONG_SCORE: 2 of 3 pass; MIN_SCORE: 2 of 3 pass"
    assert columns["score"].values == "0.4 to 0.7"
    assert columns["sample_size"].values == str(GOOD[0]["sample_size"])
    assert columns["symbol"].rows == 2
    assert columns["stability"].policy == "STABILITY: 3 of 3 pass"
    assert columns["feature_set_id"].policy == "no rule reads it"
    assert columns["null_score"].policy == "read; the policy asks nothing of it"
    assert columns["q_value"].policy == columns["q_value_by_over_trials"].policy == "derived from all candidates"
    assert columns["stability_metrics"].policy == "read with stability"
    assert found.routes == {"ROUTE_BOTH": 1, "ROUTE_CROSS_SECTIONAL": 1}
    assert str(found) == "3 candidates of 2 pairs can be routed: 1 ROUTE_BOTH, 1 ROUTE_CROSS_SECTIONAL"
    assert found.df()["column"].tolist() == list(columns)


def test_every_check_of_the_rules_has_its_column(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        store.route(samples.table(GOOD), samples.policy(enable_experimental_lane=True))
        checks = {check["check"] for check in store.why("y_up_10m", "AAA").checks}
    assert checks - {"EXPERIMENTAL_LANE_ROOM"} == set(CHECKS)


def test_candidates_that_are_none_are_refused() -> None:
    with pytest.raises(CandidatesError, match="column stability"):
        check_candidates(samples.table([samples.record("y", None, 0.7, stability="STEADY")]), DEFAULT_POLICY)


def test_first_candidates_without_nulls_are_blocked_with_the_reason_and_both_ways_out(tmp_path: Path) -> None:
    file = samples.parquet(tmp_path / "own.parquet", GOOD)
    results = tmp_path / "results"
    done = call("route", file, "--policy", DEFAULT_POLICY, "--results", results)
    assert done.returncode == 0, done.stderr
    assert "because" in done.stdout
    assert "2 no null_score" in done.stdout
    why = call("why", "y_up_10m", "AAA", "--results", results).stdout
    checked = call("candidates", "check", file)
    assert "NULL_MARGIN: 0 of 3 pass" in checked.stdout
    for text in (done.stdout, done.stderr, why, checked.stderr):
        assert all(way in text for way in WAYS_OUT)
    with planstore.open(results) as store:
        assert all(way in str(store.why("y_up_10m")) for way in WAYS_OUT)
        assert store.objections() == {"no null_score": 2}
        store.route(samples.table(GOOD), samples.policy())
        assert WAYS_OUT[0] not in str(store.why("y_up_10m"))
