"""Why: the decision on a pair or a target, with the rule, the reasons, the evidence and the policy behind it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from html import escape
from typing import Any

from planstore.database import Session
from planstore.errors import NotFoundError


@dataclass(frozen=True)
class Explanation:
    """A decision and what it rests on.

    Attributes:
        route: a pair's route; ``ENABLED`` or ``DISABLED`` for a target.
        rule: the short code of the rule that gave it.
        reasons: the texts recorded with it, in order.
        evidence: the candidates it rests on, as recorded: the pair's own and the target's cross-sectional one.
        jobs: the jobs it led to.
    """

    target: str
    symbol: str | None
    run_id: str
    commit_id: int
    route: str
    rule: str
    reasons: list[str]
    cs_state: str
    local_state: str | None
    evidence: list[dict[str, Any]]
    evidence_id: str
    policy_id: str
    policy_name: str | None
    rules_id: str
    plan_id: str
    jobs: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def _repr_html_(self) -> str:
        name = self.target if self.symbol is None else f"{self.target} / {self.symbol}"
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in self.reasons)
        return f"<b>{escape(name)}: {self.route}</b> by {self.rule}, run {escape(self.run_id)}<ul>{reasons}</ul>"


def explain(session: Session, target: str, symbol: str | None, run: dict[str, Any]) -> Explanation:
    """Return why ``run`` routed a pair, or (``symbol`` None) a target's cross-sectional side, as it did.

    Raises:
        NotFoundError: the run has no such decision; names what comes nearest.
    """
    commit_id = run["commit_id"]
    found = session.records("audit/decision", commit_id=commit_id, target=target, symbol=symbol)
    if not found:
        raise NotFoundError(_missing(session, target, symbol, run))
    decision = found[0]
    evidence = session.records("audit/evidence", commit_id=commit_id, target=target, symbol=symbol)
    for row in evidence:
        del row["commit_id"], row["position"], row["run_id"]
    return Explanation(
        target=target,
        symbol=symbol,
        run_id=decision["run_id"],
        commit_id=commit_id,
        route=decision["route"],
        rule=decision["rule"],
        reasons=decision["reasons"],
        cs_state=decision["cs_state"],
        local_state=decision["local_state"],
        evidence=evidence,
        evidence_id=decision["evidence_id"],
        policy_id=decision["policy_id"],
        policy_name=decision["policy_name"],
        rules_id=decision["rules_id"],
        plan_id=decision["plan_id"],
        jobs=session.records("audit/job", plan_id=decision["plan_id"], target=target, symbol=symbol),
    )


def _missing(session: Session, target: str, symbol: str | None, run: dict[str, Any]) -> str:
    near = session.rows("audit/names_like", what="target", within=None, name=target, commit_id=run["commit_id"])
    names = [name for (name,) in near]
    if symbol is None or target not in names:
        return f"run {run['run_id']} has no target {target!r}; the nearest: {', '.join(map(repr, names))}"
    near = session.rows("audit/names_like", what="symbol", within=target, name=symbol, commit_id=run["commit_id"])
    names = [name for (name,) in near]
    return (
        f"run {run['run_id']} has no candidate for {target!r} on {symbol!r}; the nearest: {', '.join(map(repr, names))}"
    )
