"""Creation of a run: decisions, plan and commit from a checked request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.events.digest import StagedRows
from planstore.events.vocabulary import CommitKind, Semantics
from planstore.ledger.ledger import Ledger, newest_commit_of_kind
from planstore.plans.fit_times import FitTimes, Timing, measured_fit_times
from planstore.plans.planning import make_plan
from planstore.routing.derived_columns import earlier_tests
from planstore.routing.rules import apply_rules, current_rules, refuse_sides_left_out
from planstore.runs.commit import OvertakenError, RunCommit
from planstore.runs.request import RunRequest
from planstore.runs.run import Run

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger("planstore.routing")

PART_ROWS = 1_100_000
"""Decisions that are computed at once; more are divided by target, because their texts need most of the memory."""


def make_run(ledger: Ledger, request: RunRequest) -> Run:
    """Decide, plan and record a run in one commit; repeat if an override is set or cleared meanwhile.

    Raises:
        RunConflictError, KeyConflictError: the run id or key identifies another run.
        StaleError: another commit than ``expected_commit`` is the newest.
        PolicyError: the policy leaves out a side that has candidates.
    """
    refuse_left_out(request)
    while True:
        session = ledger.writer()
        try:
            return _decide_and_record(ledger, session, request)
        except OvertakenError:
            continue
        finally:
            session.close()


def _decide_and_record(ledger: Ledger, session: Session, request: RunRequest) -> Run:
    def timing() -> FitTimes:
        with closing(ledger.query_session()) as reading:
            return measured_fit_times(reading, ledger.last_commit() + 1)

    newest_override = newest_commit_of_kind(session, CommitKind.OVERRIDE)
    newest_run = newest_commit_of_kind(session, CommitKind.RUN)

    def trials() -> pa.Table:
        with closing(ledger.query_session()) as reading:
            return earlier_tests(reading, newest_run + 1)

    content = decide(session, request, newest_override, ledger.now(session), timing, trials)
    plan = content.plan
    ledger.artifacts.put_all([document for _, document, _ in content.documents()])
    recorded = content.record(ledger, session, content.run_id, newest_run)
    if request.policy.log_decision_reasons and _log.isEnabledFor(logging.INFO):
        for target, symbol, route, reasons in session.rows("store/log_reasons"):
            _log.info("%s%s: %s (%s)", target, f" / {symbol}" if symbol else "", route, reasons)
    if recorded.is_new:
        is_new_plan, routes = recorded.is_new_plan, session.rows("store/route_counts")
    else:
        # because a repeated run may have been decided under other overrides
        with closing(ledger.query_session()) as reading:
            is_new_plan = reading.row("store/plan_run", plan_id=recorded.plan_id) == (recorded.run_id,)
            routes = reading.rows("store/run_route_counts", commit_id=recorded.commit_id)
    return Run(
        run_id=recorded.run_id,
        commit_id=recorded.commit_id,
        evidence_id=plan.evidence_id,
        policy_id=plan.policy_id,
        rules_id=plan.rules_id,
        plan_id=recorded.plan_id,
        is_new=recorded.is_new,
        is_new_plan=is_new_plan,
        routes=dict(routes),
        _ledger=ledger,
    )


def refuse_left_out(request: RunRequest) -> None:
    """Refuse a policy that leaves out a side with candidates, before a store is created.

    Raises:
        PolicyError: names the side.
    """
    if request.policy.leaves_out_a_side:
        with closing(memory()) as session:
            _stage_scenario(session, request)
            refuse_sides_left_out(session)


def decide(
    session: Session,
    request: RunRequest,
    overrides_as_of: int,
    moment: datetime,
    timing: Timing,
    trials: Callable[[], pa.Table],
) -> RunCommit:
    """Decide and plan a request; the rows are staged in the session, and nothing is recorded.

    Args:
        session: session for the staged rows; without overrides it needs no lake.
        request: the request.
        overrides_as_of: newest commit of overrides; 0 means that there is none.
        moment: time of the run, at which overrides are in force.
        timing: returns the times by which a budget of hours is applied.
        trials: returns the earlier tests, for a policy that counts them.

    Raises:
        PolicyError: the policy leaves out a side that has candidates.
    """
    if request.policy.count_trials:
        request = replace(request, evidence=request.evidence.over_trials(trials()))
    _stage(session, request, overrides_as_of, moment)
    is_reference = request.policy.semantics == Semantics.REFERENCE
    rules = current_rules(float32=is_reference and request.evidence.has_float32_scores)
    part_rows = PART_ROWS if request.evidence.staged.rows > PART_ROWS else None
    decisions = StagedRows(apply_rules(session, rules, part_rows).drop_columns(["position", "scenario"]))
    session.run("scenario/run/drop_signal_states")
    plan = make_plan(
        session,
        evidence_id=request.evidence.evidence_id,
        policy_id=request.policy.policy_id,
        rules_id=rules.rules_id,
        requested=request.settings["model_families"],
        timing=timing,
    )
    return RunCommit(request, decisions, plan, moment, rules, overrides_as_of)


def _stage_scenario(session: Session, request: RunRequest) -> None:
    """Stage a scenario and its evidence."""
    session.register("evidence", request.evidence.table)
    session.run("scenario/run/scenario_evidence")
    session.run(
        "scenario/run/scenarios",
        document=request.policy.document.decode(),
        model_families=request.settings["model_families"],
        include_blocked=request.settings["include_blocked"],
    )


def _stage(session: Session, request: RunRequest, overrides_as_of: int, moment: datetime) -> None:
    """Stage the input of the rules: a scenario, its evidence, and the overrides in force."""
    _stage_scenario(session, request)
    if overrides_as_of:
        session.run("scenario/overrides_in_force")
        session.run("scenario/run/scenario_overrides", before_commit=overrides_as_of + 1, moment=moment)
    else:
        session.run("scenario/no_overrides/scenario_overrides")
