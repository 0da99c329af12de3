"""Backtest: policies whose worth is known, because the outcomes of their routes are made here."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pytest
import yaml
from typer.testing import CliRunner

import planstore
import samples
from planstore import JobStatus, NotFoundError, RequestError
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.outcomes.backtest import RECORDED, Backtest
from planstore.outcomes.bootstrap import Estimate
from planstore.outcomes.policy_values import ValueDifference

YEARS, TARGETS, SYMBOLS = 4, 2, 4
MODES = {"ROUTE_CROSS_SECTIONAL": "CROSS_SECTIONAL", "ROUTE_SYMBOL_SPECIFIC": "SYMBOL_SPECIFIC", "ROUTE_BOTH": "BOTH"}
LIFT = {"CROSS_SECTIONAL": 0.10, "SYMBOL_SPECIFIC": 0.02, "BOTH": 0.08}
"""The score over null of each model, on average: the cross-sectional one is the best everywhere."""
COST = 0.03
OTHER = samples.policy(symbol={"min_score": 0.6, "strong_score": 0.65})
Kept: TypeAlias = tuple[Store, Mapping[tuple[Any, ...], float]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A store of yearly runs, and the score over null of each model by run, target, symbol and mode."""
    chance = np.random.default_rng(0)
    lifts = {}
    with planstore.open(tmp_path_factory.mktemp("backtest") / "results") as store:
        rows = []
        for year in range(YEARS):
            found = []
            for target in range(TARGETS):
                name = f"y_{target}_5d"
                ends = {"evidence_as_of": f"{2010 + year}-12-31T00:00:00Z", "p_value": 0.001}
                found.append(samples.record(name, None, score=0.55 + 0.03 * target) | ends)
                for symbol in (f"S{number}" for number in range(SYMBOLS)):
                    found.append(samples.record(name, symbol, score=float(0.5 + 0.2 * chance.random())) | ends)
                    for mode, lift in LIFT.items():
                        over = float(lift + 0.01 * chance.normal())
                        lifts[f"year-{year}", name, symbol, mode] = over
                        side = {"run_id": f"year-{year}", "target": name, "symbol": symbol, "mode": mode}
                        stretch = {"first_timestamp": f"{2011 + year}-01-08", "last_timestamp": f"{2011 + year}-12-30"}
                        rows.append(side | stretch | {"score": 0.5 + over, "null_score": 0.5, "sample_size": 250})
            store.route(pa.Table.from_pylist(found), samples.policy(), run_id=f"year-{year}")
        store.record_outcomes(pa.Table.from_pylist(rows))
        for seconds, kind in ((1800.0, "symbol_specific"), (3600.0, "cross_sectional")):
            job = next(job for job in store.plan().jobs if job["training_type"] == kind)
            with store.training.status_writer() as writer:
                metrics = {"seconds": seconds, "rows_trained": 100}
                writer.record(JobStatus(str(store.plan().plan_id), job["job_id"], "succeeded", metrics=metrics))
        yield store, lifts


def value(
    routes: Mapping[tuple[str, str, str | None], str], lifts: Mapping[tuple[Any, ...], float]
) -> tuple[float, int]:
    """Return the value per pair of routes by run, target and symbol, and the number of jobs."""
    jobs = sum(route not in ("DISABLED", "ROUTE_CROSS_SECTIONAL", "ROUTE_BLOCKED") for route in routes.values())
    total = sum(
        lifts[(*pair, MODES.get(route, "SYMBOL_SPECIFIC"))]
        for pair, route in routes.items()
        if pair[2] is not None and route != "ROUTE_BLOCKED"
    )
    return (total - COST * jobs) / (YEARS * TARGETS * SYMBOLS), jobs


@pytest.fixture(scope="module")
def judged(kept: Kept) -> Backtest:
    """The policy of all runs, one that asks more of symbols, and one that prefers cross-sectional models."""
    return kept[0].backtest(
        [samples.policy(), OTHER, samples.policy(both_strong_behavior="PREFER_CS")], cost_per_job=COST
    )


def test_routes_are_worth_the_scores_that_came_true_less_their_jobs(kept: Kept, judged: Backtest) -> None:
    store, lifts = kept
    decided = store.sql("select run_id, target, symbol, route from decisions").fetchall()
    routes = {(run, target, symbol): route for run, target, symbol, route in decided}
    flips = store.whatif(OTHER).flip_table().project("run_id, target, symbol, route_then").fetchall()
    assert flips
    flipped = routes | {(run, target, symbol): route for run, target, symbol, route in flips}
    recorded, same, changed, _ = judged.policies
    assert (recorded.policy, same.value, same.jobs) == (RECORDED, recorded.value, recorded.jobs)
    for one, expected in ((recorded, routes), (changed, flipped)):
        worth, jobs = value(expected, lifts)
        assert one.value.value == pytest.approx(worth, rel=1e-5)
        assert one.jobs == jobs
        assert [one.pooled, one.own, one.both] == [sum(route == name for route in expected.values()) for name in MODES]
        assert one.pooled + one.own + one.both + one.experimental + one.blocked == judged.pairs == len(lifts) / 3
    assert store.log()[0]["kind"] == "status"  # because nothing was written
    point = next(one for one in judged.curve if one.cost_per_job == COST)
    assert point.values[changed.policy] == changed.value.value
    free = next(one for one in judged.curve if one.cost_per_job == 0)
    assert free.values[changed.policy] == pytest.approx(
        point.values[changed.policy] + COST * changed.jobs / judged.pairs, rel=1e-4
    )


