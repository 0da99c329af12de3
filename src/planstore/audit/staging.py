"""Staging: scenarios as the tables that the rules read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planstore.audit.scenario import Change, Record, Scenario
from planstore.database.session import Session
from planstore.events.candidate_columns import READ, RULE_INPUTS

if TYPE_CHECKING:
    import pyarrow as pa


def stage(session: Session, evidence: pa.Table, scenarios: Sequence[Scenario]) -> None:
    """Lay scenarios out as the rules read them.

    Args:
        session: of the replay.
        evidence: candidates, each with its ``evidence_set`` and ``position``.
        scenarios: the scenarios.
    """
    import pyarrow as pa

    changes = [
        (place, side, one.symbol, patch) for place, one in enumerate(scenarios) for side, patch in one.changes.items()
    ]
    session.register("evidence_sets", evidence.select(["evidence_set", "position", *RULE_INPUTS]))
    stage_policies(session, scenarios)
    session.run("scenario/replay/laid_evidence")
    if not changes:
        session.run("scenario/replay/scenario_evidence")
        return
    rows = [
        {"scenario": place, "side": side, "symbol": symbol, "change": change}
        for change, (place, side, symbol, _) in enumerate(changes)
    ]
    text, number = pa.string(), pa.int64()
    session.register("staged_changes", arrow_table(rows, scenario=number, side=text, symbol=text, change=number))
    candidates = session.batches("scenario/changed/changed_rows").read_all()
    session.register("changed_positions", candidates.select(["position"]))
    patches = [changes[change][-1] for change in candidates["change"].to_pylist()]
    session.register("changed_candidates", _changed(candidates.drop_columns("change"), patches))
    session.run("scenario/changed/scenario_evidence")


def _changed(candidates: pa.Table, patches: Sequence[Change]) -> pa.Table:
    """Return candidates with the change of each made; those that are taken away are not there."""
    import pyarrow as pa

    for column in READ:
        places = [place for place, patch in enumerate(patches) if column.name in patch]
        if not places:
            continue
        index = candidates.column_names.index(column.name)
        values = candidates[column.name].to_pylist()
        for place in places:
            values[place] = _patched(values[place], patches[place][column.name])
        kind = candidates.schema.field(index).type
        candidates = candidates.set_column(index, column.name, pa.array(values, kind))
    return candidates.filter(pa.array([not patch.get("absent") for patch in patches], pa.bool_()))


def _patched(value: Any, new: Any) -> Any:
    """Return a new value; of a struct, those fields that it names."""
    return {**(value or {}), **new} if isinstance(new, Mapping) else new


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
    import pyarrow as pa

    rows = [
        {
            "scenario": place,
            "evidence_set": scenario.evidence,
            "document": scenario.policy,
            "model_families": None if scenario.model_families is None else list(scenario.model_families),
            "include_blocked": scenario.include_blocked,
        }
        for place, scenario in enumerate(scenarios)
    ]
    overrides = [
        {**override, "scenario": place} for place, scenario in enumerate(scenarios) for override in scenario.overrides
    ]
    text, number = pa.string(), pa.int64()
    session.register(
        "staged_scenarios",
        arrow_table(
            rows,
            scenario=number,
            evidence_set=number,
            document=text,
            model_families=pa.list_(text),
            include_blocked=pa.bool_(),
        ),
    )
    session.register(
        "scenario_overrides",
        arrow_table(
            overrides, override_id=text, target=text, symbol=text, route=text, author=text, reason=text,
            expires_at=pa.timestamp("us", "UTC"), scenario=number,
        ),
    )  # fmt: skip
    session.run("scenario/replay/scenarios")


def arrow_table(rows: list[Record], **columns: pa.DataType) -> pa.Table:
    """Return rows as a table of these columns."""
    import pyarrow as pa

    return pa.Table.from_pylist(rows, pa.schema(list(columns.items())))
