"""Training as the ledger has it: jobs, their statuses, and whether a plan is stale."""

from __future__ import annotations

import json
from typing import Any

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.events.vocabulary import JobState
from planstore.ledger.status_writer import StatusWriter
from planstore.plans.progress import Progress
from planstore.plans.staleness import refuse_stale, what_moved_on
from planstore.runs.lookup import RunName


class PlanTraining:
    """The jobs of a store's plans, as ``store.training``."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    @checked
    def jobs(
        self,
        *,
        plan: RunName | None = None,
        target: str | None = None,
        symbol: str | None = None,
        status: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the jobs of a plan in plan order, each with its latest status, metrics and artifacts.

        Args:
            plan: which, named as for :meth:`Store.plan <planstore.Store.plan>`; the current one when None.
            target: only jobs of it.
            symbol: only jobs of it.
            status: only jobs that have it.

        Raises:
            NotFoundError: there is no such plan.
            RequestError: ``status`` is none that a job can have.
        """
        if status is not None and status not in tuple(JobState):
            raise RequestError(f"{quoted(status)} is no status of a job: {', '.join(JobState)}")
        plan_id = self._access.plan_id(plan)
        jobs = self._access.session.records("store/jobs", plan_id=plan_id, target=target, symbol=symbol, status=status)
        return [
            job | {"metadata": json.loads(job["metadata"]), "metrics": job["metrics"] and json.loads(job["metrics"])}
            for job in jobs
        ]

    @checked
    def progress(self, plan: RunName | None = None) -> Progress:
        """Return how far a plan is, named as for :meth:`Store.plan <planstore.Store.plan>`; the current one when None.

        Raises:
            NotFoundError: there is no such plan.
        """
        plan_id = self._access.plan_id(plan)
        counts = dict(self._access.session.rows("store/progress", plan_id=plan_id))
        return Progress(
            plan_id,
            counts,
            self.jobs(plan=plan_id, status=JobState.RUNNING),
            self.jobs(plan=plan_id, status=JobState.FAILED),
        )

    def status_writer(self) -> StatusWriter:
        """Return what records changes of jobs' status, from any number of threads."""
        self._access.require_now("training.status_writer")
        return StatusWriter(self._access.ledger)

    @checked
    def moved_on(self, plan: RunName | None = None) -> list[str]:
        """Return what has changed since a plan was made, one sentence each; empty when it is fresh.

        Args:
            plan: named as for :meth:`Store.plan <planstore.Store.plan>`.
        """
        return what_moved_on(self._access.session, self._access.plan_id(plan), *self._access.moment())

    @checked
    def refuse_stale(self, plan: RunName | None = None) -> None:
        """Refuse a plan that should not be trained any more.

        Args:
            plan: named as for :meth:`Store.plan <planstore.Store.plan>`.

        Raises:
            PlanStaleError: its evidence, policy, rules or overrides have moved on; says how.
        """
        refuse_stale(self._access.plan_id(plan), self.moved_on(plan))
