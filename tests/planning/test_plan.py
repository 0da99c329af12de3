"""The jobs of a plan are what the design makes of its decisions."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

import oracles
import samples
import strategies
from planstore.database.session import Session
from planstore.errors import PlanInvalidError
from planstore.plans.planning import Plan, make_plan, plan_jobs
from planstore.routing.candidates import read_candidates
from planstore.routing.policy_reader import read_policy
from planstore.routing.rules import apply_rules
from staging import stage

Record = dict[str, Any]
SCHEMA = pa.schema(
    [
        *samples.SCHEMA,
        ("stability_snapshots", pa.int64()),
        *((name, pa.float64()) for name in ("null_sd", "p_value", "effective_samples")),
    ]
)


def plan(
    session: Session, document: Record, rows: list[Record], families: list[str] | None = None, *, blocked: bool = False
) -> tuple[Plan, list[Record]]:
    """Return the plan that candidates come to, and its jobs."""
    policy, _ = read_policy(document)
    evidence = read_candidates(pa.Table.from_pylist(rows, SCHEMA), strict=policy.semantics == "strict")
    stage(session, policy, evidence.table, families, include_blocked=blocked)
    apply_rules(session)
    digest = evidence.evidence_id
    made = make_plan(session, evidence_id=digest, policy_id=policy.policy_id, rules_id="r", requested=families)
    return made, session.records("consumer/read_rows")


def masked(job: Record) -> Record:
    """Return a job without the digits of its id's suffix."""
    return job | {"job_id": re.sub(r"~[0-9a-f]{12}$", oracles.SUFFIX, job["job_id"])}


def counts(jobs: list[Record], key: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for job in jobs:
        found[str(job[key])] = found.get(str(job[key]), 0) + 1
    return found


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@settings(max_examples=8)
@given(data=st.data())
def test_a_plan_holds_the_jobs_that_the_design_makes_of_decisions(
    session: Session, semantics: str, data: st.DataObject
) -> None:
    document, rows = data.draw(strategies.policies(semantics)), data.draw(strategies.candidates(semantics))
    spelled = st.none() | st.lists(strategies.spellings(), max_size=3)
    families = data.draw(strategies.model_families if semantics == "strict" else spelled)
    blocked = data.draw(st.booleans())
    made, jobs = plan(session, document, rows, families, blocked=blocked)
    policy = read_policy(document)[0].model_dump(mode="json")
    names = oracles.model_families(families, policy)
    decided = oracles.decisions(rows, policy, names)
    assert [masked(job) for job in jobs] == oracles.jobs(decided, rows, policy, names, include_blocked=blocked)
    assert len({job["job_id"] for job in jobs}) == len(jobs) == made.total_jobs
    assert made.families == names
    kinds = counts(jobs, "training_type")
    assert made.summary == {
        "by_route": counts(jobs, "route"),
        "by_type": kinds,
        "by_priority": counts(jobs, "priority"),
        "total_cs_jobs": kinds.get("cross_sectional", 0),
        "total_symbol_jobs": kinds.get("symbol_specific", 0),
        "total_blocked": kinds.get("blocked", 0),
    }


@settings(max_examples=8)
@given(data=st.data())
def test_a_strict_plan_does_not_depend_on_the_order_of_rows(session: Session, data: st.DataObject) -> None:
    document, rows = data.draw(strategies.policies("strict")), data.draw(strategies.candidates("strict"))
    blocked = data.draw(st.booleans())
    first, jobs = plan(session, document, rows, blocked=blocked)
    second, same = plan(session, document, data.draw(st.permutations(rows)), blocked=blocked)
    assert jobs == same
    assert first.plan_id == second.plan_id


@pytest.mark.parametrize("semantics", ["strict", "reference"])
def test_jobs_whose_ids_collide_have_ids_of_their_own_whatever_came_first(session: Session, semantics: str) -> None:
    rows = [samples.record("a", "b_c"), samples.record("a_b", "c")]
    found = []
    for given_rows in (rows, rows[::-1]):
        _, jobs = plan(session, samples.policy(semantics=semantics), given_rows)
        found.append({job["target"]: job["job_id"] for job in jobs})
    assert found[0] == found[1]
    assert found[0]["a"] == "sym_a_b_c"
    assert re.fullmatch("sym_a_b_c~[0-9a-f]{12}", found[0]["a_b"])


def test_a_symbol_that_looks_like_a_suffix_overwrites_no_job(session: Session) -> None:
    rows = [samples.record("a", "b_c"), samples.record("a_b", "c")]
    _, jobs = plan(session, samples.policy(), rows)
    taken = next(job["job_id"] for job in jobs if job["target"] == "a_b")
    rows.append(samples.record("a", taken.removeprefix("sym_a_")))
    try:
        _, jobs = plan(session, samples.policy(), rows)
    except PlanInvalidError as refused:
        assert taken in str(refused)  # noqa: PT017  (either answer is right, silence is not)
    else:
        assert len({job["job_id"] for job in jobs}) == len(rows)


@pytest.mark.parametrize(
    ("kept", "check"),
    [([1, 2], "jobs against decisions.*'target': 'a'"), ([0, 1, 1, 2], "repeated job ids.*'sym_b_X'")],
)
def test_jobs_that_contradict_their_decisions_are_no_plan(
    session: Session, monkeypatch: pytest.MonkeyPatch, kept: list[int], check: str
) -> None:
    def altered(session: Session, *_: object) -> tuple[pa.Table, None]:
        jobs = plan_jobs(session)[0].take(kept)
        session.register("jobs", jobs)
        return jobs, None

    monkeypatch.setattr("planstore.plans.planning.plan_jobs", altered)
    rows = [samples.record("a", "X"), samples.record("b", "X"), samples.record("c", "X")]
    with pytest.raises(PlanInvalidError, match=check):
        plan(session, samples.policy(), rows)


def test_fallback_jobs_whose_ids_collide_have_ids_of_their_own(session: Session) -> None:
    rows = [samples.record("a", score=None), samples.record("a_b", score=None)]
    _, jobs = plan(session, samples.policy(dev_mode=True), rows, ["c", "b_c"])
    assert [job["metadata"]["dev_mode_fallback"] for job in jobs] == [True] * 4
    assert [masked(job)["job_id"].removeprefix("dev_fallback_cs_") for job in jobs] == [
        "a_c", "a_b_c", "a_b_c" + oracles.SUFFIX, "a_b_b_c"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "symbol", "matches"),
    [
        ("?", "ß", True),
        ("?", "🚀", True),
        ("??", "ß", False),
        ("A*", "AAPL", True),
        ("a*", "AAPL", False),
        ("[AB]*", "BRK/B", True),
        ("[!A]*", "AAPL", False),
        ("*", ".hidden/x\ny", True),
        ("BRK?B", "BRK/B", True),
        ("BRK%", "BRK.B", False),
    ],
)
def test_a_pattern_in_the_policys_families_matches_names_as_a_shell_does(
    session: Session, pattern: str, symbol: str, *, matches: bool
) -> None:
    policy = samples.policy(families=[{"use": ["mlp"], "symbol": pattern}])
    _, jobs = plan(session, policy, [samples.record("y", symbol)], ["lightgbm"])
    assert [job["model_families"] for job in jobs] == [["mlp" if matches else "lightgbm"]]
