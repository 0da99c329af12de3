"""Processes killed at calls of every kind that they make, and at random moments: nothing acknowledged is lost.

``make crash`` kills a thousand, the suite a few.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
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
KILLS = int(os.environ.get("PLANSTORE_KILLS", "10"))
"""Kills of this whole module."""
KILLS_A_STORE = 8
"""Kills after which a new store is begun, because each check verifies all of a store."""
WAYS = ("kill", "kill-after", "short-kill")
ROOM = 0.9
"""The share of the calls of a kind at which processes are killed, because they do not always make the same number."""

Blow: TypeAlias = Callable[[Process, Results, Sequence[Step]], bool]
"""Lets a process do steps, and kills it; returns whether it died before it had done all."""


@dataclass(frozen=True)
class Work:
    """What a process does when it is killed.

    Attributes:
        steps: what it does then.
        before: what it did before.
        fresh: each process gets a store of its own: none yet, or a copy of the one that is ready.
        share: how many of a hundred kills.
    """

    steps: tuple[str, ...]
    before: tuple[str, ...] = ()
    fresh: str = ""
    share: int = 10


WORK = {
    "a first route makes the store": Work(("route",), fresh="none"),
    "a route whose rows go into files": Work(("route",), share=16),
    "a route whose rows go into the catalog": Work(("small route",)),
    "statuses are recorded": Work(("status", "many statuses"), share=12),
    "a first export": Work(("export",), fresh="copy"),
    "an export over older files": Work(("export",), ("export", "route")),
    "a compaction": Work(("compact",), ("route", "status", "small route"), share=14),
    "artifacts are kept": Work(("artifact", "artifact"), share=8),
}
MOMENTS = 10
"""Of a hundred kills, those at random moments."""


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faults]:
    with Faults(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture(scope="module")
def ready(faults: Faults) -> Results:
    """A store with two runs and a status, which was never exported."""
    results = faults.results()
    with faults.process() as process:
        process.use(results)
        do(process, results, faults.steps("route", "small route", "status"))
    return results


@dataclass(frozen=True)
class Victims:
    """Processes that do some work on stores like one that is ready, and are killed."""

    faults: Faults
    ready: Results
    work: Work

    def stores(self) -> Iterator[Results]:
        """Yield the store for each kill."""
        while True:
            results = self.faults.results(None if self.work.fresh == "none" else self.ready)
            for _ in range(1 if self.work.fresh else KILLS_A_STORE):
                yield results

    def calls(self) -> dict[str, int]:
        """Return how many calls of each kind the work makes."""
        results = next(self.stores())
        with self.faults.process() as process:
            process.use(results)
            do(process, results, self.faults.steps(*self.work.before))
            return calls_of(process, results, self.faults.steps(*self.work.steps))

    def check(self, blows: Sequence[Blow]) -> int:
        """Kill a process with each blow, on two stores at a time; return how many died while they worked."""
        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(self._kill_each, (blows[0::2], blows[1::2])))

    def _kill_each(self, blows: Sequence[Blow]) -> int:
        """Kill processes one after the other; each but the first has checked what the one before it left."""
        process, killed = self.faults.process(), 0
        for blow, results in zip(blows, self.stores(), strict=False):
            with process:
                process.use(results)
                do(process, results, self.faults.steps(*self.work.before))
                steps = self.faults.steps(*self.work.steps)
                killed += blow(process, results, steps)
                process.kill()
            process = self.faults.process()
            check_after(process, results, in_hand(results, steps), self.faults.steps(self.work.steps[0]))
        with process:
            return killed


def spread(calls: dict[str, int], kills: int) -> list[Blow]:
    """Return blows that take turns over the kinds of ``calls`` and, within one, go from its first to nearly its last.

    ``open`` changes nothing that is there, so it is not among them.
    """
    kinds = [kind for kind, made in calls.items() if made and kind != "open"]
    found = list[Blow]()
    for number, kind in enumerate(islice(cycle(kinds), kills)):
        turns = max(1, -(-(kills - kinds.index(kind)) // len(kinds)) - 1)
        at = 1 + round((number // len(kinds)) * (calls[kind] * ROOM - 1) / turns) if calls[kind] > 1 else 1
        found.append(partial(run_with_fault, fault=WAYS[(number + number // len(kinds)) % 3], at=at, call=kind))
    return found


@pytest.mark.parametrize("what", WORK)
def test_a_process_that_is_killed_at_any_kind_of_call_loses_nothing_that_it_acknowledged_while(
    faults: Faults, ready: Results, what: str
) -> None:
    victims = Victims(faults, ready, WORK[what])
    kills = max(1, KILLS * victims.work.share // 100)
    assert victims.check(spread(victims.calls(), kills)) >= 0.8 * kills, "nearly all of these calls are made"


def kill_in_the_middle(process: Process, results: Results, steps: Sequence[Step], seconds: float) -> bool:
    for verb, values in steps:
        process.tell(verb, **values)
    process.kill(after=seconds)
    try:
        collect(process, results, steps)
    except KilledError:
        return True
    return False


def test_a_process_that_is_killed_at_any_moment_loses_nothing_that_it_acknowledged(
    faults: Faults, ready: Results
) -> None:
    steps = ("route", "export", "status", "small route", "artifact", "compact", "many statuses", "verify") * 3
    moments = random.Random(31)
    kills = max(1, KILLS * MOMENTS // 100)
    blows = [partial(kill_in_the_middle, seconds=moments.uniform(0, 3)) for _ in range(kills)]
    assert Victims(faults, ready, Work(steps)).check(blows) >= 0.8 * kills
