"""A plan whose evidence, policy, rules or overrides have changed is stale, and its message names them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import samples
from histories import SYMBOL, TARGET, cs, local, other_rules, route, time_is
from planstore import NotFoundError, PlanStaleError
from planstore.api.store import Store

LATER = datetime.now(UTC) + timedelta(days=1)


def test_a_plan_is_fresh_while_nothing_moves_on(store: Store) -> None:
    run = route(store, [cs(), local()])
    assert store.training.stale_reasons() == []
    route(store, [cs(), local()])
    assert store.training.stale_reasons(run.plan_id) == []


def test_changed_evidence_and_a_changed_policy_are_named_with_both_runs(store: Store) -> None:
    first = route(store, [cs(), local()], run_id="first")
    second = route(store, [cs(), local(0.71)], run_id="second")
    assert store.training.stale_reasons("first") == [
        f"the evidence has changed: run first (commit 1) used {first.evidence_id[:12]}, "
        f"run second (commit 2) uses {second.evidence_id[:12]}"
    ]
    third = route(store, [cs(), local(0.71)], samples.policy(both_strong_behavior="PREFER_CS"), run_id="third")
    assert store.training.stale_reasons("second") == [
        f"the policy has changed: run second (commit 2) used {second.policy_id[:12]}, "
        f"run third (commit 3) uses {third.policy_id[:12]}"
    ]
    assert [text.split(" has")[0] for text in store.training.stale_reasons("first")] == ["the evidence", "the policy"]
    assert store.training.stale_reasons() == []


def test_another_plan_of_the_same_evidence_and_policy_is_told(store: Store) -> None:
    route(store, [cs(), local()], run_id="first", model_families=["mlp"])
    second = route(store, [cs(), local()], run_id="second", model_families=["ridge"])
    assert store.training.stale_reasons("first") == [
        f"run second (commit 2) arrived at another plan, {second.plan_id[:12]}"
    ]


def test_changed_rules_are_named(store: Store) -> None:
    route(store, [cs(), local()], run_id="first")
    with other_rules("THEN 'ROUTE_SYMBOL_SPECIFIC'", "THEN 'ROUTE_BLOCKED'") as rules:
        (told,) = store.training.stale_reasons()
    assert told.startswith("the rules have changed: run first used ")
    assert told.endswith(f"this planstore ships {rules.rules_id[:12]}")


def test_overrides_that_were_set_cleared_or_expired_since_are_told(store: Store) -> None:
    route(store, [cs(), local()], run_id="first")
    store.overrides.set(TARGET, SYMBOL, "ROUTE_BLOCKED", reason="x", expires_at=LATER)
    assert store.training.stale_reasons() == ["an override of y_up_10m on AAPL (ROUTE_BLOCKED) was set since run first"]
    route(store, [cs(), local()], run_id="second")
    assert store.training.stale_reasons() == []
    told = ["an override of y_up_10m on AAPL (ROUTE_BLOCKED) was cleared, replaced or expired since run second"]
    with time_is(LATER):
        assert store.training.stale_reasons() == told
    store.overrides.clear(TARGET, SYMBOL)
    assert store.training.stale_reasons() == told
    store.overrides.set(TARGET, None, "ROUTE_BOTH", reason="y")
    assert "an override of y_up_10m (ROUTE_BOTH) was set since run second" in store.training.stale_reasons()


def test_an_override_of_what_the_run_did_not_decide_leaves_its_plan_fresh(store: Store) -> None:
    run = route(store, [cs(), local()], run_id="first")
    for target, symbol in ((TARGET, "NONE"), ("nowhere", SYMBOL), ("nowhere", None)):
        store.overrides.set(target, symbol, "ROUTE_BOTH", reason="x")
    assert store.training.stale_reasons() == []
    store.training.refuse_stale(run.plan_id)
    store.overrides.clear(TARGET, "NONE")
    assert store.training.stale_reasons() == []
    assert route(store, [cs(), local()], run_id="second").plan_id == run.plan_id, "such pins decide nothing either"


def test_a_stale_plan_is_refused_with_everything_that_moved(store: Store) -> None:
    run = route(store, [cs(), local()], run_id="first")
    store.training.refuse_stale(run.plan_id)
    route(store, [cs(), local(0.4)], run_id="second")
    store.overrides.set(TARGET, SYMBOL, "ROUTE_BOTH", reason="x")
    with pytest.raises(PlanStaleError) as refused:
        store.training.refuse_stale(run.plan_id)
    said = str(refused.value)
    assert said.startswith(f"plan {run.plan_id[:12]} is stale: the evidence has changed: run first (commit 1)")
    assert "an override of y_up_10m on AAPL (ROUTE_BOTH) was set since run first" in said
    assert said.endswith("Route again, or force it if it is to be trained as it is")


def test_a_plan_that_is_not_there_is_said(store: Store) -> None:
    store.create()
    with pytest.raises(NotFoundError, match="holds no run yet"):
        store.training.stale_reasons()
    route(store, [local()])
    with pytest.raises(NotFoundError, match="'abcdef' is no run, commit, plan or time"):
        store.training.stale_reasons("abcdef")
