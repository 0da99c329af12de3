"""A policy that cannot be used is refused, and the error names the key and the line."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

import inputs
import samples
from planstore import PolicyError, PolicyWarning
from planstore.api.store import Store
from planstore.database.session import Session
from planstore.routing.policy import Policy
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_reader import KIND, read_policy
from planstore.routing.policy_sections import (
    Allowlist,
    Budget,
    ByTask,
    ByTier,
    Experimental,
    FamilyRule,
    Horizon,
    SampleSizes,
    Scores,
    StabilityClassification,
)

GOOD = samples.SHORT_POLICY_YAML
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
    assert KIND.parse(text, "here", Policy).both_strong_behavior == "ROUTE_SOME"


def test_a_pattern_the_database_cannot_search_with_is_named(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD + '  horizon: {patterns: [{regex: "(?<=_)(\\\\d+)m", multiplier: 1}]}\n')
    assert "horizon.patterns.0.regex" in message
    assert "policy.yaml" in message


def test_a_default_that_contradicts_what_was_given_is_named(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD.replace("{min_score: 0.52, strong_score: 0.6}", "{min_score: 0.52}", 1))
    assert (
        "line 3: cross_sectional.min_score is 0.52 for regression, tier default, above its strong_score of 0.05"
        in message
    )
    assert "the policy leaves out cross_sectional.strong_score" in message


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
                                  "routing: {1: 2}\n", "routing: " + "[" * 5000])  # fmt: skip
def test_odd_yaml_is_refused_as_a_policy_error(tmp_path: Path, text: str) -> None:
    assert "policy.yaml" in refused(tmp_path, text)


@pytest.mark.parametrize("given", [{}, {"routing": None}, {"routing": []}, {1: 2}])
def test_a_mapping_that_is_no_policy_is_refused(tmp_path: Path, given: dict[Any, Any]) -> None:
    message = inputs.refusal(tmp_path, PolicyError, lambda store: store.route(inputs.frame(), given))
    assert "routing" in message or "is missing" in message


def test_a_policy_as_mapping_and_as_file_has_one_identity(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(samples.POLICY_YAML, encoding="utf-8")
    assert read_policy(path)[0].policy_id == read_policy(samples.policy())[0].policy_id


def test_the_shipped_policy_is_a_policy_and_keeps_its_identity() -> None:
    policy, _ = read_policy(DEFAULT_POLICY)
    assert policy.policy_id == "593a7c7521efc8990617292838213eb305402b024db382258b7aca2dcc6d582e"


def test_the_default_patterns_which_no_route_tries_can_be_searched_with(session: Session) -> None:
    session.run("routing/unicode_pattern")
    assert [session.problem("policy/horizon_pattern", regex=one.regex) for one in Horizon().patterns] == [None] * 3
    assert session.problem("policy/horizon_pattern", regex="(")


# --- what is left out ---------------------------------------------------------------------------------------------


def shipped() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))["routing"]
    return found


def keys(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every key of a document, nested ones included."""
    found = [path] if path else []
    return (
        found + [key for name in value for key in keys(value[name], (*path, name))]
        if isinstance(value, dict)
        else found
    )


def without(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    found = deepcopy(document)
    place = found
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return found


def test_the_shipped_policy_says_every_key_that_there_is_nested_ones_too() -> None:
    sections: dict[str, type[BaseModel]] = {"min_sample_size": SampleSizes, "cross_sectional": Scores, "symbol": Scores, "stability_allowlist": Allowlist,
                "experimental": Experimental, "stability_classification": StabilityClassification, "horizon": Horizon}  # fmt: skip
    assert set(shipped()) == set(Policy.model_fields)
    for name, section in sections.items():
        assert set(shipped()[name]) == set(section.model_fields), name
    kinds = [kind for field in Policy.model_fields.values() for kind in (field.annotation, *get_args(field.annotation))]
    assert {kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)} == {
        *sections.values(), ByTask, FamilyRule, Budget,  # because a budget is one of two keys, and none by default
    }  # fmt: skip


