"""The jobs that the budget of a recorded plan left out, planned again from the run's evidence, policy and rules."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from planstore.audit.scenario import Record, RunInputs
from planstore.audit.staging import stage_run
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.ledger.storage import ArtifactStorage
from planstore.plans.budget import left_out_table
from planstore.plans.fit_times import fit_times_of
from planstore.plans.planning import plan_jobs
from planstore.routing.rules import apply_rules

if TYPE_CHECKING:
    import pyarrow as pa


def left_out_jobs(session: Session, artifacts: ArtifactStorage, run: Record) -> pa.Table:
    """Return the jobs that the budget left out of a run's plan, or some of whose families it left out, in plan order.

    Args:
        session: reads the ledger.
        artifacts: storage of policies, rules and fit times.
        run: a row of ``runs``.

    Raises:
        StoreError: an artifact is missing or altered, or the run's rules cannot be run by this version.
    """
    if session.row("audit/leaves_out", plan_id=run["plan_id"]) is None:
        return left_out_table(None)
    inputs = RunInputs.of(session, artifacts, run)
    with closing(memory(confined=True)) as replay:
        replay.register("evidence", session.batches("audit/run_evidence", commit_id=run["commit_id"]).read_all())
        stage_run(replay, inputs.scenario())
        apply_rules(replay, inputs.rules)
        _, budget = plan_jobs(replay, lambda: fit_times_of(session, artifacts, run["commit_id"]))
    assert budget is not None, "a plan that leaves something out has a budget"
    return left_out_table(budget)
