"""Each flip has the causes that it was given, and no other."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import samples
from histories import SYMBOL, TARGET, cs, local, other_rules, route, time_is
from planstore import NotFoundError
from planstore.api.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::planstore.CandidatesWarning")
Record = dict[str, Any]
BLOCKED, OWN, BOTH, LANE = "ROUTE_BLOCKED", "ROUTE_SYMBOL_SPECIFIC", "ROUTE_BOTH", "ROUTE_EXPERIMENTAL_ONLY"
METRICS = {"mean_overlap": 0.9, "std_overlap": 0.1, "mean_tau": 0.9, "std_tau": 0.1}
MEASURED = {"stability": "UNKNOWN", "stability_metrics": METRICS, "stability_snapshots": 3}
BY_TASK = {"min_score": {"classification": 0.52, "regression": 0.8}, "strong_score": 0.9}
LOW = {"min_score": 0.1, "strong_score": 0.95}


def named(causes: list[Record]) -> set[tuple[str, str | None]]:
    """Return what causes name: the cause, and which metric of which side or which key."""
    found = set()
    for cause in causes:
        metric = f"{cause['side']}.{cause['metric']}" if "side" in cause else cause.get("metric")
        found.add((cause["cause"], cause.get("key") or metric))
    assert len(found) == len(causes)
    assert all(cause["text"] for cause in causes)
    return found


def causes(store: Store, symbol: str | None = SYMBOL) -> set[tuple[str, str | None]]:
    """Return what caused the last change."""
    return named(store.history(TARGET, symbol)[-1].causes)


@pytest.mark.parametrize(
    ("policy", "changes"),
    [
        (
            {},
            [
                ("score", {}, {"score": 0.51}),
                ("sample_size", {}, {"sample_size": 499}),
                ("stability", {}, {"stability": "DRIFTING"}),
                ("stability_metrics", MEASURED, {"stability_metrics": METRICS | {"std_tau": 0.5}}),
                ("stability_metrics", MEASURED, {"stability_metrics": METRICS | {"std_tau": None}}),
                ("stability_metrics", MEASURED, {"stability_metrics": None}),
                ("stability_snapshots", MEASURED, {"stability_snapshots": 1}),
                ("leakage_status", {}, {"leakage_status": "BLOCKED"}),
                ("model_status", {}, {"model_status": "FAILED"}),
            ],
        ),
        (
            {"min_margin_over_null": 0.02},
            [
                ("null_score", {"null_score": 0.5}, {"null_score": 0.7}),
                ("null_score", {"null_score": 0.5}, {"null_score": None}),
            ],
        ),
        (
            {"require_min_successful_families": 2},
            [("failed_model_families", {}, {"failed_model_families": ["LightGBM"]})],
        ),
        ({"symbol": BY_TASK}, [("task_type", {}, {"task_type": "REGRESSION"})]),
    ],
)
def test_a_flip_by_one_metric_names_it_alone(
    store: Store, policy: Record, changes: list[tuple[str, Record, Record]]
) -> None:
    measured = {"null_score": 0.5} if "min_margin_over_null" in policy else {}
    # what changes beside it, and does not matter
    beside = {"score": 0.71, "sample_size": 9_000}
    first, then = [], []
    for number, (_, before, after) in enumerate(changes):
        name = {"target": f"{TARGET}_{number}"}
        first += [cs(**measured) | name, local(**before) | name]
        then += [
            cs(0.51, sample_size=20_000, **measured) | name,
            local(**beside | before | after) | name,
        ]
    document = samples.policy(**policy)
    for rows in (first, then, first):
        route(store, rows, document)
    for number, (metric, before, after) in enumerate(changes):
        there, back = store.history(f"{TARGET}_{number}", SYMBOL)[-2:]
        assert (there.previous_route, there.route, back.route) == (OWN, BLOCKED, OWN)
        assert named(there.causes) == named(back.causes) == {("evidence", f"symbol.{metric}")}
        values = local(**before).get(metric), local(**before | after).get(metric)
        assert (there.causes[0]["from"], there.causes[0]["to"]) == values


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([cs(), local()], [cs(0.7), local(0.71)], ("evidence", "cross_sectional.score")),
        ([local()], [cs(0.7), local(0.71)], ("evidence", "cross_sectional.candidate")),
        ([cs(0.7), local()], [local(0.71)], ("evidence", "cross_sectional.candidate")),
    ],
)
def test_a_flip_by_the_targets_side_names_that_side(
    store: Store, before: list[Record], after: list[Record], expected: tuple[str, str]
) -> None:
    route(store, before)
    route(store, after)
    assert causes(store) == {expected}


def test_two_metrics_that_are_needed_together_are_both_named(store: Store) -> None:
    route(store, [cs(), local(0.4, sample_size=100, leakage_status="SUSPECT")])
    route(store, [cs(), local(0.7, sample_size=1000, leakage_status="SAFE")])
    assert causes(store) == {("evidence", "symbol.score"), ("evidence", "symbol.sample_size")}


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("min_sample_size.symbol", {}, {"min_sample_size": {"cross_sectional": 1000, "symbol": 20_000}}),
        (
            "stability_allowlist.symbol",
            {},
            {"stability_allowlist": {"cross_sectional": ["STABLE"], "symbol": ["DRIFTING"]}},
        ),
        ("min_margin_over_null", {}, {"min_margin_over_null": 0.5}),
        (
            "symbol.min_score.regression.short",
            {"symbol": LOW | {"min_score": {"classification": 0.5, "regression": {"default": 0.1, "short": 0.1}}}},
            {"symbol": LOW | {"min_score": {"classification": 0.6, "regression": {"default": 0.1, "short": 0.9}}}},
        ),
    ],
)
def test_a_flip_by_one_key_of_the_policy_names_it_alone(store: Store, key: str, before: Record, after: Record) -> None:
    rows = [cs(task_type="REGRESSION", null_score=0.3), local(task_type="REGRESSION", null_score=0.3)]
    route(store, rows, samples.policy(**before))
    route(store, rows, samples.policy(**after, both_strong_behavior="PREFER_CS", block_on_leakage=False))
    change = store.history(TARGET, SYMBOL)[-1]
    assert (change.previous_route, change.route) == (OWN, BLOCKED)
    assert causes(store) == {("policy", key)}


def test_a_tier_of_other_horizons_flips_nothing(store: Store) -> None:
    for long in (0.1, 0.9):
        low = LOW | {"min_score": {"classification": 0.5, "regression": {"default": 0.1, "long": long}}}
        route(store, [local(task_type="REGRESSION")], samples.policy(symbol=low))
    assert len(store.history(TARGET, SYMBOL)) == 1


def test_a_flip_by_other_rules_names_them(store: Store) -> None:
    route(store, [cs(), local()])
    with other_rules("THEN 'ROUTE_SYMBOL_SPECIFIC'", "THEN 'ROUTE_BLOCKED'"):
        route(store, [cs(0.51), local(0.71)], samples.policy(both_strong_behavior="PREFER_CS"))
        assert store.history(TARGET, SYMBOL)[-1].route == BLOCKED
        assert causes(store) == {("rules", None)}
    assert store.why(TARGET, SYMBOL).findings == []
    route(store, [cs(), local()])
    assert causes(store) == {("rules", None)}


def test_a_flip_by_an_override_names_it_whether_it_is_set_cleared_or_expires(store: Store) -> None:
    route(store, [cs(), local()])
    store.overrides.set(TARGET, SYMBOL, BOTH, reason="a trial", author="ann")
    route(store, [cs(0.51), local(0.71)])
    assert store.history(TARGET, SYMBOL)[-1].route == BOTH
    assert causes(store) == {("override", None)}
    assert "a trial" in store.history(TARGET, SYMBOL)[-1].causes[0]["text"]
    store.overrides.clear(TARGET, SYMBOL)
    route(store, [cs(), local()])
    assert causes(store) == {("override", None)}
    later = datetime.now(UTC) + timedelta(days=1)
    store.overrides.set(TARGET, None, BLOCKED, reason="pause", expires_at=later)
    route(store, [cs(), local()])
    assert store.history(TARGET, SYMBOL)[-1].route == BLOCKED
    with time_is(later):
        route(store, [cs(), local()])
    assert store.history(TARGET, SYMBOL)[-1].route == OWN
    assert causes(store) == {("override", None)}
    assert len(store.history(TARGET, SYMBOL)) == 5


def test_causes_that_are_needed_together_are_all_named(store: Store) -> None:
    route(store, [cs(), local(0.7)])
    route(store, [cs(), local(0.55, sample_size=9_000)], samples.policy(symbol={"min_score": 0.6, "strong_score": 0.6}))
    assert causes(store) == {("evidence", "symbol.score"), ("policy", "symbol.min_score")}


def test_metrics_that_are_needed_together_are_named_also_where_something_else_suffices(store: Store) -> None:
    route(store, [cs(), local(0.4, sample_size=100, leakage_status="SUSPECT")])
    store.overrides.set(TARGET, SYMBOL, OWN, reason="a trial")
    route(store, [cs(), local(0.7, sample_size=1000, leakage_status="SAFE")])
    assert causes(store) == {("evidence", "symbol.score"), ("evidence", "symbol.sample_size"), ("override", None)}


def test_of_causes_each_of_which_suffices_all_are_named_alone_and_together(store: Store) -> None:
    """Each of the four blocks the pair: alone, in pairs and together they come and go, in one history."""
    sufficient = {
        "evidence": ("evidence", "symbol.score"),
        "policy": ("policy", "min_sample_size.symbol"),
        "rules": ("rules", None),
        "override": ("override", None),
    }
    pairs = [{"evidence", "policy"}, {"rules", "override"}]
    combined = [*({one} for one in sufficient), *pairs, {*sufficient}]
    route(store, [cs(), local()], run_id="base-0")
    for number, some in enumerate(combined, 1):
        with ExitStack() as now:
            if "override" in some:
                store.overrides.set(TARGET, SYMBOL, BLOCKED, reason="x")
            if "rules" in some:
                now.enter_context(other_rules("THEN 'ROUTE_SYMBOL_SPECIFIC'", "THEN 'ROUTE_BLOCKED'"))
            size = {"cross_sectional": 1000, "symbol": 20_000 if "policy" in some else 500}
            score = 0.4 if "evidence" in some else 0.7
            route(store, [cs(), local(score)], samples.policy(min_sample_size=size), run_id=f"flipped-{number}")
        if "override" in some:
            store.overrides.clear(TARGET, SYMBOL)
        route(store, [cs(), local()], run_id=f"base-{number}")
    _, *changes = store.history(TARGET, SYMBOL)
    expected = [{sufficient[cause] for cause in some} for some in combined for _ in range(2)]
    assert [named(change.causes) for change in changes] == expected
    for number, some in enumerate(combined, 1):
        flips = store.diff(f"base-{number - 1}", f"flipped-{number}").as_dict()["flips"]
        assert [flip["causes"] for flip in flips if flip["symbol"]] == [sorted(some)]


def test_other_symbols_evidence_flips_through_the_experimental_lane(store: Store) -> None:
    lane = {"min_score": 0.3, "allowed_stabilities": ["DRIFTING"], "max_fraction_symbols_per_target": 0.5}
    policy = samples.policy(enable_experimental_lane=True, experimental=lane)
    for other in (0.4, 0.6):
        drifting = {"stability": "DRIFTING"}
        rows = [local(0.5, **drifting), samples.record(TARGET, "MSFT", other, **drifting)]
        route(store, rows, policy)
    change = store.history(TARGET, SYMBOL)[-1]
    assert (change.previous_route, change.route) == (LANE, BLOCKED)
    assert causes(store) == {("evidence", "symbol.rank")}


def test_families_that_are_asked_for_flip_where_the_policy_counts_them(store: Store) -> None:
    policy = samples.policy(require_min_successful_families=1)
    for families in (["mlp"], ["lightgbm"]):
        route(store, [local(failed_model_families=["LightGBM"])], policy, model_families=families)
    assert causes(store) == {("families", None)}


def test_targets_and_symbols_that_appear_and_vanish_are_told(store: Store) -> None:
    elsewhere = samples.record("other", None, 0.7)
    for number, rows in enumerate(([elsewhere], [cs(), local()], [elsewhere], [cs()], [local()]), 1):
        route(store, rows, run_id=f"r{number}")
    told = [(change.run_id, change.previous_route, change.route) for change in store.history(TARGET, SYMBOL)]
    assert told == [("r2", None, OWN), ("r3", OWN, None), ("r5", None, OWN)]
    for change in store.history(TARGET, SYMBOL):
        assert named(change.causes) == {("evidence", "candidate")}
        assert change.run_id in change.causes[0]["text"]
    told = [(change.run_id, change.previous_route, change.route) for change in store.history(TARGET)]
    assert told == [("r2", None, "DISABLED"), ("r3", "DISABLED", None), ("r4", None, "DISABLED")]
    flips = store.diff("r2", "r3").as_dict()["flips"]
    assert [(flip["target"], flip["symbol"], flip["causes"]) for flip in flips] == [
        ("other", None, ["evidence"]),
        (TARGET, None, ["evidence"]),
        (TARGET, SYMBOL, ["evidence"]),
    ]


def test_a_targets_own_flips_have_causes_too(store: Store) -> None:
    route(store, [cs(0.7), local()])
    route(store, [cs(0.5), local()])
    assert causes(store, None) == {("evidence", "cross_sectional.score")}
    store.overrides.set(TARGET, "MSFT", BOTH, reason="needs the pooled model")
    route(store, [cs(0.5), local(), samples.record(TARGET, "MSFT")])
    assert store.history(TARGET)[-1].route == "ENABLED"
    # because an override takes effect on a pair that has evidence, and this pair is new
    assert causes(store, None) == {("override", None), ("evidence", None)}


def test_a_history_as_of_a_commit_ends_there(store: Store) -> None:
    for score in (0.7, 0.4, 0.7):
        route(store, [local(score)])
    with store.at(2) as then:
        assert [change.commit_id for change in then.history(TARGET, SYMBOL)] == [1, 2]


def test_what_no_run_decided_on_has_no_history(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no run decided on 'nothing'"):
        store.history("nothing")
    route(store, [cs()])
    with pytest.raises(NotFoundError, match="no run decided on 'y_up_10m' on 'AAPL'; `planstore why` says"):
        store.history(TARGET, SYMBOL)


def test_a_cause_that_cannot_be_derived_again_says_so(store: Store) -> None:
    for score in (0.7, 0.4):
        run = route(store, [local(score)])
    artifact = next((store.results / "planstore/artifacts").rglob(run.rules_id))
    artifact.chmod(0o644)
    artifact.write_bytes(b"{}")
    change = store.history(TARGET, SYMBOL)[-1]
    assert change.causes[0]["cause"] == "unknown"
    assert "was altered" in change.causes[0]["text"]
