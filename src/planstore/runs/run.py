"""A run: one pass from candidates over decisions to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from planstore.ledger.ledger import Ledger
from planstore.plans.training_plan import TrainingPlan


@dataclass(frozen=True)
class Run:
    """A run as the ledger has it.

    Attributes:
        run_id: its name, unique in the store.
        commit_id: the commit that recorded it.
        evidence_id, policy_id, rules_id: the digests of what it was made from.
        plan_id: the plan it arrived at.
        is_new_plan: whether this run published that plan, or an earlier one did.
        routes: how many pairs took each route.
        plan: the plan, read when it is first asked for.
    """

    run_id: str
    commit_id: int
    evidence_id: str
    policy_id: str
    rules_id: str
    plan_id: str
    is_new_plan: bool
    routes: Mapping[str, int]
    _ledger: Ledger = field(repr=False)

    @cached_property
    def plan(self) -> TrainingPlan:
        """The plan that the run arrived at."""
        return TrainingPlan.from_ledger(self._ledger, self.plan_id)

    def as_dict(self) -> dict[str, Any]:
        """Return the run for JSON, with its plan's summary."""
        return {
            "run_id": self.run_id,
            "commit_id": self.commit_id,
            "evidence_id": self.evidence_id,
            "policy_id": self.policy_id,
            "rules_id": self.rules_id,
            "plan_id": self.plan_id,
            "is_new_plan": self.is_new_plan,
            "routes": dict(self.routes),
            "total_jobs": self.plan.metadata["total_jobs"],
            "summary": self.plan.summary,
        }
