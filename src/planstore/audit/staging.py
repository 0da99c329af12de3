"""Staging: scenarios as the tables that the rules read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from planstore.audit.scenario import ABSENT, Record, Scenario
from planstore.database.session import Session
from planstore.events.candidate_columns import RULE_INPUT_TYPES, RULE_INPUTS

if TYPE_CHECKING:
    import pyarrow as pa


def stage(session: Session, evidence: pa.Table, scenarios: Sequence[Scenario]) -> None:
    """Lay scenarios out as the rules read them.

    Args:
        session: of the replay.
        evidence: candidates, each with its ``evidence_set`` and ``position``.
        scenarios: the scenarios.
    """
    session.register("evidence_sets", evidence.select(["evidence_set", "position", *RULE_INPUTS]))
    stage_scenarios(session, scenarios)


def stage_scenarios(session: Session, scenarios: Sequence[Scenario]) -> None:
    """Lay scenarios out as the rules read them, over the session's ``evidence_sets``."""
    stage_policies(session, scenarios)
    session.run("scenario/replay/laid_evidence")
    changes = [
        {"scenario": place, "side": side, "symbol": one.symbol, "absent": change == ABSENT, "change": change}
        for place, one in enumerate(scenarios)
        for side, change in one.changes.items()
    ]
    if not changes:
        session.run("scenario/replay/scenario_evidence")
        return
    # by the standard library, because a score may be infinite, which orjson writes as null
    session.run("scenario/changed/staged_changes", rows=json.dumps(changes))
    types = {"position": "BIGINT", **RULE_INPUT_TYPES, "scenario": "BIGINT"}
    session.run("scenario/changed/scenario_evidence", types=json.dumps(types))


def of_commits(evidence: pa.Table) -> pa.Table:
    """Return the candidates of runs, those of each commit as a set."""
    names = ["commit_id", "position", *RULE_INPUTS]
    return evidence.select(names).rename_columns(["evidence_set", *names[1:]])


def stage_run(session: Session, scenario: Scenario) -> None:
    """Lay one scenario that changes no evidence out as the rules read it, over the session's ``evidence``."""
    stage_policies(session, [scenario])
    session.run("scenario/run/scenario_evidence")


def stage_policies(session: Session, scenarios: Sequence[Scenario]) -> None:
    """Lay out what scenarios are decided under, without any evidence."""
    rows = [
        {
            "scenario": place,
            "evidence_set": scenario.evidence,
            "document": scenario.policy,
            "model_families": scenario.model_families,
            "include_blocked": scenario.include_blocked,
        }
        for place, scenario in enumerate(scenarios)
    ]
    overrides = [
        {**override, "scenario": place} for place, scenario in enumerate(scenarios) for override in scenario.overrides
    ]
    session.run("scenario/replay/staged_scenarios", rows=orjson.dumps(rows, default=list).decode())
    session.run("scenario/replay/scenario_overrides", rows=orjson.dumps(overrides).decode())
    session.run("scenario/replay/scenarios")


def arrow_table(rows: list[Record], **columns: pa.DataType) -> pa.Table:
    """Return rows as a table of these columns."""
    import pyarrow as pa

    return pa.Table.from_pylist(rows, pa.schema(list(columns.items())))
