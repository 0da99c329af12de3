"""Workers that are processes of this machine."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from planstore.training import worker
from planstore.training.executor import WorkerDiedError
from planstore.training.task import Result, Task

_log = logging.getLogger("planstore.training")

WORKER_BYTES = 500 * 2**20
"""What a worker needs beside the panel: the interpreter, the libraries, a model on its way."""
PANEL_COPIES = 3
"""How often a worker may hold the panel's values: read, sampled, and cut into what is learned from and scored on."""


def affordable_workers(panel: Path, wanted: int | None) -> int:
    """Return how many workers to start: those wanted (None: one a core), as far as memory allows, at least one."""
    import joblib
    import psutil

    asked = wanted or joblib.cpu_count()
    each = WORKER_BYTES + PANEL_COPIES * panel.stat().st_size
    fitting = int(psutil.virtual_memory().available // each)
    if fitting < asked:
        _log.warning(
            "%d workers are started instead of %d: each may need %.1f GiB, and %.1f GiB are free",
            max(fitting, 1), asked, each / 2**30, psutil.virtual_memory().available / 2**30,
        )  # fmt: skip
    return max(1, min(asked, fitting))


class LocalExecutor:
    """Processes of this machine, one a slot, so that the death of one is the death of one task.

    Args:
        panel: where the panel was saved.
        slots: how many.
    """

    def __init__(self, panel: Path, slots: int) -> None:
        self.slots = slots
        self._panel = panel
        self._idle = [_process() for _ in range(slots)]
        self._busy: dict[Future[Result], ProcessPoolExecutor] = {}

    def start(self, task: Task) -> Future[Result]:
        """Run a task on an idle process."""
        process = self._idle.pop()
        try:
            running = process.submit(worker.work, self._panel, task)
        except BrokenProcessPool:
            # because an idle process can die as well
            process.shutdown(wait=False)
            process = _process()
            running = process.submit(worker.work, self._panel, task)
        promised: Future[Result] = Future()
        promised.set_running_or_notify_cancel()
        self._busy[promised] = process
        running.add_done_callback(lambda done: self._settle(promised, done))
        return promised

    def _settle(self, promised: Future[Result], done: Future[Result]) -> None:
        process = self._busy.pop(promised)
        error = done.exception()
        if isinstance(error, BrokenProcessPool):
            process.shutdown(wait=False)
            process = _process()
            error = WorkerDiedError("its worker process died")
        self._idle.append(process)
        if error is not None:
            promised.set_exception(error)
        else:
            promised.set_result(done.result())

    def close(self) -> None:
        """Kill all processes."""
        for process in [*self._idle, *self._busy.values()]:
            for running in list((process._processes or {}).values()):
                running.kill()
            process.shutdown(wait=True, cancel_futures=True)


def _process() -> ProcessPoolExecutor:
    """Return a pool of one process; the process itself starts with its first task."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=worker.begin)
