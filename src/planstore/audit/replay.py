"""Replay: archived rules applied again to archived evidence, unchanged or with one thing substituted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planstore.audit.scenario import EvidenceSet, Record, Scenario
from planstore.audit.staging import arrow_table, of_commits, stage
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.events.vocabulary import Mode
from planstore.routing.rules import Rules, explain_rules, run_steps

if TYPE_CHECKING:
    import pyarrow as pa

Outcome = Mapping[str, Any] | None
"""The decision of a scenario on a pair: route, rule, states, reasons; None without a decision."""


LANE_RULES = ("EXPERIMENTAL_LANE", "EXPERIMENTAL_LANE_FULL")
"""The rules under which a pair depends on its rank among the other symbols of its target."""


class Replay:
    """Applies rules to scenarios of one pair or target, all of them at once.

    A target's other symbols matter to a pair only through the experimental lane, which ranks them. A pair is therefore
    decided alone, on its own rows, and again among all of its target only where a rule of the lane decides.

    Args:
        evidence: the candidates of the pair or target, of one or more runs, with their ``commit_id``, from
            :func:`own_rows`.
        target: the target.
        symbol: the symbol, or None for the target's cross-sectional side.
        whole: returns all candidates of the target in some commits; called only where the lane decides.
    """

    def __init__(
        self, evidence: pa.Table, target: str, symbol: str | None, whole: Callable[[Collection[EvidenceSet]], pa.Table]
    ) -> None:
        self._evidence = evidence
        self._target = target
        self._symbol = symbol
        self.whole = whole
        self._session: Session | None = None
        self._ran: str | None = None

    @contextmanager
    def opened(self) -> Iterator[Replay]:
        """Keep a database for replays open while the block runs."""
        import pyarrow as pa

        self._session = memory(confined=True, threads=1)
        asked = {"target": self._target, "symbol": self._symbol}
        self._session.register("asked", arrow_table([asked], target=pa.string(), symbol=pa.string()))
        try:
            yield self
        finally:
            self._session.close()
            self._session = self._ran = None

    def decide(self, rules: Rules, scenarios: Sequence[Scenario]) -> list[Outcome]:
        """Return the decision in each scenario, in order."""
        outcomes = self.alone(rules, scenarios)
        ranked = [
            index
            for index, (outcome, scenario) in enumerate(zip(outcomes, scenarios, strict=True))
            if in_lane(outcome) and scenario.has_lane
        ]
        if ranked:
            among_all = self.among_all(rules, [scenarios[index] for index in ranked])
            for index, outcome in zip(ranked, among_all, strict=True):
                outcomes[index] = outcome
        return outcomes

    def alone(self, rules: Rules, scenarios: Sequence[Scenario]) -> list[Outcome]:
        """Return the decision in each scenario without the other symbols of the target."""
        return self._decide(self._evidence, rules, scenarios, only_asked=False)

    def among_all(self, rules: Rules, scenarios: Sequence[Scenario], *, is_explained: bool = False) -> list[Outcome]:
        """Return the decision in each scenario among all symbols of the target.

        ``is_explained`` decides all symbols, because :meth:`explain` reads them.
        """
        evidence = self.whole({scenario.evidence for scenario in scenarios})
        return self._decide(evidence, rules, scenarios, only_asked=not is_explained)

    def count(self, scenario: Scenario) -> int:
        """Return the number of candidates of the target in a scenario."""
        return len(self.whole({scenario.evidence}))

    def _decide(
        self, evidence: pa.Table, rules: Rules, scenarios: Sequence[Scenario], *, only_asked: bool
    ) -> list[Outcome]:
        session = self._opened
        stage(session, of_commits(evidence), [replace(scenario, symbol=self._symbol) for scenario in scenarios])
        with session.joins_as_written():
            run_steps(session, rules, only_asked=only_asked, again=self._ran == rules.rules_id)
            found = session.records("scenario/replay/replayed_decisions", target=self._target, symbol=self._symbol)
        self._ran = rules.rules_id
        by_scenario = {row["scenario"]: row for row in found}
        return [by_scenario.get(index) for index in range(len(scenarios))]

    def explain(self, rules: Rules, *, others: int = 0) -> tuple[list[Record], list[Record], list[Record]]:
        """Return the checks of the latest scenario, and the changes of evidence and of policy to try on it.

        ``others`` is the number of thresholds of other symbols' checks to try.
        """
        session = self._opened
        explain_rules(session, rules)
        session.run("audit/nearness")
        pair = {"target": self._target, "symbol": self._symbol}
        return (
            session.records("audit/why/checks", **pair),
            session.records("audit/why/turning_points", **pair),
            session.records("audit/why/policy_turning_points", **pair, others=others),
        )

    @property
    def _opened(self) -> Session:
        assert self._session is not None, "a replay is used inside `with replay.opened()`"
        return self._session


def in_lane(outcome: Outcome) -> bool:
    """Return whether a rule of the lane decided."""
    return outcome is not None and outcome["rule"] in LANE_RULES


def is_own(evidence: pa.Table, symbol: str | None) -> pa.ChunkedArray:
    """Return for each candidate of a target whether a pair, or (``symbol`` None) the target itself, depends on it."""
    import pyarrow.compute as pc

    cross_sectional = pc.equal(evidence["mode"], Mode.CROSS_SECTIONAL)
    return cross_sectional if symbol is None else pc.or_kleene(cross_sectional, pc.equal(evidence["symbol"], symbol))


def own_rows(evidence: pa.Table, symbol: str | None, overrides: Iterable[Record] = ()) -> pa.Table:
    """Return the candidates of a pair, or (``symbol`` None) a target, and two kinds of others.

    The first candidate of each commit is included, because any candidate makes a target decided; and those of pairs
    with an override, because an override of a pair without a candidate has no effect.

    Args:
        evidence: candidates of one target, by commit and position.
        symbol: the symbol.
        overrides: the overrides that may apply.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    commits = evidence["commit_id"].to_numpy()
    first = pa.array(np.diff(commits, prepend=-1) != 0)
    pinned = pc.is_in(evidence["symbol"], pa.array({one["symbol"] for one in overrides if one["symbol"]}, pa.string()))
    return evidence.filter(pc.or_kleene(pc.or_kleene(is_own(evidence, symbol), first), pinned))
