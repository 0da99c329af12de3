"""A run: one pass from candidates over decisions to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from planstore.ledger.ledger import Ledger
from planstore.pages.answers import TableAnswer, plural
from planstore.plans.training_plan import TrainingPlan


@dataclass(frozen=True, repr=False)
class Run(TableAnswer):
    """A recorded run.

    Attributes:
        run_id: its name, unique in the store.
        commit_id: the commit that recorded it.
        evidence_id, policy_id, rules_id: digests of its inputs.
        plan_id: its plan.
        is_new: whether the call that returned it recorded it; False if it was recorded already.
        is_new_plan: whether this run published the plan, rather than an earlier run.
        routes: number of pairs by route.
        plan: the plan, read on first use.
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
    is_new: bool = field(default=False, compare=False)

    @cached_property
    def plan(self) -> TrainingPlan:
        """The plan of the run."""
        return TrainingPlan.from_ledger(self._ledger, self.plan_id)

    def records(self) -> list[dict[str, Any]]:
        """Return the number of pairs by route."""
        return [{"route": route, "pairs": pairs} for route, pairs in self.routes.items()]

    def __str__(self) -> str:
        routes = ", ".join(f"{pairs:,} {route}" for route, pairs in self.routes.items()) or "no pair"
        published = "new" if self.is_new_plan else "published by an earlier run"
        jobs = plural(self.plan.metadata["total_jobs"], "job")
        return f"Run {self.run_id}, commit {self.commit_id}: {routes}.\nPlan {self.plan_id[:12]}, {published}: {jobs}."

    def as_dict(self) -> dict[str, Any]:
        """Return the run and its plan's summary, for JSON."""
        return {
            "run_id": self.run_id,
            "commit_id": self.commit_id,
            "evidence_id": self.evidence_id,
            "policy_id": self.policy_id,
            "rules_id": self.rules_id,
            "plan_id": self.plan_id,
            "is_new": self.is_new,
            "is_new_plan": self.is_new_plan,
            "routes": dict(self.routes),
            "total_jobs": self.plan.metadata["total_jobs"],
            "summary": self.plan.summary,
        }
