"""Candidates are checked without a store, and those without nulls are told both ways out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import planstore
import samples
from cli.test_cli import call
from planstore.audit.candidates_check import CHECKS, check_candidates
from planstore.cli.verbs import app
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


def test_the_project_file_names_the_policy_and_families_are_checked_as_route_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = samples.parquet(tmp_path / "my own.parquet", GOOD)
    Path("p.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")

    def lines(*words: str | Path) -> list[str]:
        done = CliRunner().invoke(app, ["candidates", "check", file.name, *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()

    assert lines()[0].startswith("By the default policy: 3 candidates of 2 pairs can be routed: 2 ROUTE_BLOCKED")
    assert lines()[-1] == "Next: planstore route 'my own.parquet' --policy policy.yaml"
    typed = lines("--policy", "p.yaml", "--family", "lightgbm")
    assert typed[0].startswith("By p.yaml: 3 candidates of 2 pairs can be routed: 1 ROUTE_BOTH")
    assert typed[-1] == "Next: planstore route 'my own.parquet' --policy p.yaml --family lightgbm"
    Path("planstore.toml").write_text('policy = "p.yaml"', encoding="utf-8")
    assert lines()[0] == typed[0]
    assert lines()[-1] == "Next: planstore route 'my own.parquet'"
    for wrong, said in ((["--family", "nonsense"], "got 'nonsense'"), (["--families", "none.yaml"], "none.yaml")):
        errors = [
            CliRunner().invoke(app, [*words, *wrong]).exception
            for words in (["candidates", "check", file.name], ["route", file.name, "--results", "r"])
        ]
        assert str(errors[0]) == str(errors[1])
        assert said in str(errors[0])
    Path("gone.yaml").write_text(
        "families: {gone: {estimators: {regression: no_such_package.Ridge}}}", encoding="utf-8"
    )
    noted = (
        CliRunner()
        .invoke(app, ["candidates", "check", file.name, "--families", "gone.yaml", "--family", "gone"])
        .stderr
    )
    assert "family gone needs no_such_package, which is not installed here" in noted
    reference = samples.policy(semantics="reference")
    Path("reference.yaml").write_text(json.dumps(reference), encoding="utf-8")
    Path("f.yaml").write_text("mine: {class: sklearn.linear_model.Ridge, task: regression}", encoding="utf-8")
    for call_ in (
        ["candidates", "check", file.name, "--policy", "reference.yaml"],
        ["route", file.name, "--policy", "reference.yaml", "--results", "r"],
        ["policy", "validate", "reference.yaml"],
    ):
        error = CliRunner().invoke(app, [*call_, "--families", "f.yaml"]).exception
        assert "--families must be without a policy of reference semantics" in str(error), call_
    assert not Path("r").exists()
