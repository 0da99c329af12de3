"""Why says what the rules did, and whether they would do it again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

import samples
import strategies
from histories import SCHEMA, SYMBOL, TARGET, cs, local, other_rules, route
from planstore import Explanation, JobStatus, NotFoundError
from planstore.api.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::planstore.CandidatesWarning", "ignore::planstore.PolicyWarning")
Record = dict[str, Any]
GATES = (
    "TASK", "SAMPLE_SIZE", "EFFECTIVE_SAMPLES", "LEAKAGE", "MODEL_STATUS", "SAFE_FEATURES", "WORKING_FAMILIES",
    "NULL_MARGIN", "FALSE_DISCOVERY", "SHRUNKEN_SCORE",
)  # fmt: skip
CHECKS = (*GATES, "STRONG_SCORE", "MIN_SCORE", "STABILITY", "EXPERIMENTAL_SCORE", "EXPERIMENTAL_STABILITY")


def state(checks: list[Record], side: str) -> str:
    """Return the signal state that the checks of a side say."""
    passed = {check["check"]: check["passed"] for check in checks if check["side"] == side}
    if not passed:
        return "DISALLOWED"
    assert tuple(passed) == CHECKS
    if not all(passed[gate] for gate in GATES):
        return "DISALLOWED"
    if passed["STABILITY"] and passed["STRONG_SCORE"]:
        return "STRONG"
    if passed["STABILITY"] and passed["MIN_SCORE"]:
        return "WEAK_BUT_OK"
    return "EXPERIMENTAL" if passed["EXPERIMENTAL_SCORE"] and passed["EXPERIMENTAL_STABILITY"] else "DISALLOWED"


def alter(store: Store, statement: str) -> None:
    """Change rows of decisions behind the ledger's back, in the catalog, where small commits are kept."""
    store.close()
    with closing(sqlite3.connect(store.results / "planstore/catalog.sqlite")) as catalog:
        found = catalog.execute("select name from sqlite_master where name like 'ducklake_inlined_data_%'").fetchall()
        for (name,) in found:
            columns = {column[1] for column in catalog.execute(f'pragma table_info("{name}")')}
            if {"cs_state", "local_state", "rule", "override_id"} <= columns:
                assert catalog.execute(statement.format(decisions=f'"{name}"')).rowcount == 1
        catalog.commit()


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@settings(max_examples=4)
@given(data=st.data())
def test_why_arrives_at_what_is_recorded_and_its_checks_say_the_same(
    shared_store: Store, semantics: str, data: st.DataObject
) -> None:
    policy, rows = data.draw(strategies.policies(semantics)), data.draw(strategies.candidates(semantics))
    families = data.draw(strategies.model_families)
    run = shared_store.route(pa.Table.from_pylist(rows, SCHEMA), policy, families)
    decided = shared_store.sql("from decisions where commit_id = $n", n=run.commit_id).to_arrow_table().to_pylist()
    for decision in data.draw(st.lists(st.sampled_from(decided), max_size=3)) if decided else ():
        found = shared_store.why(decision["target"], decision["symbol"], run_id=run.run_id)
        assert found.findings == []
        for name in ("route", "rule", "reasons", "cs_state", "local_state"):
            assert getattr(found, name) == decision[name]
        assert found.cs_state == state(found.checks, "cross_sectional")
        assert found.local_state == (state(found.checks, "symbol") if found.symbol else None)
        lane = [check for check in found.checks if check["side"] == "pair"]
        assert bool(lane) == (semantics == "strict" and found.rule.startswith("EXPERIMENTAL_LANE"))
        assert all(check["passed"] == (found.rule == "EXPERIMENTAL_LANE") for check in lane)
        assert all(check["passed"] or check["threshold"] is not None for check in found.checks), (
            "what fails is asked for"
        )
        assert all(
            set(check) == {"side", "check", "observed", "threshold", "passed", "source"} for check in found.checks
        )
        assert {row["target"] for row in found.evidence} <= {found.target}


def test_the_checks_of_a_pair_name_values_thresholds_and_where_they_stand(store: Store) -> None:
    route(store, [cs(0.5), local(0.55, stability="DRIFTING")])
    found = store.why(TARGET, SYMBOL)
    checks = {(check["side"], check["check"]): check for check in found.checks}
    assert checks["cross_sectional", "MIN_SCORE"] == {
        "side": "cross_sectional", "check": "MIN_SCORE", "observed": 0.5, "threshold": 0.52, "passed": False,
        "source": "cross_sectional.min_score",
    }  # fmt: skip
    assert checks["symbol", "STABILITY"]["observed"] == "DRIFTING"
    assert checks["symbol", "STABILITY"]["source"] == "stability_allowlist.symbol"
    assert (found.route, found.rule, found.nearest_miss and found.nearest_miss["route"]) == (
        "ROUTE_BLOCKED", "BOTH_DISALLOWED", "ROUTE_CROSS_SECTIONAL",
    )  # fmt: skip
    assert found.nearest_miss is not None
    assert found.nearest_miss["text"] == (
        "cross-sectional score is 0.5; with 0.52 the route would be ROUTE_CROSS_SECTIONAL"
    )
    assert found.nearest_policy is not None
    assert (found.nearest_policy["key"], found.nearest_policy["needed"]) == ("cross_sectional.min_score", 0.5)


