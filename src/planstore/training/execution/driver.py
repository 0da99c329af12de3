"""Driver of a training: claims jobs, submits them to an executor, and reports their results.

Commits are infrequent and run on a separate thread. All changes since the last commit share the next one. Short jobs
are claimed ahead of time, so that no worker waits for a commit. A job is recorded as running from the first commit
after its task has begun; a short one may end before.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from threading import Event
from typing import Any

from planstore.checks.log_levels import NOTICE
from planstore.errors import WorkerDiedError
from planstore.events.vocabulary import JobState, open_jobs
from planstore.pages.answers import plural
from planstore.training.execution.claims import Claim, Claims, Settled
from planstore.training.execution.executor import Executor
from planstore.training.execution.task import LOST, Result, Task

_log = logging.getLogger("planstore.training")
_claims_log = logging.getLogger("planstore.claims")

INTERVALS = (2.0, 10.0)
"""Minimum and maximum seconds between two commits while no worker waits for one."""
COMMIT_SHARE = 0.05
"""Maximum share of a driver's time in commits; slower commits lengthen the interval between them."""
MAX_AHEAD = 160
"""Maximum number of claims beyond the running jobs, because other drivers cannot train claimed jobs. The limit is high,
because the cost of a commit hardly depends on its size: short jobs are claimed and reported by the hundred."""


