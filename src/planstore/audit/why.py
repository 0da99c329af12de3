"""Why: the decision on a pair or a target, with every check behind it, and what would have changed it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from planstore.audit.replay import Outcome, Replay, in_lane
from planstore.audit.scenario import Record, RunInputs
from planstore.audit.trace import MOST_AMONG_ALL, trace, trace_among_all
from planstore.checks.quoting import quoted
from planstore.database.session import Session
from planstore.errors import StoreError
from planstore.events.candidate_columns import REQUIRED
from planstore.events.vocabulary import CommitKind, JobState, Mode, Route, Side, TargetState
from planstore.ledger.ledger import newest_commit_of_kind
from planstore.ledger.storage import ArtifactStorage
from planstore.pages.answers import TableAnswer
from planstore.plans.budget import budget_text
from planstore.routing.candidates import ways_out

LACKS = "the candidate has no "
"""The end of the source of a check that fails for want of a column, before its name."""
NO_DECISION = "NO_DECISION"
"""The rule in an explanation of a pair without a decision."""
_JOBS: Mapping[str, int] = {
    TargetState.ENABLED: 1,
    Route.CROSS_SECTIONAL: 1,
    Route.SYMBOL_SPECIFIC: 1,
    Route.BOTH: 2,
    Route.EXPERIMENTAL_ONLY: 1,
}
"""Number of jobs of a decision with a route, without a budget."""


@dataclass(frozen=True, repr=False)
class Explanation(TableAnswer):
    """A decision with its inputs and checks, derived again from the run's evidence, policy and rules.

    Attributes:
        route: a pair's route; ``ENABLED`` or ``DISABLED`` for a target; None without a decision.
        rule: the short code of the deciding rule.
        reasons: the recorded texts, in order; without a decision, the reasons for its absence.
        checks: every check, in the order of the rules: ``side`` (``cross_sectional``, ``symbol``, ``pair``),
            ``check``, ``observed``, ``threshold`` (None: none is required), ``passed``, ``source``
            (the policy key).
        nearest_miss: the smallest single change of evidence that would have flipped the route, None if there is none:
            ``side, metric, observed, needed, distance, route, text``.
        nearest_policy: the smallest change of one policy key that would have flipped the route, None if there is none:
            ``key, current, needed, distance, of_others, route, text``. A key other than a threshold counts if the
            change makes a failed check pass. Where the lane decides, only the 40 nearest thresholds of other symbols'
            checks are tried (fewer for targets of more than a thousand candidates), so a nearer change may exist.
        trials: the number of distinct measurements of each side that the store had recorded by this run.
        forecasts: of each side with a score, the interval in which nine in ten later scores lie, by the outcomes of
            earlier runs that were known at the end of its evidence: ``low``, ``high`` and the number of ``outcomes``.
            Without enough outcomes there is none.
        override: the applied override, or None.
        evidence: the recorded candidates of the pair and of the target's cross-sectional side.
        jobs: the resulting jobs, each with its status, metrics and artifacts.
        left_out: the jobs that the policy's budget leaves out of the plan, one sentence each.
        findings: contradictions: the archived rules give another decision, or cannot be applied.
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
    trials: dict[str, int] = field(default_factory=dict)
    forecasts: dict[str, Record] = field(default_factory=dict)
    override: Record | None = None
    evidence: list[Record] = field(default_factory=list)
    jobs: list[Record] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def records(self) -> list[Record]:
        """Return the checks."""
        return self.checks

    def __str__(self) -> str:
        return "\n".join((*self.decision_lines(), *self.nearest_lines()))

    def decision_lines(self) -> Iterator[str]:
        """Yield the route, the rule and the reasons, and all findings, each a line."""
        name = self.target if self.symbol is None else f"{self.target} on {self.symbol}"
        yield f"{name}: {self.route or 'no decision'}"
        yield ""
        if self.route is None:
            yield f"Run {self.run_id} (commit {self.commit_id}) has no decision on it:"
        else:
            yield f"Decided by rule {self.rule} in run {self.run_id} (commit {self.commit_id}):"
        yield from (f"  - {reason}" for reason in self.reasons)
        yield from (f"  - {sentence}" for sentence in self.left_out)
        yield from (f"  - {sentence}" for sentence in self.context())
        yield from (f"  ! {finding}" for finding in self.findings)

    def context(self) -> Iterator[str]:
        """Yield a sentence on the trials of its evidence, and one on the later scores of each side, where known."""
        repeated = [f"{Side(side).label} {count}" for side, count in self.trials.items() if count > 1]
        if repeated:
            yield f"trials so far, this one included: {', '.join(repeated)}"
        for side, one in self.forecasts.items():
            yield (
                f"nine in ten later {Side(side).label} scores lie from {one['low']:.3f} to {one['high']:.3f}, by "
                f"{one['outcomes']:,} outcomes of earlier runs"
            )

    def nearest_lines(self) -> Iterator[str]:
        """Yield the nearest changes that would have flipped the route, each a line after an empty one."""
        if self.nearest_miss or self.nearest_policy:
            yield ""
            yield "The nearest change that would have flipped it:"
            for kind, miss in (("evidence", self.nearest_miss), ("policy", self.nearest_policy)):
                yield f"  {kind}: {miss['text']}" if miss else f"  {kind}: no single change would"
        elif self.checks:
            yield ""
            yield "No single change of evidence or of the policy would have flipped it."
        lacking = {check["source"].partition(LACKS)[2] for check in self.checks if not check["passed"]}
        columns = [column for column in REQUIRED if column in lacking]
        if columns:
            yield ""
            yield f"Its evidence has no {' and no '.join(columns)}, which the policy requires: {ways_out(columns)}."


