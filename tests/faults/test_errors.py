"""Disks that fail: EIO, ENOSPC and EROFS at writes and fsyncs are one clear error, and nothing more.

Nothing is acknowledged that is not durable; and when the fault is gone, the store is used as if nothing had been.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from faults.harness import (
    Faults,
    Process,
    RefusedError,
    Results,
    Step,
    calls_of,
    check_after,
    do,
    in_hand,
    needs_compiler,
    run_with_fault,
)

pytestmark = needs_compiler
FAULTS = int(os.environ.get("PLANSTORE_FAULTS", "24"))
"""Faults of this whole module."""
WORK: dict[str, tuple[str, ...]] = {
    "a first route": ("route",),
    "a route": ("route",),
    "a small route": ("small route",),
    "statuses": ("status", "many statuses"),
    "an export": ("export",),
    "a compaction": ("compact",),
    "a backup": ("backup",),
    "artifacts": ("artifact",),
    "a rebuild": ("rebuild",),
}
ERRORS = ("EIO", "ENOSPC", "EROFS")
KINDS = ("catalog", "fsync", "write", "create", "rename", "link", "mkdir", "ftruncate", "unlink")
UGLY = ("Traceback", "duckdb.", "orjson", "Stack Trace", "INTERNAL", "object at 0x", "std::", "\n")


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faults]:
    with Faults(tmp_path_factory.mktemp("errors")) as made:
        yield made


@pytest.fixture(scope="module")
def ready(faults: Faults) -> Results:
    results = faults.results()
    with faults.process() as process:
        process.use(results)
        do(process, results, faults.steps("route", "small route", "status"))
    return results


def refusal(
    process: Process, results: Results, steps: Sequence[Step], error: str, at: int, kind: str, *, lasts: bool
) -> str | None:
    """Return what planstore says when a call fails; None when it does its work all the same."""
    try:
        run_with_fault(process, results, steps, error, at, kind, lasts=lasts)
    except RefusedError as refused:
        return refused.because
    return None


@pytest.mark.parametrize("what", WORK)
def test_a_disk_that_fails_is_one_clear_error_and_costs_nothing_that_was_acknowledged_in(
    faults: Faults, ready: Results, what: str
) -> None:
    fresh = what == "a first route"
    results, refused = faults.results(None if fresh else ready), 0
    with faults.process() as process:
        process.use(results)
        calls = calls_of(process, results, faults.steps(*WORK[what]))
    kinds = [kind for kind in KINDS if calls[kind]]
    results = faults.results(None if fresh else ready)
    count = max(1, FAULTS // len(WORK))
    with faults.process() as process:
        for number in range(count):
            kind, turn = kinds[number % len(kinds)], number // len(kinds)
            at = 1 + turn * (calls[kind] - 1) // max(1, count // len(kinds))
            if fresh:
                results = faults.results()
            process.use(results)
            steps = faults.steps(*WORK[what])
            said = refusal(process, results, steps, ERRORS[number % 3], at, kind, lasts=number % 2 == 1)
            process.ask("arm", fault="count")
            if said is not None:
                refused += 1
                assert not any(ugly in said for ugly in UGLY), said
                assert str(results.folder) in said, "it says where"
            check_after(process, results, in_hand(results, steps), faults.steps(*WORK[what]))
    assert refused >= count // 2, "most of these calls matter"
