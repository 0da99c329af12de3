"""Staleness: detection of plans that are older than their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from planstore.database.session import Session
from planstore.errors import PlanStaleError
from planstore.routing.rules import current_rules


def stale_reasons(session: Session, plan_id: str, before_commit: int, now: datetime) -> list[str]:
    """Return the changes since the newest run that produced a plan, one sentence each; empty for a current plan.

    Args:
        session: a read-only session of the store.
        plan_id: a complete plan id.
        before_commit: the first commit that is ignored.
        now: the time at which overrides are checked for expiry.
    """
    plan = session.records("planning/run_of_plan", plan_id=plan_id)[0]
    newest = session.records("store/newest_run")[0]
    changes = []
    for name, input_name in (("evidence_id", "the evidence"), ("policy_id", "the policy")):
        if plan[name] != newest[name]:
            changes.append(
                f"{input_name} has changed: run {plan['run_id']} (commit {plan['commit_id']}) used {plan[name][:12]}, "
                f"run {newest['run_id']} (commit {newest['commit_id']}) uses {newest[name][:12]}"
            )
    if not changes and plan["plan_id"] != newest["plan_id"]:
        changes.append(
            f"run {newest['run_id']} (commit {newest['commit_id']}) arrived at another plan, {newest['plan_id'][:12]}"
        )
    shipped = [current_rules(float32=float32).rules_id for float32 in (False, True)]
    if plan["rules_id"] not in shipped:
        changes.append(
            f"the rules have changed: run {plan['run_id']} used {plan['rules_id'][:12]}, "
            f"this planstore ships {shipped[0][:12]}"
        )
    for override in session.records(
        "planning/overrides_since",
        commit_id=plan["commit_id"],
        started_at=plan["started_at"],
        before_commit=before_commit,
        now=now,
    ):
        symbol = f" on {override['symbol']}" if override["symbol"] else ""
        changes.append(
            f"an override of {override['target']}{symbol} ({override['route']}) was {override['change']} since "
            f"run {plan['run_id']}"
        )
    return changes


def refuse_stale(plan_id: str, changes: Sequence[str]) -> None:
    """Refuse to train a stale plan.

    Args:
        plan_id: the plan.
        changes: the changes from :func:`stale_reasons`.

    Raises:
        PlanStaleError: the plan is stale; names the changes.
    """
    if changes:
        raise PlanStaleError(
            f"plan {plan_id[:12]} is stale: {'; '.join(changes)}. "
            "Route again, or force it if it is to be trained as it is"
        )
