"""Replay: archived rules applied again to archived evidence, unchanged or with one thing substituted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from planstore.audit.scenario import EvidenceSet, Record, Scenario
from planstore.audit.staging import stage_scenarios
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.events.candidate_columns import RULE_INPUT_TYPES, RULE_INPUTS
from planstore.routing.rules import Rules, explain_rules, run_steps

Outcome = Mapping[str, Any] | None
"""The decision of a scenario on a pair: route, rule, states, reasons; None without a decision."""


LANE_RULES = ("EXPERIMENTAL_LANE", "EXPERIMENTAL_LANE_FULL")
"""The rules under which a pair depends on its rank among the other symbols of its target."""


class Replay:
    """Applies rules to scenarios of one pair or target, all of them at once.

    A target's other symbols matter to a pair only through the experimental lane, which ranks them. A pair is therefore
    decided alone, on its own rows, and again among all of its target only where a rule of the lane decides.

    Args:
        store: a session with the view ``candidates``.
        target: the target.
        symbol: the symbol, or None for the target's cross-sectional side.
        overrides: the overrides that may apply.
        is_small: whether there are at most about a thousand candidates of the target.
    """

    def __init__(
        self,
        store: Session,
        target: str,
        symbol: str | None,
        overrides: Iterable[Record] = (),
        *,
        is_small: bool = False,
    ) -> None:
        self._store = store
        self._target = target
        self._symbol = symbol
        self._pinned = sorted({one["symbol"] for one in overrides if one["symbol"]})
        self._is_small = is_small
        self._session: Session | None = None
        self._laid: tuple[list[EvidenceSet], bool] | None = None
        self._ran: str | None = None

    @contextmanager
    def opened(self) -> Iterator[Replay]:
        """Keep a database for replays open while the block runs."""
        self._session = memory(confined=True, threads=1)
        self._session.run("scenario/replay/asked", target=self._target, symbol=self._symbol)
        try:
            yield self
        finally:
            self._session.close()
            self._session = self._laid = self._ran = None

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
        return self._decide(rules, scenarios, is_whole=False)

    def among_all(self, rules: Rules, scenarios: Sequence[Scenario], *, is_explained: bool = False) -> list[Outcome]:
        """Return the decision in each scenario among all symbols of the target.

        ``is_explained`` decides all symbols, because :meth:`explain` reads them.
        """
        return self._decide(rules, scenarios, is_whole=True, only_asked=not is_explained)

    def _decide(
        self, rules: Rules, scenarios: Sequence[Scenario], *, is_whole: bool, only_asked: bool = False
    ) -> list[Outcome]:
        session = self._opened
        self._lay(scenarios, is_whole=is_whole)
        stage_scenarios(session, [replace(scenario, symbol=self._symbol) for scenario in scenarios])
        with session.joins_as_written():
            run_steps(session, rules, only_asked=only_asked, again=self._ran == rules.rules_id)
            found = session.records("scenario/replay/replayed_decisions", target=self._target, symbol=self._symbol)
        self._ran = rules.rules_id
        by_scenario = {row["scenario"]: row for row in found}
        return [by_scenario.get(index) for index in range(len(scenarios))]

    def _lay(self, scenarios: Sequence[Scenario], *, is_whole: bool) -> None:
        """Copy the evidence of scenarios from the store, unless it was the last to be copied."""
        commits = sorted({scenario.evidence for scenario in scenarios})
        if self._laid == (commits, is_whole):
            return
        which = {
            "target": self._target,
            "symbol": self._symbol,
            "commit_ids": commits,
            "first": commits[0],
            "last": commits[-1],
            "pinned": self._pinned,
            "is_whole": is_whole,
            "rule_inputs": RULE_INPUTS,
        }
        if self._is_small:  # because the import of Arrow takes longer than to write few rows as JSON, and to read them
            rows = self._store.records("audit/replayed_evidence", **which)
            types = [{"evidence_set": "BIGINT", "position": "BIGINT", **RULE_INPUT_TYPES}]
            self._opened.run("scenario/replay/evidence_sets", rows=json.dumps(rows), types=json.dumps(types))
        else:
            evidence = self._store.batches("audit/replayed_evidence", **which).read_all()
            self._opened.register("evidence_sets", evidence)
        self._laid = commits, is_whole

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
