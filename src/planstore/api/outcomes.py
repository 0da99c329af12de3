"""Outcomes of evidence, as methods of the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.pages.answers import ResultRows, plural
from planstore.runs.lookup import RunName

if TYPE_CHECKING:
    from planstore.outcomes.backtest import Backtest
    from planstore.outcomes.calibrate import Calibration
    from planstore.outcomes.record import RecordedOutcomes
    from planstore.routing.candidate_readers import CandidatesSource
    from planstore.routing.policy_reader import PolicySource

COLUMNS = ("run_id", "target", "symbol", "mode", "promised", "realized", "null_score", "p_value", "first_timestamp",
           "last_timestamp")  # fmt: skip
"""Columns of outcomes that prose and HTML show."""


class OutcomeAccess:
    """The part of :class:`~planstore.Store` that records and lists outcomes.

    Attributes:
        access: the ledger and its sessions.
    """

    access: StoreAccess

    @checked
    def record_outcomes(self, source: CandidatesSource, *, run_id: RunName | None = None) -> RecordedOutcomes:
        """Record outcomes from a file or frame, in one commit: the scores that came true of what runs promised.

        An outcome that is recorded already, with the same values, is not recorded again.

        Args:
            source: a path (parquet, CSV, JSON, JSON lines), a pandas or Polars frame, or an Arrow table, with the
                columns ``run_id``, ``target``, ``score``, ``sample_size``, ``first_timestamp`` and ``last_timestamp``;
                optionally ``symbol``, ``mode``, ``metric_name``, ``null_score``, ``null_sd``, ``p_value``,
                ``effective_samples``, ``learned_until``, ``job_id`` and ``model``.
            run_id: the run of all rows, named as in :meth:`Store.plan <planstore.Store.plan>`; None means that the
                column ``run_id`` names it.

        Raises:
            OutcomesError: a row is invalid, contradicts its run, is recorded with other values, or begins before the
                end of the data that evidence and model have seen; nothing was recorded.
            NotFoundError: there is no such run.
            RequestError: the store is read as of an earlier commit.
        """
        from planstore.outcomes.reading import read_outcomes
        from planstore.outcomes.record import record_outcomes

        self.access.require_now("record_outcomes")
        run = None if run_id is None else str(self.access.find_run(run_id)["run_id"])
        where, rows = read_outcomes(source, run)
        return record_outcomes(self.access.ledger, self.access.session, where, rows)

    @checked
    def outcomes(self, *, run_id: RunName | None = None) -> ResultRows[dict[str, Any]]:
        """Return the recorded outcomes; those of a side's own model beside the score that the evidence promised.

        Args:
            run_id: the run that promised, named as in :meth:`Store.plan <planstore.Store.plan>`; None means all runs.

        Raises:
            NotFoundError: there is no such run.
        """
        run = None if run_id is None else self.access.find_run(run_id)["run_id"]
        rows = self.access.session.records("outcomes/list", run_id=run)
        return ResultRows(rows, plural(len(rows), "outcome"), COLUMNS)

    @checked
    def calibrate(self, *, targets: Sequence[str] = (), metric: str | None = None, seed: int = 0) -> Calibration:
        """Compare the scores that evidence promised with those that came true; nothing is written.

        Args:
            targets: targets to compare; empty means all.
            metric: metric of the scores, as ``auc`` or ``r2``; None means the one with most outcomes.
            seed: random seed of the bootstrap over runs.

        Raises:
            NotFoundError: there is no such outcome.
        """
        from planstore.outcomes.calibrate import calibrate

        return calibrate(self.access.session, targets=targets, metric=metric, seed=seed)

    @checked
    def backtest(
        self,
        policies: Sequence[PolicySource],
        *,
        cost_per_job: float | None = None,
        cost_per_hour: float | None = None,
        metric: str | None = None,
        seed: int = 0,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Backtest:
        """Decide the evidence of earlier runs under policies, and judge the routes by the scores that came true.

        The policies are applied by the current rules, with the overrides of each run; budgets are not applied. Only
        pairs count whose cross-sectional model, own model and mean of both have outcomes on the symbol and the same
        stretch. Nothing is written.

        Args:
            policies: policies as in :meth:`Store.route <planstore.Store.route>`.
            cost_per_job: cost of training one job, in score over null of one pair; None means 0.02, or 0 with a cost
                per hour.
            cost_per_hour: cost of an hour of training on one CPU core, added to that of jobs. A job takes as long as
                the recorded jobs of its kind did on average.
            metric: metric of the scores, as ``auc`` or ``r2``; None means the one with most outcomes.
            seed: random seed of the bootstrap over runs.
            progress: callback that receives the name of each run before it is decided.

        Raises:
            PolicyError: a policy is invalid.
            NotFoundError: there is no such pair.
            RequestError: there is no policy, a cost is negative, or no job was timed of which an hour costs.
        """
        from planstore.outcomes.backtest import backtest
        from planstore.routing.policy_reader import note_left_out, read_runnable_policy

        read = [read_runnable_policy(policy) for policy in policies]
        for one in read:
            note_left_out(one)
        session, artifacts = self.access.session, self.access.ledger.artifacts
        return backtest(
            session, artifacts, read, cost_per_job=cost_per_job, cost_per_hour=cost_per_hour, metric=metric, seed=seed,
            progress=progress,
        )  # fmt: skip
