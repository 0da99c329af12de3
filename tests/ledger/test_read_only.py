"""A store that cannot be written answers everything: to who may only read it, and on a read-only medium."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest

import planstore
import readers
import samples
from planstore import JobStatus, StoreBusyError
from planstore.ledger.embedded.copy_bytes import copy_bytes
from planstore.ledger.embedded.lock import WriterLock

NOBODY = 65534
READER = str(Path(readers.__file__))
MOUNT = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'


def state(folder: Path) -> list[tuple[str, int, int]]:
    """Return what is in a folder: names, sizes and times."""
    return sorted((str(path), path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def public() -> Iterator[Path]:
    """Yield a folder that every user can get at, inside one that every user can write."""
    folder = Path(tempfile.mkdtemp(prefix="read-only-"))
    folder.chmod(0o777)
    inner = folder / "public"
    inner.mkdir(mode=0o755)
    yield inner
    for path in folder.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def results(public: Path) -> Path:
    """Make an exported store of two commits, with rows in files and in the catalog, and a backup of it."""
    with planstore.open(public / "results") as store:
        store.route(samples.table(samples.records(4, 4)), samples.policy(), run_id="run-1")
        store.route(samples.table(samples.records(3, 3)), samples.policy(), run_id="run-2")
        store.export()
        store.maintenance.backup(public / "backup")
    return store.results


@pytest.fixture(scope="module")
def true(results: Path) -> dict[str, Any]:
    """What the store answers to who may write it."""
    found = readers.answers(results)
    assert found["findings"] == []
    return found


def start(*command: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    answer: dict[str, Any] = json.loads(line)
    return answer


def asked(process: subprocess.Popen[str], what: str) -> dict[str, Any]:
    assert process.stdin is not None
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    return told(process)


def test_a_store_and_a_backup_on_a_read_only_medium_answer_everything(
    results: Path, true: dict[str, Any], public: Path
) -> None:
    mounted = ("unshare", "--mount", "sh", "-c", MOUNT, "sh", str(public))
    can = (
        shutil.which("unshare") and subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode == 0
    )
    if not can:
        pytest.skip("this machine lets nobody mount a folder read-only: unshare --mount, mount -o remount,bind,ro")
    process = start(*mounted, sys.executable, READER, "mounted", results, public / "backup")
    answer = told(process)
    assert process.communicate(timeout=60)[1] == ""
    assert answer["answers"] == true
    assert answer["restored"] == true["anchor"]
    assert [said for said in answer["refusals"] if "Read-only file system" not in said] == []


def test_who_may_only_read_is_answered_everything_and_follows_the_writers(
    results: Path, true: dict[str, Any], public: Path, tmp_path: Path
) -> None:
    live = shutil.copytree(results, public / "live")
    if os.geteuid():  # because nobody but root can become another user, but everybody can take rights from themselves
        for path in (live / "planstore", *(live / "planstore").rglob("*")):
            path.chmod(path.stat().st_mode & ~0o222)
    before = state(live)
    warm = shutil.copytree(results, tmp_path / "warm")
    reader = start(sys.executable, READER, "user", warm, live, str(NOBODY))
    first = told(reader)
    assert first["answers"] == true
    assert [said for said in first["refusals"] if "Permission denied" not in said] == []
    assert state(live) == before
    assert asked(reader, "count") == {"commits": 2, "running": 0}
    if os.geteuid() == 0:
        with planstore.open(live) as store, store.training.status_writer() as writer:
            jobs = [job["job_id"] for job in store.training.jobs()]
            for number, job_id in enumerate(jobs[:2], 1):
                writer.record(JobStatus(store.run().plan_id, job_id, "running"))
                assert asked(reader, "count") == {"commits": 2 + number, "running": number}
            store.maintenance.compact()
            assert asked(reader, "verify") == {"findings": []}
        assert asked(reader, "count") == {"commits": 4, "running": 2}
    for path in (live / "planstore/data").glob("*/jobs/*"):
        path.chmod(0)
    refused = asked(reader, "verify")
    assert refused["error"] == "DeniedError", "a file that nobody may read may be right"
    assert "planstore/data/main/jobs/ducklake-" in refused["said"]
    assert reader.communicate(timeout=60)[1] == ""
    assert [list(folder.iterdir()) for folder in public.parent.iterdir() if folder != public] in ([], [[]])


# --- copies of a catalog ---------------------------------------------------------------------------------------------

HOLD = """
import sqlite3, sys
catalog = sqlite3.connect(sys.argv[1])
catalog.execute("begin")
catalog.execute("select count(*) from ducklake_snapshot").fetchall()
print("{}", flush=True)
sys.stdin.read()
"""
WRITE = """
import sys
from itertools import count
import planstore
from planstore import JobStatus

