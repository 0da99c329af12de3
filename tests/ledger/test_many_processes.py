"""Eight processes append, four read, one compacts: no loss, no double, no gap, and no reader sees time run back.

On a team store each has one of four folders, as on four machines. ``PLANSTORE_SECONDS=120`` lets them go on for longer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import planstore
import samples
from planstore.ledger.opening import join
from planstore.ledger.team.address import TeamAddress
from team_servers import TeamServers

pytestmark = pytest.mark.longest

SECONDS = int(os.environ.get("PLANSTORE_SECONDS", "4"))
MACHINES = 4
SCRIPT = """
import json, sys, time
import planstore
from planstore import JobStatus

role, number, results = sys.argv[1], int(sys.argv[2]), sys.argv[3]
store = planstore.open(results, create=False)
store.plan()
print("ready", flush=True)
until = time.monotonic() + float(sys.stdin.readline())
said = []
if role == "append":
    plan = store.plan()
    with store.training.status_writer() as writer:
        while time.monotonic() < until:
            attempt = 1 + len(said) * 100 + number
            status = JobStatus(plan.plan_id, plan.jobs[number]["job_id"], "running", attempt=attempt)
            said.append([attempt, writer.record(status)])
elif role == "read":
    while time.monotonic() < until or len(said) < 3:
        commits = [row[0] for row in store.sql("select commit_id from commits order by commit_id").fetchall()]
        events = store.sql("select commit_id, attempt from job_status order by commit_id, position").fetchall()
        with store.at(commits[-1]) as then:
            again = then.sql("select commit_id, attempt from job_status order by commit_id, position").fetchall()
        said.append([commits, events, again])
else:
    while time.monotonic() < until or len(said) < 2:
        said.append(store.maintenance.compact().flushed)
print(json.dumps(said))
"""


def start(role: str, number: int, results: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, role, str(number), str(results)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> Any:
    out, errors = process.communicate(timeout=120 + SECONDS)
    assert process.returncode == 0, errors
    return json.loads(out)


@pytest.fixture(scope="module", params=["embedded", "team"])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """The results folder, or the folder of each machine."""
    folder = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "embedded":
            yield [folder / "results"]
            return
        servers: TeamServers = request.getfixturevalue("running_servers")
        servers.set_variables(patch)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        address = TeamAddress.of_url(servers.address())
        machines = [folder / str(number) / "results" for number in range(MACHINES)]
        for results in machines:
            join(address, results / "planstore")
        yield machines


@pytest.fixture(scope="module")
def history(folders: list[Path]) -> dict[str, Any]:
    results = folders[0]
    with planstore.open(results) as store:
        store.route(samples.table(samples.records(3, 4)), samples.policy())
    roles = ["append"] * 8 + ["read"] * 4 + ["compact"]
    processes = [start(role, number, folders[number % len(folders)]) for number, role in enumerate(roles)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(f"{SECONDS}\n")
        process.stdin.flush()
    said = [(role, finished(process)) for role, process in zip(roles, processes, strict=True)]
    return {"results": results} | {role: [answer for other, answer in said if other == role] for role in roles}


def test_everything_acknowledged_is_there_once_and_in_the_commit_that_was_told(history: dict[str, Any]) -> None:
    told = [tuple(event) for writer in history["append"] for event in writer]
    assert all(history["append"]), "a writer never got its turn"
    with planstore.open(history["results"]) as store:
        found = store.sql("select attempt, commit_id from job_status").fetchall()
    assert sorted(found) == sorted(told)


def test_commits_have_no_gap_and_everything_holds(history: dict[str, Any]) -> None:
    with planstore.open(history["results"]) as store:
        numbers = [row["commit_id"] for row in reversed(store.log())]
        assert numbers == list(range(1, len(numbers) + 1))
        assert [str(finding) for finding in store.integrity.verify().findings] == []


def test_the_compactor_worked_while_the_others_did(history: dict[str, Any]) -> None:
    (flushed,) = history["compact"]
    assert len(flushed) >= 2
    assert sum(flushed) > 0


def test_every_reader_sees_whole_prefixes_that_only_grow(history: dict[str, Any]) -> None:
    with planstore.open(history["results"]) as store:
        final = [list(row) for row in store.sql(
            "select commit_id, attempt from job_status order by commit_id, position"
        ).fetchall()]  # fmt: skip
    for reader in history["read"]:
        assert len(reader) >= 3
        before: list[int] = []
        for commits, events, again in reader:
            assert commits == list(range(1, len(commits) + 1))
            assert commits[: len(before)] == before
            before = commits
            assert events == final[: len(events)]
            assert again == [event for event in final if event[0] <= commits[-1]]
            assert len(events) >= len(again), "a later question got an earlier answer"
