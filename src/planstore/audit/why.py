"""Why: the decision on a pair or a target, with every check behind it, and what would have changed it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from html import escape
from typing import TYPE_CHECKING, Any

from planstore.audit.replay import Outcome, Replay, in_lane, is_own, own_rows
from planstore.audit.scenario import Record, RunInputs
from planstore.audit.trace import trace, trace_among_all
from planstore.checks.quoting import quoted
from planstore.database.session import Session
from planstore.errors import StoreError
from planstore.events.vocabulary import CommitKind, JobState
from planstore.ledger.ledger import newest_commit_of_kind
from planstore.ledger.storage import ArtifactStorage

if TYPE_CHECKING:
    import pyarrow as pa

NO_DECISION = "NO_DECISION"
"""The rule of an answer about a pair on which the run decided nothing."""


@dataclass(frozen=True)
class Explanation:
    """A decision and what it rests on, derived again from the evidence, the policy and the rules of its day.

    Attributes:
        route: a pair's route; ``ENABLED`` or ``DISABLED`` for a target; None where the run decided nothing on it.
        rule: the short code of the rule that gave it.
        reasons: the texts recorded with it, in order; where nothing was decided, why not.
        checks: every check in the order in which the rules ran: ``side`` (``cross_sectional``, ``symbol``, ``pair``),
            ``check``, ``observed``, ``threshold`` (None: not asked for), ``passed``, ``source`` (where it says so).
        nearest_miss: the smallest single change of evidence that would have flipped the route, None if there is none:
            ``side, metric, observed, needed, distance, route, text``.
        nearest_policy: the smallest change of one threshold, or of another key by which a side passes a check that it
            does not pass now, that would have; None if none would:
            ``key, current, needed, distance, of_others, route, text``. Where the lane decides, of the thresholds at
            which a check of another symbol turns only the 40 nearest are tried (fewer where a target has more than a
            thousand candidates), so that one among the farther ones may come before the one that is told.
        override: the override that applied, None if none did.
        evidence: the candidates it rests on, as recorded: the pair's own and the target's cross-sectional one.
        jobs: the jobs it led to, each with its status, metrics and artifacts.
        findings: what does not hold: a route that the kept rules do not arrive at, a trace that cannot be derived.
    """

    target: str
    symbol: str | None
    run_id: str
    commit_id: int
    route: str | None
    rule: str
    reasons: list[str]
    cs_state: str | None
    local_state: str | None
    evidence_id: str
    policy_id: str
    policy_name: str | None
    rules_id: str
    plan_id: str
    checks: list[Record] = field(default_factory=list)
    nearest_miss: Record | None = None
    nearest_policy: Record | None = None
    override: Record | None = None
    evidence: list[Record] = field(default_factory=list)
    jobs: list[Record] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def _repr_html_(self) -> str:
        name = self.target if self.symbol is None else f"{self.target} / {self.symbol}"
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in [*self.findings, *self.reasons])
        rows = "".join(
            f"<tr><td>{escape(check['side'])}</td><td>{escape(check['check'])}</td><td>{escape(str(check['observed']))}</td>"
            f"<td>{escape(str(check['threshold']))}</td><td>{'✓' if check['passed'] else '✗'}</td>"
            f"<td>{escape(check['source'])}</td></tr>"
            for check in self.checks
        )
        misses = "".join(
            f"<p>{escape(miss['text'])}</p>" for miss in (self.nearest_miss, self.nearest_policy) if miss is not None
        )
        return (
            f"<b>{escape(name)}: {escape(self.route or 'no decision')}</b> by {escape(self.rule)}, "
            f"run {escape(self.run_id)}<ul>{reasons}</ul>"
            f"<table><tr><th>side</th><th>check</th><th>observed</th><th>threshold</th><th></th><th>source</th></tr>"
            f"{rows}</table>{misses}"
        )


def explain(session: Session, artifacts: ArtifactStorage, target: str, symbol: str | None, run: Record) -> Explanation:
    """Return why ``run`` routed a pair, or (``symbol`` None) a target's cross-sectional side, as it did.

    A pair on which the run decided nothing is explained as well: its ``route`` is None.
    """
    commit_id = run["commit_id"]
    known: dict[str, Any] = {
        "target": target,
        "symbol": symbol,
        "commit_id": commit_id,
        **{name: run[name] for name in ("run_id", "evidence_id", "policy_id", "rules_id", "plan_id")},
    }
    key = {"commit_id": commit_id, "target": target, "symbol": symbol}
    found = session.records("audit/why/decision", **key)
    row = session.row("audit/why/policy_name", policy_id=run["policy_id"])
    evidence = session.batches("audit/why/target_evidence", commit_id=commit_id, target=target).read_all()
    known |= {"policy_name": row[0] if row else None, "evidence": own_candidates(evidence, symbol)}
    if not found:
        return Explanation(
            **known,
            route=None,
            rule=NO_DECISION,
            reasons=absence(session, target, symbol, run),
            cs_state=None,
            local_state=None,
        )
    decision = found[0]
    known |= {name: decision[name] for name in ("route", "rule", "reasons", "cs_state", "local_state")}
    jobs = _jobs(session, run["plan_id"], target, symbol, decision["route"])
    try:
        kept = RunInputs.of(session, artifacts, run, target, symbol)
        shown = _trace(kept, evidence, target, symbol, decision)
    except StoreError as error:
        shown = {"findings": [f"how this came about cannot be derived again: {error}"]}
    return Explanation(**known, jobs=jobs, **shown)


def _trace(kept: RunInputs, evidence: pa.Table, target: str, symbol: str | None, decision: Record) -> dict[str, Any]:
    """Return what running the kept rules again shows."""
    scenario = kept.scenario()
    with Replay(
        own_rows(evidence, symbol, kept.overrides), target, symbol, whole=lambda _: evidence
    ).opened() as replay:
        look = trace_among_all if in_lane(decision) and scenario.has_lane else trace
        found = look(replay, kept.rules, scenario)
        if look is trace and disagreements(decision, found.outcome):
            found = trace_among_all(replay, kept.rules, scenario)
    return {
        "checks": [
            check
            | {name: None if check[name] is None else json.loads(check[name]) for name in ("observed", "threshold")}
            for check in found.checks
        ],
        "nearest_miss": found.nearest_miss,
        "nearest_policy": found.nearest_policy,
        "override": next((o for o in kept.overrides if o["override_id"] == decision["override_id"]), None),
        "findings": disagreements(decision, found.outcome),
    }


def _jobs(session: Session, plan_id: str, target: str, symbol: str | None, route: str) -> list[Record]:
    """Return the jobs that a decision led to, with where they are and what they made."""
    jobs = session.records("audit/why/job", plan_id=plan_id, target=target, symbol=symbol, route=route)
    if not jobs:
        return []
    ids = [job["job_id"] for job in jobs]
    any_status = newest_commit_of_kind(session, CommitKind.STATUS)
    latest = session.records("audit/why/job_status", plan_id=plan_id, job_ids=ids) if any_status else []
    statuses = {row["job_id"]: row for row in latest}
    unknown = {"status": JobState.PLANNED.value, "attempt": None, "worker": None, "occurred_at": None, "error": None}
    found = []
    for job in jobs:
        status = statuses.get(job["job_id"], {**unknown, "metrics": None, "artifacts": None})
        metrics = status["metrics"]
        found.append({**job, **status, "metrics": None if metrics is None else json.loads(metrics)})
    return found


def own_candidates(evidence: pa.Table, symbol: str | None) -> list[Record]:
    """Return the candidates that a pair rests on, as recorded: its target's cross-sectional rows and its own."""
    rows: list[Record] = evidence.filter(is_own(evidence, symbol)).drop_columns(["commit_id", "position"]).to_pylist()
    return rows


