from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
import strategies
from planstore.database import Session, memory
from planstore.planning.plan import make_plan
from planstore.routing.candidates import read_candidates
from planstore.routing.policy import Policy, read_policy
from planstore.routing.rules import apply_rules, current_rules

FAMILIES = list(strategies.FAMILIES)
TEXT = ("target", "symbol", "mode", "stability", "leakage_status", "model_status", "task_type")
METRICS = ("mean_overlap", "std_overlap", "mean_tau", "std_tau")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in TEXT),
        ("score", pa.float64()),
        ("sample_size", pa.int64()),
        ("stability_snapshots", pa.int64()),
        ("failed_model_families", pa.list_(pa.string())),
        ("stability_metrics", pa.struct([(name, pa.float64()) for name in METRICS])),
    ]
)


def routed(policy: Policy, rows: list[dict[str, Any]], *, include_blocked: bool = False) -> Session:
    """Return a session in which the rules have decided on candidates."""
    session = memory()
    session.run("policy/policy_document", document=policy.document.decode())
    session.run("policy/run_request", model_families=FAMILIES, include_blocked=include_blocked)
    evidence = read_candidates(pa.Table.from_pylist(rows, SCHEMA), strict=policy.semantics == "strict")
    session.give("evidence", evidence.table)
    apply_rules(session)
    return session


@pytest.mark.parametrize("semantics", ["strict", "reference"])
@settings(max_examples=60)
@given(data=st.data())
def test_decisions_and_jobs_are_what_the_design_says(semantics: str, data: st.DataObject) -> None:
    document = data.draw(strategies.policies(semantics))
    rows = data.draw(strategies.candidates(semantics))
    include_blocked = data.draw(st.booleans())
    policy, _ = read_policy(document)
    written_out = policy.model_dump(mode="json")
    session = routed(policy, rows, include_blocked=include_blocked)
    decided = oracles.decisions(rows, written_out, FAMILIES)
    assert session.records("routing/read_decisions") == decided

    plan = make_plan(session, evidence_id="e", policy_id="p", rules_id="r", requested=FAMILIES)
    tasks = {
        (row["target"], row["symbol"] if row["mode"] == "SYMBOL_SPECIFIC" else None): oracles.task(row)
        for row in reversed(rows)
        if row["mode"] in ("CROSS_SECTIONAL", "SYMBOL_SPECIFIC")
    }
    expected = oracles.jobs(decided, written_out, FAMILIES, tasks, include_blocked=include_blocked)
    made = session.records("planning/read_jobs")
    assert [job.pop("ordinal") for job in made] == list(range(1, len(made) + 1))
    assert made == expected
    assert plan.total_jobs == len(expected)
    session.close()


@settings(max_examples=20)
@given(data=st.data())
def test_strict_decisions_do_not_depend_on_the_order_of_rows(data: st.DataObject) -> None:
    policy, _ = read_policy(data.draw(strategies.policies("strict")))
    rows = data.draw(strategies.candidates("strict"))
    shuffled = random.Random(data.draw(st.integers())).sample(rows, len(rows))
    first, second = routed(policy, rows), routed(policy, shuffled)
    assert first.records("routing/read_decisions") == second.records("routing/read_decisions")
    digests = [
        read_candidates(pa.Table.from_pylist(r, SCHEMA), strict=True).digest.hexdigest() for r in (rows, shuffled)
    ]
    assert digests[0] == digests[1]


def test_the_rules_have_one_digest_and_name_every_step() -> None:
    rules = current_rules()
    assert len(rules.rules_id) == 64
    assert [name for name, _ in rules.steps][-1] == "decisions"
    assert all(text.rstrip().endswith(";") for _, text in rules.steps)
