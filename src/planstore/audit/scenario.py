"""Scenarios: the inputs of a decision, as archived or with one thing substituted, for the rules to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NewType, TypeAlias

import orjson

from planstore.database.session import Session
from planstore.events.vocabulary import CommitKind, Semantics
from planstore.ledger.ledger import newest_commit_of_kind
from planstore.ledger.storage import ArtifactStorage
from planstore.routing.rules import Rules

Record = dict[str, Any]
EvidenceSet = NewType("EvidenceSet", int)
"""Names the candidates that scenarios are decided on: of a run by its commit, of a case or a target by its index."""
Change: TypeAlias = Mapping[str, Any]
"""A change of one candidate: metrics and their values, or ``ABSENT``."""
ABSENT: Change = {"absent": True}
"""The removal of a candidate."""


@dataclass(frozen=True)
class RunInputs:
    """The archived inputs of a run.

    Attributes:
        run: the row of ``runs``.
        policy: the policy's document, canonical JSON.
        rules: the rules.
        overrides: the overrides in force for the run, those of the requested pair or target.
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
        """Read the inputs of ``run``, with the overrides of a pair, of a target, or all.

        Raises:
            StoreError: an artifact is missing or altered.
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
        """Return the scenario of the run, unchanged."""
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
        overrides: the overrides in force.
        changes: the changes of the evidence, by side (``cross_sectional``, ``symbol``).
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
        """Whether a pair can depend on other symbols of its target, because the experimental lane ranks them."""
        policy = orjson.loads(self.policy)
        return bool(policy["semantics"] == Semantics.STRICT and policy["enable_experimental_lane"])

    def changed(self, side: str, patch: Change) -> Scenario:
        """Return the scenario with metrics of one side changed."""
        return replace(self, changes={**self.changes, side: {**self.changes.get(side, {}), **patch}})