def test_the_better_policy_is_named_with_its_uncertainty(judged: Backtest) -> None:
    against = {one.other: one.difference for one in judged.differences}
    assert {*against} == {RECORDED, "policy 1", "policy 2"}
    assert {one.policy for one in judged.differences} == {"policy 3"}
    assert all(one.low is not None and one.low > 0 for one in against.values())
    nearest = min(against, key=lambda name: against[name].value or 0.0)
    assert judged.verdict.startswith(f"policy 3 would have been better than {nearest} by ")
    same = replace(judged, differences=[ValueDifference("a", "b", Estimate(0.001, -0.001, 0.003))])
    assert same.verdict.startswith("a and b cannot be told apart: they differ by 0.0010 auc over null per pair")
    single = replace(judged, differences=[ValueDifference("a", "b", Estimate(0.001, None, None))])
    assert single.verdict.endswith("one run says nothing of its uncertainty.")


def test_a_threshold_is_chosen_on_the_first_half_and_tested_on_the_second(kept: Kept, judged: Backtest) -> None:
    cross_sectional, symbol = judged.thresholds[:2]
    assert (cross_sectional.key, symbol.key) == (
        "cross_sectional.min_score.classification", "symbol.min_score.classification",
    )  # fmt: skip
    promised = [one["promised"] for one in kept[0].outcomes() if one["mode"] == "SYMBOL_SPECIFIC"]
    assert symbol.chosen > max(promised)  # because a model of a symbol never pays for its job
    assert symbol.first_chosen > symbol.first_given
    assert symbol.second_chosen > symbol.second_given
    assert symbol.gain.low is not None
    assert symbol.gain.low > 0
    assert symbol.gain.value == pytest.approx(symbol.second_chosen - symbol.second_given, abs=1e-5)


def test_the_three_models_are_compared_on_the_same_symbols(kept: Kept, judged: Backtest) -> None:
    whole = judged.models[-1]
    means = {mode: np.mean([lift for key, lift in kept[1].items() if key[-1] == mode]) for mode in LIFT}
    assert (whole.state, whole.pairs) == (None, YEARS * TARGETS * SYMBOLS)
    assert whole.pooled == pytest.approx(means["CROSS_SECTIONAL"], rel=1e-5)
    assert whole.own == pytest.approx(means["SYMBOL_SPECIFIC"], rel=1e-5)
    assert whole.both == pytest.approx(means["BOTH"], rel=1e-5)
    assert whole.own_over_pooled.value == pytest.approx(whole.own - whole.pooled, abs=1e-5)
    assert whole.own_over_pooled.high is not None
    assert whole.own_over_pooled.high < 0
    assert (whole.pooled_jobs, whole.own_jobs) == (YEARS * TARGETS, YEARS * TARGETS * SYMBOLS)
    assert (whole.pooled_hours, whole.own_hours) == (whole.pooled_jobs * 1.0, whole.own_jobs * 0.5)


def test_bad_calls_are_refused(kept: Kept) -> None:
    with pytest.raises(RequestError, match="policies must be at least one, got none"):
        kept[0].backtest([])
    with pytest.raises(RequestError, match="cost_per_job must be a number from 0, got -1"):
        kept[0].backtest([samples.policy()], cost_per_job=-1)
    with pytest.raises(RequestError, match="cost_per_hour must be a number from 0, got nan"):
        kept[0].backtest([samples.policy()], cost_per_hour=float("nan"))
    with pytest.raises(NotFoundError, match="measure them with `planstore outcomes measure PANEL --refit`"):
        kept[0].backtest([samples.policy()], metric="r2")
    with pytest.raises(NotFoundError, match="there must be a pair with outcomes of the cross-sectional model"):
        kept[0].at(1).backtest([samples.policy()])


def test_hours_are_those_of_recorded_jobs_and_may_cost_instead_of_jobs(kept: Kept, judged: Backtest) -> None:
    hourly = kept[0].backtest([OTHER], cost_per_hour=0.1)
    assert (hourly.cost_per_job, hourly.hours_by_kind) == (0.0, {"cross_sectional": 1.0, "symbol_specific": 0.5})
    assert " at 0.1 per hour" in hourly.verdict
    for one, by_job in zip(hourly.policies, (judged.policies[0], judged.policies[2]), strict=True):
        own = one.own + one.both + one.experimental
        assert one.hours == by_job.hours == (one.jobs - own) + own * 0.5
        free = (by_job.value.value or 0.0) + COST * one.jobs / judged.pairs
        assert one.value.value == pytest.approx(free - 0.1 * one.hours / judged.pairs, abs=1e-5)
    both = kept[0].backtest([OTHER], cost_per_hour=0.1, cost_per_job=0.01)
    point = next(one for one in hourly.curve if one.cost_per_job == 0.01)
    assert point.values["policy"] == both.policies[1].value.value


