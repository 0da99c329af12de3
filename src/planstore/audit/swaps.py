"""Swaps: every flip between two runs decided again, with one of the things that differ swapped at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from planstore.audit.causes import Factor
from planstore.audit.scenario import Kept, Scenario, stage_policies, stage_run
from planstore.database import Session
from planstore.routing.rules import Rules, run_steps

if TYPE_CHECKING:
    import pyarrow as pa

Swapped: TypeAlias = tuple[Rules, Scenario]
"""A run with something swapped."""
Answer: TypeAlias = dict[str, str]
"""A ``cause`` and a ``direction``: the later run without it, or the earlier one with it alone."""


def swap_causes(session: Session, runs: Mapping[str, Kept], differing: Sequence[Factor]) -> pa.Table:
    """Return target, symbol and causes of every flip.

    Args:
        session: holds the ``flips``.
        runs: the runs ``a`` and ``b``.
        differing: what differs between them.
    """
    swaps = _Swaps(session, runs)
    try:
        for (rules, scenario), answers in _questions(differing):
            swaps.decide(rules, scenario, answers)
        return swaps.causes()
    finally:
        swaps.close()


def _questions(differing: Sequence[Factor]) -> list[tuple[Swapped, list[Answer]]]:
    """Return what is to be decided, once each, and what it answers."""
    found: list[tuple[Swapped, list[Answer]]] = []
    for factor in differing:
        for direction, swapped in (("without", factor.without), ("alone", factor.alone)):
            answers = next((answers for asked, answers in found if asked == swapped), None)
            if answers is None:  # because without one of two it is as with the other alone
                answers = []
                found.append((swapped, answers))
            answers.append({"cause": factor.cause["cause"], "direction": direction})
    return found


class _Swaps:
    """Decides all flips again, with one thing swapped at a time, where the evidence lies.

    A run whose policy alone is swapped comes to what it recorded wherever a target is measured as before: those targets
    are not decided again.

    Args:
        session: holds the ``flips``.
        runs: the runs ``a`` and ``b``.
    """

    def __init__(self, session: Session, runs: Mapping[str, Kept]) -> None:
        self._session = session
        self._runs = runs
        self._replays = session.cursor()
        self._replays.give("flips", session.batches("audit/read_flip_routes").read_all())
        self._replays.run("audit/swapped_routes")
        self._compared: tuple[Rules, set[str], Sequence[str] | None] | None = None

    def close(self) -> None:
        """Forget all of it."""
        self._replays.close()

    def decide(self, rules: Rules, scenario: Scenario, answers: list[Answer]) -> None:
        """Decide every flip as ``rules`` do in a scenario."""
        alike = next((name for name, run in self._runs.items() if _is_policy_swapped(run, rules, scenario)), None)
        self._replays.run("audit/replayed_commit", commit_id=scenario.commit_id)
        if alike is None or not rules.has_sides:
            self._replays.run("audit/all_moved")
            self._compared = None
        else:
            self._find_moved(rules, [self._runs[alike].scenario(), scenario])
        self._replays.run("audit/asked")
        if scenario.has_lane:
            self._replays.run("audit/asked_evidence")
        else:
            read = self._session.batches("audit/flip_evidence", commit_id=scenario.commit_id)
            self._replays.give("flip_evidence", read.read_all())
            self._replays.run("audit/few_evidence")
        stage_run(self._replays, scenario)
        run_steps(self._replays, rules, only_asked=True)
        self._replays.run("audit/append_swapped_routes", recorded=alike, answers=answers)

    def _find_moved(self, rules: Rules, scenarios: Sequence[Scenario]) -> None:
        """Find the targets that are measured otherwise in one of two scenarios than in the other.

        Those that a policy swapped one way moves are those that it moves the other way.
        """
        between = (rules, {scenario.policy for scenario in scenarios}, scenarios[0].model_families)
        if between == self._compared:
            return
        stage_policies(self._replays, scenarios)
        self._replays.run("audit/target_tasks", **{name: run.commit_id for name, run in self._runs.items()})
        self._replays.run("audit/task_evidence")
        run_steps(self._replays, rules, last="side_evidence")
        self._replays.run("audit/moved_targets")
        self._compared = between

    def causes(self) -> pa.Table:
        """Return target, symbol and causes of every flip."""
        return self._replays.batches("audit/swap_causes").read_all()


def _is_policy_swapped(run: Kept, rules: Rules, scenario: Scenario) -> bool:
    """Tell whether a scenario is a run with nothing but its policy swapped."""
    return rules == run.rules and replace(scenario, policy=run.policy) == run.scenario()
