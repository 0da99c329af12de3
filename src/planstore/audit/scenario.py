"""Scenarios: what a run was decided from, as it was kept or with something swapped, laid out for the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NewType, TypeAlias

import orjson

from planstore.database.session import Session
from planstore.events.candidate_columns import READ, RULE_INPUTS
from planstore.events.vocabulary import CommitKind, Semantics
from planstore.ledger.ledger import newest_commit_of_kind
from planstore.ledger.storage import ArtifactStorage
from planstore.routing.rules import Rules

if TYPE_CHECKING:
    import pyarrow as pa

Record = dict[str, Any]
EvidenceSet = NewType("EvidenceSet", int)
"""Names the candidates that scenarios are decided on: of a run by its commit, of a case or a target by its index."""
Change: TypeAlias = Mapping[str, Any]
"""What is different in one candidate: metrics and their values, or ``ABSENT``."""
ABSENT: Change = {"absent": True}
"""A candidate, taken away."""


@dataclass(frozen=True)
class RunInputs:
    """What a run was decided from, as the ledger keeps it.

    Attributes:
        run: the row of ``runs``.
        policy: the policy's document, canonical JSON.
        rules: the rules.
        overrides: the overrides that stood when the run was decided, as far as they matter to what is asked about.
    """

    run: Record
    policy: str
    rules: Rules
    overrides: tuple[Record, ...]

    @classmethod
    def of(
        cls,
        session: Session,
        artifacts: ArtifactStorage,
        run: Record,
        target: str | None = None,
        symbol: str | None = None,
    ) -> RunInputs:
        """Read what ``run`` was decided from, with the overrides that matter to a pair, a target, or to anything.

        Raises:
            StoreError: an artifact is missing or was altered.
        """
        key = {"commit_id": run["commit_id"], "started_at": run["started_at"], "target": target, "symbol": symbol}
        any_override = newest_commit_of_kind(session, CommitKind.OVERRIDE, run["commit_id"])
        overrides = session.records("audit/run_overrides", **key) if any_override else []
        return cls(
            run=run,
            policy=artifacts.get(run["policy_id"]).decode(),
            rules=Rules(artifacts.get(run["rules_id"])),
            overrides=tuple(overrides),
        )

    @property
    def commit_id(self) -> int:
        """The run's commit."""
        return int(self.run["commit_id"])

    def scenario(self) -> Scenario:
        """Return the run as it was decided."""
        settings = self.run["settings"]
        return Scenario(
            evidence=EvidenceSet(self.commit_id),
            policy=self.policy,
            model_families=settings["model_families"],
            include_blocked=settings["include_blocked"],
            overrides=self.overrides,
        )


@dataclass(frozen=True)
class Scenario:
    """Evidence under a policy, for the rules to decide.

    Attributes:
        evidence: the set of candidates.
        policy: the policy's document.
        overrides: what people pinned.
        changes: what is different in the evidence, by side (``cross_sectional``, ``symbol``).
        symbol: the symbol whose evidence the changes of the side ``symbol`` are in.
    """

    evidence: EvidenceSet
    policy: str
    model_families: Sequence[str] | None
    include_blocked: bool
    overrides: tuple[Record, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)
    symbol: str | None = None

    @property
    def has_lane(self) -> bool:
        """Whether other symbols of a target can matter to one, because the experimental lane ranks them."""
        policy = orjson.loads(self.policy)
        return bool(policy["semantics"] == Semantics.STRICT and policy["enable_experimental_lane"])

    def changed(self, side: str, patch: Change) -> Scenario:
        """Return the scenario with metrics of one side changed."""
        return replace(self, changes={**self.changes, side: {**self.changes.get(side, {}), **patch}})


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
