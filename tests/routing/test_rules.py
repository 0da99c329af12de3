"""The SQL rules are the design's rules, on any candidates under any policy."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

import oracles
import samples
import strategies
from planstore.database.session import Session
from planstore.errors import StoreError
from planstore.routing.candidates import read_candidates
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_reader import read_policy, recorded_policy
from planstore.routing.rule_steps import OUTPUT
from planstore.routing.rules import Rules, apply_rules, current_rules
from staging import stage

Record = dict[str, Any]
SCHEMA = pa.schema(
    [
        *samples.SCHEMA,
        ("stability_snapshots", pa.int64()),
        *((name, pa.float64()) for name in ("null_sd", "p_value", "effective_samples")),
    ]
)


def decide(session: Session, document: Record, rows: list[Record], families: list[str] | None = None) -> list[Record]:
    """Return what the rules decide on candidates, and leave it in the session."""
    policy, _ = read_policy(document)
    table = read_candidates(pa.Table.from_pylist(rows, SCHEMA), strict=policy.semantics == "strict").table
    stage(session, policy, table, families)
    decisions: list[Record] = apply_rules(session).drop_columns(["position", "scenario"]).to_pylist()
    return decisions


def designed(document: Record, rows: list[Record], families: list[str] | None = None) -> list[Record]:
    """Return what the design decides on candidates."""
    policy = read_policy(document)[0].model_dump(mode="json")
    if policy["semantics"] == "reference":  # because the oracle is to find what gaps mean by itself
        routing = document["routing"]
        lane = policy["experimental"] | {"min_score": routing.get("experimental", {}).get("min_score", 0.52)}
        policy |= {side: routing[side] for side in ("cross_sectional", "symbol")} | {"experimental": lane}
    return oracles.decisions(rows, policy, oracles.model_families(families, policy))


def written_otherwise(value: Any, draw: st.DataObject) -> Any:
    """Return a document with the keys of its mappings in another order."""
    if isinstance(value, dict):
        return {key: written_otherwise(value[key], draw) for key in draw.draw(st.permutations(sorted(value)))}
    return value


def without_defaults(document: Record, default: Record) -> Record:
    """Return a document without the keys that mean what they mean where they are left out."""
    return {
        key: without_defaults(value, default[key])
        if isinstance(value, dict) and isinstance(default[key], dict)
        else value
        for key, value in document.items()
        if value != default.get(key)
    }


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@settings(max_examples=15)
@given(data=st.data())
def test_the_rules_decide_what_the_design_says(session: Session, semantics: str, data: st.DataObject) -> None:
    policy, rows = data.draw(strategies.policies(semantics)), data.draw(strategies.candidates(semantics))
    families = data.draw(strategies.model_families)
    assert decide(session, policy, rows, families) == designed(policy, rows, families)


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@settings(max_examples=5)
@given(data=st.data())
def test_families_are_called_what_the_formats_say(session: Session, semantics: str, data: st.DataObject) -> None:
    policy = samples.policy(semantics=semantics)
    families = data.draw(strategies.model_families)
    decide(session, policy, [samples.record("y_10m")], families)
    found = [family for (family,) in session.rows("planning/read_model_families")]
    assert found == oracles.model_families(families, policy["routing"])


@settings(max_examples=5)
@given(data=st.data())
def test_strict_evidence_and_decisions_do_not_depend_on_the_order_of_rows(
    session: Session, data: st.DataObject
) -> None:
    policy, rows = data.draw(strategies.policies("strict")), data.draw(strategies.candidates("strict"))
    shuffled = data.draw(st.permutations(rows))
    assert decide(session, policy, rows) == decide(session, policy, shuffled)
    first, second = (read_candidates(pa.Table.from_pylist(r, SCHEMA), strict=True) for r in (rows, shuffled))
    assert first.evidence_id == second.evidence_id


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@settings(max_examples=15)
@given(data=st.data())
def test_a_policys_id_does_not_depend_on_the_order_of_keys_or_on_defaults_written_out(
    semantics: str, data: st.DataObject
) -> None:
    document = data.draw(strategies.policies(semantics))
    policy, _ = read_policy(document)
    assert read_policy(written_otherwise(document, data))[0].policy_id == policy.policy_id
    assert read_policy({"routing": policy.model_dump(mode="json")})[0].policy_id == policy.policy_id
    if semantics == "strict":  # because under reference semantics some defaults are others
        short = without_defaults(policy.model_dump(mode="json"), read_policy(DEFAULT_POLICY)[0].model_dump(mode="json"))
        assert read_policy({"routing": short})[0].policy_id == policy.policy_id
    assert recorded_policy(orjson.loads(policy.document)).document == policy.document


def test_policies_that_differ_have_ids_that_differ() -> None:
    kept = [samples.policy(), samples.policy(dev_mode=True), samples.policy(semantics="reference")]
    assert len({read_policy(document)[0].policy_id for document in kept}) == len(kept)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.29, 0.3, 0.7, 1.0])
def test_the_lane_has_room_for_its_share_of_symbols_and_no_more(session: Session, fraction: float) -> None:
    lane = {"min_score": 0.1, "allowed_stabilities": ["DRIFTING"], "max_fraction_symbols_per_target": fraction}
    policy = samples.policy(enable_experimental_lane=True, experimental=lane)
    rows = [samples.record("y_10m", f"S{n:02d}", 0.3 + n % 7 / 100, stability="DRIFTING") for n in range(100)]
    found = decide(session, policy, rows)
    assert found == designed(policy, rows)
    assert [row["rule"] for row in found].count("EXPERIMENTAL_LANE") == round(100 * fraction)


@pytest.mark.parametrize("fraction", [1e-7, 0.000123, 1 / 3])
def test_a_full_lane_names_its_fraction_as_the_policy_does(session: Session, fraction: float) -> None:
    lane = {"min_score": 0.1, "allowed_stabilities": ["DRIFTING"], "max_fraction_symbols_per_target": fraction}
    policy = samples.policy(enable_experimental_lane=True, experimental=lane)
    found = decide(session, policy, [samples.record("y_10m", "S", 0.3, stability="DRIFTING")])
    assert float(found[-1]["reasons"][-1].split("(")[1].split(" of ")[0]) == fraction


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("y_59m", "ROUTE_BLOCKED"),
        ("y_60m", "ROUTE_SYMBOL_SPECIFIC"),
        ("y_4h", "ROUTE_BLOCKED"),
        ("y_1d_5m", "ROUTE_BLOCKED"),
        ("y", "ROUTE_BLOCKED"),
    ],
)
def test_a_threshold_by_tier_holds_in_its_tier_alone(session: Session, target: str, route: str) -> None:
    low = {"classification": 1.0, "regression": {"default": 0.9, "medium": 0.1}}
    policy = samples.policy(symbol={"min_score": low, "strong_score": low})
    rows = [samples.record(target, "AAPL", 0.5, task_type="REGRESSION")]
    assert decide(session, policy, rows)[-1]["route"] == route


@pytest.mark.parametrize(("target", "tier"), [("y_q_5m", "default"), ("y_3q_5m", "short"), ("y_300q", "long")])
def test_the_first_horizon_pattern_that_matches_decides_even_where_it_finds_no_number(
    session: Session, target: str, tier: str
) -> None:
    patterns = [{"regex": r"(\d+)?q", "multiplier": 1}, {"regex": r"(\d+)m", "multiplier": 60}]
    levels = {"default": 0.9, "short": 0.9, "medium": 0.9, "long": 0.9, "very_long": 0.9} | {tier: 0.1}
    of_tier = {"classification": 1.0, "regression": levels}
    policy = samples.policy(symbol={"min_score": of_tier, "strong_score": of_tier}, horizon={"patterns": patterns})
    rows = [samples.record(target, "AAPL", 0.5, task_type="REGRESSION")]
    assert decide(session, policy, rows)[-1]["route"] == "ROUTE_SYMBOL_SPECIFIC"


EVIDENCE: dict[str, Record] = {
    "none": {"score": None},
    "bad": {"score": 0.05},
    "lane": {"score": 0.3, "stability": "DRIFTING"},
    "weak": {"score": 0.53},
    "strong": {"score": 0.9},
}
"""A side's evidence, by the state it has under ``samples.policy``."""