with planstore.open(sys.argv[1]) as store, store.training.status_writer() as writer:
    plan_id, job_id = store.run().plan_id, store.training.jobs()[0]["job_id"]
    for number in count(1):
        writer.record(JobStatus(plan_id, job_id, "running", attempt=number))
        if number == 1:
            print("{}", flush=True)
"""


def snapshots(catalog: Path) -> int:
    """Return how many snapshots a whole catalog holds."""
    with closing(sqlite3.connect(catalog)) as opened:
        assert opened.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert opened.execute("pragma journal_mode").fetchall() == [("wal",)]
        found: int = opened.execute("select count(*) from ducklake_snapshot").fetchone()[0]
    return found


def test_commits_that_stand_beside_a_catalog_are_in_its_copy(results: Path, tmp_path: Path) -> None:
    """As on a medium that a store was copied to while somebody had it open."""
    live = shutil.copytree(results, tmp_path / "live")
    holder = start(sys.executable, "-c", HOLD, live / "planstore/catalog.sqlite")
    assert told(holder) == {}
    with planstore.open(live) as store:
        store.overrides.set("t", None, "ROUTE_BOTH", reason="x")
    there = shutil.copytree(live / "planstore", tmp_path / "there")
    holder.kill()
    holder.communicate()
    assert (there / "catalog.sqlite-wal").stat().st_size > 0
    copy_bytes(there / "catalog.sqlite", tmp_path / "copy", nullcontext())
    (there / "catalog.sqlite-wal").unlink()
    copy_bytes(there / "catalog.sqlite", tmp_path / "without", nullcontext())
    assert snapshots(tmp_path / "copy") == snapshots(tmp_path / "without") + 1


def test_a_catalog_that_is_written_all_the_time_is_copied_whole(results: Path, tmp_path: Path) -> None:
    live = shutil.copytree(results, tmp_path / "live")
    catalog = live / "planstore/catalog.sqlite"
    writer = start(sys.executable, "-c", WRITE, live)
    assert told(writer) == {}
    numbers: list[int] = []
    while len(set(numbers)) < 5:
        copy = tmp_path / f"copy-{len(numbers)}"
        copy_bytes(catalog, copy, WriterLock(live / "planstore/writer.lock", 60).held_by_reader())
        numbers.append(snapshots(copy))
    writer.kill()
    writer.communicate()
    assert numbers == sorted(numbers)
    assert snapshots(catalog) >= numbers[-1]


def test_who_only_reads_waits_for_the_writers_lock_and_says_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "writer.lock"
    with WriterLock(path, 1).held_by_reader():
        assert not path.exists(), "where nobody has written there is nothing to hold"
    with WriterLock(path, 1).held():
        busy = pytest.raises(StoreBusyError, match=f"by process {os.getpid()} on ")
        with busy, WriterLock(path, 0.05).held_by_reader():
            raise AssertionError
    with WriterLock(path, 1).held_by_reader(), pytest.raises(StoreBusyError), WriterLock(path, 0.05).held():
        raise AssertionError
    with WriterLock(path, 1).held():
        pass
