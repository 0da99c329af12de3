"""Claims on a plan's jobs: who may train which job until when, settled in commits under the writer lock.

A claim is a lease. Its holder renews it; a lease that is not renewed for as long as it lasts, by the clock of whoever
waits for the job, is lost, and the job is planned again, until too many were lost: no two machines have to agree on the
time. Only what the holder reports of its own latest attempt is recorded. As claims, renewals and
reports are made under the writer lock, after all that was committed before, no job has two holders, and none succeeds
twice.

One commit holds whatever is due: reports, the artifacts that they name, renewals, leases that others lost, new claims.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from planstore.events.fields import as_name, recordable
from planstore.events.status import JobStatus
from planstore.events.vocabulary import CommitKind, JobState, open_jobs
from planstore.ledger.artifact_events import ArtifactEvent, append_artifacts
from planstore.ledger.ledger import Ledger
from planstore.ledger.status_writer import append_statuses, status_table
from planstore.training.execution.task import Result

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Claim:
    """A job that this holder has to itself, as attempt ``attempt``."""

    job_id: str
    attempt: int


@dataclass(frozen=True)
class Settled:
    """What one commit settled.

    Attributes:
        claims: new claims, the most urgent first.
        refused: claims whose report or renewal came too late: somebody else has the job, or had it since.
        progress: how many of the plan's jobs are where.
    """

    claims: list[Claim]
    refused: set[Claim]
    progress: dict[str, int]

    @property
    def is_over(self) -> bool:
        """Whether nothing of the plan is left to be trained, by anybody."""
        return not open_jobs(self.progress)


class Claims:
    """What one holder claims of one plan.

    Args:
        ledger: of the plan.
        plan_id: the plan.
        worker: the name of the holder, unique.
        gpu_families: families whose jobs belong to the GPU stage.
        lease: how long a claim lasts unless it is renewed.
        max_attempts: how often a job may be lost with its worker before it has failed.
        clock: returns seconds, from anywhere, that only go forward.
    """

    def __init__(
        self,
        ledger: Ledger,
        plan_id: str,
        worker: str,
        *,
        gpu_families: Sequence[str],
        lease: timedelta,
        max_attempts: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._plan_id = plan_id
        self._worker = worker
        self._lease = lease
        self._max_attempts = max_attempts
        self._clock = clock
        self._session = ledger.writer()
        self._session.has_to_finish = True
        self._seen = 0
        self._since = ledger.last_commit()
        self._session.run("training/trainable_jobs", plan_id=plan_id, gpu_families=list(gpu_families))
        for statement in ("job_changes", "job_standing", "open_jobs"):
            self._session.run(f"training/{statement}")

    def jobs(self) -> list[dict[str, Any]]:
        """Return the plan's jobs that are trained, in plan order, each with the evidence behind it."""
        return self._session.records("training/read_trainable_jobs")

    def predictions_of(self, job_id: str) -> str | None:
        """Return the digest of a job's predictions, None unless it succeeded."""
        row = self._session.row("training/predictions", plan_id=self._plan_id, job_id=job_id)
        return None if row is None else str(row[0])

    def settle(self, reports: Mapping[Claim, Result], renewed: Sequence[Claim] = (), wanted: int = 0) -> Settled:
        """Record reports, renew claims, give back what others lost, and claim more, all in one commit.

        Args:
            reports: how attempts of this holder ended.
            renewed: claims to hold for another lease.
            wanted: how many more jobs to claim, at most.
        """
        kept = self._keep(reports)
        with self._ledger.commit(
            self._session, CommitKind.STATUS, run_id=None, message=f"by {self._worker}"
        ) as builder:
            now, clock = builder.recorded_at, self._clock()
            if self._seen < builder.commit_id - 1:
                self._session.run("training/follow_changes", plan_id=self._plan_id, seen=self._seen, clock=clock)
            held = self._accepted({**reports, **dict.fromkeys(renewed)})
            rows = [self._report(claim, status, reports.get(claim), kept, now) for claim, status in held.items()]
            self._add(rows, builder.commit_id, 0, clock)
            lost = self._lost(now, clock)
            self._add(lost, builder.commit_id, len(rows), clock)
            claims = self._claimable(wanted)
            rows += lost + [self._row(claim, JobState.RUNNING, now, lease_until=now + self._lease) for claim in claims]
            append_artifacts(builder, [file for claim in held for file in kept.get(claim, ())])
            append_statuses(builder, rows)
            self._add(rows[len(rows) - len(claims) :], builder.commit_id, len(rows) - len(claims), clock)
            progress = dict(self._session.rows("training/progress", since=self._since))
        self._seen = builder.commit_id if builder.commit is not None else builder.commit_id - 1
        return Settled(claims, {*reports, *renewed} - set(held), progress)

    def held(self) -> list[Claim]:
        """Return the claims of this holder that are neither reported nor lost, in plan order."""
        return [Claim(*row) for row in self._session.rows("training/held", worker=self._worker)]

    def close(self) -> None:
        """Let go of the session; claims stay until they are reported or run out."""
        self._session.close()

    def _keep(self, reports: Mapping[Claim, Result]) -> dict[Claim, list[ArtifactEvent]]:
        """Keep the files of results, before the commit that names them."""
        files = [(claim, file) for claim, result in reports.items() for file in result.files]
        digests = self._ledger.artifacts.put_all([file.content for _, file in files])
        kept: dict[Claim, list[ArtifactEvent]] = {claim: [] for claim in reports}
        for (claim, file), digest in zip(files, digests, strict=True):
            owner = f"{self._plan_id}/{claim.job_id}"
            kept[claim].append(ArtifactEvent(digest, file.media_type, len(file.content), file.name, owner))
        return kept

    def _accepted(self, incoming: Mapping[Claim, Result | None]) -> dict[Claim, str]:
        """Return the claims that are still held, each with the status that it comes to."""
        if not incoming:
            return {}
        claims = list(incoming)
        with self._session.registered("incoming_reports", self._reports(incoming)):
            found = self._session.rows("training/accepted", max_attempts=self._max_attempts)
        return {claims[place - 1]: status for place, status in found}

    def _reports(self, incoming: Mapping[Claim, Result | None]) -> pa.Table:
        import pyarrow as pa

        claims = list(incoming)
        return pa.table(
            {
                "place": pa.array(range(1, len(claims) + 1), pa.int64()),
                "job_id": pa.array([claim.job_id for claim in claims], pa.string()),
                "attempt": pa.array([claim.attempt for claim in claims], pa.int32()),
                "status": pa.array([one.status if one else JobState.RUNNING for one in incoming.values()], pa.string()),
                "worker": pa.array([self._worker] * len(claims), pa.string()),
            }
        )

    def _report(
        self,
        claim: Claim,
        status: str,
        result: Result | None,
        kept: Mapping[Claim, Sequence[ArtifactEvent]],
        now: datetime,
    ) -> dict[str, Any]:
        if result is None:
            return self._row(claim, status, now, lease_until=now + self._lease)
        return self._row(
            claim,
            status,
            now,
            metrics=result.metrics or None,
            error=None if result.error is None else recordable(result.error),
            artifacts=[file.digest for file in kept[claim]],
        )

    def _lost(self, now: datetime, clock: float) -> list[dict[str, Any]]:
        found = self._session.records("training/lost_leases", clock=clock, max_attempts=self._max_attempts)
        return [
            self._row(
                Claim(job["job_id"], job["attempt"]),
                job["status"],
                now,
                worker=as_name(job["worker"]),
                error=f"{job['worker'] or 'its worker'} let its lease run out"
                if job["had_lease"]
                else f"{job['worker'] or 'its worker'} held no lease",
            )
            for job in found
        ]

    def _claimable(self, wanted: int) -> list[Claim]:
        if wanted < 1:
            return []
        return [Claim(*row) for row in self._session.rows("training/claimable", since=self._since, wanted=wanted)]

    def _row(self, claim: Claim, status: str, now: datetime, **other: Any) -> dict[str, Any]:
        named = {"worker": self._worker} | other
        return JobStatus(self._plan_id, claim.job_id, status, attempt=claim.attempt, occurred_at=now, **named).row(0)

    def _add(self, rows: Sequence[dict[str, Any]], commit_id: int, after: int, clock: float) -> None:
        """Let this session see what the commit on its way is going to say."""
        if rows:
            table = status_table([row | {"place": after + place} for place, row in enumerate(rows, 1)])
            with self._session.registered("incoming_status", table):
                self._session.run("training/add_changes", commit_id=commit_id, clock=clock)
