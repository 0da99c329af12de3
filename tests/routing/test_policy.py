"""A policy that cannot be used is refused, and the error names the key and the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import inputs
import samples
from planstore import PolicyError
from planstore.routing.policy import DEFAULT_POLICY, check_patterns, policy_from_yaml, read_policy

GOOD = samples.POLICY_YAML
LINES = GOOD.count("\n")


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    message = inputs.refusal(tmp_path, PolicyError, lambda store: store.route(inputs.frame(), path))
    assert "Traceback" not in message
    assert "pydantic" not in message.lower()
    return message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("routing: [", ("is not YAML", "line 1")),
        ("- a\n- b\n", ("routing",)),
        ("just a text", ("routing",)),
        ("", ("routing",)),
        ("# nothing\n", ("routing",)),
        ("routing:\n", ("line 1", "routing")),
        ("routing: 3\n", ("line 1", "routing")),
        ("policy: {}\n", ("policy", "routing")),
    ],
    ids=["no YAML", "list", "text", "empty", "comment", "null", "number", "other key"],
)
def test_a_text_that_holds_no_policy_is_refused(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    message = refused(tmp_path, text)
    assert "policy.yaml" in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        ("min_scor: 1", ("min_scor", "not a key")),
        ("both_strong_behavior: PREFER_CS", ("both_strong_behavior", "given twice", "line 8")),
        ('block_on_leakage: "false"', ("block_on_leakage", "'false'")),
        ("block_on_leakage: 0", ("block_on_leakage", "0")),
        ("dev_mode: null", ("dev_mode", "None")),
        ("semantics: loose", ("semantics", "loose")),
        ("dev_mode_min_sample_size: -1", ("dev_mode_min_sample_size", "-1")),
        ("dev_mode_min_sample_size: 1.5", ("dev_mode_min_sample_size", "1.5")),
        ("dev_mode_min_sample_size: true", ("dev_mode_min_sample_size", "True")),
        ("experimental: {min_score: .nan}", ("experimental.min_score", "nan")),
        ("experimental: {min_score: .inf}", ("experimental.min_score", "inf")),
        ('experimental: {min_score: "0.5"}', ("experimental.min_score", "'0.5'")),
        ("experimental: {max_fraction_symbols_per_target: 2}", ("experimental.max_fraction_symbols_per_target", "2")),
        ("experimental: {allowed_stabilities: [GOOD]}", ("experimental.allowed_stabilities.0", "GOOD")),
        ("dump_plan_as: [PDF]", ("dump_plan_as.0", "PDF")),
        ("dump_plan_as: JSON", ("dump_plan_as", "JSON")),
        ('horizon: {patterns: [{regex: "(", multiplier: 1}]}', ("horizon.patterns.0", "(")),
        ('horizon: {patterns: [{regex: "5m", multiplier: 1}]}', ("horizon.patterns.0", "5m", "group")),
        ('horizon: {patterns: [{regex: "(5)m", multiplier: 0}]}', ("horizon.patterns.0.multiplier", "0")),
        ("horizon: {same_day: .nan}", ("horizon.same_day", "nan")),
        ("families: lightgbm", ("families", "lightgbm")),
        ("families: [lightgbm]", ("families.0", "lightgbm")),
        ("families: [{use: lightgbm}]", ("families.0.use", "lightgbm")),
        ("families: [{use: []}]", ("families.0.use", "[]")),
        ("families: [{use: [lightgbm, '']}]", ("families.0.use.1", "''")),
        ("families: [{use: [lightgbm], route: ROUTE_X}]", ("families.0.route", "ROUTE_X")),
        ("families: [{target: a}]", ("families.0.use", "missing")),
    ],
)
def test_a_wrong_key_is_named_with_its_line_and_value(tmp_path: Path, lines: str, parts: tuple[str, ...]) -> None:
    message = refused(tmp_path, f"{GOOD}  {lines}\n")
    assert "policy.yaml" in message
    assert f"line {LINES + 1}" in message
    for part in parts:
        assert part in message


def test_a_nan_threshold_is_named_with_its_line(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD.replace("symbol: {min_score: 0.52", "symbol: {min_score: .nan"))
    assert "line 4: symbol.min_score" in message
    assert message.count("\n") == 0, "one wrong number is one problem"


def test_a_minimum_above_strong_is_named_with_its_line(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD.replace("  symbol: {min_score: 0.52", "  symbol: {min_score: 0.9"))
    assert "symbol.min_score is 0.9" in message
    assert "line 4" in message


def test_an_unknown_behaviour_is_named_with_its_line_under_strict(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD.replace("ROUTE_BOTH", "ROUTE_SOME"))
    assert "ROUTE_SOME" in message
    assert "PREFER_CS" in message
    assert "line 8" in message


def test_an_unknown_behaviour_is_fine_under_reference() -> None:
    text = GOOD.replace("ROUTE_BOTH", "ROUTE_SOME") + "  semantics: reference\n"
    assert policy_from_yaml(text, "here").both_strong_behavior == "ROUTE_SOME"


def test_a_pattern_the_database_cannot_search_with_is_named(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD + '  horizon: {patterns: [{regex: "(?<=_)(\\\\d+)m", multiplier: 1}]}\n')
    assert "horizon.patterns.0.regex" in message
    assert "policy.yaml" in message


def test_a_missing_key_is_named_with_the_line_of_its_section(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD.replace("{min_score: 0.52, strong_score: 0.6}", "{min_score: 0.52}", 1))
    assert "line 3: cross_sectional.strong_score: is missing" in message


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD + "  one: 1\n  two: 2\n")
    assert "line 9: one" in message
    assert "line 10: two" in message


def test_a_policy_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.yaml"
    message = inputs.refusal(tmp_path, PolicyError, lambda store: store.route(inputs.frame(), missing))
    assert str(missing) in message


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"routing: \x00\n"], ids=["not UTF-8", "NUL"])
def test_a_policy_file_that_is_no_text_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(content)
    message = inputs.refusal(tmp_path, PolicyError, lambda store: store.route(inputs.frame(), path))
    assert str(path) in message


@pytest.mark.parametrize("text", ["routing: &a\n  x: *a\n", "? [a, b]\n: 1\n", "? {a: 1}\n: 1\n", "routing: !!python/name:os.system\n",
                                  "1: 2\nrouting: {}\n", "routing: " + "[" * 5000])  # fmt: skip
def test_odd_yaml_is_refused_as_a_policy_error(tmp_path: Path, text: str) -> None:
    assert "policy.yaml" in refused(tmp_path, text)


@pytest.mark.parametrize("given", [{}, {"routing": None}, {"routing": []}, {"routing": {}}, {1: 2}])
def test_a_mapping_that_is_no_policy_is_refused(tmp_path: Path, given: dict[Any, Any]) -> None:
    message = inputs.refusal(tmp_path, PolicyError, lambda store: store.route(inputs.frame(), given))
    assert "routing" in message or "is missing" in message


def test_a_policy_as_mapping_and_as_file_has_one_identity(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_policy(path)[0].policy_id == read_policy(samples.policy())[0].policy_id


def test_the_shipped_policy_is_a_policy() -> None:
    check_patterns(read_policy(DEFAULT_POLICY)[0])