class Driver:
    """Driver of one plan's jobs, until no job is planned, claimed or running anywhere.

    Args:
        claims: claims on the plan's jobs.
        executor: executor of the tasks.
        make_task: returns the task of a claim.
        lease: duration of a claim.
        progress: callback that receives job counts by status after each commit.
    """

    def __init__(
        self,
        claims: Claims,
        executor: Executor[Task, Result],
        make_task: Callable[[Claim], Task],
        *,
        lease: timedelta,
        progress: Callable[[dict[str, int]], None],
    ) -> None:
        self._claims = claims
        self._executor = executor
        self._make_task = make_task
        self._lease = lease
        self._renewal = lease.total_seconds() / 3
        self._progress = progress
        self._waiting: deque[Task] = deque()
        self._running: dict[Future[Result], _Run] = {}
        self._begun: set[Claim] = set()
        self._reports: dict[Claim, Result] = {}
        self._durations: deque[float] = deque([math.inf], maxlen=20)
        self._settling: Future[tuple[Settled, list[Task], int]] | None = None
        self._interval = INTERVALS[0]
        self._settled_at = self._renewed_at = time.monotonic()
        self._wanted = 0
        self._is_exhausted = False
        self._is_over = False
        self._waits_for_others = False

    def run(self) -> None:
        """Train until no job is left. An interrupt cancels the claimed jobs, so that other drivers can claim them."""
        with ThreadPoolExecutor(1, thread_name_prefix="planstore-training") as committing:
            try:
                while not self._is_over:
                    self._start_waiting()
                    if self._settling is None and self._is_due():
                        self._settling = committing.submit(self._settle, *self._pending_changes())
                    self._wait()
            except BaseException:
                # first, because after a second interrupt the jobs would stay claimed until their leases expire
                released = committing.submit(self._release)
                self._executor.close()
                if error := released.exception():
                    _log.warning("jobs under way are not cancelled, and end with their leases: %s", error)
                raise

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._executor.slots:
            task = self._waiting.popleft()
            self._running[self._executor.start(task)] = _Run(task, time.monotonic())

    @property
    def _ahead(self) -> int:
        """Number of claims beyond the running jobs: work for two intervals."""
        return min(MAX_AHEAD, int(self._executor.slots * 2 * self._interval / median(self._durations)))

    @property
    def _has_idle_worker(self) -> bool:
        """Whether a worker is idle."""
        return len(self._running) < self._executor.slots and not self._waiting

    def _is_due(self) -> bool:
        """Return whether a commit is due."""
        if self._has_idle_worker and (self._reports or not self._is_exhausted):
            return True
        if not self._is_exhausted and len(self._waiting) < self._ahead / 4:
            return True
        now = time.monotonic()
        has_waited = now - self._settled_at >= self._interval
        has_changes = bool(self._reports) or self._has_idle_worker
        return (has_waited and has_changes) or now - self._renewed_at >= self._renewal

    def _pending_changes(self) -> tuple[dict[Claim, Result], dict[Claim, JobState], int, int]:
        """Return the reports, the held claims and the numbers of new claims and of their beginnings of the next commit.

        Held claims are those of jobs that have begun since the last commit, or all where they are to be renewed.
        """
        reports, self._reports = self._reports, {}
        now = time.monotonic()
        running = {_claim(run.task) for run in self._running.values()}
        held = dict.fromkeys(running - self._begun, JobState.RUNNING)
        if now - self._renewed_at >= self._renewal:
            held = {_claim(task): JobState.CLAIMED for task in self._waiting} | dict.fromkeys(running, JobState.RUNNING)
            self._renewed_at = now
        self._begun = running
        claimed = len(self._running) + len(self._waiting)
        self._wanted = max(0, self._executor.slots + self._ahead - claimed)
        return reports, held, self._wanted, max(0, self._executor.slots - claimed)

    def _settle(
        self, reports: dict[Claim, Result], held: dict[Claim, JobState], wanted: int, begins: int
    ) -> tuple[Settled, list[Task], int]:
        started = time.monotonic()
        settled = self._claims.settle(reports, held, wanted, begins)
        self._interval = min(max(INTERVALS[0], (time.monotonic() - started) / COMMIT_SHARE), INTERVALS[1])
        return settled, [self._make_task(claim) for claim in settled.claims], begins

    def _wait(self) -> None:
        """Wait until a task or a commit ends, or a commit is due; then process the ended ones."""
        now = time.monotonic()
        pending: set[Future[Any]] = {*self._running}
        if self._settling is not None:
            pending.add(self._settling)
        due = self._renewed_at + self._renewal
        if self._reports or self._has_idle_worker:
            due = min(due, self._settled_at + self._interval)
        timeout = max(0.0, due - now)
        if not pending:
            Event().wait(timeout)  # because only other drivers train, and their progress appears in the ledger
            return
        done, _ = wait(pending, None if self._settling is not None else timeout, FIRST_COMPLETED)
        for future in done & self._running.keys():
            self._add_report(self._running.pop(future), future)
        if self._settling in done:
            self._process_settled()

    def _add_report(self, run: _Run, future: Future[Result]) -> None:
        self._durations.append(time.monotonic() - run.started)
        claim = _claim(run.task)
        try:
            result = future.result()
        except WorkerDiedError as error:
            result = Result(LOST, error=str(error))
        except Exception as error:  # noqa: BLE001  (a job fails when its task cannot be sent or its result cannot be read)
            result = Result(JobState.FAILED, error=f"{type(error).__name__}: {error}")
        if result.status == LOST:
            _log.warning("job %s, attempt %d: %s", claim.job_id, claim.attempt, result.error)
        self._reports[claim] = result

    def _process_settled(self) -> None:
        assert self._settling is not None
        settled, tasks, begins = self._settling.result()
        self._settling, self._settled_at = None, time.monotonic()
        self._waiting.extend(tasks)
        self._begun.update(settled.claims[:begins])
        self._is_exhausted = len(tasks) < self._wanted
        for claim in settled.refused:
            _log.warning(
                "job %s, attempt %d: its lease was lost, so its result is dropped", claim.job_id, claim.attempt
            )
        self._waiting = deque(task for task in self._waiting if _claim(task) not in settled.refused)
        self._is_over = settled.is_over and not self._reports
        self._progress(settled.progress)
        self._note_others(open_jobs(settled.progress))

    def _note_others(self, jobs: int) -> None:
        """Log once that only other drivers train, because a dead one's jobs stay claimed until their leases end."""
        waits = not (self._is_over or self._running or self._waiting or self._reports)
        if waits and not self._waits_for_others:
            _log.log(
                NOTICE, "waiting for %s of other drivers; those of a driver that has died are taken over when their "
                "leases end, within %g s", plural(jobs, "job"), self._lease.total_seconds(),
            )  # fmt: skip
        self._waits_for_others = waits

    def _release(self) -> None:
        """Report the ended jobs, and cancel this driver's other claims in the ledger.

        The claims are read from the ledger, because an interrupt can leave the fields of this driver inconsistent.
        """
        cancelled = Result(JobState.CANCELLED, error="the training was interrupted")
        active = self._claims.active()
        self._claims.settle({**dict.fromkeys(active, cancelled), **self._reports})
        number = len(set(active) - self._reports.keys())
        _claims_log.info("%d claimed jobs are cancelled", number, extra={"cancelled_jobs": number})


@dataclass(frozen=True)
class _Run:
    """A running task, with its start time."""

    task: Task
    started: float


def _claim(task: Task) -> Claim:
    return Claim(task.job_id, task.attempt)
