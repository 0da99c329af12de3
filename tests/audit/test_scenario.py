"""Scenarios: candidates with some of their metrics changed."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest

from planstore.audit.scenario import ABSENT, Change, EvidenceSet, Scenario
from planstore.audit.staging import stage
from planstore.database.connection import memory
from planstore.events.candidate_columns import COLUMNS, READ, RULE_INPUTS, arrow_type

METRICS = {"mean_overlap": 0.5, "std_overlap": 0.25, "mean_tau": 0.5, "std_tau": 0.25}
ROW = {
    "evidence_set": 7, "position": 1, "target": "a", "symbol": None, "mode": "CROSS_SECTIONAL", "score": 0.5,
    "null_score": 0.125, "p_value": 0.25, "effective_samples": 8.5, "q_value": 0.5, "q_value_by": 0.75,
    "q_value_over_trials": None, "q_value_by_over_trials": None, "shrunken_score": 0.375,
    "stability": "UNKNOWN", "stability_metrics": METRICS, "stability_snapshots": 3,
    "sample_size": 1000, "leakage_status": "SAFE", "model_status": "OK", "failed_model_families": ["mlp"],
    "task_type": "REGRESSION", "metric_name": "r2",
}  # fmt: skip
SCHEMA = pa.schema(
    [("evidence_set", pa.int64()), ("position", pa.int64())]
    + [(column.name, arrow_type(column.kind)) for column in COLUMNS if column.name in RULE_INPUTS]
)


def staged(row: dict[str, Any], *changes: Change) -> list[dict[str, Any]]:
    """Return the evidence of scenarios, each with one change of the cross-sectional side."""
    scenarios = [
        Scenario(EvidenceSet(7), "{}", None, include_blocked=False).changed("cross_sectional", change)
        for change in changes
    ]
    session = memory()
    try:
        stage(session, pa.Table.from_pylist([row], SCHEMA), scenarios)
        rows = session._connection.sql("from scenario_evidence order by position").to_arrow_table().to_pylist()
    finally:
        session.close()
    return [{name: found[name] for name in (*RULE_INPUTS, "scenario")} for found in rows]


CHANGED: dict[str, Any] = {
    "score": 0.875, "null_score": None, "p_value": None, "effective_samples": 9.5, "q_value": 0.125, "q_value_by": None,
    "q_value_over_trials": 0.5, "q_value_by_over_trials": 1.0, "shrunken_score": 0.5,
    "stability": "STABLE", "stability_metrics": None, "stability_snapshots": None,
    "sample_size": 5, "leakage_status": "SUSPECT", "model_status": None, "failed_model_families": ["a", "b"],
    "task_type": None, "metric_name": "r2_score",
}  # fmt: skip


def test_every_metric_that_the_rules_read_can_be_changed_and_the_others_stay() -> None:
    assert CHANGED.keys() == {column.name for column in READ}
    kept = {name: ROW[name] for name in RULE_INPUTS}
    changes = [{name: value} for name, value in CHANGED.items()]
    assert staged(ROW, *changes) == [kept | change | {"scenario": place} for place, change in enumerate(changes)]
    assert staged(ROW, CHANGED) == [kept | CHANGED | {"scenario": 0}]


@pytest.mark.parametrize(
    ("stored", "change", "expected"),
    [
        (METRICS, {"mean_tau": 0.75}, METRICS | {"mean_tau": 0.75}),
        (METRICS, {"std_overlap": None, "std_tau": 0.0}, METRICS | {"std_overlap": None, "std_tau": 0.0}),
        (METRICS, None, None),
        (None, {"mean_tau": 1.0}, dict.fromkeys(METRICS) | {"mean_tau": 1.0}),
    ],
)
def test_stability_metrics_change_one_by_one_and_together(stored: Any, change: Any, expected: Any) -> None:
    (found,) = staged(ROW | {"stability_metrics": stored}, {"stability_metrics": change})
    assert found["stability_metrics"] == expected


def test_a_score_can_be_infinite_and_a_candidate_can_be_taken_away() -> None:
    found = staged(ROW, {"score": math.inf}, ABSENT, {"null_score": -math.inf})
    assert [(row["scenario"], row["score"], row["null_score"]) for row in found] == [
        (0, math.inf, 0.125),
        (2, 0.5, -math.inf),
    ]