def test_hours_of_jobs_that_were_never_timed_are_not_made_up(kept: Kept, tmp_path: Path) -> None:
    untimed = kept[0].at(YEARS + 1).backtest([OTHER])
    assert [one.hours for one in untimed.policies] == [None, None]
    assert (untimed.untimed or "").startswith("no cross-sectional and no symbol-specific job of the ledger was timed")
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(OTHER))
    words = ["backtest", str(tmp_path / "other.yaml"), "--results", str(kept[0].results), "--as-of", str(YEARS + 1)]
    shown = CliRunner().invoke(app, words, env={"COLUMNS": "250"}).stdout
    assert "hours: of one CPU core; no cross-sectional and no symbol-specific job of the ledger was timed" in shown
    half = kept[0].at(YEARS + 2)
    assert (half.backtest([OTHER]).untimed or "").startswith("no cross-sectional job of the ledger was timed")
    with pytest.raises(RequestError, match=r"cost_per_hour must be 0 where no cross-sectional job was timed, got 0\.1"):
        half.backtest([OTHER], cost_per_hour=0.1)


def test_columns_that_only_the_judged_policy_asks_for_are_derived(kept: Kept) -> None:
    asking = samples.policy(max_false_discovery_rate=0.1, count_trials=True)
    recorded, judged = kept[0].backtest([asking]).policies
    assert (judged.value, judged.blocked) == (recorded.value, recorded.blocked)


def test_the_command_line_names_policies_by_their_files(kept: Kept, tmp_path: Path) -> None:
    for name, behavior in (("both", "ROUTE_BOTH"), ("pooled", "PREFER_CS")):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(samples.policy(both_strong_behavior=behavior)))
    words = ["backtest", str(tmp_path / "both.yaml"), str(tmp_path / "pooled.yaml"), "--results", str(kept[0].results),
             "--cost-per-job", str(COST)]  # fmt: skip
    shown = CliRunner().invoke(app, words, env={"COLUMNS": "250"}).stdout
    assert "pooled would have been better than " in shown
    assert re.search(r"as recorded .*\nboth .*\npooled ", shown)
    assert "symbol.min_score.classification" in shown


def test_the_plot_has_a_line_for_each_policy_through_its_values(judged: Backtest, tmp_path: Path) -> None:
    svg = "{http://www.w3.org/2000/svg}"
    root = ElementTree.parse(judged.write_plot(tmp_path / "values.svg")).getroot()
    names = [text.text for text in root.findall(f"{svg}text")[1:]]
    assert names == [one.policy for one in judged.policies]
    chart = root.find(f"{svg}svg")
    assert chart is not None
    lines = [line.attrib["points"].split() for line in chart.iter(f"{svg}polyline")]
    assert {len(line) for line in lines} == {len(judged.curve)}
    for place, point in enumerate(judged.curve):
        heights = [float(line[place].split(",")[1]) for line in lines]
        best = min(heights)  # because an SVG counts downward
        assert heights[names.index(point.best)] == best


def test_pairs_by_other_metrics_are_counted_not_dropped_silently(tmp_path: Path) -> None:
    ends, rows, found = {"evidence_as_of": "2020-12-31T00:00:00Z"}, [], []
    for name, metric in (("y_up_5d", "auc"), ("fwd_ret_5d", "r2")):
        for symbol in (None, "A", "B") if metric == "auc" else (None, "A"):
            task = "BINARY_CLASSIFICATION" if metric == "auc" else "REGRESSION"
            found.append(samples.record(name, symbol, 0.6, task_type=task) | ends | {"metric_name": metric})
            for mode in LIFT if symbol else ():
                side = {
                    "run_id": "one",
                    "target": name,
                    "symbol": symbol,
                    "mode": mode,
                    "score": 0.6,
                    "null_score": 0.5,
                }
                rows.append(side | {"sample_size": 9, "first_timestamp": "2021-01-08", "last_timestamp": "2021-12-30"})
    with planstore.open(tmp_path / "results") as store:
        store.route(pa.Table.from_pylist(found), samples.policy(), run_id="one")
        store.record_outcomes(pa.Table.from_pylist(rows))
        judged = store.backtest([samples.policy()])
    assert (judged.metric, judged.pairs, judged.other_metrics) == ("auc", 2, {"r2": 1})
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(samples.policy()))
    words = ["backtest", str(tmp_path / "policy.yaml"), "--results", str(tmp_path / "results")]
    assert "1 pair by r2 left out: --metric r2 judges by them" in CliRunner().invoke(app, words).stderr
