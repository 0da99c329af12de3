"""Swaps: every flip between two runs decided again, with one of the things that differ swapped at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from planstore.audit.causes import Factor
from planstore.audit.scenario import RunInputs, Scenario
from planstore.audit.staging import arrow_table, stage_policies
from planstore.database.session import Session
from planstore.events.candidate_columns import RULE_INPUTS
from planstore.routing.rules import Rules, run_steps

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class _Swap:
    """A run with something swapped, and what it answers.

    Attributes:
        rules: the rules.
        scenario: what they decide.
        recorded: the run that this is with nothing but its policy swapped, ``a`` or ``b``; None where it is neither.
            What that run recorded is what the swap comes to, wherever it measures a target as the run did.
        answers: the causes that it tells of, and the directions: the later run ``without`` it, or the earlier one with
            it ``alone``.
    """

    rules: Rules
    scenario: Scenario
    recorded: str | None
    answers: list[tuple[str, str]] = field(default_factory=list)


def swap_causes(session: Session, runs: Mapping[str, RunInputs], differing: Sequence[Factor]) -> pa.Table:
    """Return target, symbol and causes of every flip.

    Args:
        session: holds the ``flips``.
        runs: the runs ``a`` and ``b``.
        differing: what differs between them.
    """
    commits = {name: run.commit_id for name, run in runs.items()}
    with closing(session.cursor()) as replays:
        replays.register("flips", session.batches("audit/diff/read_flip_routes").read_all())
        replays.run("audit/diff/swapped_commits", **commits)
        replays.run("audit/diff/swapped_routes")
        for swaps in _passes(_swaps(runs, differing)):
            _find_targets(replays, runs, swaps)
            if swaps[0].scenario.has_lane:
                replays.run("audit/diff/swapped_evidence")
            else:
                replays.register(
                    "swapped_evidence",
                    session.batches("audit/diff/flip_evidence", **commits, rule_inputs=RULE_INPUTS).read_all(),
                )
            _decide(replays, swaps)
        return replays.batches("audit/diff/swap_causes").read_all()


def _swaps(runs: Mapping[str, RunInputs], differing: Sequence[Factor]) -> list[_Swap]:
    """Return what is to be decided, once each, and what it answers."""
    found: list[_Swap] = []
    for factor in differing:
        for direction, (rules, scenario) in (("without", factor.without), ("alone", factor.alone)):
            # once, because without one of two it is as with the other alone
            swap = next((swap for swap in found if (swap.rules, swap.scenario) == (rules, scenario)), None)
            if swap is None:
                swap = _Swap(rules, scenario, _recorded(runs, rules, scenario))
                found.append(swap)
            swap.answers.append((factor.cause["cause"], direction))
    return found


def _recorded(runs: Mapping[str, RunInputs], rules: Rules, scenario: Scenario) -> str | None:
    """Return the run that a scenario is with nothing but its policy swapped."""
    if not rules.has_sides:
        return None
    return next(
        (
            name
            for name, run in runs.items()
            if rules == run.rules and replace(scenario, policy=run.policy) == run.scenario()
        ),
        None,
    )


def _passes(swaps: Iterable[_Swap]) -> list[list[_Swap]]:
    """Return the swaps that can be decided in one pass: by the same rules, and on as much evidence."""

    def alike(swap: _Swap) -> tuple[str, bool]:
        return swap.rules.rules_id, swap.scenario.has_lane

    return [list(group) for _, group in groupby(sorted(swaps, key=alike), alike)]


def _find_targets(replays: Session, runs: Mapping[str, RunInputs], swaps: Sequence[_Swap]) -> None:
    """Find the targets that each swap decides again: where a run has recorded it, those that are measured otherwise."""
    replays.run("audit/diff/swapped_targets")
    compared = None
    for place, swap in enumerate(swaps):
        where = {"scenario": place, "commit_id": swap.scenario.evidence}
        if swap.recorded is None:
            replays.run("audit/diff/append_all_targets", **where)
            continue
        scenarios = [runs[swap.recorded].scenario(), swap.scenario]
        # because those that a policy swapped one way moves are those that it moves the other way
        between = ({scenario.policy for scenario in scenarios}, swap.scenario.model_families)
        if between != compared:
            stage_policies(replays, scenarios)
            replays.run("audit/diff/target_tasks", **{name: run.commit_id for name, run in runs.items()})
            replays.run("audit/diff/tasks/scenario_evidence")
            run_steps(replays, swap.rules, last="side_evidence")
            replays.run("audit/diff/moved_targets")
            compared = between
        replays.run("audit/diff/append_moved_targets", **where)


def _decide(replays: Session, swaps: Sequence[_Swap]) -> None:
    """Decide the flips of the targets that swaps decide again, and append what each swap comes to."""
    replays.run("audit/diff/asked")
    replays.run("audit/diff/swaps/scenario_evidence")
    stage_policies(replays, [swap.scenario for swap in swaps])
    run_steps(replays, swaps[0].rules, only_asked=True)
    replays.register("swap_answers", _answers(swaps))
    replays.run("audit/diff/append_swapped_routes")


def _answers(swaps: Sequence[_Swap]) -> pa.Table:
    """Return what swaps answer: the place of each, the run that recorded it, a cause and a direction."""
    import pyarrow as pa

    rows = [
        {"scenario": place, "recorded": swap.recorded, "cause": cause, "direction": direction}
        for place, swap in enumerate(swaps)
        for cause, direction in swap.answers
    ]
    text = pa.string()
    return arrow_table(rows, scenario=pa.int64(), recorded=text, cause=text, direction=text)
