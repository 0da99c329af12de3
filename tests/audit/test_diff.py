"""A diff tells every flip and every job that differs, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

import oracles
import planstore
import samples
import strategies
from histories import SCHEMA, SYMBOL, TARGET, cs, kept_rules, local, route
from planstore import NotFoundError, RequestError, Run
from planstore.api.store import Store
from planstore.database.session import Session
from planstore.errors import StoreError
from planstore.routing.policy_reader import read_policy
from planstore.routing.rules import current_rules
from planstore.runs.lookup import find_run

pytestmark = pytest.mark.filterwarnings("ignore::planstore.CandidatesWarning", "ignore::planstore.PolicyWarning")
Record = dict[str, Any]
FIELDS = ("route", "training_type", "model_families", "priority", "estimated_samples", "reason", "metadata")


def routes(store: Store, run: Run) -> dict[tuple[str, str | None], str]:
    rows = store.sql("select target, symbol, route from decisions where commit_id = $n", n=run.commit_id).fetchall()
    return {(target, symbol): route for target, symbol, route in rows}


def jobs(run: Run) -> dict[str, Record]:
    return {job["job_id"]: job for job in run.plan.jobs}


@dataclass(frozen=True)
class Asked:
    """What a run is decided from."""

    evidence: list[Record]
    policy: Record
    families: list[str] | None

    def route(self, store: Store) -> Run:
        """Record the run."""
        return store.route(pa.Table.from_pylist(self.evidence, SCHEMA), self.policy, self.families)

    def routes(self) -> dict[tuple[str, str | None], str]:
        """Return what it comes to, in plain Python."""
        policy = read_policy(self.policy)[0].model_dump(mode="json")
        families = oracles.model_families(self.families, policy)
        found = oracles.decisions(self.evidence, policy, families)
        return {(decision["target"], decision["symbol"]): decision["route"] for decision in found}


def causes(before: Asked, after: Asked, differing: Sequence[str]) -> dict[tuple[str, str | None], list[str]]:
    """Return the causes of every flip: each thing that differs is swapped by itself, and all is decided anew."""
    old, new = before.routes(), after.routes()
    flips = [pair for pair in {*old, *new} if old.get(pair) != new.get(pair)]
    without = {name: replace(after, **{name: getattr(before, name)}).routes() for name in differing}
    alone = {name: replace(before, **{name: getattr(after, name)}).routes() for name in differing}

    def of_one(pair: tuple[str, str | None]) -> list[str]:
        if pair not in old or pair not in new:
            return ["evidence"]
        if len(differing) == 1:
            return list(differing)
        guilty = [n for n in differing if without[n].get(pair) != new[pair] or alone[n].get(pair) == new[pair]]
        return sorted(guilty or differing)

    return {pair: of_one(pair) for pair in flips}


def check(store: Store, a: Run, b: Run) -> None:
    """Compare a diff with what plain Python finds."""
    found = store.diff(a.run_id, b.run_id)
    before, after = routes(store, a), routes(store, b)
    flips = {pair: (before.get(pair), after.get(pair)) for pair in {*before, *after}}
    told = {(flip["target"], flip["symbol"]): (flip["route_a"], flip["route_b"]) for flip in found.as_dict()["flips"]}
    assert told == {pair: pairs for pair, pairs in flips.items() if pairs[0] != pairs[1]}
    assert found.flips == len(told) == len(found.flip_table().fetchall())
    assert all(flip["causes"] for flip in found.as_dict()["flips"])
    old, new = jobs(a), jobs(b)
    expected: dict[str, tuple[str, list[str] | None]] = dict.fromkeys(new.keys() - old.keys(), ("added", None))
    expected |= dict.fromkeys(old.keys() - new.keys(), ("removed", None))
    for job in old.keys() & new.keys():
        fields = [field for field in FIELDS if old[job].get(field) != new[job].get(field)]
        if fields:
            expected[job] = ("changed", fields)
    assert {row["job_id"]: (row["change"], row["fields"]) for row in found.jobs} == expected
    assert found.counts == {
        change: sum(change == one for one, _ in expected.values()) for change in ("added", "removed", "changed")
    }
    assert bool(found) == bool(told or expected)
    counted: dict[str, list[int]] = {}
    for side, decisions in enumerate((before, after)):
        for (_, symbol), one in decisions.items():
            if symbol is not None:
                counted.setdefault(one, [0, 0])[side] += 1
    assert {one: list(pair) for one, pair in found.routes.items()} == counted


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@settings(max_examples=2)
@given(data=st.data())
def test_a_diff_is_what_plain_python_finds(shared_store: Store, semantics: str, data: st.DataObject) -> None:
    first, second = (
        Asked(
            data.draw(strategies.candidates(semantics)),
            data.draw(strategies.policies(semantics)),
            data.draw(strategies.model_families),
        )
        for _ in range(2)
    )
    for name in vars(first):
        if data.draw(st.booleans(), label=f"the same {name}"):
            second = replace(second, **{name: getattr(first, name)})
    a, b = first.route(shared_store), second.route(shared_store)
    same = {
        "evidence": a.evidence_id == b.evidence_id,
        "policy": a.policy_id == b.policy_id,
        "families": first.families == second.families,
    }
    differing = sorted(name for name, is_same in same.items() if not is_same)
    for old, new, expected in ((a, b, causes(first, second, differing)), (b, a, causes(second, first, differing))):
        check(shared_store, old, new)
        flips = shared_store.diff(old.run_id, new.run_id).as_dict()["flips"]
        assert {(flip["target"], flip["symbol"]): flip["causes"] for flip in flips} == expected
    for (target, symbol), kinds in list(causes(first, second, differing).items())[:1]:  # the history says the same
        change = shared_store.history(target, symbol)[-1]
        assert (change.run_id, {cause["cause"] for cause in change.causes}) == (b.run_id, set(kinds))
    assert not shared_store.diff(a.run_id, a.run_id)


def test_rules_that_were_kept_without_a_shorter_way_are_run_whole(store: Store) -> None:
    lane = {"min_score": 0.3, "allowed_stabilities": ["DRIFTING"], "max_fraction_symbols_per_target": 0.5}
    whole = orjson.loads(current_rules().document)
    del whole["asked"]
    told = []
    for document in (
        orjson.loads(current_rules().document),
        whole,
        whole | {"where_asked": {"signal_states": "FROM x"}},
    ):
        with kept_rules(document):
            before = route(store, [cs(), local()])
            policy = samples.policy(enable_experimental_lane=True, experimental=lane)
            after = route(store, [cs(0.6), local(0.4, stability="DRIFTING")], policy)
        found = store.diff(before.run_id, after.run_id)
        told.append((found.counts, found.as_dict()["flips"]))
    assert told[0] == told[1] == told[2]
    assert {cause for flip in told[0][1] for cause in flip["causes"]} == {"evidence", "policy"}


def test_what_fails_after_the_jobs_were_counted_is_said_itself(store: Store) -> None:
    document = orjson.loads(current_rules().document)
    document["asked"]["experimental_ranks"] = ["SELECT error('what failed')"]
    with kept_rules(document):
        route(store, [cs(), local()])
        route(store, [cs(0.6), local(0.4)], samples.policy(min_sample_size={"cross_sectional": 1000, "symbol": 600}))
    with pytest.raises(StoreError, match="what failed"):
        store.diff("1", "2")


def test_a_job_that_changes_says_from_what_to_what(store: Store) -> None:
    a = route(store, [cs(), local()])
    b = route(store, [cs(0.7), local()])
    check(store, a, b)
    (row,) = (job for job in store.diff("1", "2").jobs if job["change"] == "changed")
    values = {value["field"]: (value["a"], value["b"]) for value in row["values"]}
    assert values["route"] == ("ROUTE_SYMBOL_SPECIFIC", "ROUTE_BOTH")
    assert values["priority"] == ("2", "3")
    assert (row["target"], row["symbol"], row["route_a"], row["route_b"]) == (
        TARGET, SYMBOL, "ROUTE_SYMBOL_SPECIFIC", "ROUTE_BOTH",
    )  # fmt: skip


def test_families_alone_change_jobs_and_flip_nothing(store: Store) -> None:
    rows = [cs(), local()]
    route(store, rows, model_families=["mlp"])
    route(store, rows, model_families=["ridge"])
    found = store.diff("1", "2")
    assert (found.flips, [job["fields"] for job in found.jobs]) == (0, [["model_families"]])
    assert found


def test_runs_are_named_by_id_commit_plan_or_time(store: Store) -> None:
    a = route(store, [local(0.7)], run_id="first")
    b = route(store, [local(0.4), cs(0.7)], run_id="second")
    recorded = [commit["recorded_at"].isoformat() for commit in reversed(store.log())]
    expected = store.diff("first", "second").as_dict()
    for names in (("1", "2"), (a.plan_id, b.plan_id), (a.plan_id[:8], b.plan_id[:8]), recorded):
        assert store.diff(*names).as_dict() == expected
    with pytest.raises(NotFoundError, match="'third' is no run, commit, plan or time of this ledger"):
        store.diff("first", "third")
    with pytest.raises(NotFoundError, match=r"no run was recorded by 2000-01-01T00:00:00\+00:00"):
        store.diff("2000-01-01", "first")


def test_the_start_of_several_plans_is_refused(session: Session) -> None:
    runs = [("r", 1, "abcdef1"), ("s", 2, "abcdef2"), ("abcdef", 3, "other")]
    columns = {"run_id": pa.string(), "commit_id": pa.int64(), "plan_id": pa.string()}
    rows = [dict(zip(columns, run, strict=True)) for run in runs]
    session.register("runs", pa.Table.from_pylist(rows[:2], pa.schema(list(columns.items()))))
    with pytest.raises(RequestError, match="'abcdef' fits 2 plans; give more digits"):
        find_run(session, "abcdef")
    assert find_run(session, "abcdef2")["run_id"] == "s"
    session.register("runs", pa.Table.from_pylist(rows, pa.schema(list(columns.items()))))
    assert find_run(session, "abcdef")["run_id"] == "abcdef"


def test_two_runs_that_arrive_at_one_plan_differ_in_nothing(store: Store) -> None:
    for _ in range(2):
        route(store, [cs(), local()])
    found = store.diff("1", "2")
    assert not found
    assert (found.plan_a, found.flips, found.counts) == (found.plan_b, 0, {"added": 0, "removed": 0, "changed": 0})


def test_comparing_training_plans_answers_as_before(store: Store) -> None:
    a = route(store, [cs(), local()])
    b = route(store, [cs(0.7), local(), samples.record("y_up_5d", None)])
    found = planstore.compare_training_plans(a.plan, b.plan)
    assert found == planstore.compare_training_plans(dict(a.plan), dict(b.plan))
    told = store.diff("1", "2").jobs
    for change in ("added", "removed", "changed"):
        assert found[f"{change}_jobs"] == [job["job_id"] for job in told if job["change"] == change]
    assert (found["plan1_total"], found["plan2_total"], found["common_jobs"]) == (1, 3, 1)


def test_a_notebook_shows_a_diff_and_nothing_that_acts(store: Store) -> None:
    for run in ("<b>", "two"):
        route(store, [local(0.7 if run == "two" else 0.4)], run_id=run)
    assert "&lt;b&gt; → two" in store.diff("<b>", "two")._repr_html_()
