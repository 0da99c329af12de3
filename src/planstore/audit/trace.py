"""Trace: the checks of a decision, and the smallest single change that would have flipped it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planstore.audit.nearest import Try, nearest_flip
from planstore.audit.replay import Outcome, Replay, in_lane
from planstore.audit.scenario import Record, Scenario
from planstore.routing.rules import Rules

OTHERS, OTHER_CANDIDATES = 40, 40_000
"""The maximum number of thresholds to try that flip a check of another symbol, and of candidates to try them on."""
MOST_AMONG_ALL = 1_000
"""Maximum number of a target's candidates at which a pair is decided among all of them from the beginning, because a
pass of the rules takes about as long for them as for one pair."""
MOST_AT_ONCE = 40_000
"""Maximum number of candidates, over all tries, that are decided among all symbols in one pass. For more of them, it is
quicker to find the tries that need it by another pass."""


@dataclass(frozen=True)
class Trace:
    """The replay of a decision.

    Attributes:
        outcome: the decision, or None.
        checks: every check, in the order of the rules.
        nearest_miss: the smallest change of one piece of evidence that flips the route, None where no single one does:
            ``side, metric, observed, needed, distance, route, text``. ``needed`` flips the route to ``route``; the
            values between it and the observed one do not.
        nearest_policy: the smallest change of a policy key that flips the route, None if no single one does:
            ``key, current, needed, distance, of_others, route, text``. ``of_others`` is true if it flips because of
            other symbols in the lane. Of the thresholds that flip a check of another symbol, only the nearest
            ``OTHERS`` are tried: if the lane decides, one that was not tried may be nearer than the returned one.
    """

    outcome: Outcome
    checks: list[Record]
    nearest_miss: Record | None
    nearest_policy: Record | None


@dataclass(frozen=True)
class _Tried:
    """A change that was tried.

    Attributes:
        change: the change.
        outcome: its result, on the pair alone if ``is_ranked``.
        is_ranked: whether its result depends on the rank among the other symbols, which were left out.
    """

    change: Try
    outcome: Outcome
    is_ranked: bool


def trace(replay: Replay, rules: Rules, scenario: Scenario, candidates: int) -> Trace:
    """Return the checks of a decision, and the nearest changes that would have flipped it.

    A pair of a target with more than ``MOST_AMONG_ALL`` candidates is first decided alone. The other symbols are added
    if the lane decides its route, now or under the nearest change of a kind, because the lane ranks all symbols.

    Args:
        replay: replays the requested pair or target.
        rules: the rules of its run.
        scenario: the scenario of the run, unchanged.
        candidates: the number of candidates of the target in the run.
    """
    if candidates > MOST_AMONG_ALL:
        (outcome,) = replay.alone(rules, [scenario])
        if not (in_lane(outcome) and scenario.has_lane):
            checks, *tries = replay.explain(rules)
            found = _Search(replay, rules, scenario, outcome, tries).alone()
            if found is not None:
                return Trace(outcome, checks, *found)
    return trace_among_all(replay, rules, scenario, candidates)


def trace_among_all(replay: Replay, rules: Rules, scenario: Scenario, candidates: int) -> Trace:
    """Return the same as :func:`trace`, with all symbols of the target from the beginning."""
    (outcome,) = replay.among_all(rules, [scenario], is_explained=True)
    others = min(OTHERS, OTHER_CANDIDATES // max(1, candidates)) if scenario.has_lane else 0
    checks, *tries = replay.explain(rules, others=others)
    is_at_once = sum(map(len, tries)) * candidates <= MOST_AT_ONCE
    search = _Search(replay, rules, scenario, outcome, tries, is_at_once=is_at_once)
    return Trace(outcome, checks, *search.among_all())


Misses = tuple[Record | None, Record | None]
"""The nearest change of evidence, and of the policy."""


class _Search:
    """The search for the nearest change of each kind: of evidence, and of the policy.

    Args:
        replay: replays the pair or target.
        rules: the rules.
        scenario: the scenario of the run, unchanged.
        outcome: its decision.
        tries: changes that flip a check, of evidence and of the policy, each nearest first.
        is_at_once: whether each try is decided among all symbols, without being decided on the pair alone before.
    """

    def __init__(
        self,
        replay: Replay,
        rules: Rules,
        scenario: Scenario,
        outcome: Outcome,
        tries: Sequence[Sequence[Record]],
        *,
        is_at_once: bool = False,
    ) -> None:
        self._replay = replay
        self._rules = rules
        self._route = None if outcome is None else outcome["route"]
        evidence, policy = tries
        changes = [Try.of_evidence(row, scenario) for row in evidence]
        changes += [Try.of_policy(row, scenario) for row in policy]
        tried = self._try(changes, is_at_once=is_at_once)
        self._open = [self._undecided(tried[: len(evidence)]), self._undecided(tried[len(evidence) :])]

    def _try(self, changes: Sequence[Try], *, is_at_once: bool) -> list[_Tried]:
        """Return the results of changes: among all symbols if ``is_at_once``, otherwise on the pair alone."""
        decide = self._replay.among_all if is_at_once else self._replay.alone
        outcomes = decide(self._rules, [change.scenario for change in changes]) if changes else []
        return [
            _Tried(change, outcome, not is_at_once and in_lane(outcome) and change.scenario.has_lane)
            for change, outcome in zip(changes, outcomes, strict=True)
        ]

    def _undecided(self, tries: Sequence[_Tried]) -> list[_Tried]:
        """Return the tries that may flip the route: those that are ranked, up to the first certain one."""
        found = []
        for one in tries:
            if (one.is_ranked or self._flipped(one.outcome)) and one.change.is_possible:
                found.append(one)
                if not one.is_ranked:
                    break
        return found

    def _flipped(self, outcome: Outcome) -> str | None:
        """Return the route that an outcome flips the decision to; None where it does not."""
        return None if outcome is None or outcome["route"] == self._route else str(outcome["route"])

    def alone(self) -> Misses | None:
        """Return the nearest changes if the first tries that may flip the route do; None if one does not."""
        firsts = [tries[:1] for tries in self._open]
        found = self._nearest(firsts)
        return None if any(tries and miss is None for tries, miss in zip(firsts, found, strict=True)) else found

    def among_all(self) -> Misses:
        """Return the nearest changes."""
        return self._nearest(self._open)

    def _nearest(self, batches: Sequence[Sequence[_Tried]]) -> Misses:
        """Return the nearest change of each batch of tries that flips the route."""
        tried = [one for tries in batches for one in tries]
        ranked = [one.change.scenario for one in tried if one.is_ranked]
        among_all = iter(self._replay.among_all(self._rules, ranked) if ranked else [])
        routes = {id(one.change): self._flipped(next(among_all) if one.is_ranked else one.outcome) for one in tried}
        evidence, policy = (
            nearest_flip([one.change for one in tries], lambda change: routes[id(change)]) for tries in batches
        )
        return evidence, policy
