"""What if: a stretch of history, decided again under another policy; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from planstore.audit.flip_answer import FlipAnswer
from planstore.audit.scenario import Record, RunInputs
from planstore.audit.staging import stage_run
from planstore.database.connection import memory
from planstore.database.query_rows import QueryRows
from planstore.database.session import Session
from planstore.events.vocabulary import Semantics
from planstore.ledger.storage import ArtifactStorage
from planstore.pages.answers import ResultRows, plural
from planstore.plans.budget import BudgetEffect, left_out_table
from planstore.plans.fit_times import fit_times_of
from planstore.plans.planning import plan_jobs
from planstore.routing.derived_columns import earlier_tests, over_trials, with_derived
from planstore.routing.rules import apply_rules

if TYPE_CHECKING:
    import pyarrow as pa

    from planstore.routing.policy import Policy

PART_ROWS = 200_000
"""Candidates whose decisions are computed at once; fewer than for a run: a server holds other answers as well."""


@dataclass(frozen=True, repr=False)
class WhatIf(FlipAnswer):
    """The decisions of recorded runs under another policy.

    Attributes:
        policy_id: that policy.
        runs: the run ids that were decided again, oldest first.
        agreement: the share of pairs that keep their route, from 0 to 1; 1 where there is no pair.
        flipped_pairs: how many pairs would have another route, over all runs.
        flipped_targets: how many targets' cross-sectional sides would be enabled or disabled instead, over all runs.
        jobs_added, jobs_removed: how many jobs more, and fewer, there would be.
        fits_added, fits_removed: how many fits, families of jobs, more and fewer.
        families_left_out, jobs_left_out: how many families of jobs that stay, and how many jobs, its budget leaves out.
        untimed: the run ids to which its budget of hours was not applied, because no job had been timed before them.
    """

    policy_id: str
    runs: list[str]
    agreement: float
    flipped_pairs: int
    flipped_targets: int
    jobs_added: int
    jobs_removed: int
    fits_added: int
    fits_removed: int
    families_left_out: int
    jobs_left_out: int
    untimed: list[str]
    _session: Session

    @property
    def flips(self) -> int:
        """How many decisions on pairs and targets would differ."""
        return self.flipped_pairs + self.flipped_targets

    def flip_table(self) -> QueryRows:
        """Return a row for each decision that would differ: run_id, commit_id, target, symbol, route, route_then, rule.

        ``route`` is the recorded route, ``route_then`` the route under the other policy, by ``rule``; symbol is
        null for a target.
        """
        return QueryRows(self._session.relation("audit/whatif/read_whatif_flips"))

    def job_table(self) -> QueryRows:
        """Return a row for each job more or fewer: run_id, commit_id, change, job_id, target, symbol, route."""
        return QueryRows(self._session.relation("audit/whatif/read_whatif_jobs"))

    def left_out_table(self) -> QueryRows:
        """Return a row for each job that the budget leaves out, or some of whose families it leaves out.

        The columns are run_id, commit_id, job_id, target, symbol, route, kept_families and left_out_families. A job
        without ``kept_families`` is left out.
        """
        return QueryRows(self._session.relation("audit/whatif/read_whatif_left_out"))

    def budget_lines(self) -> Iterator[str]:
        """Yield what the budget leaves out, and to which runs it was not applied, each a sentence."""
        if self.families_left_out or self.jobs_left_out:
            yield (
                f"Its budget leaves out {self.families_left_out:,} families of jobs that stay, and "
                f"{plural(self.jobs_left_out, 'job')}."
            )
        if self.untimed:
            yield (
                f"Its budget of hours was not applied to {plural(len(self.untimed), 'run')}: the ledger had timed no "
                "job before."
            )

    def __str__(self) -> str:
        return (
            f"Under policy {self.policy_id[:12]}, {self.agreement:.1%} of the decisions on pairs stay as they are "
            f"({plural(len(self.runs), 'run')}): {plural(self.flipped_pairs, 'pair')} and "
            f"{plural(self.flipped_targets, 'target')} flip; "
            f"{self.jobs_added:,} jobs more, {self.jobs_removed:,} fewer; "
            f"{self.fits_added:,} fits more, {self.fits_removed:,} fewer."
            f"{''.join(f' {line}' for line in self.budget_lines())}"
        )

    def by_run(self) -> ResultRows[Record]:
        """Return for each run: pairs, flips, agreement, and the counts that are attributes of the whole."""
        return ResultRows(self._session.records("audit/whatif/by_run"), plural(len(self.runs), "run"))

    def by_target(self) -> ResultRows[Record]:
        """Return for each target, over all runs: flips, flipped_pairs, flipped_targets, jobs_added, jobs_removed.

        ``flipped_targets`` counts the runs that flip the target itself. Those with most flips come first.
        """
        return ResultRows(self._session.records("audit/whatif/by_target"), "Targets, most flips first")

    def as_dict(self) -> dict[str, Any]:
        """Return the answer for JSON."""
        jobs = self._session.records("audit/whatif/read_whatif_jobs")
        return {
            "policy_id": self.policy_id,
            "runs": self.runs,
            "agreement": self.agreement,
            "flipped_pairs": self.flipped_pairs,
            "flipped_targets": self.flipped_targets,
            "flips": self._session.records("audit/whatif/read_whatif_flips"),
            "jobs_added": [job for job in jobs if job["change"] == "added"],
            "jobs_removed": [job for job in jobs if job["change"] == "removed"],
            "fits_added": self.fits_added,
            "fits_removed": self.fits_removed,
            "families_left_out": self.families_left_out,
            "jobs_left_out": self.jobs_left_out,
            "untimed": self.untimed,
            "left_out": self._session.records("audit/whatif/read_whatif_left_out"),
            "by_run": self.by_run(),
            "by_target": self.by_target(),
        }


def what_if(
    session: Session,
    artifacts: ArtifactStorage,
    policy: Policy,
    runs: Sequence[Record],
    progress: Callable[[str], None] = lambda _: None,
) -> WhatIf:
    """Decide ``runs`` again under ``policy``, each with its own evidence, rules, families and overrides.

    Args:
        session: reads the ledger.
        artifacts: storage of policies and rules.
        policy: the policy to try.
        runs: rows of ``runs``, oldest first.
        progress: callback that receives the name of each run before it is decided.

    Raises:
        StoreError: an artifact is missing or altered, or a run's rules cannot be run by this version.
    """
    tried = memory(confined=True)
    for table in ("whatif_runs", "whatif_flips", "whatif_jobs", "whatif_left_out"):
        tried.run(f"audit/whatif/{table}")
    untimed = []
    for run in runs:
        progress(run["run_id"])
        budget = _decide_again(session, artifacts, policy, run, tried)
        untimed += [run["run_id"]] * (budget is not None and not budget.is_applied)
    totals = tried.records("audit/whatif/totals")[0]
    ids = [run["run_id"] for run in runs]
    return WhatIf(policy_id=policy.policy_id, runs=ids, untimed=untimed, _session=tried, **totals)


def evidence_under(session: Session, tried: Session, policies: Sequence[Policy], commit_id: int) -> pa.Table:
    """Return the evidence of a run, with the derived columns that policies ask for and the run does not have.

    Args:
        session: reads the ledger.
        tried: a session on a database in memory.
        policies: the policies.
        commit_id: the commit of the run.
    """
    evidence = session.batches("audit/run_evidence", commit_id=commit_id).read_encoded()
    is_strict = any(policy.semantics == Semantics.STRICT for policy in policies)
    if is_strict and evidence["q_value"].null_count > evidence["p_value"].null_count:
        evidence = with_derived(tried, evidence)
    if any(policy.count_trials for policy in policies):
        evidence = over_trials(evidence, earlier_tests(session, commit_id))
    return evidence


def _without_reasons(decisions: pa.Table) -> pa.Table:
    """Return decisions whose reasons are null: nothing here reads them, and jobs would repeat them in memory."""
    import pyarrow as pa

    place = decisions.column_names.index("reasons")
    return decisions.set_column(place, "reasons", pa.nulls(decisions.num_rows, pa.list_(pa.string())))


def _decide_again(
    session: Session, artifacts: ArtifactStorage, policy: Policy, run: Record, tried: Session
) -> BudgetEffect | None:
    """Decide and plan a run again, append its counts, and return the effect of the policy's budget."""
    inputs = RunInputs.of(session, artifacts, run)
    commit = {"run_id": run["run_id"], "commit_id": run["commit_id"]}
    evidence = evidence_under(session, tried, [policy], run["commit_id"])
    tried.register("evidence", evidence)
    stage_run(tried, replace(inputs.scenario(), policy=policy.document.decode()))
    decisions = apply_rules(tried, inputs.rules, PART_ROWS if evidence.num_rows > PART_ROWS else None)
    tried.register("decisions", _without_reasons(decisions))
    tried.run("scenario/run/drop_signal_states")
    _, budget = plan_jobs(tried, lambda: fit_times_of(session, artifacts, run["commit_id"]))
    for name, statement, key in (
        ("recorded", "audit/whatif/run_routes", {"commit_id": run["commit_id"]}),
        ("recorded_jobs", "audit/whatif/plan_job_ids", {"plan_id": run["plan_id"]}),
    ):
        tried.register(name, session.batches(statement, **key).read_encoded())
    tried.register("left_out", left_out_table(budget))
    for statement in ("append_whatif_flips", "append_whatif_jobs", "append_whatif_left_out", "append_whatif_runs"):
        tried.run(f"audit/whatif/{statement}", **commit)
    return budget
