"""False discoveries: q-values, trials and shrunken scores, from p-values to routes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import false_discovery_control

import planstore
import samples
from planstore.database.connection import memory
from planstore.errors import PolicyError
from planstore.plans.planning import make_plan
from planstore.routing.candidates import CandidatesWarning, read_candidates
from planstore.routing.derived_columns import with_derived
from planstore.routing.policy_reader import read_policy

Record = dict[str, Any]
ps = st.sampled_from((0.0, 1e-300, 0.01, 0.05, 0.05, 1.0)) | st.floats(0, 1)


def with_p_values(ps: dict[str, float | None], target: str = "y_up_10m", **other: Any) -> list[Record]:
    """Return candidates of one target's symbols with these p-values, and its cross-sectional side with p 0.001."""
    rows = [samples.record(target, None, p_value=0.001, **other)]
    return rows + [samples.record(target, symbol, p_value=p, **other) for symbol, p in ps.items()]


def table(rows: list[Record]) -> pa.Table:
    return pa.Table.from_pylist(rows)


@settings(max_examples=25)
@given(pooled=st.lists(ps | st.none(), max_size=8), own=st.lists(ps | st.none(), min_size=1, max_size=30))
def test_q_values_are_those_of_the_statistics_library_in_two_families(
    pooled: list[float | None], own: list[float | None]
) -> None:
    rows = [samples.record(f"t{place}", None, p_value=p) for place, p in enumerate(pooled)]
    rows += [samples.record("t", f"S{place:02}", p_value=p) for place, p in enumerate(own)]
    found = read_candidates(table(rows), strict=True).table.to_pylist()
    for mode in ("CROSS_SECTIONAL", "SYMBOL_SPECIFIC"):
        sides = [row for row in found if row["mode"] == mode]
        known = [row for row in sides if row["p_value"] is not None]
        assert all(row["q_value"] is row["q_value_by"] is None for row in sides if row["p_value"] is None)
        if known:
            given = np.array([row["p_value"] for row in known])
            for name, method in (("q_value", "bh"), ("q_value_by", "by")):
                expected = false_discovery_control(given, method=method)
                np.testing.assert_allclose([row[name] for row in known], expected, rtol=1e-13, atol=0)


def test_discoveries_of_noise_and_signals_are_false_as_often_as_the_policy_allows() -> None:
    rng = np.random.default_rng(7)
    runs, sides, real = 400, 200, 40
    p = rng.random((runs, sides))
    p[:, :real] = rng.beta(0.2, 6, (runs, real))
    evidence = pa.table(
        {
            "evidence_set": np.repeat(np.arange(runs), sides),
            "mode": ["SYMBOL_SPECIFIC"] * runs * sides,
            "target": ["t"] * runs * sides,
            "score": pa.nulls(runs * sides, pa.float64()),
            "null_sd": pa.nulls(runs * sides, pa.float64()),
            "p_value": p.ravel(),
        }
    )
    with closing(memory()) as session:
        derived = with_derived(session, evidence)
    rates = {}
    for name in ("q_value", "q_value_by"):
        is_found = derived[name].to_numpy().reshape(runs, sides) <= 0.1
        false, all_found = is_found[:, real:].sum(axis=1), is_found.sum(axis=1)
        rates[name] = float(np.mean(false / np.maximum(all_found, 1)))
        assert is_found[:, :real].mean() > 0.3
    # the expected rate by Benjamini and Hochberg is 0.1 times the share of noise, 0.08; its standard error here is 0.003
    assert 0.065 < rates["q_value"] < 0.095
    assert rates["q_value_by"] < rates["q_value"] / 3


def test_a_side_that_is_likely_by_chance_is_disallowed_and_the_reasons_say_so(tmp_path: Path) -> None:
    rows = with_p_values({"A": 0.001, "B": 0.02, "C": 0.06, "D": 0.5, "E": None})
    with planstore.open(tmp_path) as store:
        with pytest.warns(CandidatesWarning, match="1 scores have no p_value, which the policy requires"):
            store.route(table(rows), samples.policy(max_false_discovery_rate=0.05))
        decided = {
            row[0]: row[1:] for row in store.sql("select symbol, local_state, reasons[2] from decisions").fetchall()
        }
        assert {symbol: state for symbol, (state, _) in decided.items() if symbol} == {
            "A": "STRONG", "B": "STRONG", "C": "DISALLOWED", "D": "DISALLOWED", "E": "DISALLOWED",
        }  # fmt: skip
        assert decided["B"][1] == "LOCAL: STRONG (score=0.700, q=0.040, stability=STABLE)"
        assert decided["C"][1] == "LOCAL: DISALLOWED (score=0.700, q=0.080, stability=STABLE; too likely by chance)"
        assert decided["E"][1] == "LOCAL: DISALLOWED (score=0.700, stability=STABLE; no p_value)"


