"""A process that does to a store what it is told, one line at a time, and says what came of it; see ``harness.py``."""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import planstore
import samples
from planstore.errors import PlanstoreError
from planstore.store import Store

PATIENCE = 60.0
"""Seconds after which one step is taken for one that hangs; the process then says where, and ends."""


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

    def use(self, results: str) -> None:
        """Open the store of a results folder, also when it is the one in use."""
        if self._store is not None:
            self._store.close()
        self._store = planstore.open(results)

    def route(self, number: int, targets: int = 11, symbols: int = 10) -> str:
        """Route; 11 x 10 rows are more than a commit keeps in the catalog, so that parquet files are written."""
        rows = samples.table(samples.records(targets, symbols, seed=number))
        return self.store.route(rows, samples.policy(), run_id=f"run-{number}").run_id

    def export(self) -> int:
        """Export, with the copy in METRICS, and return how many files were written."""
        return self.store.export(metrics_copy=True).written

    def log(self) -> list[str]:
        """Return the run ids of all commits, oldest first."""
        return [commit["run_id"] for commit in reversed(self.store.log())]

    def verify(self) -> list[tuple[str, str]]:
        """Return what does not hold: where, and all of it as one sentence."""
        return [(finding.where, str(finding)) for finding in self.store.verify().findings]

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
    finally:
        faulthandler.cancel_dump_traceback_later()


def main() -> None:
    writer = Writer(ctypes.CDLL(os.environ["LD_PRELOAD"]))
    for line in sys.stdin:
        verb, values = json.loads(line)
        sys.stdout.write(json.dumps(answer(partial(getattr(writer, verb), **values))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
