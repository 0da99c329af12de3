"""Training state in the ledger: jobs, their statuses, and stale plans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.events.vocabulary import JobState
from planstore.pages.answers import ResultRows, counted, plural
from planstore.plans.progress import Progress
from planstore.runs.lookup import RunName

if TYPE_CHECKING:
    from planstore.audit.why_trained import TrainingReason
    from planstore.ledger.status_writer import StatusWriter
    from planstore.plans.cost import CostEstimate

JOB_COLUMNS = ("job_id", "target", "symbol", "route", "priority", "status", "attempt", "metrics", "error", "left_out")


class PlanTraining:
    """The jobs of a store's plans, as ``store.training``."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    @checked
    def jobs(
        self,
        *,
        plan: RunName | None = None,
        target: str | Sequence[str] | None = None,
        symbol: str | Sequence[str] | None = None,
        status: str | None = None,
    ) -> ResultRows[dict[str, Any]]:
        """Return the jobs of a plan in plan order, each with its latest status, metrics and artifacts.

        Args:
            plan: a name as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.
            target: select only jobs of this target, or of these.
            symbol: select only jobs of this symbol, or of these.
            status: select only jobs with this status.

        Raises:
            NotFoundError: there is no such plan.
            RequestError: ``status`` is not a job status.
        """
        if status is not None and status not in tuple(JobState):
            raise RequestError(f"status must be one of {', '.join(JobState)}, got {quoted(status)}")
        with self._access.session.transaction():  # because a growing ledger would otherwise be read as of two commits
            plan_id = self._access.plan_id(plan)
            read = self._jobs(plan_id, target=target, symbol=symbol, status=status)
        by_status = counted(dict(Counter(job["status"] for job in read)), "none")
        return ResultRows(read, f"{plural(len(read), 'job')} of plan {plan_id[:12]}: {by_status}", JOB_COLUMNS)

    def _jobs(
        self,
        plan_id: str,
        *,
        target: str | Sequence[str] | None = None,
        symbol: str | Sequence[str] | None = None,
        status: str | None = None,
    ) -> list[dict[str, Any]]:
        jobs = self._access.session.records(
            "store/jobs", plan_id=plan_id, targets=_names(target), symbols=_names(symbol), status=status
        )
        return [
            job | {"metadata": json.loads(job["metadata"]), "metrics": job["metrics"] and json.loads(job["metrics"])}
            for job in jobs
        ]

    @checked
    def progress(self, plan: RunName | None = None) -> Progress:
        """Return the progress of a plan, named as in :meth:`Store.plan <planstore.Store.plan>`; None: the current plan.

        Raises:
            NotFoundError: there is no such plan.
        """
        # because a growing ledger would otherwise be read as of several commits
        with self._access.session.transaction():
            plan_id = self._access.plan_id(plan)
            counts = dict(self._access.session.rows("store/progress", plan_id=plan_id))
            running, failed = (
                self._jobs(plan_id, status=status) if status in counts else []
                for status in (JobState.RUNNING, JobState.FAILED)
            )
            (reused,) = self._access.session.rows("store/reused", plan_id=plan_id)[0]
        return Progress(plan_id, counts, running, failed, reused)

    @checked
    def cost(self, plan: RunName | None = None) -> CostEstimate:
        """Estimate the training time of a plan's jobs from earlier jobs of the ledger.

        Args:
            plan: a name as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.

        Raises:
            NotFoundError: there is no such plan.
        """
        from planstore.plans.cost import estimate_plan_cost

        return estimate_plan_cost(self._access.session, self._access.plan_id(plan))

    @checked
    def left_out(self, plan: RunName | None = None) -> ResultRows[dict[str, Any]]:
        """Return the jobs that the policy's budget leaves out of a plan, or some of whose families, in plan order.

        Each has its job_id, target, symbol, route, training_type, priority, ``kept_families`` (none: the job is left
        out) and ``left_out_families``. They are planned again from the recorded evidence, policy and rules.

        Args:
            plan: a name as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.

        Raises:
            NotFoundError: there is no such plan.
        """
        from planstore.audit.left_out import left_out_jobs

        plan_id = self._access.plan_id(plan)
        run = self._access.session.records("planning/run_of_plan", plan_id=plan_id)[0]
        rows = left_out_jobs(self._access.session, self._access.ledger.artifacts, run).to_pylist()
        return ResultRows(rows, f"Left out of plan {plan_id[:12]}: families of {plural(len(rows), 'job')}")

    @checked
    def why_trained(self, job_id: str, plan: RunName | None = None) -> TrainingReason:
        """Return why a job was trained: the inputs in which it differs from the nearest earlier job on its target.

        Args:
            job_id: id of a job that succeeded.
            plan: a name as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.

        Raises:
            NotFoundError: there is no such plan or job, or the job has no recorded inputs.
        """
        from planstore.audit.why_trained import why_trained

        return why_trained(self._access.session, self._access.ledger.artifacts, self._access.plan_id(plan), job_id)

    @checked
    def status_changes(
        self,
        *,
        after: int,
        plan: RunName | None = None,
        target: str | Sequence[str] | None = None,
        symbol: str | Sequence[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Return the changes of the status of a plan's jobs after a commit, in order, each with worker and score.

        Args:
            after: number of a commit; 0 means all changes.
            plan: a name as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.
            target: select only jobs of this target, or of these.
            symbol: select only jobs of this symbol, or of these.

        Raises:
            NotFoundError: there is no such plan.
        """
        plan_id = self._access.plan_id(plan)
        return self._access.session.records(
            "store/status_changes",
            plan_id=plan_id,
            after=after,
            targets=_names(target),
            symbols=_names(symbol),
        )

    def status_writer(self) -> StatusWriter:
        """Return a writer of job statuses for any number of threads."""
        from planstore.ledger.status_writer import StatusWriter

        self._access.require_now("training.status_writer")
        return StatusWriter(self._access.ledger)

    @checked
    def stale_reasons(self, plan: RunName | None = None) -> list[str]:
        """Return the changes of a plan's inputs since it was made, one sentence each; empty for a current plan.

        Args:
            plan: a name as in :meth:`Store.plan <planstore.Store.plan>`.
        """
        from planstore.plans.staleness import stale_reasons

        return stale_reasons(self._access.session, self._access.plan_id(plan), *self._access.moment())

    @checked
    def refuse_stale(self, plan: RunName | None = None) -> None:
        """Refuse to train a stale plan.

        Args:
            plan: a name as in :meth:`Store.plan <planstore.Store.plan>`.

        Raises:
            PlanStaleError: its evidence, policy, rules or overrides have changed; names the changes.
        """
        from planstore.plans.staleness import refuse_stale

        refuse_stale(self._access.plan_id(plan), self.stale_reasons(plan))


def _names(given: str | Sequence[str] | None) -> list[str]:
    """Return one or several names as a list; None means no name."""
    return [] if given is None else [given] if isinstance(given, str) else list(given)
