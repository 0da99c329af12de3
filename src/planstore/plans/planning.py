"""Planning: jobs from decisions, their summary, and the canonical document that identifies the plan."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planstore.database.session import Session
from planstore.errors import PlanInvalidError
from planstore.events.canonical import canonical_json
from planstore.events.digest import StagedRows
from planstore.events.hashing import digest_of
from planstore.ledger.plan_checks import failed_checks_of_staged_plan
from planstore.plans.budget import BudgetEffect, within_budget
from planstore.plans.fit_times import NO_FIT_TIMES, Timing

if TYPE_CHECKING:
    import pyarrow as pa

STEPS = (
    "family_rules",
    "trainable",
    "planned",
    "pattern_regex",
    "job_families",
    "job_id_suffixes",
    "ordered_jobs",
)
"""The steps of ``sql/planning/``, in order: from ``decisions`` and the tables of routing to the jobs."""


@dataclass(frozen=True)
class Plan:
    """A plan before it is published; its jobs are in the session's table ``jobs``.

    Attributes:
        evidence_id, policy_id, rules_id: digests of its inputs.
        requested: the requested families as spelled by the caller; None if there are none.
        families: the families, normalised.
        summary: counts by route, type and priority, as in ``master_training_plan.json``.
        total_jobs: number of jobs.
        jobs: the jobs' rows and their digest, over the columns of ``jobs`` after ``plan_id``.
        budget: the effect of the policy's budget; None without one.
    """

    evidence_id: str
    policy_id: str
    rules_id: str
    requested: list[str] | None
    families: list[str]
    summary: dict[str, Any]
    total_jobs: int
    jobs: StagedRows
    budget: BudgetEffect | None

    @cached_property
    def document(self) -> bytes:
        """The canonical document of the plan, without times, run and path. It includes the jobs by digest."""
        budget = {} if self.budget is None else {"budget": self.budget.document()}
        return canonical_json(
            budget
            | {
                "evidence_id": self.evidence_id,
                "policy_id": self.policy_id,
                "rules_id": self.rules_id,
                "model_families_requested": self.requested,
                "model_families": self.families,
                "summary": self.summary,
                "jobs": {"rows": self.total_jobs, "digest": self.jobs.hexdigest()},
            }
        )

    @cached_property
    def plan_id(self) -> str:
        """The digest of the canonical document."""
        return digest_of(self.document)


def make_plan(
    session: Session,
    *,
    evidence_id: str,
    policy_id: str,
    rules_id: str,
    requested: list[str] | None,
    timing: Timing = lambda: NO_FIT_TIMES,
) -> Plan:
    """Make a plan from the session's ``decisions``.

    ``timing`` returns the times by which a budget of hours is applied.

    Raises:
        PlanInvalidError: the jobs contradict the decisions; shows the first contradictions.
    """
    table, budget = plan_jobs(session, timing)
    jobs = StagedRows(table)
    session.run("planning/plan_summary")
    with session.joins_as_written():
        for check, rows in failed_checks_of_staged_plan(session, budget.jobs_left_out if budget else 0):
            raise PlanInvalidError(f"the plan was not published, because of {check}: {rows[:3]}")
    row = session.row("planning/read_summary")
    assert row is not None
    return Plan(
        evidence_id=evidence_id,
        policy_id=policy_id,
        rules_id=rules_id,
        requested=requested or None,
        families=[family for (family,) in session.rows("planning/read_model_families")],
        summary=json.loads(row[0]),
        total_jobs=row[1],
        jobs=jobs,
        budget=budget,
    )


def plan_jobs(session: Session, timing: Timing = lambda: NO_FIT_TIMES) -> tuple[pa.Table, BudgetEffect | None]:
    """Return the jobs of the session's ``decisions``, with ``ordinal`` first, and the effect of the policy's budget.

    The jobs are registered as ``jobs``.
    """
    with session.joins_as_written():
        for step in STEPS:
            session.run(f"planning/{step}")
        view, order, budget = within_budget(session, timing)
        return session.materialize("jobs", view, place="ordinal", order=order), budget
