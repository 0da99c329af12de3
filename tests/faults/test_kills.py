"""Processes killed at calls spread over all that a route and an export make, and at random moments."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import pytest

from faults.harness import (
    Faults,
    KilledError,
    Process,
    Results,
    Step,
    calls_of,
    check_after,
    collect,
    do,
    in_hand,
    needs_compiler,
    run_with_fault,
)

pytestmark = needs_compiler
KILLS = int(os.environ.get("PLANSTORE_KILLS", "15"))
"""Kills of this whole module."""
KILLS_A_TEST = max(1, KILLS // 5)
KILLS_A_STORE = 10
"""Kills after which a new store is begun, because each check verifies all of a store."""
WAYS = ("kill", "kill-after", "short-kill")

Blow: TypeAlias = Callable[[Process, Results, Sequence[Step]], bool]
"""Lets a process do steps, and kills it; returns whether it died before it had done all."""


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def routed(faults: Faults) -> Results:
    """A store with one run, which was never exported."""
    results = faults.results()
    with faults.process() as process:
        process.use(results)
        do(process, results, faults.steps("route"))
    return results


def one_after_another(faults: Faults, routed: Results) -> Iterator[Results]:
    """Yield one store several times, then another."""
    while True:
        results = faults.results(like=routed)
        for _ in range(KILLS_A_STORE):
            yield results


@dataclass(frozen=True)
class Victims:
    """Processes that do ``steps`` in one of ``stores`` in which ``before`` was done, and are killed."""

    faults: Faults
    stores: Callable[[], Iterator[Results]]
    before: tuple[str, ...]
    steps: tuple[str, ...]

    def check_calls(self) -> None:
        """Kill processes at calls of the steps, from the first one nearly to the last.

        Every other kill counts only calls that change something, because half of all are SQLite opening its files.
        """
        calls, blows = self._calls(), list[Blow]()
        for number in range(KILLS_A_TEST):
            call = ("", "change")[number % 2]
            last = (
                (sum(calls.values()) - (calls["open"] if call else 0)) * 97 // 100
            )  # it is not always the same number
            at = 1 + number * (last - 1) // max(1, KILLS_A_TEST - 1)
            blows.append(partial(run_with_fault, fault=WAYS[number % 3], at=at, call=call))
        assert self.check(blows) >= 0.8 * len(blows), "nearly all of these calls are made"

    def check(self, blows: Sequence[Blow]) -> int:
        """Kill a process with each blow, on two stores at a time; return how many died while they did the steps."""
        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(self._kill_each, (blows[0::2], blows[1::2])))

    def _calls(self) -> dict[str, int]:
        results = next(self.stores())
        with self.faults.process() as process:
            process.use(results)
            do(process, results, self.faults.steps(*self.before))
            return calls_of(process, results, self.faults.steps(*self.steps))

    def _kill_each(self, blows: Sequence[Blow]) -> int:
        """Kill processes one after the other; each but the first has checked what the one before it left."""
        process, killed = self.faults.process(), 0
        for blow, results in zip(blows, self.stores(), strict=False):
            with process:
                process.use(results)
                do(process, results, self.faults.steps(*self.before))
                steps = self.faults.steps(*self.steps)
                killed += blow(process, results, steps)
                process.kill()
            process = self.faults.process()
            check_after(process, results, in_hand(results, steps))
        with process:
            return killed


def kill_in_the_middle(process: Process, results: Results, steps: Sequence[Step], seconds: float) -> bool:
    for verb, values in steps:
        process.tell(verb, **values)
    process.kill(after=seconds)
    try:
        collect(process, results, steps)
    except KilledError:
        return True
    return False


def test_a_first_route_that_is_killed_leaves_a_folder_that_the_next_process_completes(faults: Faults) -> None:
    Victims(faults, lambda: iter(faults.results, None), (), ("route",)).check_calls()


def test_a_route_that_is_killed_is_recorded_whole_or_not_at_all_and_loses_no_other(
    faults: Faults, routed: Results
) -> None:
    Victims(faults, lambda: one_after_another(faults, routed), (), ("route", "small route")).check_calls()


def test_a_first_export_that_is_killed_leaves_whole_files_that_the_next_export_completes(
    faults: Faults, routed: Results
) -> None:
    Victims(faults, lambda: iter(lambda: faults.results(like=routed), None), (), ("export",)).check_calls()


def test_an_export_over_older_files_that_is_killed_leaves_whole_files_that_the_next_export_completes(
    faults: Faults, routed: Results
) -> None:
    Victims(faults, lambda: one_after_another(faults, routed), ("export", "route"), ("export",)).check_calls()


def test_a_process_that_is_killed_at_any_moment_loses_no_run_that_it_announced(faults: Faults, routed: Results) -> None:
    steps = ("route", "export", "small route", "verify") * 3
    moments = random.Random(31)
    blows = [partial(kill_in_the_middle, seconds=moments.uniform(0, 2)) for _ in range(KILLS_A_TEST)]
    Victims(faults, lambda: one_after_another(faults, routed), (), steps).check(blows)
