"""Real processes, killed where it hurts."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import planstore
import samples
from ledger_checks import check_ledger

WRITER = """
import os, signal, sys
import planstore, samples

deadly, results = int(sys.argv[1]), sys.argv[2]
calls = 0

def dying(function):
    def call(*arguments, **options):
        global calls
        calls += 1
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

for name in ("fsync", "link", "replace", "rename", "unlink", "writev"):
    setattr(os, name, dying(getattr(os, name)))

store = planstore.open(results)
for number in range(int(sys.argv[3]), 10_000):
    store.route(samples.table(samples.records(12, 12, seed=number)), samples.policy(), run_id=f"run-{number}")
    print(f"run-{number}", flush=True)
    if "export" in sys.argv:
        store.export()
        print("exported", flush=True)
"""


def start(script: Path, *arguments: str) -> subprocess.Popen[str]:
    script.write_text(WRITER, encoding="utf-8")
    command = [sys.executable, str(script), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": ""}
    )


def announced(process: subprocess.Popen[str], enough: int | None = None) -> list[str]:
    """Return the lines a process printed; kill it after ``enough`` of them, or let it die by itself."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if enough is not None and len(lines) >= enough:
            break
    if enough is not None:
        process.kill()
        lines += [line.strip() for line in process.stdout]
    assert process.wait(timeout=60) == -signal.SIGKILL
    process.stdout.close()
    return lines


@pytest.mark.parametrize("round_", range(3))
def test_a_writer_killed_at_any_system_call_loses_nothing_it_announced(tmp_path: Path, round_: int) -> None:
    results = tmp_path / "results"
    told: list[str] = []
    for turn in range(6):
        deadly = 1 + turn * 3 + round_  # one call later each time: the first ones make the store
        told += announced(start(tmp_path / "writer.py", str(deadly), str(results), str(len(told) * 100 + turn)))
        if (results / "planstore" / "store.json").exists():
            recorded = check_ledger(results)
            assert [run for run in recorded if run in told] == told
    with planstore.open(results) as store:
        store.route(samples.table(samples.records()), samples.policy(), run_id="after")
    assert check_ledger(results)[-1] == "after"


def test_a_writer_killed_at_random_moments_loses_nothing_it_announced(tmp_path: Path) -> None:
    results = tmp_path / "results"
    chance = random.Random(7)
    told: list[str] = []
    for turn in range(8):
        process = start(tmp_path / "writer.py", "0", str(results), str(turn * 100))
        timer = threading.Timer(chance.uniform(0.4, 1.6), process.kill)
        timer.start()
        told += announced(process)
        timer.cancel()
    recorded = check_ledger(results) if (results / "planstore" / "store.json").exists() else []
    assert [run for run in recorded if run in told] == told


@pytest.mark.parametrize("deadly", [33, 36, 40, 45, 52, 60])
def test_an_export_that_was_killed_is_completed_by_the_next(tmp_path: Path, deadly: int) -> None:
    results = tmp_path / "results"
    told = announced(start(tmp_path / "writer.py", str(deadly), str(results), "1", "export"))
    assert told[0] == "run-1"
    for path in [*results.rglob("globals/**/*.json"), *results.rglob("METRICS/**/*.json")]:
        json.loads(path.read_text(encoding="utf-8"))
    with planstore.open(results) as store:
        store.export()
        done = {path: path.read_bytes() for part in ("METRICS", "globals") for path in (results / part).rglob("*.*")}
        for part in ("METRICS", "globals"):
            shutil.rmtree(results / part)
        store.export()
    undisturbed = {path: path.read_bytes() for part in ("METRICS", "globals") for path in (results / part).rglob("*.*")}
    assert done == undisturbed
    assert [path for path in (results / "planstore").iterdir() if path.name == "outgoing"] == []


def test_a_reader_beside_an_export_never_sees_half_a_file(tmp_path: Path) -> None:
    results = tmp_path / "results"
    process = start(tmp_path / "writer.py", "0", str(results), "1", "export")
    assert process.stdout is not None
    while process.stdout.readline().strip() != "exported":
        assert process.poll() is None
    master = results / "globals" / "training_plan" / "master_training_plan.json"
    seen: set[str] = set()
    while len(seen) < 4:
        for path in (master, master.with_name("training_plan.json"), *master.parent.rglob("by_type/*.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            seen |= {document["metadata"]["run_id"]} if "metadata" in document else set()
    process.kill()
    process.wait(timeout=60)
    process.stdout.close()
