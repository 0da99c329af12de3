"""An export that is killed at any of its system calls, while a reader looks on.

The processes are forks, because each then needs only as long as its export.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import forks
import planstore
import samples

HERE = Path(__file__).parents[1]
EXPORT = """
import os, signal, sys
import planstore

deadly, calls = int(sys.argv[2]), 0

def dying(function):
    def call(*arguments, **options):
        global calls
        calls += 1
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

with planstore.open(sys.argv[1]) as store:
    store.sql("select 1")  # so that what is counted from here on is the export's
    for name in ("fsync", "replace", "rename", "sendfile", "unlink", "mkdir", "rmdir", "writev"):
        setattr(os, name, dying(getattr(os, name)))
    store.export(metrics_copy=True)
print(calls)
"""
READ = """
import json, pathlib, sys

results = pathlib.Path(sys.argv[1])
seen, rounds = set(), 0
print("reading", flush=True)
while not (results / "stop").exists():
    rounds += 1
    for folder in ("globals", "METRICS"):
        for path in sorted((results / folder).rglob("*.json")):
            try:
                json.loads(path.read_bytes())
            except FileNotFoundError:
                if path.name in ("master_training_plan.json", "training_plan.json", "routing_plan.json"):
                    print("gone", path)
    for name in ("master_training_plan.json", "training_plan.json"):
        path = results / "globals" / "training_plan" / name
        seen.add(json.loads(path.read_bytes())["metadata"]["run_id"])
print(" ".join(sorted(seen)))
"""


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [forks.python(), "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(HERE), "PATH": ""},
    )


def files_of(results: Path) -> dict[str, bytes]:
    found = [path for part in ("globals", "METRICS") for path in (results / part).rglob("*") if path.is_file()]
    return {path.relative_to(results).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def shrunk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with the files of a plan; a smaller plan with other targets is recorded after it."""
    results = tmp_path_factory.mktemp("shrunk") / "results"
    with planstore.open(results) as store:
        store.route(samples.table(samples.records(4, 4)), samples.policy(), run_id="large")
        store.export(metrics_copy=True)
        store.route(samples.table(samples.records(2, 3, seed=3)), samples.policy(), run_id="small")
    return results


@pytest.fixture(scope="module")
def undisturbed(shrunk: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """What an export leaves that nobody kills, and how many system calls it makes."""
    results = tmp_path_factory.mktemp("undisturbed") / "results"
    shutil.copytree(shrunk, results)
    out, err = child(EXPORT, results, 0).communicate(timeout=60)
    assert out.strip().isdigit(), err
    return files_of(results), int(out)


@pytest.mark.parametrize("part", range(12))
def test_a_killed_export_leaves_whole_files_and_the_next_one_completes_it(
    tmp_path: Path, shrunk: Path, undisturbed: tuple[dict[str, bytes], int], part: int
) -> None:
    files, calls = undisturbed
    deadly = 1 + part * (calls - 1) // 11  # from the first call to the last
    results = tmp_path / "results"
    shutil.copytree(shrunk, results)
    process = child(EXPORT, results, deadly)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    for path, content in files_of(results).items():
        if path.endswith(".json"):
            json.loads(content)
    with planstore.open(results) as store:
        store.export(metrics_copy=True)
        assert files_of(results) == files
        assert store.export(metrics_copy=True).written == 0
    assert not (results / "planstore" / "outgoing").exists()


def test_a_reader_beside_exports_that_are_killed_sees_whole_files_of_the_old_plan_or_the_new(
    shrunk: Path, tmp_path: Path, undisturbed: tuple[dict[str, bytes], int]
) -> None:
    files, calls = undisturbed
    results = tmp_path / "results"
    shutil.copytree(shrunk, results)
    reader = child(READ, results)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    for deadly in range(2, calls, max(1, calls // 6)):
        process = child(EXPORT, results, deadly)
        process.communicate(timeout=60)
    with planstore.open(results) as store:
        store.export(metrics_copy=True)
    (results / "stop").touch()
    out, err = reader.communicate(timeout=60)
    assert (reader.returncode, err) == (0, "")
    assert set(out.split()) <= {"large", "small"}
    assert files_of(results) == files


def test_two_exports_at_once_leave_the_files_of_one_plan(
    shrunk: Path, tmp_path: Path, undisturbed: tuple[dict[str, bytes], int]
) -> None:
    results = tmp_path / "results"
    shutil.copytree(shrunk, results)
    processes = [child(EXPORT, results, 0) for _ in range(3)]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]
    assert [code for _, code in ended] == [0, 0, 0], ended
    assert files_of(results) == undisturbed[0]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"subject": 1}', b'{"subject": {}, "files": 3}'])
def test_a_broken_note_of_the_last_export_only_costs_time(
    shrunk: Path, tmp_path: Path, undisturbed: tuple[dict[str, bytes], int], content: bytes
) -> None:
    results = tmp_path / "results"
    shutil.copytree(shrunk, results)
    (results / "planstore" / "exported.json").write_bytes(content)
    with planstore.open(results) as store:
        store.export(metrics_copy=True)
    assert files_of(results) == undisturbed[0]
