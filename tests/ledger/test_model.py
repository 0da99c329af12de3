"""The ledger against a model: whatever is done in whatever order, it says what a plain list says."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import planstore
import samples
from planstore import ConflictError, JobStatus, KeyConflictError, RunConflictError

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
seeds = st.integers(0, 3)


class LedgerMachine(RuleBasedStateMachine):
    """A store, and beside it a list of what each commit holds."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = planstore.open(self.folder / "results")
        self.commits: list[tuple[str, str | int]] = []
        self.anchors: list[str] = []
        self.events: dict[int, int] = {}
        self.plans: dict[str, str] = {}

    @initialize()
    def first(self) -> None:
        self.route(0)

    def route(self, seed: int, run_id: str | None = None) -> None:
        run = self.store.route(
            samples.table(samples.records(2, 2, seed=seed)),
            samples.policy(),
            run_id=run_id or f"run-{len(self.commits)}",
        )
        self.commits.append(("run", run.run_id))
        assert run.commit_id == len(self.commits)
        self.plans[run.run_id] = run.plan_id

    @rule(seed=seeds)
    def route_again(self, seed: int) -> None:
        self.route(seed)

    @rule(place=st.integers(0, 9))
    def retry(self, place: int) -> None:
        """A run routed again under its id is its commit; with other evidence it is refused."""
        runs = [(number, name) for number, (kind, name) in enumerate(self.commits, 1) if kind == "run"]
        number, name = runs[place % len(runs)]
        for seed in range(4):
            try:
                run = self.store.route(
                    samples.table(samples.records(2, 2, seed=seed)), samples.policy(), run_id=str(name)
                )
            except RunConflictError:
                continue
            assert (run.commit_id, run.plan_id) == (number, self.plans[str(name)])

    @rule(attempt=st.integers(1, 4), other=st.booleans())
    def status(self, attempt: int, other: bool) -> None:
        run = self.store.run(str(next(name for kind, name in self.commits if kind == "run")))
        event = JobStatus(
            run.plan_id, run.plan.jobs[0]["job_id"], "running", attempt=attempt,
            occurred_at=MOMENT + timedelta(attempt), error="other" if other and attempt in self.events else None,
        )  # fmt: skip
        with self.store.training.status_writer() as writer:
            if event.error:
                try:
                    writer.record(event)
                except KeyConflictError:
                    return
                raise AssertionError("a status with other content was recorded")
            if attempt not in self.events and attempt < max(self.events, default=0):
                with pytest.raises(ConflictError, match=f"attempt {max(self.events)} has begun"):
                    writer.record(event)
                return
            commit = writer.record(event)
        if attempt in self.events:
            assert commit == self.events[attempt]
            return
        self.commits.append(("status", attempt))
        self.events[attempt] = commit
        assert commit == len(self.commits)

    @rule()
    def compact(self) -> None:
        self.store.maintenance.compact(grace=timedelta(0))

    @rule()
    def rebuild(self) -> None:
        assert self.store.maintenance.rebuild().same

    @rule()
    def export(self) -> None:
        assert self.store.export().plan_id == self.store.plan().plan_id

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = planstore.open(self.folder / "results", create=False)

    @rule()
    def keep_an_anchor(self) -> None:
        self.anchors.append(self.store.integrity.anchor())

    @precondition(lambda self: self.anchors)
    @rule()
    def verify(self) -> None:
        assert [str(finding) for finding in self.store.integrity.verify(self.anchors[-1]).findings] == []

    @rule(place=st.integers(0, 9))
    def look_back(self, place: int) -> None:
        number = place % (len(self.commits) + 1)
        with self.store.at(number) as then:
            assert [row["commit_id"] for row in then.log()] == list(range(number, 0, -1))
            runs = [name for kind, name in self.commits[:number] if kind == "run"]
            assert then.sql("select run_id from runs order by commit_id").fetchall() == [(name,) for name in runs]

    @invariant()
    def the_log_is_the_model(self) -> None:
        with planstore.open(self.folder / "results") as reader:
            said = [(row["kind"], row["run_id"]) for row in reversed(reader.log())]
            assert said == [(kind, name if kind == "run" else None) for kind, name in self.commits]
            attempts = reader.sql("select attempt from job_status order by commit_id").fetchall()
            assert attempts == [(name,) for kind, name in self.commits if kind == "status"]

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=2, stateful_step_count=12)
