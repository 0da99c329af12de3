"""What if: another policy over recorded evidence decides as it would have, and writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

import planstore
import samples
import strategies
from histories import SCHEMA, SYMBOL, TARGET, cs, local, other_rules, route
from planstore import NotFoundError, PolicyError, Run
from planstore.api.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::planstore.CandidatesWarning", "ignore::planstore.PolicyWarning")
Record = dict[str, Any]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Yield a second store, to route in what is only asked about in the first."""
    with planstore.open(tmp_path_factory.mktemp("other") / "results") as opened:
        yield opened


def routes(store: Store, run: Run) -> dict[tuple[str, str | None], str]:
    rows = store.sql("select target, symbol, route from decisions where commit_id = $n", n=run.commit_id).fetchall()
    return {(target, symbol): route for target, symbol, route in rows}


def files(store: Store) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(Path(store.results).rglob("*")) if path.is_file()}


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@settings(max_examples=2)
@given(data=st.data())
def test_what_if_is_what_routing_would_have_been(
    shared_store: Store, other: Store, semantics: str, data: st.DataObject
) -> None:
    rows, families = data.draw(strategies.candidates(semantics)), data.draw(strategies.model_families)
    policy, tried = data.draw(strategies.policies(semantics)), data.draw(strategies.policies(semantics))
    table, blocked = pa.Table.from_pylist(rows, SCHEMA), data.draw(st.booleans())
    run = shared_store.route(table, policy, families, include_blocked=blocked)
    would = other.route(table, tried, families, include_blocked=blocked)
    found = shared_store.whatif(tried, runs=[run.run_id])
    is_, then = routes(shared_store, run), routes(other, would)
    assert {(f["target"], f["symbol"]): (f["route"], f["route_then"]) for f in found.as_dict()["flips"]} == {
        pair: (is_[pair], then[pair]) for pair in is_ if is_[pair] != then[pair]
    }
    pairs = [pair for pair in is_ if pair[1] is not None]
    same = sum(is_[pair] == then[pair] for pair in pairs)
    assert found.agreement == (pytest.approx(same / len(pairs), abs=1e-12) if pairs else 1.0)
    old, new = ({job["job_id"] for job in one.plan.jobs} for one in (run, would))
    assert {job["job_id"] for job in found.as_dict()["jobs_added"]} == new - old
    assert {job["job_id"] for job in found.as_dict()["jobs_removed"]} == old - new
    nothing = shared_store.whatif(policy, runs=[run.run_id])
    assert (nothing.flips, nothing.jobs_added, nothing.jobs_removed, nothing.agreement) == (0, 0, 0, 1.0)


def test_nothing_is_written(store: Store) -> None:
    for score in (0.7, 0.55):
        route(store, [cs(), local(score)])
    before = store.integrity.anchor()
    written = files(store)
    assert store.whatif(samples.policy(symbol={"min_score": 0.6, "strong_score": 0.6})).flips == 1
    assert store.integrity.anchor() == before
    assert {name: time for name, time in files(store).items() if "catalog.sqlite-" not in name} == {
        name: time for name, time in written.items() if "catalog.sqlite-" not in name
    }


def test_a_stretch_of_runs_is_told_by_run_and_by_target(store: Store) -> None:
    for number, score in enumerate((0.7, 0.55, 0.4, 0.55), 1):
        route(store, [cs(), local(score)], run_id=f"r{number}")
    tried = samples.policy(symbol={"min_score": 0.6, "strong_score": 0.6})
    everything = store.whatif(tried)
    assert everything.runs == ["r1", "r2", "r3", "r4"]
    assert [row["flips"] for row in everything.by_run()] == [0, 1, 0, 1]
    assert everything.by_target() == [
        {"target": TARGET, "flips": 2, "flipped_pairs": 2, "flipped_targets": 0, "jobs_added": 0, "jobs_removed": 2}
    ]
    assert everything.agreement == 0.5
    for runs, expected in (
        (["r2..r3"], ["r2", "r3"]), (["..r2"], ["r1", "r2"]), (["3.."], ["r3", "r4"]), (["r3..r2"], ["r2", "r3"]),
        (["r4", "1", "r4"], ["r1", "r4"]),
    ):  # fmt: skip
        assert store.whatif(tried, runs=runs).runs == expected
    told: list[str] = []
    store.whatif(tried, runs=["r1..r2"], progress=told.append)
    assert told == ["r1", "r2"]
    row = everything.flip_table().fetchone()
    assert row == ("r2", 2, TARGET, SYMBOL, "ROUTE_SYMBOL_SPECIFIC", "ROUTE_BLOCKED", "BOTH_DISALLOWED")
    assert [row[2:5] for row in everything.job_table().fetchall()] == [
        ("removed", f"sym_{TARGET}_{SYMBOL}", TARGET)
    ] * 2


def test_each_run_keeps_its_own_rules_and_overrides(store: Store) -> None:
    route(store, [cs(), local()])
    store.overrides.set(TARGET, SYMBOL, "ROUTE_BOTH", reason="x")
    route(store, [cs(), local()])
    store.overrides.clear(TARGET, SYMBOL)
    with other_rules("THEN 'ROUTE_SYMBOL_SPECIFIC'", "THEN 'ROUTE_BLOCKED'"):
        route(store, [cs(), local()])
    found = store.whatif(samples.policy())
    assert (found.flips, found.agreement) == (0, 1.0)


def test_wrong_calls_are_refused(store: Store) -> None:
    store.create()
    with pytest.raises(NotFoundError, match="holds no run yet"):
        store.whatif(samples.policy())
    route(store, [local()])
    with pytest.raises(NotFoundError, match="'r9' is no run, commit, plan or time"):
        store.whatif(samples.policy(), runs=["1..r9"])
    with pytest.raises(PolicyError):
        store.whatif({"routing": 3})
