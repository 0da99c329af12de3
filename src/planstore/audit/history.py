"""History: each change of a route over the runs, and what caused it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from planstore.audit.causes import ComparedRun, Flip, ReplayBatch
from planstore.audit.replay import Replay
from planstore.audit.scenario import Record, RunInputs
from planstore.checks.quoting import quoted
from planstore.database.session import Session
from planstore.errors import NotFoundError, StoreError
from planstore.events.candidate_columns import RULE_INPUTS
from planstore.events.vocabulary import Cause, Side
from planstore.ledger.storage import ArtifactStorage
from planstore.pages.answers import Answer


@dataclass(frozen=True, repr=False)
class Change(Answer):
    """A run in which a pair or target got another route than in the run before.

    Attributes:
        run_id, commit_id, recorded_at: the run.
        route: the route it gave; None where it decided nothing, for lack of evidence.
        previous_route: the route of the run before; None where that decided nothing, and for the first decision.
        rule: the rule that gave the route.
        causes: what caused it: ``cause`` (``evidence``, ``policy``, ``rules``, ``override``, ``families``), ``text``,
            ``from`` and ``to``; with ``side`` and ``metric`` for evidence, ``key`` for a policy.
    """

    run_id: str
    commit_id: int
    recorded_at: datetime
    route: str | None
    previous_route: str | None
    rule: str | None
    causes: list[Record]

    @property
    def because(self) -> str:
        """The causes as one text."""
        return "; ".join(cause["text"] for cause in self.causes)

    def __str__(self) -> str:
        change = f"{self.previous_route or 'no decision'} → {self.route or 'no decision'}"
        because = f", because of {self.because}" if self.causes else ""
        return f"run {self.run_id} (commit {self.commit_id}): {change}{because}"

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def history(session: Session, artifacts: ArtifactStorage, target: str, symbol: str | None) -> list[Change]:
    """Return the changes of a pair's route, or (``symbol`` None) of a target's cross-sectional side, oldest first.

    Raises:
        NotFoundError: no run decided on it.
    """
    rows = session.records("audit/history/decision_history", target=target, symbol=symbol)
    if not any(row["route"] for row in rows):
        name = quoted(target) if symbol is None else f"{quoted(target)} on {quoted(symbol)}"
        raise NotFoundError(f"no run decided on {name}; `planstore why` says what comes nearest")
    first = next(place for place, row in enumerate(rows) if row["route"])
    pairs = [
        (before, after)
        for before, after in zip(rows[first:], rows[first + 1 :], strict=False)
        if before["route"] != after["route"]
    ]
    causes = _causes(session, artifacts, target, symbol, pairs)
    appeared = {"cause": Cause.EVIDENCE.value, "metric": "candidate", "from": "absent", "to": "present"}
    began = [appeared | {"text": f"run {rows[first]['run_id']} is the first to hold a candidate of it"}]
    changes = [(rows[first], None, began)]
    changes += [(after, before["route"], found) for (before, after), found in zip(pairs, causes, strict=True)]
    return [
        Change(row["run_id"], row["commit_id"], row["recorded_at"], row["route"], previous, row["rule"], found)
        for row, previous, found in changes
    ]


def _causes(
    session: Session, artifacts: ArtifactStorage, target: str, symbol: str | None, pairs: list[tuple[Record, Record]]
) -> list[list[Record]]:
    """Return the causes of each flip; one pass of each version of the rules answers for all of them."""
    if not pairs:
        return []
    runs = {row["commit_id"]: row for pair in pairs for row in pair}
    try:
        inputs = {commit: RunInputs.of(session, artifacts, run, target, symbol) for commit, run in runs.items()}

        key = {"target": target, "symbol": symbol, "first": min(runs), "last": max(runs)}
        candidates = _by_commit(session.records("audit/history/evidence_history", **key, rule_inputs=RULE_INPUTS))
        batch = ReplayBatch()
        sides = {
            commit: ComparedRun(inputs[commit], run["route"], candidates.get(commit, {}))
            for commit, run in runs.items()
        }
        flips = [Flip(batch, sides[a["commit_id"]], sides[b["commit_id"]]) for a, b in pairs]

        overrides = [override for run in inputs.values() for override in run.overrides]
        with Replay(session, target, symbol, overrides).opened() as replay:
            batch.run(replay)
            return [flip.causes() for flip in flips]
    except StoreError as error:
        return [[{"cause": "unknown", "text": f"cannot be derived again: {error}"}] for _ in pairs]


def _by_commit(evidence: Sequence[Record]) -> dict[int, dict[str, Record]]:
    """Return the candidates that a pair rests on, by commit and side; the first of a side counts."""
    found: dict[int, dict[str, Record]] = {}
    for row in evidence:
        side = Side.of_mode(row["mode"])
        if side is None:
            continue
        found.setdefault(row["commit_id"], {}).setdefault(side, row)
    return found