def test_a_null_that_is_missing_is_a_reason_a_failed_check_and_one_change_away(store: Store) -> None:
    policy = samples.policy(min_margin_over_null={"classification": 0.02, "regression": 0.01})
    route(store, [local(0.7)], policy)
    found = store.why(TARGET, SYMBOL)
    assert found.reasons[1] == "LOCAL: DISALLOWED (score=0.700, stability=STABLE; no null_score)"
    (check,) = [one for one in found.checks if (one["side"], one["check"]) == ("symbol", "NULL_MARGIN")]
    assert (check["passed"], check["threshold"], check["observed"]) == (False, "a null_score and 0.02", 0.7)
    assert found.nearest_policy is not None
    assert (found.nearest_policy["key"], found.nearest_policy["needed"]) == ("min_margin_over_null", None)
    assert found.nearest_policy["text"].startswith(
        "min_margin_over_null is classification 0.02, regression 0.01; with null the route would be ROUTE_SYMBOL_S"
    )
    route(store, [local(0.7)], samples.policy(min_margin_over_null=None))
    assert store.why(TARGET, SYMBOL).route == "ROUTE_SYMBOL_SPECIFIC"
    route(store, [cs(0.7)], policy)
    assert store.why(TARGET).reasons == ["score=0.700, stability=STABLE, sample_size=10000; no null_score"]


@pytest.mark.parametrize(
    ("evidence", "changes", "against", "key", "needed"),
    [
        ({"sample_size": 3}, {}, "too few rows", "min_sample_size.symbol", 3),
        ({"leakage_status": "BLOCKED"}, {}, "leakage BLOCKED", "block_on_leakage", False),
        ({"model_status": "FAILED"}, {}, "model FAILED", None, None),
        (
            {"leakage_status": "SUSPECT"}, {"require_safe_features_only": True}, "features not safe",
            "allowed_feature_leakage_status", ["SAFE", "SUSPECT"],
        ),
        (
            {"failed_model_families": ["xgboost"]}, {"require_min_successful_families": 2}, "too few families",
            "require_min_successful_families", 1,
        ),
        ({"null_score": 0.695}, {"min_margin_over_null": 0.1}, "too near its null_score", "min_margin_over_null", 0),
        ({"stability": "DIVERGED"}, {}, None, "stability_allowlist.symbol", ["STABLE", "DIVERGED"]),
    ],
)  # fmt: skip
def test_reasons_say_what_speaks_against_a_side_and_which_key_would_let_it_pass(
    store: Store, evidence: Record, changes: Record, against: str | None, key: str | None, needed: Any
) -> None:
    route(store, [local(0.7, **evidence)], samples.policy(**changes))
    found = store.why(TARGET, SYMBOL)
    said = f"; {against})" if against else f"stability={evidence['stability']})"
    assert found.route == "ROUTE_BLOCKED"
    assert found.reasons[1].endswith(said)
    if key is None:
        assert found.nearest_policy is None
        return
    assert found.nearest_policy is not None
    assert found.nearest_policy["key"] == key
    if key != "min_margin_over_null":  # because a smaller margin is nearer than none
        assert found.nearest_policy["needed"] == needed


def test_the_jobs_of_a_decision_come_with_where_they_are_and_what_they_made(store: Store) -> None:
    run = route(store, [cs(0.7), local(0.7)])
    assert [job["status"] for job in store.why(TARGET, SYMBOL).jobs] == ["planned", "planned"]
    own = next(job for job in run.plan.jobs if job["symbol"])
    with store.training.status_writer() as writer:
        writer.record(JobStatus(run.plan_id, own["job_id"], "running", worker="w1"))
        writer.record(JobStatus(run.plan_id, own["job_id"], "succeeded", worker="w1", metrics={"auc": 0.61}))
    jobs = {job["job_id"]: job for job in store.why(TARGET, SYMBOL).jobs}
    assert (jobs[own["job_id"]]["status"], jobs[own["job_id"]]["metrics"]) == ("succeeded", {"auc": 0.61})
    assert jobs[f"cs_{TARGET}"]["status"] == "planned"
    with store.at(run.commit_id) as then:
        assert {job["status"] for job in then.why(TARGET, SYMBOL).jobs} == {"planned"}
    assert [job["job_id"] for job in store.why(TARGET).jobs] == [f"cs_{TARGET}"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update {decisions} set route = 'ROUTE_BOTH' where symbol = 'AAPL'", "route is recorded as 'ROUTE_BOTH'"),
        ("update {decisions} set rule = 'CS_ONLY' where symbol = 'AAPL'", "rule is recorded as 'CS_ONLY'"),
        ("update {decisions} set local_state = 'WEAK_BUT_OK' where symbol = 'AAPL'", "local_state is recorded as"),
    ],
)
def test_a_decision_that_was_altered_is_a_finding(store: Store, statement: str, said: str) -> None:
    route(store, [cs(), local()])
    alter(store, statement)
    (finding,) = store.why(TARGET, SYMBOL).findings
    assert said in finding
    assert "the archived rules give" in finding
    assert store.why(TARGET).findings == []


