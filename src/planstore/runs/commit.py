"""The commit of a run: its content and its recording."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from planstore.database.session import Session
from planstore.errors import ConflictError, KeyConflictError, RunConflictError, StaleError
from planstore.events.commit import utc_text
from planstore.events.digest import StagedRows
from planstore.events.vocabulary import CommitKind, Semantics
from planstore.ledger.artifact_events import ArtifactEvent, append_artifacts, known_artifacts
from planstore.ledger.commit_builder import CommitBuilder
from planstore.ledger.ledger import Ledger, newest_commit_of_kind
from planstore.plans.fit_times import NAME as FIT_TIMES
from planstore.plans.planning import Plan
from planstore.projections.export import SNAPSHOT, UNKNOWN
from planstore.routing.rules import Rules
from planstore.runs.lookup import refuse_plan
from planstore.runs.request import RunRequest


class OvertakenError(Exception):
    """An override, or a run whose trials count, was recorded after the decisions, which must be made again."""


@dataclass(frozen=True)
class RecordedRun:
    """A recorded run: its commit and plan, and whether this call recorded the run and published the plan."""

    run_id: str
    commit_id: int
    plan_id: str
    is_new: bool
    is_new_plan: bool = False


@dataclass(frozen=True)
class RunCommit:
    """The content of a run's commit, except the rows that are staged in the session."""

    request: RunRequest
    decisions: StagedRows
    plan: Plan
    started_at: datetime
    rules: Rules
    overrides_as_of: int

    @property
    def run_id(self) -> str:
        """The requested run id, or a generated one."""
        return self.request.run_id or f"{self.started_at:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"

    def record(self, ledger: Ledger, session: Session, run_id: str, newest_run: int) -> RecordedRun:
        """Append the run's commit, or return the earlier commit if the same run is recorded under this id.

        Raises:
            RunConflictError: the run id identifies another run.
            RequestError: the run id could be read as a plan id.
            KeyConflictError: the idempotency key identifies another call.
            StaleError: the ledger is newer than ``expected_commit``.
            OvertakenError: an override was set or cleared after the decisions; or the policy counts trials, and there
                is a run after ``newest_run``.
        """
        with ledger.commit(
            session,
            CommitKind.RUN,
            run_id=run_id,
            message=f"route by {self.request.policy_name}",
            idempotency_key=self.request.idempotency_key,
        ) as builder:
            earlier = self.earlier(session, run_id, builder.commit_id - 1)
            if earlier:
                return earlier
            if newest_commit_of_kind(session, CommitKind.OVERRIDE) != self.overrides_as_of:
                raise OvertakenError
            if self.request.policy.count_trials and newest_commit_of_kind(session, CommitKind.RUN) != newest_run:
                raise OvertakenError
            files = self._files(run_id)
            known = known_artifacts(session, [file.digest for file in files])
            is_new_plan = self.plan.plan_id not in known
            builder.append(
                "runs",
                started_at=self.started_at,
                git_commit=self.request.git_commit,
                config_hash=self.request.config_hash,
                evidence_id=self.plan.evidence_id,
                policy_id=self.plan.policy_id,
                rules_id=self.plan.rules_id,
                plan_id=self.plan.plan_id,
                settings=dict(self.request.settings),
            )
            if self.plan.policy_id not in known:
                builder.append(
                    "policies",
                    policy_id=self.plan.policy_id,
                    name=self.request.policy_name,
                    document=self.request.policy.document.decode(),
                )
            # because a run is planned again with the fit times of its own commit, even if another run has the same
            append_artifacts(builder, [file for file in files if file.digest not in known or file.name == FIT_TIMES])
            builder.append_staged("candidates", self.request.evidence.staged)
            builder.append_staged("decisions", self.decisions)
            if is_new_plan:
                self._publish(builder, run_id)
            return RecordedRun(run_id, builder.commit_id, self.plan.plan_id, is_new=True, is_new_plan=is_new_plan)

    def documents(self) -> list[tuple[str, bytes, str]]:
        """Return digest, content and name of the run's artifacts; fit times only with a budget of hours."""
        documents = [
            (self.plan.policy_id, self.request.policy.document, "policy"),
            (self.plan.rules_id, self.rules.document, "rules"),
            (self.plan.plan_id, self.plan.document, "plan"),
        ]
        if self.plan.budget is not None and self.plan.budget.fit_times is not None:
            documents.append((self.plan.budget.fit_times.digest, self.plan.budget.fit_times.document, FIT_TIMES))
        return documents

    def _files(self, run_id: str) -> list[ArtifactEvent]:
        return [
            ArtifactEvent(digest, "application/json", len(content), name, run_id)
            for digest, content, name in self.documents()
        ]

    def _publish(self, builder: CommitBuilder, run_id: str) -> None:
        generated_at = builder.recorded_at
        metadata = {
            "generated_at": utc_text(generated_at),
            "run_id": run_id,
            "git_commit": self.request.git_commit or UNKNOWN,
            "config_hash": self.request.config_hash or UNKNOWN,
            "routing_plan_path": SNAPSHOT,
            "metrics_snapshot": self.request.settings["metrics_snapshot"] or "globals/routing_candidates.parquet",
            "total_jobs": self.plan.total_jobs,
            "model_families_requested": self.plan.requested,
            "model_families_normalized": self.plan.families,
            "model_families": self.plan.families,
            "plan_id": self.plan.plan_id,
            "commit_id": builder.commit_id,
            "policy_id": self.plan.policy_id,
        }
        if self.plan.budget is not None:
            metadata["budget"] = self.plan.budget.as_dict()
        if self.request.policy.semantics == Semantics.STRICT:
            metadata["semantics"] = Semantics.STRICT.value
        builder.append(
            "plans",
            plan_id=self.plan.plan_id,
            generated_at=generated_at,
            metadata=orjson.dumps(metadata).decode(),
            summary=orjson.dumps(self.plan.summary).decode(),
            artifact=self.plan.plan_id,
        )
        builder.append_staged("jobs", self.plan.jobs, plan_id=self.plan.plan_id)
        builder.project()

    def earlier(self, session: Session, run_id: str, newest: int) -> RecordedRun | None:
        """Return the earlier commit of the same run; None means that the run can be recorded after commit ``newest``.

        Raises:
            RunConflictError, RequestError, KeyConflictError, StaleError: as for :meth:`record`.
        """
        found = self._earlier(session, run_id)
        if found is None:
            refuse_plan(session, run_id, self.plan.plan_id)
            expected = self.request.expected_commit
            if expected not in (None, newest):
                raise StaleError(
                    f"commit {expected} was expected to be the newest, but commit {newest} is: "
                    "read the changes, and decide again"
                )
        return found

    def _earlier(self, session: Session, run_id: str) -> RecordedRun | None:
        """Return the earlier recording of this run, under its idempotency key or its id, or None."""
        if self.request.idempotency_key is not None:
            rows = session.records("ledger/find_key", idempotency_key=self.request.idempotency_key)
            if rows:
                self._refuse_other(rows[0], f"idempotency key {self.request.idempotency_key!r}", KeyConflictError)
                if self.request.run_id not in (None, rows[0]["run_id"]):
                    raise KeyConflictError(
                        f"idempotency key {self.request.idempotency_key!r} stands for run {rows[0]['run_id']!r}, not "
                        f"for {self.request.run_id!r}: repeat a call as it was, or choose another key"
                    )
                return RecordedRun(rows[0]["run_id"], rows[0]["commit_id"], rows[0]["plan_id"], is_new=False)
        rows = session.records("ledger/find_run", run_id=run_id)
        if rows:
            self._refuse_other(rows[0], f"run {run_id!r}", RunConflictError)
            return RecordedRun(run_id, rows[0]["commit_id"], rows[0]["plan_id"], is_new=False)
        return None

    def _refuse_other(self, earlier: Mapping[str, Any], what: str, error: type[ConflictError]) -> None:
        same = {
            "evidence_id": self.plan.evidence_id,
            "policy_id": self.plan.policy_id,
            "rules_id": self.plan.rules_id,
            "model_families": self.request.settings["model_families"],
            "include_blocked": self.request.settings["include_blocked"],
        }
        other = [name for name, value in same.items() if earlier[name] != value]
        if other:
            raise error(
                f"{what} is recorded already, in commit {earlier['commit_id']}, with another {', '.join(other)}; "
                "choose another one"
            )
