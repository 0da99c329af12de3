"""A driver claims short jobs ahead, and says of each job whether it has begun."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

import samples
from planstore.api.store import Store
from planstore.checks.log_levels import NOTICE
from planstore.events.vocabulary import JobState
from planstore.training.execution import driver as driver_module
from planstore.training.execution.claims import Claim, Claims
from planstore.training.execution.driver import Driver
from planstore.training.execution.task import Result, Task

LEASE = timedelta(minutes=5)


class OneWorker:
    """Executor with one slot: it ends some tasks at once, and the others when it is released."""

    slots = 1

    def __init__(self, quick: int) -> None:
        self.has_begun = Event()
        self._quick = quick
        self._waiting: list[Future[Result]] = []

    def start(self, task: Task) -> Future[Result]:
        future: Future[Result] = Future()
        if self._quick:
            self._quick -= 1
            future.set_result(Result(JobState.SUCCEEDED))
        else:
            self._waiting.append(future)
        self.has_begun.set()
        return future

    def release(self) -> None:
        self._quick = 1000
        while self._waiting:
            self._waiting.pop().set_result(Result(JobState.SUCCEEDED))

    def close(self) -> None:
        self.release()


def test_two_drivers_of_one_worker_have_two_running_jobs_and_claim_the_others(store: Store) -> None:
    rows = [samples.record("a", f"S{number:02}") for number in range(12)]
    plan_id = store.route(samples.table(rows), samples.policy(), ["linear"]).plan_id
    seen: list[dict[str, int]] = []

    def driver(name: str, worker: OneWorker, progress: object) -> Driver:
        claims = Claims(store.access.ledger, plan_id, name, gpu_families=(), lease=LEASE, max_attempts=3)

        def task(claim: Claim) -> Task:
            return Task(claim.job_id, claim.attempt, "a", None, ())

        return Driver(claims, worker, task, lease=LEASE, progress=progress)  # type: ignore[arg-type]

    slow, quick = OneWorker(0), OneWorker(3)

    def look(counts: dict[str, int]) -> None:
        seen.append(counts)
        if counts.get("succeeded") == 3:
            quick.release()
            slow.release()

    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(driver("slow", slow, lambda _: None).run)
        assert slow.has_begun.wait(60)
        driver("quick", quick, look).run()
        other.result()
    assert seen[0] == {"planned": 10, "running": 2}
    assert seen[1] == {"planned": 9, "running": 2, "succeeded": 1}
    assert seen[2] == {"claimed": 8, "running": 2, "succeeded": 2}
    assert seen[3] == {"claimed": 7, "running": 2, "succeeded": 3}
    assert store.training.progress().counts == {"succeeded": 12}
    ends = store.sql(
        "select job_id, count(*) from job_status where status = 'succeeded' group by all having count(*) > 1"
    )
    assert not ends.fetchall()
    begun = store.sql("select count(distinct job_id) from job_status where status = 'running'").fetchone()
    assert begun is not None
    assert begun[0] >= 5


def test_a_driver_that_waits_for_the_jobs_of_others_says_so_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(driver_module, "INTERVALS", (0.01, 0.01))
    plan_id = store.route(samples.table([samples.record("a", "S1")]), samples.policy(), ["linear"]).plan_id

    def claims(name: str) -> Claims:
        return Claims(store.access.ledger, plan_id, name, gpu_families=(), lease=LEASE, max_attempts=3)

    other = claims("other")
    (claim,) = other.settle({}, wanted=1, begins=1).claims
    seen: list[dict[str, int]] = []

    def look(counts: dict[str, int]) -> None:
        seen.append(counts)
        if len(seen) == 2:
            other.settle({claim: Result(JobState.SUCCEEDED)})

    def task(claim: Claim) -> Task:
        return Task(claim.job_id, claim.attempt, "a", None, ())

    with caplog.at_level(NOTICE, "planstore.training"):
        Driver(claims("waiting"), OneWorker(0), task, lease=LEASE, progress=look).run()
    assert caplog.messages == [
        "waiting for 1 job of other drivers; those of a driver that has died are taken over when their leases end, "
        "within 300 s"
    ]