@pytest.mark.parametrize("artifact", ["rules_id", "policy_id"])
def test_rules_or_a_policy_that_was_altered_or_taken_away_is_a_finding(store: Store, artifact: str) -> None:
    run = route(store, [cs(), local()])
    kept = next((store.results / "planstore/artifacts").rglob(getattr(run, artifact)))
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes().replace(b"ROUTE_BOTH", b"ROUTE_BLOCKED"))
    found = store.why(TARGET, SYMBOL)
    assert found.route == "ROUTE_SYMBOL_SPECIFIC"
    assert "cannot be derived again" in found.findings[0]
    assert "was altered" in found.findings[0]
    kept.unlink()
    assert "cannot be read" in store.why(TARGET, SYMBOL).findings[0]


def test_a_run_is_explained_by_the_rules_of_its_day(store: Store) -> None:
    with other_rules("THEN 'ROUTE_SYMBOL_SPECIFIC'", "THEN 'ROUTE_BLOCKED'") as rules:
        route(store, [cs(), local()])
    found = store.why(TARGET, SYMBOL)
    assert (found.route, found.rule, found.rules_id, found.findings) == (
        "ROUTE_BLOCKED", "LOCAL_ONLY", rules.rules_id, [],
    )  # fmt: skip


def test_what_was_not_decided_is_explained_too(store: Store) -> None:
    reference = samples.policy(semantics="reference")
    route(store, [cs(), local()], run_id="first")
    route(store, [cs(), local(mode="SYMBOL"), samples.record("y_up_5d", None)], reference, run_id="second")

    def reasons(*names: str, run: str | None = None) -> list[str]:
        found = store.why(*names, run_id=run)
        assert (found.route, found.rule, found.checks, found.jobs) == (None, "NO_DECISION", [], [])
        return found.reasons

    assert reasons("y_up_10", SYMBOL) == [
        "run second holds no candidate of 'y_up_10' on 'AAPL'",
        "no other run decided on it either",
        "the nearest targets: 'y_up_10m', 'y_up_5d'",
    ]
    assert reasons(TARGET, "APPL", run="first") == [
        "run first holds no candidate of 'y_up_10m' on 'APPL'",
        "no other run decided on it either",
        "the nearest symbols of this target: 'AAPL'",
    ]
    assert reasons(TARGET, SYMBOL) == [
        "run second holds a candidate of it (mode SYMBOL, row 2), but none of the two modes that the rules read",
        "1 other run decided on it, last run first (commit 1): ROUTE_SYMBOL_SPECIFIC",
    ]
    assert reasons("y_up_5d", run="first") == [
        "run first holds no candidate of 'y_up_5d'",
        "1 other run decided on it, last run second (commit 2): ENABLED",
    ]


def test_a_target_whose_only_row_has_no_symbol_where_one_is_needed_is_explained(store: Store) -> None:
    route(store, [local() | {"symbol": None}, samples.record("y_up_5d", None)], samples.policy(semantics="reference"))
    assert store.why(TARGET).route is not None  # because a target that has any row is decided
    assert store.why(TARGET).rule == "CS_NO_EVIDENCE"


def test_an_empty_store_says_that_it_holds_no_run(store: Store) -> None:
    store.create()
    with pytest.raises(NotFoundError, match="the ledger holds no run yet: `planstore route"):
        store.why(TARGET)


def test_an_override_is_named_and_the_rules_with_it(store: Store) -> None:
    made = store.overrides.set(TARGET, None, "ROUTE_BLOCKED", reason="delisting", author="ann")
    route(store, [cs(0.7), local()])
    for symbol in (None, SYMBOL):
        found = store.why(TARGET, symbol)
        assert (found.rule, found.findings) == ("OVERRIDE", [])
        assert found.override is not None
        assert found.override["override_id"] == made.override_id
        assert "Override ROUTE_BLOCKED by ann: delisting" in found.reasons[-1]
        assert (found.nearest_miss, found.nearest_policy) == (None, None)


def test_a_notebook_shows_names_as_they_are_and_nothing_that_acts(store: Store) -> None:
    name = "<script>alert(1)</script>"
    route(store, [samples.record(name, None), samples.record(name, "<b>", 0.4)])
    html = store.why(name, "<b>")._repr_html_()
    assert isinstance(store.why(name), Explanation)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; on &lt;b&gt;" in html
    assert "MIN_SCORE" in html
