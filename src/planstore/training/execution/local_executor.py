"""Executor with worker processes on this machine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from planstore.errors import WorkerDiedError
from planstore.training.execution.worker import run_saved
from planstore.training.execution.worker_process import WorkerProcess

if TYPE_CHECKING:
    from planstore.training.panel.panel import Panel

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")


class LocalExecutor(Generic[TaskT, ResultT]):
    """Executor with one process per slot, so that the death of a process ends only one task.

    Args:
        panel: file by which processes open the panel.
        slots: number of processes.
        work: as for :meth:`~planstore.training.execution.executor_settings.ExecutorSettings.open`.
    """

    def __init__(self, panel: Path, slots: int, work: Callable[[Panel, TaskT], ResultT]) -> None:
        self.slots = slots
        self._panel = panel
        self._work = work
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="planstore-worker")
        self._processes: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []
        self._lock = Lock()
        self._is_closed = False

    def start(self, task: TaskT) -> Future[ResultT]:
        """Run a task on the next idle process."""
        return self._threads.submit(self._run, task)

    def _run(self, task: TaskT) -> ResultT:
        process = self._process()
        try:
            result: ResultT = process.call(run_saved, self._work, self._panel, task)
        finally:
            with self._lock:
                self._idle.append(process)
        return result

    def _process(self) -> WorkerProcess:
        """Return a live idle process, or a new one."""
        with self._lock:
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
        """Terminate all processes, including busy ones."""
        with self._lock:
            self._is_closed = True
            for process in self._processes:
                process.end()
        self._threads.shutdown(wait=True, cancel_futures=True)
