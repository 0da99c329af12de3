"""Causes of all flips between two runs, decided again with one differing input substituted at a time."""

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
class _Counterfactual:
    """A run with one input substituted.

    Attributes:
        rules: the rules.
        scenario: the run's scenario, with the input substituted.
        recorded: the run, ``a`` or ``b``, from which the scenario differs in its policy only; None if in more. Targets
            with the same thresholds under both policies have the recorded routes of that run.
        answers: the causes that it tests, with directions: the later run ``without`` the cause, or the earlier one
            with it ``alone``.
    """

    rules: Rules
    scenario: Scenario
    recorded: str | None
    answers: list[tuple[str, str]] = field(default_factory=list)


def swap_causes(session: Session, runs: Mapping[str, RunInputs], differing: Sequence[Factor]) -> pa.Table:
    """Return target, symbol and causes of every flip.

    Args:
        session: a session with the table ``flips``.
        runs: the runs ``a`` and ``b``.
        differing: the inputs that differ between them.
    """
    commits = {name: run.commit_id for name, run in runs.items()}
    with closing(session.cursor()) as replays:
        replays.register("flips", session.batches("audit/diff/read_flip_routes").read_all())
        replays.run("audit/diff/swapped_commits", **commits)
        replays.run("audit/diff/swapped_routes")
        for batch in _passes(_counterfactuals(runs, differing)):
            _find_targets(replays, runs, batch)
            if batch[0].scenario.has_lane:
                replays.run("audit/diff/swapped_evidence")
            else:
                replays.register(
                    "swapped_evidence",
                    session.batches("audit/diff/flip_evidence", **commits, rule_inputs=RULE_INPUTS).read_all(),
                )
            _decide(replays, batch)
        return replays.batches("audit/diff/swap_causes").read_all()


def _counterfactuals(runs: Mapping[str, RunInputs], differing: Sequence[Factor]) -> list[_Counterfactual]:
    """Return the counterfactuals to decide, each once, with the causes that they test."""
    found: list[_Counterfactual] = []
    for factor in differing:
        for direction, (rules, scenario) in (("without", factor.without), ("alone", factor.alone)):
            # once, because of two inputs, a run without the first is the other run with the second alone
            one = next((other for other in found if (other.rules, other.scenario) == (rules, scenario)), None)
            if one is None:
                one = _Counterfactual(rules, scenario, _recorded(runs, rules, scenario))
                found.append(one)
            one.answers.append((factor.cause["cause"], direction))
    return found


def _recorded(runs: Mapping[str, RunInputs], rules: Rules, scenario: Scenario) -> str | None:
    """Return the run from which a scenario differs in its policy only."""
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


def _passes(counterfactuals: Iterable[_Counterfactual]) -> list[list[_Counterfactual]]:
    """Return batches that can be decided in one pass: with the same rules, with or without a lane."""

    def alike(one: _Counterfactual) -> tuple[str, bool]:
        return one.rules.rules_id, one.scenario.has_lane

    return [list(group) for _, group in groupby(sorted(counterfactuals, key=alike), alike)]


def _find_targets(replays: Session, runs: Mapping[str, RunInputs], batch: Sequence[_Counterfactual]) -> None:
    """Find the targets that each counterfactual decides again: those with other thresholds than in a recorded run."""
    replays.run("audit/diff/swapped_targets")
    compared = None
    for index, one in enumerate(batch):
        where = {"scenario": index, "commit_id": one.scenario.evidence}
        if one.recorded is None:
            replays.run("audit/diff/append_all_targets", **where)
            continue
        scenarios = [runs[one.recorded].scenario(), one.scenario]
        # because both directions of a policy's substitution change the same targets
        between = ({scenario.policy for scenario in scenarios}, one.scenario.model_families)
        if between != compared:
            stage_policies(replays, scenarios)
            replays.run("audit/diff/target_tasks", **{name: run.commit_id for name, run in runs.items()})
            replays.run("audit/diff/tasks/scenario_evidence")
            run_steps(replays, one.rules, last="side_evidence")
            replays.run("audit/diff/moved_targets")
            compared = between
        replays.run("audit/diff/append_moved_targets", **where)


def _decide(replays: Session, batch: Sequence[_Counterfactual]) -> None:
    """Decide the flips of the targets of a batch again, and append their routes."""
    replays.run("audit/diff/asked")
    replays.run("audit/diff/swaps/scenario_evidence")
    stage_policies(replays, [one.scenario for one in batch])
    run_steps(replays, batch[0].rules, only_asked=True)
    replays.register("swap_answers", _answers(batch))
    replays.run("audit/diff/append_swapped_routes")


def _answers(batch: Sequence[_Counterfactual]) -> pa.Table:
    """Return the index of each counterfactual, the run that recorded it, a cause that it tests and the direction."""
    import pyarrow as pa

    rows = [
        {"scenario": index, "recorded": one.recorded, "cause": cause, "direction": direction}
        for index, one in enumerate(batch)
        for cause, direction in one.answers
    ]
    text = pa.string()
    return arrow_table(rows, scenario=pa.int64(), recorded=text, cause=text, direction=text)