def test_why_names_the_p_value_that_would_make_a_side_a_discovery(tmp_path: Path) -> None:
    policy = samples.policy(max_false_discovery_rate=0.05)
    rows = with_p_values({"A": 0.001, "B": 0.02, "C": 0.06, "D": 0.5}, leakage_status="SAFE")
    rows[0]["score"] = 0.1
    with planstore.open(tmp_path) as store:
        store.route(table(rows), policy)
        why = store.why("y_up_10m", "C")
        (check,) = [one for one in why.checks if one["check"] == "FALSE_DISCOVERY" and one["side"] == "symbol"]
        assert (check["observed"], check["threshold"], check["passed"]) == (0.08, 0.05, False)
        miss = why.nearest_miss
        assert miss is not None
        assert (miss["metric"], miss["needed"], miss["route"]) == ("q_value", 0.05, "ROUTE_SYMBOL_SPECIFIC")
        assert miss["p_value"] == pytest.approx(0.0375)
        assert "(p_value 0.0375 would give it)" in miss["text"]
        for p, route in ((miss["p_value"], "ROUTE_SYMBOL_SPECIFIC"), (0.0376, "ROUTE_BLOCKED")):
            rows[3]["p_value"] = p
            store.route(table(rows), policy)
            assert store.why("y_up_10m", "C").route == route
        assert why.nearest_policy is not None
        assert (why.nearest_policy["key"], why.nearest_policy["needed"]) == ("max_false_discovery_rate", 0.08)


def test_discoveries_can_hold_over_all_trials_of_the_store(tmp_path: Path) -> None:
    noise = with_p_values({f"S{place:02}": place / 20 for place in range(1, 20)})
    rows = with_p_values({"A": 0.02, "B": 0.5}, target="y_down_10m")
    policies = {count: samples.policy(max_false_discovery_rate=0.05, count_trials=count) for count in (False, True)}
    with planstore.open(tmp_path) as store:
        store.route(table(noise), policies[True], run_id="noise")
        for run_id, counted, route in (("alone", False, "ROUTE_BOTH"), ("all", True, "ROUTE_CROSS_SECTIONAL")):
            run = store.route(table(rows), policies[counted], run_id=run_id)
            assert store.why("y_down_10m", "A").route == route
            again = store.route(table(rows), policies[counted], run_id=run_id)
            assert again.commit_id == run.commit_id
        assert store.run("alone").evidence_id == store.run("all").evidence_id
        found = store.sql(
            "select q_value, q_value_over_trials from candidates where run_id = 'all' and symbol = 'A'"
        ).fetchone()
        all_ps = [0.02, 0.5, *(place / 20 for place in range(1, 20))]
        expected = [false_discovery_control(given)[0] for given in ([0.02, 0.5], all_ps)]
        assert found == pytest.approx(expected)
        assert store.why("y_down_10m", "A").trials == {"cross_sectional": 1, "symbol": 1}
        rows[1]["p_value"] = 0.03
        store.route(table(rows), policies[True])
        why = store.why("y_down_10m", "A")
        assert why.trials == {"cross_sectional": 1, "symbol": 2}
        assert "trials so far, this one included: symbol 2" in str(why)
        assert why.findings == []
        assert store.integrity.verify().holds


def test_a_run_is_decided_again_when_another_run_came_before_it_whose_trials_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = samples.policy(max_false_discovery_rate=0.05, count_trials=True)
    with planstore.open(tmp_path) as store:

        def overtaken(*given: Any, **named: Any) -> Any:
            monkeypatch.undo()
            store.route(
                table(with_p_values({f"S{place:02}": place / 20 for place in range(1, 20)})), policy, run_id="first"
            )
            return make_plan(*given, **named)

        monkeypatch.setattr("planstore.runs.create.make_plan", overtaken)
        store.route(table(with_p_values({"A": 0.02, "B": 0.5}, target="y_down_10m")), policy, run_id="second")
        assert store.why("y_down_10m", "A").route == "ROUTE_CROSS_SECTIONAL"


def test_a_policy_can_judge_by_shrunken_scores(tmp_path: Path) -> None:
    scores = {"A": 0.70, "B": 0.50, "C": 0.51, "D": 0.52}
    rows = [samples.record("y_up_10m", symbol, score, null_sd=0.2) for symbol, score in scores.items()]
    with planstore.open(tmp_path) as store:
        assert store.route(table(rows), samples.policy()).routes == {"ROUTE_SYMBOL_SPECIFIC": 2, "ROUTE_BLOCKED": 2}
        assert store.route(table(rows), samples.policy(score="shrunken")).routes == {"ROUTE_SYMBOL_SPECIFIC": 4}
        why = store.why("y_up_10m", "B")
        observed = {check["check"]: check["observed"] for check in why.checks if check["side"] == "symbol"}
        assert observed["MIN_SCORE"] == observed["SHRUNKEN_SCORE"] == pytest.approx(0.5575)
        assert why.findings == []
        rows[0]["null_sd"] = None
        store.route(table(rows), samples.policy(score="shrunken"))
        assert "no shrunken_score" in str(store.why("y_up_10m", "A"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_false_discovery_rate": 0}, "max_false_discovery_rate"),
        ({"max_false_discovery_rate": 1}, "max_false_discovery_rate"),
        ({"false_discovery_method": "bonferroni"}, "false_discovery_method"),
        ({"count_trials": "yes"}, "count_trials"),
        ({"score": "best"}, "score"),
        ({"min_effective_samples": "many"}, "min_effective_samples"),
        (
            {"semantics": "reference", "max_false_discovery_rate": 0.1},
            "max_false_discovery_rate needs semantics: strict",
        ),
        ({"semantics": "reference", "score": "shrunken"}, "score needs semantics: strict"),
    ],
)
def test_policies_with_other_values_are_refused(change: Record, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        read_policy(samples.policy(**change))


def test_evidence_that_planstore_exported_is_not_read_for_what_was_derived(tmp_path: Path) -> None:
    rows = table(with_p_values({"A": 0.02})).append_column("q_value", pa.array([0.5, 0.5]))
    found = read_candidates(rows, strict=True)
    assert found.table["q_value"].to_pylist() == [0.001, 0.02]
    assert any("columns not used: q_value" in note for note in found.notes)
