"""Processes that do to a store what they are told, one line at a time, and say what came of it; see ``harness.py``.

This one imports everything once; each process that is asked for is a fork of it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import importlib
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import planstore
import samples
from planstore import JobStatus
from planstore.api.store import Store
from planstore.errors import PlanstoreError
from planstore.ledger.backup import restore
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in

PATIENCE = 90.0
"""Seconds after which one step is taken for one that hangs; the process then says where, and ends."""
USED_LATER = ("duckdb", "filelock", "getpass", "importlib.readers", "pandas", "planstore.routing.policy", "sqlite3")
"""Modules that planstore imports where it uses them, imported here once for all forks."""


class Writer:
    """Keeps one store in use until it is told of another."""

    def __init__(self, shim: ctypes.CDLL) -> None:
        self._shim = shim
        self._store: Store | None = None

    def arm(self, fault: str, at: int = 0, call: str = "", lasts: bool = False) -> None:
        """Count calls anew, and let call ``at`` of kind ``call`` (empty: of any kind) end in ``fault``."""
        answer = self._shim.planstore_fault(fault.encode(), ctypes.c_long(at), call.encode(), int(lasts))
        assert answer == 0, f"the shim knows no fault {fault!r}, or no call {call!r}"

    def calls(self, kinds: list[str]) -> dict[str, int]:
        """Return how many calls of each kind there were since :meth:`arm`."""
        return {kind: self._shim.planstore_fault_calls(kind.encode()) for kind in kinds}

    def trace(self, path: str) -> None:
        """Let ``path`` be told of each call from here on."""
        assert self._shim.planstore_fault_trace(path.encode()) == 0

    def use(self, results: str) -> None:
        """Open the store of a results folder, also when it is the one in use."""
        if self._store is not None:
            self._store.close()
        self._store = planstore.open(results)

    def route(self, number: int, targets: int = 11, symbols: int = 10) -> str:
        """Route; 11 x 10 rows are more than a commit keeps in the catalog, so that parquet files are written."""
        rows = samples.table(samples.records(targets, symbols, seed=number))
        return self.store.route(rows, samples.policy(), run_id=f"run-{number}").run_id

    def status(self, number: int, size: int = 1) -> list[int]:
        """Record statuses of a job of its own, the attempts from ``number`` on, and return those attempts."""
        plan = self.store.plan()
        attempts = list(range(number, number + size))
        job_id = plan.jobs[number // 1000 % len(plan.jobs)]["job_id"]
        with self.store.training.status_writer() as writer:
            writer.record(*(JobStatus(str(plan.plan_id), job_id, "running", attempt=attempt) for attempt in attempts))
        return attempts

    def statuses(self, plan_id: str, job_id: str, first: int, size: int, said: str) -> int:
        """Record attempts of a job from ``first`` on, each by its own call, and note acknowledged ones in a file."""
        with self.store.training.status_writer() as writer, Path(said).open("a", encoding="utf-8") as noted:
            for attempt in range(first, first + size):
                writer.record(JobStatus(plan_id, job_id, "running", attempt=attempt))
                noted.write(f"{attempt}\n")
                noted.flush()
        return size

    def artifact(self, number: int, size: int = 300_000) -> str:
        """Keep an artifact, and return its digest."""
        content = f"artifact {number} ".encode() * (size // 10)
        return Ledger(storage_in(self.store.results / "planstore")).artifacts.put(content)

    def export(self) -> int:
        """Export, with the copy in METRICS, and return how many files were written."""
        return self.store.export(metrics_copy=True).written

    def compact(self, grace_hours: float = 0) -> int:
        """Compact, and return how many rows were flushed."""
        return self.store.maintenance.compact(grace=timedelta(hours=grace_hours)).flushed

    def rebuild(self) -> bool:
        """Derive the projections again, and return whether they were right."""
        return self.store.maintenance.rebuild().same

    def backup(self, number: int) -> str:
        """Back the store up, restore that beside it, and return where."""
        place = self.store.results.with_name(f"{self.store.results.name}-backup-{number}")
        self.store.maintenance.backup(place)
        restored = place.with_name(f"{place.name}-restored")
        restore(place, restored / "planstore")
        return str(restored)

    def copy(self, number: int) -> str:
        """Copy the store, and return where."""
        place = self.store.results.with_name(f"{self.store.results.name}-copy-{number}")
        self.store.maintenance.copy(place)
        return str(place)

    def back_up(self, place: str) -> None:
        """Back the store up into a folder, which may have an earlier backup."""
        self.store.maintenance.backup(place)

    def log(self) -> list[str]:
        """Return the run ids of all commits that have one, oldest first."""
        return [commit["run_id"] for commit in reversed(self.store.log()) if commit["run_id"]]

    def attempts(self) -> list[int]:
        """Return the attempts of all recorded statuses, in order."""
        return [
            row[0] for row in self.store.sql("select attempt from job_status order by commit_id, position").fetchall()
        ]

    def kept(self, digests: list[str]) -> list[str]:
        """Return those digests under which no artifact, or another one, is kept, and those that nobody asked for."""
        artifacts = Ledger(storage_in(self.store.results / "planstore")).artifacts
        bad = list[str]()
        for digest in {*digests, *artifacts.digests()}:
            try:
                artifacts.get(digest)
            except planstore.StoreError as error:
                bad.append(str(error))
        return bad

    def verify(self) -> list[tuple[str, str]]:
        """Return what does not hold: where, and all of it as one sentence."""
        return [(finding.where, str(finding)) for finding in self.store.integrity.verify().findings]

    def close(self) -> None:
        """Close the store; the next step uses the same object again."""
        self.store.close()

    @property
    def store(self) -> Store:
        """The store in use."""
        assert self._store is not None
        return self._store


def answer(step: Callable[[], Any]) -> dict[str, Any]:
    """Return what a step gave; an error that planstore raises on purpose is an answer, any other ends the process."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    try:
        return {"done": step()}
    except PlanstoreError as error:
        return {"refused": type(error).__name__, "because": str(error)}
    except Exception as error:  # noqa: BLE001  (whoever asked raises it)
        return {"raised": type(error).__name__, "because": traceback.format_exc()}
    finally:
        faulthandler.cancel_dump_traceback_later()


def serve(asked: socket.socket) -> None:
    """Do what is asked, one line at a time, until nothing more is."""
    writer = Writer(ctypes.CDLL(os.environ["LD_PRELOAD"]))
    with asked.makefile("r", encoding="utf-8") as lines, asked.makefile("w", encoding="utf-8") as answers:
        for line in lines:
            verb, values = json.loads(line)
            answers.write(json.dumps(answer(partial(getattr(writer, verb), **values))) + "\n")
            answers.flush()


def main() -> None:
    """Fork a process for each socket that comes, say its number, and later how it ended."""
    faulthandler.enable()  # so that a crash says in which step
    for module in (*USED_LATER, *sys.argv[2:]):
        importlib.import_module(module)
    with socket.socket(fileno=int(sys.argv[1])) as control:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 100, 1)
            if not message:
                return
            if not descriptors:
                _, status = os.waitpid(int(message), 0)
                control.send(str(os.waitstatus_to_exitcode(status)).encode())
                continue
            child = os.fork()
            if child == 0:
                control.close()
                with socket.socket(fileno=descriptors[0]) as asked:
                    serve(asked)
                os._exit(0)
            os.close(descriptors[0])
            control.send(str(child).encode())


if __name__ == "__main__":
    main()
