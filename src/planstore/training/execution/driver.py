"""The driver of a training: it claims jobs, hands them to an executor, and reports how they ended.

It commits seldom, and beside the work: whatever is due since the last commit shares the next one, and short jobs are
claimed some time before their turn, so that no worker waits for a commit.
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

from planstore.errors import WorkerDiedError
from planstore.events.vocabulary import JobState
from planstore.training.execution.claims import Claim, Claims, Settled
from planstore.training.execution.executor import Executor
from planstore.training.execution.task import LOST, Result, Task

_log = logging.getLogger("planstore.training")

INTERVALS = (2.0, 10.0)
"""Seconds between two commits, at least and at most, as long as no worker waits for one."""
SHARE = 0.05
"""How much of a driver's time commits may take: the slower they are, the longer the interval between them."""
MOST_AHEAD = 160
"""Claims that are held beyond those that run, at most: what one driver claims, no other can train. A commit costs about
as much whatever it holds, so that short jobs are claimed and reported by the hundred."""


class Driver:
    """Drives the jobs of one plan until none is left that anybody has to train.

    Args:
        claims: on the plan's jobs.
        executor: where they run.
        make_task: makes the task of a claim.
        lease: how long a claim lasts.
        progress: is told, after each commit, how many jobs are where.
    """

    def __init__(
        self,
        claims: Claims,
        executor: Executor,
        make_task: Callable[[Claim], Task],
        *,
        lease: timedelta,
        progress: Callable[[dict[str, int]], None],
    ) -> None:
        self._claims = claims
        self._executor = executor
        self._make_task = make_task
        self._renewal = lease.total_seconds() / 3
        self._progress = progress
        self._waiting: deque[Task] = deque()
        self._running: dict[Future[Result], _Run] = {}
        self._reports: dict[Claim, Result] = {}
        self._seconds: deque[float] = deque([math.inf], maxlen=20)
        self._settling: Future[tuple[Settled, list[Task]]] | None = None
        self._interval = INTERVALS[0]
        self._settled_at = self._renewed_at = time.monotonic()
        self._wanted = 0
        self._is_dry = False
        self._is_over = False

    def run(self) -> None:
        """Train until nothing is left. Interrupted, it cancels what it holds, so that others can claim it."""
        with ThreadPoolExecutor(1, thread_name_prefix="planstore-training") as committing:
            try:
                while not self._is_over:
                    self._start()
                    if self._settling is None and self._is_due():
                        self._settling = committing.submit(self._settle, *self._taken())
                    self._await()
            except BaseException:
                # first, because a second interrupt would leave the jobs running until their leases end
                given_back = committing.submit(self._give_back)
                self._executor.close()
                if error := given_back.exception():
                    _log.warning("jobs under way are not cancelled, and end with their leases: %s", error)
                raise

    def _start(self) -> None:
        while self._waiting and len(self._running) < self._executor.slots:
            task = self._waiting.popleft()
            self._running[self._executor.start(task)] = _Run(task, time.monotonic())

    @property
    def _ahead(self) -> int:
        """How many claims to hold beyond those that run: as much work as lasts for two intervals."""
        return min(MOST_AHEAD, int(self._executor.slots * 2 * self._interval / median(self._seconds)))

    @property
    def _idles(self) -> bool:
        """Whether a worker has nothing to do."""
        return len(self._running) < self._executor.slots and not self._waiting

    def _is_due(self) -> bool:
        """Tell whether there is reason for a commit now."""
        if self._idles and (self._reports or not self._is_dry):
            return True
        if not self._is_dry and len(self._waiting) < self._ahead / 4:
            return True
        now = time.monotonic()
        waited = now - self._settled_at >= self._interval
        return (waited and (bool(self._reports) or self._idles)) or now - self._renewed_at >= self._renewal

    def _taken(self) -> tuple[dict[Claim, Result], list[Claim], int]:
        """Return what the next commit is to report, to renew and to claim."""
        reports, self._reports = self._reports, {}
        now = time.monotonic()
        renewed = []
        if now - self._renewed_at >= self._renewal:
            renewed = [_claim(task) for task in [*self._waiting, *(run.task for run in self._running.values())]]
            self._renewed_at = now
        held = len(self._running) + len(self._waiting)
        self._wanted = max(0, self._executor.slots + self._ahead - held)
        return reports, renewed, self._wanted

    def _settle(self, reports: dict[Claim, Result], renewed: list[Claim], wanted: int) -> tuple[Settled, list[Task]]:
        began = time.monotonic()
        settled = self._claims.settle(reports, renewed, wanted)
        self._interval = min(max(INTERVALS[0], (time.monotonic() - began) / SHARE), INTERVALS[1])
        return settled, [self._make_task(claim) for claim in settled.claims]

    def _await(self) -> None:
        """Wait until something ends, or is due; then take what ended."""
        now = time.monotonic()
        pending: set[Future[Any]] = {*self._running}
        if self._settling is not None:
            pending.add(self._settling)
        due = self._renewed_at + self._renewal
        if self._reports or self._idles:
            due = min(due, self._settled_at + self._interval)
        timeout = max(0.0, due - now)
        if not pending:
            Event().wait(timeout)  # because only others work, and what they do shows in the ledger
            return
        done, _ = wait(pending, None if self._settling is not None else timeout, FIRST_COMPLETED)
        for future in done & self._running.keys():
            self._take(self._running.pop(future), future)
        if self._settling in done:
            self._take_settled()

    def _take(self, run: _Run, future: Future[Result]) -> None:
        self._seconds.append(time.monotonic() - run.began)
        claim = _claim(run.task)
        try:
            self._reports[claim] = future.result()
        except WorkerDiedError as error:
            _log.warning("job %s, attempt %d: %s", claim.job_id, claim.attempt, error)
            self._reports[claim] = Result(LOST, error=str(error))
        except Exception as error:  # noqa: BLE001  (a task that cannot be sent or its result not read is a failed job)
            self._reports[claim] = Result(JobState.FAILED, error=f"{type(error).__name__}: {error}")

    def _take_settled(self) -> None:
        assert self._settling is not None
        settled, tasks = self._settling.result()
        self._settling, self._settled_at = None, time.monotonic()
        self._waiting.extend(tasks)
        self._is_dry = len(tasks) < self._wanted
        for claim in settled.refused:
            _log.warning(
                "job %s, attempt %d: its lease was lost, so its result is dropped", claim.job_id, claim.attempt
            )
        self._waiting = deque(task for task in self._waiting if _claim(task) not in settled.refused)
        self._is_over = settled.is_over and not self._reports
        self._progress(settled.progress)

    def _give_back(self) -> None:
        """Report the jobs that ended, and cancel all others that the ledger says are held here.

        The ledger is asked, because an interrupt comes at any moment, as between two fields of this driver.
        """
        cancelled = dict.fromkeys(self._claims.held(), Result(JobState.CANCELLED, error="the training was interrupted"))
        self._claims.settle({**cancelled, **self._reports})


@dataclass(frozen=True)
class _Run:
    """A task that runs, and when it began."""

    task: Task
    began: float


def _claim(task: Task) -> Claim:
    return Claim(task.job_id, task.attempt)
