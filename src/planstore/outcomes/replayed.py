"""Policies replayed over the evidence of runs, and the scores that their routes then had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from planstore.audit.scenario import EvidenceSet, Record, RunInputs, Scenario
from planstore.audit.staging import of_commits, stage
from planstore.audit.whatif import evidence_under
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.ledger.storage import ArtifactStorage
from planstore.routing.rules import apply_rules

if TYPE_CHECKING:
    from planstore.routing.policy import Policy

ROWS_AT_ONCE = 2_000_000
"""Maximum number of candidates of all scenarios that are decided at once, unless one scenario has more."""
COLUMNS = ("pairs", "pooled", "own", "both", "experimental", "jobs", "advantage")
"""The sums of a policy in a run: pairs, pairs by model, jobs, and the sum of the scores over null."""


class ReplayedRoutes:
    """Decides the evidence of runs under policies, by the current rules, and sums up what came true.

    Args:
        session: a session of the store, with views.
        artifacts: storage of policies and rules.
        comparable: pairs of runs with the outcomes of all three models, by commit.
    """

    def __init__(
        self, session: Session, artifacts: ArtifactStorage, comparable: Mapping[int, Sequence[Record]]
    ) -> None:
        self._session = session
        self._artifacts = artifacts
        self._comparable = comparable
        self._recorded = memory(confined=True)
        self._tried = memory(confined=True)

    def __enter__(self) -> ReplayedRoutes:
        return self

    def __exit__(self, *_: object) -> None:
        self._recorded.close()
        self._tried.close()

    def recorded(self, run: Record) -> list[float]:
        """Return the sums of the recorded decisions of a run, in the order of `COLUMNS`."""
        decisions = self._session.batches("outcomes/recorded_decisions", commit_id=run["commit_id"]).read_all()
        self._recorded.register("decisions", decisions)
        return self._sums(self._recorded, run)[0]

    def replayed(self, run: Record, policies: Sequence[Policy]) -> list[list[float]]:
        """Return the sums of each policy in a run, in the order of `COLUMNS`.

        Args:
            run: a row of ``runs``.
            policies: the policies.
        """
        inputs = RunInputs.of(self._session, self._artifacts, run)
        evidence = of_commits(evidence_under(self._session, self._tried, policies, run["commit_id"]))
        at_once = max(1, ROWS_AT_ONCE // max(1, evidence.num_rows))
        found: list[list[float]] = []
        for chosen in _parts(policies, at_once):
            stage(self._tried, evidence, [_scenario(inputs, policy) for policy in chosen])
            apply_rules(self._tried)
            found += self._sums(self._tried, run)
        return found

    def _sums(self, tried: Session, run: Record) -> list[list[float]]:
        import pyarrow as pa

        rows = self._comparable[run["commit_id"]]
        text, number = pa.string(), pa.float64()
        schema = pa.schema([("target", text), ("symbol", text), ("pooled", number), ("own", number), ("both", number)])
        tried.register("comparable", pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows],
                                                          schema))  # fmt: skip
        return [[float(row[name]) for name in COLUMNS] for row in tried.records("outcomes/route_sums")]


def _scenario(inputs: RunInputs, policy: Policy) -> Scenario:
    return Scenario(
        evidence=EvidenceSet(inputs.commit_id),
        policy=policy.document.decode(),
        model_families=inputs.run["settings"]["model_families"],
        include_blocked=False,
        overrides=inputs.overrides,
    )


def _parts(policies: Sequence[Policy], size: int) -> Iterator[Sequence[Policy]]:
    for first in range(0, len(policies), size):
        yield policies[first : first + size]
