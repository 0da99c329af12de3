"""Trace: how a decision came about, and the smallest single change that would have flipped it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from planstore.audit.nearest import is_policy, patch, told, with_key
from planstore.audit.replay import Outcome, Replay, in_lane
from planstore.audit.scenario import Record, Scenario
from planstore.routing.rules import Rules

OTHERS, OTHER_CANDIDATES = 40, 40_000
"""How many thresholds are tried at which a check of another symbol turns, and on how many candidates at most."""


@dataclass(frozen=True)
class Trace:
    """What running the rules again shows of a decision.

    Attributes:
        outcome: what they decide; None where they decide nothing.
        checks: every check in the order in which the rules ran.
        nearest_miss: the smallest change of one piece of evidence that flips the route, None where no single one does:
            ``side, metric, observed, needed, distance, route, text``. ``needed`` flips the route to ``route``; any
            value between it and what was observed leaves it as it is.
        nearest_policy: the same of a threshold, or of another key by which a side passes a check that it does not pass
            now: ``key, current, needed, distance, of_others, route, text``.
            ``of_others`` says that it flips because of other symbols in the lane. Of the thresholds at which a check of
            another symbol turns, only the nearest are tried, ``OTHERS`` of them: where the lane decides, a farther one
            may flip the route as well, and come before the one that is told.
    """

    outcome: Outcome
    checks: list[Record]
    nearest_miss: Record | None
    nearest_policy: Record | None


@dataclass(frozen=True)
class _Try:
    """A change to try: what it is, the scenario that tries it, and what it comes to for a pair alone."""

    row: Record
    scenario: Scenario
    alone: Outcome

    @cached_property
    def is_ranked(self) -> bool:
        """Whether it is known only among all symbols what it comes to."""
        return in_lane(self.alone) and self.scenario.has_lane


def trace(replay: Replay, rules: Rules, scenario: Scenario) -> Trace:
    """Return how a decision came about, and what would have flipped it.

    A pair is first looked at alone. Its target's other symbols are brought in where the lane decides on it, now or
    under the nearest change of a kind: where it still does not flip, the rank that it needs is known only among all.

    Args:
        replay: replays the pair or target that is asked about.
        rules: the rules of its day.
        scenario: the run as it was decided.
    """
    (outcome,) = replay.alone(rules, [scenario])
    if not (in_lane(outcome) and scenario.has_lane):
        checks, *tries = replay.explain(rules)
        found = _Search(replay, rules, scenario, outcome, tries).alone()
        if found is not None:
            return Trace(outcome, checks, *found)
    return trace_among_all(replay, rules, scenario)


def trace_among_all(replay: Replay, rules: Rules, scenario: Scenario) -> Trace:
    """Return the same as :func:`trace`, with all symbols of the target looked at from the beginning."""
    (outcome,) = replay.among_all(rules, [scenario], is_explained=True)
    candidates = replay.whole({scenario.evidence}).num_rows
    others = min(OTHERS, OTHER_CANDIDATES // max(1, candidates)) if scenario.has_lane else 0
    checks, *tries = replay.explain(rules, others=others)
    return Trace(outcome, checks, *_Search(replay, rules, scenario, outcome, tries).among_all())


Misses = tuple[Record | None, Record | None]
"""The nearest change of evidence, and of the policy."""


class _Search:
    """The search for the nearest change of each kind: of evidence, and of the policy.

    Args:
        replay: replays the pair or target.
        rules: the rules.
        scenario: the run as it was decided.
        outcome: what it comes to.
        tries: changes at which a check turns, of evidence and of the policy, each nearest first.
    """

    def __init__(
        self, replay: Replay, rules: Rules, scenario: Scenario, outcome: Outcome, tries: Sequence[Sequence[Record]]
    ) -> None:
        self._replay = replay
        self._rules = rules
        self._route = None if outcome is None else outcome["route"]
        evidence, policy = tries
        rows = [*evidence, *policy]
        scenarios = [scenario.changed(row["side"], patch(row["metric"], json.loads(row["needed"]))) for row in evidence]
        scenarios += [
            replace(scenario, policy=with_key(scenario.policy, row["key"], json.loads(row["needed"]))) for row in policy
        ]
        tried = list(map(_Try, rows, scenarios, replay.alone(rules, scenarios)))
        self._open = [self._undecided(tried[: len(evidence)]), self._undecided(tried[len(evidence) :])]

    def _undecided(self, tries: Sequence[_Try]) -> list[_Try]:
        """Return the tries that may flip the route: those that the lane decides, up to the first that surely does."""
        found = []
        for one in tries:
            if not (one.is_ranked or self._flips(one.alone)):
                continue
            if "key" in one.row and not is_policy(one.scenario.policy):
                continue
            found.append(one)
            if not one.is_ranked:
                break
        return found

    def _flips(self, outcome: Outcome) -> bool:
        return outcome is not None and outcome["route"] != self._route

    def alone(self) -> Misses | None:
        """Return the nearest changes, where the first that may flip the route does; None where one does not."""
        firsts = [tries[:1] for tries in self._open]
        found = self._decided(firsts)
        return None if [len(one) for one in firsts] != [len(one) for one in found] else self._told(found)

    def among_all(self) -> Misses:
        """Return the nearest changes."""
        return self._told(self._decided(self._open))

    def _decided(self, batches: Sequence[Sequence[_Try]]) -> list[list[tuple[_Try, str]]]:
        """Return the tries of each batch that flip the route, with the route that they flip it to."""
        ranked = [one for tries in batches for one in tries if one.is_ranked]
        outcomes = self._replay.among_all(self._rules, [one.scenario for one in ranked]) if ranked else []
        known = {id(one): outcome for one, outcome in zip(ranked, outcomes, strict=True)}
        decided = [[(one, known.get(id(one), one.alone)) for one in tries] for tries in batches]
        return [
            [(one, outcome["route"]) for one, outcome in tries if outcome is not None and self._flips(outcome)]
            for tries in decided
        ]

    @staticmethod
    def _told(found: Sequence[Sequence[tuple[_Try, str]]]) -> Misses:
        evidence, policy = ((one[0][0].row, one[0][1]) if one else None for one in found)
        return told(evidence, "observed"), told(policy, "current")
