"""What a reader asks a store that it cannot write. Run as a script, the reader is another user.

``readers.py mounted RESULTS BACKUP`` asks a store on a read-only medium. ``readers.py user WARM RESULTS UID`` asks
WARM, becomes the user UID, asks RESULTS, and then counts or verifies it as each line on its input says.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import planstore
from planstore.ledger.backup import restore


def answers(results: Path) -> dict[str, Any]:
    """Return what a store answers: all of it is as true of a backup of it, once that is restored."""
    with tempfile.TemporaryDirectory() as folder, planstore.open(results, create=False) as store:
        findings = [str(one) for one in store.integrity.verify().findings]
        store.maintenance.backup(Path(folder) / "backup")
        (Path(folder) / "backup").chmod(0o555)
        restore(Path(folder) / "backup", Path(folder) / "restored/planstore")
        with planstore.open(Path(folder) / "restored", create=False) as restored:
            assert restored.integrity.anchor() == store.integrity.anchor()
            assert len(restored.training.jobs()) == len(store.training.jobs())
        ((target, symbol),) = store.sql(
            "select target, symbol from decisions where symbol is not null limit 1"
        ).fetchall()
        return {
            "findings": findings,
            "anchor": store.integrity.anchor(),
            "events": store.sql("select count(*) from history").fetchall()[0][0],
            "route": store.why(target, symbol).route,
            "jobs": len(store.training.jobs()),
            "log": len(store.log()),
            "earlier": len(store.at(1).log()),
        }


def refusals(results: Path) -> list[str]:
    """Return what is said to each call that would write."""
    said = []
    with planstore.open(results, create=False) as store, store.training.status_writer() as writer:
        status = planstore.JobStatus(store.run().plan_id, store.training.jobs()[0]["job_id"], "running")
        calls: list[Callable[[], object]] = [
            lambda: store.overrides.set("t", None, "ROUTE_BOTH", reason="x"),
            lambda: writer.record(status),
            store.export,
            store.maintenance.compact,
            store.maintenance.rebuild,
        ]
        for call in calls:
            try:
                call()
            except planstore.PlanstoreError as error:
                said.append(str(error))
            else:
                said.append("it was done")
    return said


def _mounted(results: Path, backup: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        restore(backup, Path(folder) / "planstore")
        with planstore.open(folder, create=False) as restored:
            anchor = restored.integrity.anchor()
    _tell(answers=answers(results), refusals=refusals(results), restored=anchor)


def _user(warm: Path, results: Path, user: int) -> None:
    answers(warm)  # because what is imported may lie where only the first user may read
    refusals(warm)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        tempfile.tempdir = tempfile.mkdtemp(dir=results.parent.parent)
    _tell(answers=answers(results), refusals=refusals(results))
    with planstore.open(results, create=False) as store:
        for line in sys.stdin:
            if line == "count\n":
                _tell(commits=len(store.log()), running=len(store.training.progress().running))
                continue
            try:
                _tell(findings=[str(one) for one in store.integrity.verify().findings])
            except planstore.PlanstoreError as error:
                _tell(error=type(error).__name__, said=str(error))


def _tell(**told: Any) -> None:
    print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    if sys.argv[1] == "mounted":
        _mounted(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        _user(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