@pytest.mark.parametrize("semantics", ["strict", "reference"])
def test_each_pair_of_states_is_decided_as_designed_and_every_rule_is_reached(session: Session, semantics: str) -> None:
    rows = [
        samples.record(f"y_{pooled}_10m", symbol, **EVIDENCE[kind])
        for pooled in EVIDENCE
        for symbol, kind in ((None, pooled), *((f"S_{local}", local) for local in EVIDENCE))
    ]
    reached: set[str] = set()
    behaviors = strategies.BEHAVIORS + (("ELSE",) if semantics == "reference" else ())
    for behavior in behaviors:
        for fraction in (0.0, 1.0):
            lane = {"min_score": 0.1, "allowed_stabilities": ["DRIFTING"], "max_fraction_symbols_per_target": fraction}
            policy = samples.policy(
                semantics=semantics, both_strong_behavior=behavior, enable_experimental_lane=True, experimental=lane
            )
            found = decide(session, policy, rows)
            assert found == designed(policy, rows)
            reached.update(decision["rule"] for decision in found if decision["symbol"] is not None)
    assert reached == oracles.RULES[semantics]


def test_the_rules_have_one_digest_and_name_every_step() -> None:
    rules = current_rules()
    assert len(rules.rules_id) == 64
    assert [name for name, _ in rules.steps][-1] == OUTPUT
    assert all(text.rstrip().endswith(";") for _, text in rules.steps)


@pytest.mark.parametrize("changed", [{"inputs": ["candidates"]}, {"output": None}])
def test_rules_kept_in_another_form_are_refused(session: Session, changed: dict[str, Any]) -> None:
    kept = orjson.loads(current_rules().document) | changed
    with pytest.raises(StoreError, match="in a form that this one cannot run again"):
        apply_rules(session, Rules(orjson.dumps(kept)))
