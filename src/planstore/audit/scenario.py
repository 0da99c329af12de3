"""Scenarios: what a run was decided from, as it was kept or with something swapped, laid out for the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from planstore.database.session import Session
from planstore.events.vocabulary import CommitKind, Semantics
from planstore.ledger.ledger import newest_commit_of_kind
from planstore.ledger.storage import ArtifactStorage
from planstore.routing.rules import Rules

if TYPE_CHECKING:
    import pyarrow as pa

Record = dict[str, Any]


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
            commit_id=self.commit_id,
            policy=self.policy,
            model_families=settings["model_families"],
            include_blocked=settings["include_blocked"],
            overrides=self.overrides,
        )


@dataclass(frozen=True)
class Scenario:
    """Evidence under a policy, for the rules to decide.

    Attributes:
        commit_id: whose evidence it is.
        policy: the policy's document.
        overrides: what people pinned.
        changes: what is different in the evidence, by side (``cross_sectional``, ``symbol``): metrics and their values,
            or ``{"absent": True}``.
        symbol: the symbol whose evidence the changes of the side ``symbol`` are in.
    """

    commit_id: int
    policy: str
    model_families: Sequence[str] | None
    include_blocked: bool
    overrides: tuple[Record, ...] = ()
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    symbol: str | None = None

    @property
    def has_lane(self) -> bool:
        """Whether other symbols of a target can matter to one, because the experimental lane ranks them."""
        policy = orjson.loads(self.policy)
        return bool(policy["semantics"] == Semantics.STRICT and policy["enable_experimental_lane"])

    def changed(self, side: str, patch: Mapping[str, Any]) -> Scenario:
        """Return the scenario with metrics of one side changed."""
        return replace(self, changes={**self.changes, side: {**self.changes.get(side, {}), **patch}})


def stage(session: Session, scenarios: Sequence[Scenario]) -> None:
    """Lay scenarios out as the rules read them, over the session's ``kept_evidence``."""
    import pyarrow as pa

    changes = [
        {"scenario": place, "side": side, "symbol": scenario.symbol, "patch": orjson.dumps(patch).decode()}
        for place, scenario in enumerate(scenarios)
        for side, patch in scenario.changes.items()
    ]
    text = pa.string()
    session.register("staged_changes", arrow_table(changes, scenario=pa.int64(), side=text, symbol=text, patch=text))
    stage_policies(session, scenarios)
    session.run("scenario/replay/laid_evidence")
    session.run("scenario/changed/scenario_evidence" if changes else "scenario/replay/scenario_evidence")


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
            "commit_id": scenario.commit_id,
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
            commit_id=number,
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
