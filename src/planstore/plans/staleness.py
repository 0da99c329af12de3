"""Staleness: whether what a plan follows from has moved on since it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from planstore.database.session import Session
from planstore.errors import PlanStaleError
from planstore.routing.rules import current_rules


def what_moved_on(session: Session, plan_id: str, before_commit: int, now: datetime) -> list[str]:
    """Return what has changed since the newest run that arrived at a plan, one sentence each; empty for a fresh plan.

    Args:
        session: a reading session of the store.
        plan_id: the whole id of a plan.
        before_commit: the first commit that does not count.
        now: the time by which overrides have expired.
    """
    plan = session.records("planning/run_of_plan", plan_id=plan_id)[0]
    newest = session.records("store/newest_run")[0]
    told = []
    for name, what in (("evidence_id", "the evidence"), ("policy_id", "the policy")):
        if plan[name] != newest[name]:
            told.append(
                f"{what} has moved on: run {plan['run_id']} (commit {plan['commit_id']}) used {plan[name][:12]}, "
                f"run {newest['run_id']} (commit {newest['commit_id']}) uses {newest[name][:12]}"
            )
    if not told and plan["plan_id"] != newest["plan_id"]:
        told.append(
            f"run {newest['run_id']} (commit {newest['commit_id']}) arrived at another plan, {newest['plan_id'][:12]}"
        )
    shipped = [current_rules(float32=float32).rules_id for float32 in (False, True)]
    if plan["rules_id"] not in shipped:
        told.append(
            f"the rules have moved on: run {plan['run_id']} used {plan['rules_id'][:12]}, "
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
        told.append(
            f"an override of {override['target']}{symbol} ({override['route']}) was {override['change']} since "
            f"run {plan['run_id']}"
        )
    return told


def refuse_stale(plan_id: str, told: Sequence[str]) -> None:
    """Refuse a plan that should not be trained any more.

    Args:
        plan_id: the plan.
        told: what :func:`what_moved_on` says of it.

    Raises:
        PlanStaleError: says what changed.
    """
    if told:
        raise PlanStaleError(
            f"plan {plan_id[:12]} is stale: {'; '.join(told)}. Route again, or force it if it is to be trained as it is"
        )
