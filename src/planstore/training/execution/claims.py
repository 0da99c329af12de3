"""Claims on a plan's jobs: leases of workers on jobs, settled in commits under the writer lock.

The holder of a lease renews it. A lease without renewal expires by the clock of the process that waits for the job, so
that clocks of different machines need not agree. The job of an expired lease is planned again, up to a maximum number
of attempts. A report is recorded only from the holder of a job's latest attempt. No job has two holders and none
succeeds twice, because claims, renewals and reports are committed under the writer lock, after all earlier commits.

One commit contains all pending changes: reports, their artifacts, renewals, expired leases, and new claims.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from planstore.events.fields import as_name, recordable
from planstore.events.status import JobStatus
from planstore.events.vocabulary import CommitKind, JobState, open_jobs
from planstore.ledger.artifact_events import ArtifactEvent, append_artifacts
from planstore.ledger.ledger import Ledger
from planstore.ledger.status_writer import append_statuses, status_table
from planstore.training.execution.reuse import EarlierResult, earlier_results
from planstore.training.execution.task import Result, stored

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Claim:
    """Exclusive lease of a holder on one attempt of a job."""

    job_id: str
    attempt: int


@dataclass(frozen=True)
class Settled:
    """Result of one settling commit.

    Attributes:
        claims: new claims, the most urgent first.
        refused: claims whose report or renewal was too late, because the job has or had another holder since.
        progress: job counts of the plan by status.
    """

    claims: list[Claim]
    refused: set[Claim]
    progress: dict[str, int]

    @property
    def is_over(self) -> bool:
        """Whether no job of the plan is planned, claimed or running."""
        return not open_jobs(self.progress)


class Claims:
    """Claims of one holder on one plan.

    Args:
        ledger: ledger of the plan.
        plan_id: id of the plan.
        worker: unique name of the holder.
        gpu_families: families whose jobs belong to the GPU stage.
        lease: duration of a claim without renewal.
        max_attempts: maximum number of attempts of a job after deaths of its worker; then it fails.
        selected: ids of the jobs to claim; None means all jobs of the plan.
        clock: monotonic clock in seconds.
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
        selected: Sequence[str] | None = None,
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
        self._session.run(
            "training/trainable_jobs",
            plan_id=plan_id,
            gpu_families=list(gpu_families),
            selected=None if selected is None else list(selected),
        )
        for statement in ("job_changes", "job_standing", "open_jobs"):
            self._session.run(f"training/{statement}")

    def jobs(self) -> list[dict[str, Any]]:
        """Return the jobs to train, in plan order, each with its evidence score."""
        return self._session.records("training/read_trainable_jobs")

    def file_of(self, job_id: str, name: str) -> str | None:
        """Return the digest of a job's file with this name; None before the job succeeds."""
        row = self._session.row("training/job_file", plan_id=self._plan_id, job_id=job_id, name=name)
        return None if row is None else str(row[0])

    def earlier_inputs(self) -> dict[tuple[str, str | None], list[str]]:
        """Return the digests of the inputs of earlier jobs, by target and symbol."""
        found: dict[tuple[str, str | None], list[str]] = {}
        for target, symbol, digest in self._session.rows("training/earlier_inputs"):
            found.setdefault((target, symbol), []).append(digest)
        return found

    def settle(
        self,
        reports: Mapping[Claim, Result],
        held: Mapping[Claim, JobState] = MappingProxyType({}),
        wanted: int = 0,
        begins: int = 0,
    ) -> Settled:
        """Record reports, renew claims, release expired leases, and claim more jobs, all in one commit.

        Args:
            reports: results of ended attempts of this holder.
            held: claims to renew for another lease, each with its job's status, claimed or running.
            wanted: maximum number of new claims.
            begins: number of new claims, the first ones, that begin at once; the others are recorded as claimed.
        """
        reused = {result.reused for result in reports.values() if result.reused is not None}
        earlier = earlier_results(self._session, reused) if reused else {}
        reports = {
            claim: result if result.reused is None else earlier[result.reused].taken_over(result)
            for claim, result in reports.items()
        }
        artifacts = self._store_files(reports, earlier)
        with self._ledger.commit(
            self._session, CommitKind.STATUS, run_id=None, message=f"by {self._worker}"
        ) as builder:
            now, clock = builder.recorded_at, self._clock()
            if self._seen < builder.commit_id - 1:
                self._session.run("training/follow_changes", plan_id=self._plan_id, seen=self._seen, clock=clock)
            accepted = self._accepted({claim: result.status for claim, result in reports.items()} | {**held})
            rows = [self._report(one, status, reports.get(one), artifacts, now) for one, status in accepted.items()]
            self._add_pending(rows, builder.commit_id, 0, clock)
            expired = self._expired(now, clock)
            self._add_pending(expired, builder.commit_id, len(rows), clock)
            claims = self._claimable(wanted)
            rows += expired + [
                self._row(
                    claim, JobState.RUNNING if place < begins else JobState.CLAIMED, now, lease_until=now + self._lease
                )
                for place, claim in enumerate(claims)
            ]
            append_artifacts(builder, [file for claim in accepted for file in artifacts.get(claim, ())])
            append_statuses(builder, rows)
            self._add_pending(rows[len(rows) - len(claims) :], builder.commit_id, len(rows) - len(claims), clock)
            progress = dict(self._session.rows("training/progress", since=self._since))
        self._seen = builder.commit_id if builder.commit is not None else builder.commit_id - 1
        return Settled(claims, {*reports, *held} - set(accepted), progress)

    def active(self) -> list[Claim]:
        """Return the active claims of this holder, in plan order."""
        return [Claim(*row) for row in self._session.rows("training/active_claims", worker=self._worker)]

    def close(self) -> None:
        """Close the session; claims remain until their report or expiry."""
        self._session.close()

    def _store_files(
        self, reports: Mapping[Claim, Result], earlier: Mapping[str, EarlierResult]
    ) -> dict[Claim, list[ArtifactEvent]]:
        """Return the artifacts of results; those that no worker stored are stored, before a commit refers to them."""
        sent = [(claim, file) for claim, result in reports.items() for file in result.files]
        new = stored(self._ledger.artifacts, [file for _, file in sent])
        files = [(claim, file) for claim, result in reports.items() for file in result.stored_files]
        files += [(claim, file) for (claim, _), file in zip(sent, new, strict=True)]
        artifacts: dict[Claim, list[ArtifactEvent]] = {claim: [] for claim in reports}
        for claim, file in files:
            owner = f"{self._plan_id}/{claim.job_id}"
            artifacts[claim].append(ArtifactEvent(file.digest, file.media_type, file.size, file.name, owner))
        for claim, result in reports.items():
            if result.reused is not None:
                artifacts[claim] = earlier[result.reused].artifacts(f"{self._plan_id}/{claim.job_id}")
        return artifacts

    def _accepted(self, incoming: Mapping[Claim, str]) -> dict[Claim, str]:
        """Return the claims that this holder still has, each with its new status."""
        if not incoming:
            return {}
        claims = list(incoming)
        with self._session.registered("incoming_reports", self._reports(incoming)):
            found = self._session.rows("training/accepted", max_attempts=self._max_attempts)
        return {claims[position - 1]: status for position, status in found}

    def _reports(self, incoming: Mapping[Claim, str]) -> pa.Table:
        import pyarrow as pa

        claims = list(incoming)
        return pa.table(
            {
                "place": pa.array(range(1, len(claims) + 1), pa.int64()),
                "job_id": pa.array([claim.job_id for claim in claims], pa.string()),
                "attempt": pa.array([claim.attempt for claim in claims], pa.int32()),
                "status": pa.array(list(incoming.values()), pa.string()),
                "worker": pa.array([self._worker] * len(claims), pa.string()),
            }
        )

    def _report(
        self,
        claim: Claim,
        status: str,
        result: Result | None,
        artifacts: Mapping[Claim, Sequence[ArtifactEvent]],
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
            left_out=None if result.left_out is None else recordable(result.left_out),
            artifacts=[file.digest for file in artifacts[claim]],
        )

    def _expired(self, now: datetime, clock: float) -> list[dict[str, Any]]:
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
        fields = {"worker": self._worker} | other
        return JobStatus(self._plan_id, claim.job_id, status, attempt=claim.attempt, occurred_at=now, **fields).row(0)

    def _add_pending(self, rows: Sequence[dict[str, Any]], commit_id: int, after: int, clock: float) -> None:
        """Add uncommitted statuses to this session, because later statements of the same commit depend on them."""
        if rows:
            table = status_table([row | {"place": after + position} for position, row in enumerate(rows, 1)])
            with self._session.registered("incoming_status", table):
                self._session.run("training/add_changes", commit_id=commit_id, clock=clock)