def disagreements(decision: Record, outcome: Outcome) -> list[str]:
    """Return where what was recorded is not what the rules of its day arrive at over the evidence of its day."""
    if outcome is None:
        return [f"the kept rules decide nothing here, but {decision['route']} is recorded"]
    return [
        f"{name} is recorded as {decision[name]!r}, but the kept rules arrive at {outcome[name]!r}"
        for name in ("route", "rule", "cs_state", "local_state", "override_id", "reasons")
        if decision[name] != outcome[name]
    ]


def absence(session: Session, target: str, symbol: str | None, run: Record) -> list[str]:
    """Return why a run decided nothing on a pair or target, one sentence each."""
    commit_id, run_id = run["commit_id"], run["run_id"]
    told = []
    for row in session.records("audit/why/unread_candidates", commit_id=commit_id, target=target, symbol=symbol):
        told.append(
            f"run {run_id} holds a candidate of it (mode {row['mode']}, row {row['row']}), "
            "but none of the two modes that the rules read"
        )
    if not told:
        told.append(f"run {run_id} holds no candidate of {_named(target, symbol)}")
    elsewhere = session.records("audit/why/other_runs", target=target, symbol=symbol, commit_id=commit_id)
    if elsewhere:
        seen = elsewhere[0]
        told.append(
            f"{seen['runs']} other run{'s' if seen['runs'] > 1 else ''} decided on it, "
            f"last run {seen['run_id']} (commit {seen['commit_id']}): {seen['route']}"
        )
    else:
        told.append("no other run decided on it either")
        told.extend(_nearest_names(session, target, symbol, run))
    return told


def _nearest_names(session: Session, target: str, symbol: str | None, run: Record) -> list[str]:
    names = _names_like(session, "target", None, target, run)
    if symbol is None or target not in names:
        return [f"the nearest targets: {', '.join(map(repr, names))}"] if target not in names else []
    names = _names_like(session, "symbol", target, symbol, run)
    return [f"the nearest symbols of this target: {', '.join(map(repr, names))}"]


def _names_like(session: Session, what: str, within: str | None, name: str, run: Record) -> list[str]:
    rows = session.rows("audit/why/names_like", what=what, within=within, name=name, commit_id=run["commit_id"])
    return [found for (found,) in rows]


def _named(target: str, symbol: str | None) -> str:
    return quoted(target) if symbol is None else f"{quoted(target)} on {quoted(symbol)}"
