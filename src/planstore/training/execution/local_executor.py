"""Workers that are processes of this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from planstore.errors import WorkerDiedError
from planstore.training.execution.worker_process import WorkerProcess

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

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


class LocalExecutor(Generic[Asked, Answer]):
    """Processes of this machine, one a slot, so that the death of one is the death of one task.

    Args:
        panel: where the panel was saved.
        slots: how many.
        work: what a process does with the panel and a task; a function of an importable module.
    """

    def __init__(self, panel: Path, slots: int, work: Callable[[Path, Asked], Answer]) -> None:
        self.slots = slots
        self._panel = panel
        self._work = work
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="planstore-worker")
        self._processes: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []
        self._changing = Lock()
        self._is_closed = False

    def start(self, task: Asked) -> Future[Answer]:
        """Run a task on an idle process, or as soon as there is one."""
        return self._threads.submit(self._run, task)

    def _run(self, task: Asked) -> Answer:
        process = self._process()
        try:
            answer: Answer = process.call(self._work, self._panel, task)
        finally:
            with self._changing:
                self._idle.append(process)
        return answer

    def _process(self) -> WorkerProcess:
        """Return an idle process; a new one where there is none, or where the one that there is has died."""
        with self._changing:
            process = self._idle.pop() if self._idle else None
            if process is not None and process.is_alive:
                return process
            if self._is_closed:
                raise WorkerDiedError("its workers were ended")
            if process is not None:
                self._processes.remove(process)
                process.end()
            new = WorkerProcess()
            self._processes.add(new)
            return new

    def close(self) -> None:
        """End all processes, whatever they are at."""
        with self._changing:
            self._is_closed = True
            for process in self._processes:
                process.end()
        self._threads.shutdown(wait=True, cancel_futures=True)
