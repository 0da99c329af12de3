"""Dry runs: the decisions and the plan of a request, compared with the newest run; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from planstore.audit.diff import Difference, compare_inputs
from planstore.audit.left_out import left_out_jobs
from planstore.audit.scenario import Record, RunInputs
from planstore.database.session import Session
from planstore.events.vocabulary import CommitKind
from planstore.ledger.ledger import Ledger, newest_commit_of_kind
from planstore.ledger.scratch import copy_events, scratch_ledger
from planstore.pages.answers import TableAnswer, plural
from planstore.plans.budget import budget_text, left_out_table
from planstore.plans.cost import CostEstimate, estimate_cost
from planstore.plans.fit_times import NO_FIT_TIMES, measured_fit_times
from planstore.routing.derived_columns import earlier_tests, no_tests
from planstore.runs.commit import RunCommit
from planstore.runs.create import decide, refuse_left_out
from planstore.runs.request import RunRequest

UNNAMED = "this dry run"
"""The name of a dry run in its comparison, unless the call gives a run id."""


@dataclass(frozen=True, repr=False)
class DryRun(TableAnswer):
    """The run that a call of :meth:`~planstore.Store.route` would record.

    Attributes:
        evidence_id, policy_id, rules_id, plan_id: digests of the inputs and of the plan.
        is_new_plan: whether no run has published the plan.
        recorded_in: commit that has recorded the very same run already, so that the call would record nothing; None
            where there is none.
        routes: number of pairs by route.
        summary: summary of the plan, as in ``master_training_plan.json``.
        total_jobs: number of jobs.
        cost: estimated training time of the plan's jobs.
        budget: the policy's budget and the number of families and jobs that it leaves out; None without one.
        left_out: the jobs that it leaves out, or some of whose families: job_id, target, symbol, route, training_type,
            priority, kept_families (none: the job is left out), left_out_families.
        difference: comparison with the newest run: flips with their causes, and jobs; None in a store without a run.
    """

    evidence_id: str
    policy_id: str
    rules_id: str
    plan_id: str
    is_new_plan: bool
    recorded_in: int | None
    routes: Mapping[str, int]
    summary: Mapping[str, Any]
    total_jobs: int
    cost: CostEstimate
    budget: Mapping[str, Any] | None
    left_out: list[dict[str, Any]]
    difference: Difference | None

    def records(self) -> list[dict[str, Any]]:
        """Return the number of pairs by route."""
        return [{"route": route, "pairs": pairs} for route, pairs in self.routes.items()]

    def __str__(self) -> str:
        routes = ", ".join(f"{pairs:,} {route}" for route, pairs in self.routes.items()) or "no pair"
        plan = f"Plan {self.plan_id[:12]}, {'new' if self.is_new_plan else 'published by an earlier run'}"
        against = "" if self.difference is None else f"\n{self.difference}"
        budget = "" if self.budget is None else f" ({budget_text(self.budget)})"
        return f"Dry run, nothing written: {routes}.\n{plan}: {plural(self.total_jobs, 'job')}{budget}.{against}"

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        difference = None if self.difference is None else self.difference.as_dict()
        return vars(self) | {"cost": self.cost.as_dict(), "difference": difference}


def dry_run(ledger: Ledger, request: RunRequest) -> DryRun:
    """Decide and plan a request as a run, and compare it with the newest run; write nothing.

    Raises:
        RunConflictError, KeyConflictError, StaleError, PolicyError: as for :func:`~planstore.runs.create.make_run`.
    """
    refuse_left_out(request)
    scratch = scratch_ledger()
    if not ledger.is_made:  # because reading would create the store
        content = decide(scratch, request, 0, datetime.now(UTC), lambda: NO_FIT_TIMES, no_tests)
        content.earlier(scratch, content.run_id, 0)
        # because the staged jobs hide the view of their name from the session that they are staged in
        return _dry_run(scratch, content, estimate_cost(scratch.cursor(), content.plan.jobs.table))
    with closing(ledger.query_session()) as session, session.transaction():
        overrides_as_of = newest_commit_of_kind(session, CommitKind.OVERRIDE)
        copy_events(session, scratch, "overrides", 1, overrides_as_of)
        last = session.row("ledger/last_commit")
        newest = int(last[0]) if last else 0
        content = decide(
            scratch,
            request,
            overrides_as_of,
            ledger.now(session),
            lambda: measured_fit_times(session, newest + 1),
            lambda: earlier_tests(session, newest + 1),
        )
        earlier = content.earlier(session, content.run_id, newest)
        runs = session.records("store/newest_run")
        return _dry_run(
            scratch,
            content,
            estimate_cost(session, content.plan.jobs.table),
            is_new_plan=session.row("store/plan_run", plan_id=content.plan.plan_id) is None,
            recorded_in=None if earlier is None else earlier.commit_id,
            difference=_difference(ledger, session, runs[0], scratch, content, newest + 1) if runs else None,
        )


def _dry_run(
    scratch: Session,
    content: RunCommit,
    cost: CostEstimate,
    *,
    is_new_plan: bool = True,
    recorded_in: int | None = None,
    difference: Difference | None = None,
) -> DryRun:
    plan = content.plan
    return DryRun(
        evidence_id=plan.evidence_id,
        policy_id=plan.policy_id,
        rules_id=plan.rules_id,
        plan_id=plan.plan_id,
        is_new_plan=is_new_plan,
        recorded_in=recorded_in,
        routes=dict(scratch.rows("store/route_counts")),
        summary=plan.summary,
        total_jobs=plan.total_jobs,
        cost=cost,
        budget=None if plan.budget is None else plan.budget.as_dict(),
        left_out=left_out_table(plan.budget).to_pylist(),
        difference=difference,
    )


def _difference(
    ledger: Ledger, session: Session, newest: Record, scratch: Session, content: RunCommit, commit_id: int
) -> Difference:
    """Return the comparison of a decided run with the newest one, in the scratch ledger, where it has ``commit_id``."""
    plan, request = content.plan, content.request
    run: Record = {
        "run_id": request.run_id or UNNAMED,
        "commit_id": commit_id,
        "started_at": content.started_at,
        "settings": dict(request.settings),
        **{name: getattr(plan, name) for name in ("evidence_id", "policy_id", "rules_id", "plan_id")},
    }
    published = session.row("scratch/commit_of_plan", plan_id=newest["plan_id"])
    assert published is not None, "a run has a plan"
    for table, recorded_in in (
        ("candidates", newest["commit_id"]),
        ("decisions", newest["commit_id"]),
        ("jobs", *published),
    ):
        copy_events(session, scratch, table, recorded_in, recorded_in)
    header = {"commit_id": commit_id, "run_id": run["run_id"], "position": 0}
    for table in ("candidates", "decisions"):
        scratch.run(f"ledger/append_{table}", **header)
    if plan.plan_id != newest["plan_id"]:
        scratch.run("ledger/append_jobs", plan_id=plan.plan_id, **header)

    def read_inputs() -> list[RunInputs]:
        overrides = session.records(
            "audit/run_overrides", commit_id=commit_id, started_at=content.started_at, target=None, symbol=None
        )
        after = RunInputs(run, request.policy.document.decode(), content.rules, tuple(overrides))
        return [RunInputs.of(session, ledger.artifacts, newest), after]

    return compare_inputs(
        scratch.cursor(),  # because staged rows hide the views of their names from their own session
        newest,
        run,
        read_inputs,
        lambda: [left_out_jobs(session, ledger.artifacts, newest), left_out_table(plan.budget)],
    )
