"""Routing that dies: at each call that makes something durable, and at any moment."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import planstore
import samples
from ledger_checks import check_ledger
from planstore.ledger.ledger import Ledger

WRITER = """
import os, signal, sys
import planstore, samples

results, first, deadly = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
calls = 0

def dying(function):
    def call(*arguments, **options):
        global calls
        calls += 1
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

for name in ("fsync", "link", "replace"):  # Path.replace calls os.replace
    setattr(os, name, dying(getattr(os, name)))
print("ready", flush=True)
store = planstore.open(results)
for number in range(first, first + 1000):
    rows = samples.table(samples.records(11, 10, seed=number))
    store.route(rows, samples.policy(), run_id=f"run-{number}")
    print(f"run-{number}", flush=True)
"""
CALLS_OF_A_FIRST_ROUTE = 22
"""Calls at which a child can die before its first run is recorded: the store, three artifacts, then parquet files."""


def start(folder: Path, results: Path, first: int, deadly: int = 0) -> subprocess.Popen[str]:
    script = folder / "writer.py"
    script.write_text(WRITER, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), str(results), str(first), str(deadly)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": ""},
    )


def finished(process: subprocess.Popen[str]) -> list[str]:
    """Return the runs that a process announced before it was killed."""
    out, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    ready, *runs = out.split("\n")[:-1]
    assert ready == "ready"
    return runs


def check_after_kill(results: Path, first: int, told: list[str]) -> None:
    """Check that nothing announced is lost, and that the run in hand can be routed again and is there once."""
    in_hand = first + len([run for run in told if int(run.removeprefix("run-")) >= first])
    if (results / "planstore" / "store.json").exists():
        recorded = check_ledger(results)
        assert [run for run in recorded if run in told] == told
        assert set(recorded) - set(told) <= {f"run-{in_hand}"}, "more than the run in hand was recorded unannounced"
    with planstore.open(results) as store:
        rows = samples.table(samples.records(11, 10, seed=in_hand))
        again = store.route(rows, samples.policy(), run_id=f"run-{in_hand}")
        assert store.run(f"run-{in_hand}").commit_id == again.commit_id
    recorded = check_ledger(results)
    assert recorded == sorted(set(recorded), key=recorded.index)
    assert recorded[-1] == f"run-{in_hand}"
    told.append(f"run-{in_hand}")
    ledger = Ledger(results / "planstore", create=False)
    kept = ledger.reading().query("select digest, size from artifacts").fetchall()
    assert all(len(ledger.artifacts.get(digest)) == size for digest, size in kept)
    ledger.close()


@pytest.mark.parametrize("deadly", [1, 3, 5, 9, 15])
def test_a_store_whose_first_route_is_killed_is_completed_by_the_next(tmp_path: Path, deadly: int) -> None:
    assert deadly < CALLS_OF_A_FIRST_ROUTE
    told = finished(start(tmp_path, tmp_path / "results", 1, deadly))
    assert told == [], "the child died later than this test means it to"
    check_after_kill(tmp_path / "results", 1, told)


def test_a_route_killed_at_each_call_that_makes_it_durable_is_recorded_whole_or_not_at_all(tmp_path: Path) -> None:
    results = tmp_path / "results"
    with planstore.open(results) as store:
        store.route(samples.table(samples.records(11, 10, seed=0)), samples.policy(), run_id="run-0")
    told = ["run-0"]
    for turn, deadly in enumerate((1, 4, 6, 10, 17), 1):
        told += finished(start(tmp_path, results, turn * 100, deadly))
        check_after_kill(results, turn * 100, told)


def test_a_route_killed_at_any_moment_loses_no_run_it_announced(tmp_path: Path) -> None:
    results, told, chance = tmp_path / "results", list[str](), random.Random(20)
    for turn in range(5):
        process = start(tmp_path, results, turn * 100)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(1 + turn % 3)]
        with pytest.raises(subprocess.TimeoutExpired):  # the moment is the point: the child never ends by itself
            process.wait(timeout=chance.uniform(0, 0.5))
        process.kill()
        rest = process.stdout.read()
        process.stdout.close()
        assert process.wait(timeout=60) == -signal.SIGKILL
        told += ("".join(lines) + rest).split("\n")[1:-1]
        check_after_kill(results, turn * 100, told)
