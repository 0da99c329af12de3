"""Estimates of the training time of jobs, from earlier jobs of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from planstore.database.session import Session
from planstore.pages.answers import TableAnswer, plural

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class FamilyCost:
    """Estimate of one family in one kind of jobs.

    Attributes:
        family: the family.
        training_type: kind of the jobs.
        jobs: number of jobs.
        rows: rows to train on, over all jobs; None where they are unknown.
        seconds: seconds of one CPU core; None where no earlier job of this kind had the family.
        earlier_jobs: number of earlier jobs that the estimate rests on.
    """

    family: str
    training_type: str
    jobs: int
    rows: int | None
    seconds: float | None
    earlier_jobs: int


@dataclass(frozen=True, repr=False)
class CostEstimate(TableAnswer):
    """Estimate of the time that a training of jobs takes.

    Attributes:
        jobs: number of jobs to train.
        estimated_jobs: number of jobs with an estimate for each of their families.
        seconds: seconds of one CPU core of those; None where there are none.
        families: estimates by family and kind of job.
    """

    jobs: int
    estimated_jobs: int
    seconds: float | None
    families: Sequence[FamilyCost]

    @property
    def earlier_jobs(self) -> int:
        """Number of earlier jobs that the estimate rests on, counted once for each of their families."""
        return sum(one.earlier_jobs for one in self.families)

    def records(self) -> list[dict[str, Any]]:
        """Return the estimates by family and kind of job."""
        return [asdict(one) for one in self.families]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self) | {"earlier_jobs": self.earlier_jobs}

    def __str__(self) -> str:
        if self.seconds is None:
            return f"no estimate for {plural(self.jobs, 'job')}: the ledger has no earlier jobs with their families"
        left_out = self.jobs - self.estimated_jobs
        by_jobs = f"{duration(self.seconds)} of one CPU core for {plural(self.estimated_jobs, 'job')}"
        return f"{by_jobs}, by {plural(self.earlier_jobs, 'earlier fit')}" + (
            f"; no estimate for {left_out} more" if left_out else ""
        )


def estimate_cost(session: Session, jobs: pa.Table) -> CostEstimate:
    """Return the estimated training time of jobs.

    Args:
        session: session with the stable views.
        jobs: job_id, target, symbol, training_type, model_families and estimated_samples of each job.
    """
    with session.registered("costed_jobs", jobs):
        for statement in ("trained_jobs", "timed_fits", "job_costs"):
            session.run(f"cost/{statement}")
    row = session.row("cost/totals")
    assert row is not None, "the statement has one row"
    jobs_to_train, estimated_jobs, seconds = row
    return CostEstimate(
        jobs_to_train, estimated_jobs, seconds, [FamilyCost(*costs) for costs in session.rows("cost/by_family")]
    )


def estimate_plan_cost(session: Session, plan_id: str, only: Collection[str] | None = None) -> CostEstimate:
    """Return the estimated training time of a plan's jobs, or of those whose ids are in ``only``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    jobs = session.batches("cost/jobs_of_plan", plan_id=plan_id).read_all()
    if only is not None:
        jobs = jobs.filter(pc.is_in(jobs["job_id"], pa.array(sorted(only), pa.string())))
    return estimate_cost(session, jobs)


def hours_by_kind(session: Session) -> dict[str, float]:
    """Return the mean hours of one CPU core that recorded jobs of each kind took; a kind never timed is missing."""
    session.run("cost/trained_jobs")
    return dict(session.rows("cost/job_times"))


def duration(seconds: float) -> str:
    """Return a duration with the two largest of its units."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
