"""Nearest misses of a run: the nearest change of each of its routes, all tried in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from planstore.audit.nearest import Try, nearest_flip
from planstore.audit.run_trace import RunTrace
from planstore.audit.scenario import EvidenceSet, Record, RunInputs
from planstore.audit.staging import stage
from planstore.database.connection import memory
from planstore.routing.rules import apply_rules

MOST_CANDIDATES = 1_000_000
"""Maximum number of candidates, over all scenarios, to try the changes of a run on: about ten seconds."""

Routes = dict[tuple[int, str | None], str]
"""Routes that differ from the recorded ones, by scenario and symbol."""
Misses = dict[tuple[int, str | None], tuple[Record | None, Record | None]]
"""The nearest change of evidence and of the policy, by a target's index in the map and a symbol (None: the target)."""


def nearest_in_run(trace: RunTrace, inputs: RunInputs) -> Misses | None:
    """Return the nearest changes of each route on the map, the same as those of ``planstore why``.

    Args:
        trace: the run's trace, derived.
        inputs: the archived inputs of the run.

    Returns:
        None if there are more than ``MOST_CANDIDATES`` candidates to try.
    """
    tries = list(_tries(trace, inputs))
    candidates = {row["target_place"]: row["candidates"] for row in trace.records("candidates_by_target")}
    if sum(candidates[one.scenario.evidence] for one in tries) > MOST_CANDIDATES:
        return None
    turned = _turned(trace, inputs, tries)
    by_pair = _TriesByPair(tries)
    return {
        (cell["target_place"], cell["symbol"]): by_pair.nearest(cell["target_place"], cell["symbol"], turned)
        for cell in trace.records("cells")
    }


class _TriesByPair:
    """Changes to try, by target and symbol, nearest first."""

    def __init__(self, tries: Sequence[Try]) -> None:
        self._tries = tries
        self._indices: dict[tuple[str, int, str | None], list[int]] = defaultdict(list)
        for index, one in enumerate(tries):
            self._indices[one.current, one.row["target_place"], one.row["symbol"]].append(index)

    def nearest(self, target: int, symbol: str | None, turned: Routes) -> tuple[Record | None, Record | None]:
        """Return the nearest change of evidence and of the policy that flips a decision."""
        evidence, policy = (self._nearest(current, target, symbol, turned) for current in ("observed", "current"))
        return evidence, policy

    def _nearest(self, current: str, target: int, symbol: str | None, turned: Routes) -> Record | None:
        indices = sorted(index for one in {None, symbol} for index in self._indices[current, target, one])
        routes = {id(self._tries[index]): turned.get((index, symbol)) for index in indices}
        return nearest_flip([self._tries[index] for index in indices], lambda one: routes[id(one)])


def _tries(trace: RunTrace, inputs: RunInputs) -> Iterator[Try]:
    """Yield the changes to try, nearest first: of evidence, each of one side; of the policy, each for one target."""
    names = trace.names("target")
    overrides: dict[str, tuple[Record, ...]] = defaultdict(tuple)
    for override in inputs.overrides:
        overrides[override["target"]] += (override,)
    as_decided = [
        replace(inputs.scenario(), evidence=EvidenceSet(index), overrides=overrides[name])
        for index, name in enumerate(names)
    ]
    for row in trace.records("tries"):
        yield Try.of_evidence(row, replace(as_decided[row["target_place"]], symbol=row["symbol"]))
    for row in trace.records("policy_tries"):
        yield Try.of_policy(row, as_decided[row["target_place"]])


def _turned(trace: RunTrace, inputs: RunInputs, tries: list[Try]) -> Routes:
    """Return the routes that differ from the recorded ones, by scenario and symbol."""
    session = memory(confined=True)
    try:
        session.register("report_decisions", trace.session.batches("report/recorded_routes").read_all())
        evidence = trace.session.batches("report/evidence_by_target").read_all()
        stage(session, evidence, [one.scenario for one in tries])
        apply_rules(session, inputs.rules)
        return {(scenario, symbol): route for scenario, symbol, route in session.rows("report/turned")}
    finally:
        session.close()