@pytest.mark.parametrize("path", keys(shipped()), ids=".".join)
def test_a_key_that_is_left_out_means_what_the_shipped_policy_says_and_is_named(path: tuple[str, ...]) -> None:
    policy, _ = read_policy({"routing": without(shipped(), path)})
    assert policy.policy_id == read_policy(DEFAULT_POLICY)[0].policy_id
    assert policy.left_out == (".".join(path),)


def test_a_policy_of_no_key_is_the_shipped_one() -> None:
    policy, _ = read_policy({"routing": {}})
    assert policy.policy_id == read_policy(DEFAULT_POLICY)[0].policy_id
    assert policy.left_out == tuple(shipped())
    assert Policy.model_validate({}).policy_id == policy.policy_id


def test_a_tier_that_is_left_out_means_the_default_one_and_the_default_one_what_the_shipped_policy_says() -> None:
    given = {"min_score": {"classification": 0.6, "regression": {"short": 0.02, "default": 0.03}},
             "strong_score": {"classification": 0.7, "regression": {"short": 0.2}}}  # fmt: skip
    policy, _ = read_policy({"routing": shipped() | {"symbol": given}})
    assert policy.left_out == ("symbol.strong_score.regression.default",)
    assert policy.symbol is not None
    assert policy.symbol.strong_score == ByTask(classification=0.7, regression=ByTier(default=0.05, short=0.2))
    assert policy.symbol.min_score == ByTask(classification=0.6, regression=ByTier(default=0.03, short=0.02))


def test_a_margin_over_the_null_is_switched_off_by_null_and_not_by_leaving_it_out() -> None:
    assert read_policy({"routing": shipped() | {"min_margin_over_null": None}})[0].min_margin_over_null is None
    assert read_policy({"routing": without(shipped(), ("min_margin_over_null",))})[0].min_margin_over_null is not None


def test_the_reference_keeps_what_it_means_by_what_is_left_out() -> None:
    policy = KIND.parse(GOOD + "  semantics: reference\n  block_on_leakage: null\n", "here", Policy)
    assert {"block_on_leakage", "dev_mode", "experimental"} <= set(policy.left_out)
    assert not {"semantics", "symbol", "min_sample_size"} & set(policy.left_out)
    assert (policy.require_safe_features_only, policy.enable_experimental_lane, policy.dump_plan_as) == (
        False,
        False,
        ["JSON"],
    )
    with pytest.raises(PolicyError, match="min_sample_size: is missing"):
        read_policy({"routing": {"semantics": "reference"}})


def test_a_policy_written_from_scratch_blocks_what_the_shipped_one_blocks_and_says_which_keys_were_left_out(
    store: Store, tmp_path: Path
) -> None:
    rows = [
        samples.record("y_10m", symbol, 0.7, leakage_status="SUSPECT", null_score=0.5, p_value=0.01)
        for symbol in (None, "AAPL", "MSFT")
    ]
    path = tmp_path / "own.yaml"
    path.write_text(GOOD.replace("1000, symbol", "100, symbol"), encoding="utf-8")
    with pytest.warns(PolicyWarning) as heard:
        run = store.route(inputs.table_of(rows), path)
    assert run.routes == {"ROUTE_BLOCKED": 2}
    (said,) = [str(one.message) for one in heard]
    assert said.startswith(
        f'{path}: keys left out have the values of the default policy: semantics ("strict"), dev_mode (false)'
    )
    assert (
        'require_safe_features_only (true), allowed_feature_leakage_status (["SAFE"]), require_min_successful' in said
    )
    assert "experimental, " in said
    assert store.route(inputs.table_of(rows), DEFAULT_POLICY).routes == {"ROUTE_BLOCKED": 2}


def test_a_policy_with_every_key_is_routed_by_without_a_word(store: Store) -> None:
    store.route(inputs.frame(), samples.policy())  # because warnings are errors here