def explain(session: Session, artifacts: ArtifactStorage, target: str, symbol: str | None, run: Record) -> Explanation:
    """Explain the decision of ``run`` on a pair, or (``symbol`` None) on a target's cross-sectional side.

    A pair without a decision is explained as well: its ``route`` is None.
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
    own = session.records("audit/why/own_evidence", **key)
    candidates = max((candidate.pop("candidates") for candidate in own), default=0)
    trials = {
        side.value: count for mode, count in session.rows("audit/why/trials", **key) if (side := Side.of_mode(mode))
    }
    known |= {"policy_name": row[0] if row else None, "evidence": own, "trials": trials}
    known["forecasts"] = _forecasts(session, commit_id, own)
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
        inputs = RunInputs.of(session, artifacts, run, target, symbol)
        replay = Replay(session, target, symbol, inputs.overrides, is_small=candidates <= MOST_AMONG_ALL)
        shown = _trace(replay, inputs, decision, candidates)
        shown["nearest_miss"] = _with_p_value(session, commit_id, shown["nearest_miss"])
    except StoreError as error:
        shown = {"findings": [f"the decision cannot be derived again: {error}"]}
    return Explanation(**known, jobs=jobs, left_out=_left_out(session, known, jobs), **shown)


def _trace(replay: Replay, inputs: RunInputs, decision: Record, candidates: int) -> dict[str, Any]:
    """Return the checks, nearest changes and findings of a replay."""
    scenario = inputs.scenario()
    with replay.opened():
        look = trace_among_all if in_lane(decision) and scenario.has_lane else trace
        found = look(replay, inputs.rules, scenario, candidates)
        if look is trace and disagreements(decision, found.outcome):
            found = trace_among_all(replay, inputs.rules, scenario, candidates)
    return {
        "checks": [
            check
            | {name: None if check[name] is None else json.loads(check[name]) for name in ("observed", "threshold")}
            for check in found.checks
        ],
        "nearest_miss": found.nearest_miss,
        "nearest_policy": found.nearest_policy,
        "override": next((o for o in inputs.overrides if o["override_id"] == decision["override_id"]), None),
        "findings": disagreements(decision, found.outcome),
    }


def _forecasts(session: Session, commit_id: int, candidates: list[Record]) -> dict[str, Record]:
    """Return the interval of later scores of each side, by its score and the outcomes of earlier runs."""
    if not newest_commit_of_kind(session, CommitKind.OUTCOMES):
        return {}
    names = sorted({one["metric_name"] for one in candidates if one["metric_name"]})
    rows = session.rows("audit/why/forecasts", commit_id=commit_id, metric_names=names)
    widths = {(pooled, metric): (outcomes, width) for pooled, metric, outcomes, width in rows}
    found: dict[str, Record] = {}
    for one in candidates:
        side = Side.of_mode(one["mode"])
        known = widths.get((side == Side.CROSS_SECTIONAL, one["metric_name"]))
        if side is not None and known is not None and one["score"] is not None:
            low, high = one["score"] - known[1], one["score"] + known[1]
            found.setdefault(side.value, {"low": low, "high": high, "outcomes": known[0]})
    return found


def _with_p_value(session: Session, commit_id: int, miss: Record | None) -> Record | None:
    """Add to a miss by a q-value the p-value that would give the needed one, which people know better."""
    if (
        miss is None
        or miss["metric"] not in ("q_value", "q_value_by")
        or not miss["needed"] < (miss["observed"] or 0.0)
    ):
        return miss
    mode = Mode.CROSS_SECTIONAL if miss["side"] == Side.CROSS_SECTIONAL else Mode.SYMBOL_SPECIFIC
    is_by = miss["metric"] == "q_value_by"
    row = session.row("audit/why/needed_p_value", commit_id=commit_id, mode=mode, rate=miss["needed"], by=is_by)
    assert row is not None, "an aggregate has a row"
    return miss | {"p_value": row[0], "text": f"{miss['text']} (p_value {row[0]:.3g} would give it)"}


def _jobs(session: Session, plan_id: str, target: str, symbol: str | None, route: str) -> list[Record]:
    """Return the jobs of a decision, with their statuses, metrics and artifacts."""
    jobs = session.records("audit/why/job", plan_id=plan_id, target=target, symbol=symbol, route=route)
    if not jobs:
        return []
    ids = [job["job_id"] for job in jobs]
    any_status = newest_commit_of_kind(session, CommitKind.STATUS)
    latest = session.records("audit/why/job_status", plan_id=plan_id, job_ids=ids) if any_status else []
    statuses = {row["job_id"]: row for row in latest}
    unknown = {
        "status": JobState.PLANNED.value,
        "attempt": None,
        "worker": None,
        "occurred_at": None,
        "error": None,
        "reused_from": None,
        "left_out": None,
    }
    found = []
    for job in jobs:
        status = statuses.get(job["job_id"], {**unknown, "metrics": None, "artifacts": None})
        metrics = status["metrics"]
        found.append({**job, **status, "metrics": None if metrics is None else json.loads(metrics)})
    return found


def _left_out(session: Session, decision: Record, jobs: list[Record]) -> list[str]:
    """Return a sentence for each job of a decision that the budget leaves out of the plan."""
    route, symbol = decision["route"], decision["symbol"]
    expected = _JOBS.get(route, 0)
    if len(jobs) >= expected:
        return []
    key = {name: decision[name] for name in ("commit_id", "plan_id", "target", "symbol")}
    return [
        f"{'Its' if row['symbol'] == symbol else 'The cross-sectional'} job is left out of the plan: "
        f"{budget_text(json.loads(row['budget']))}"
        for row in session.records("audit/why/left_out", **key)
    ]


def disagreements(decision: Record, outcome: Outcome) -> list[str]:
    """Return the differences between a recorded decision and its replay, one sentence each."""
    if outcome is None:
        return [f"the archived rules give no decision, but {decision['route']} is recorded"]
    return [
        f"{name} is recorded as {decision[name]!r}, but the archived rules give {outcome[name]!r}"
        for name in ("route", "rule", "cs_state", "local_state", "override_id", "reasons")
        if decision[name] != outcome[name]
    ]


def absence(session: Session, target: str, symbol: str | None, run: Record) -> list[str]:
    """Return the reasons why a run has no decision on a pair or target, one sentence each."""
    commit_id, run_id = run["commit_id"], run["run_id"]
    reasons = []
    for row in session.records("audit/why/unread_candidates", commit_id=commit_id, target=target, symbol=symbol):
        reasons.append(
            f"run {run_id} holds a candidate of it (mode {row['mode']}, row {row['row']}), "
            "but none of the two modes that the rules read"
        )
    if not reasons:
        reasons.append(f"run {run_id} holds no candidate of {_named(target, symbol)}")
    elsewhere = session.records("audit/why/other_runs", target=target, symbol=symbol, commit_id=commit_id)
    if elsewhere:
        seen = elsewhere[0]
        reasons.append(
            f"{seen['runs']} other run{'s' if seen['runs'] > 1 else ''} decided on it, "
            f"last run {seen['run_id']} (commit {seen['commit_id']}): {seen['route']}"
        )
    else:
        reasons.append("no other run decided on it either")
        reasons.extend(_nearest_names(session, target, symbol, run))
    return reasons


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
