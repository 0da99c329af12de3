"""Executor protocol. The result of a task does not depend on its executor."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from planstore.training.execution.task import Result, Task


class Executor(Protocol):
    """Executor of tasks, each on a worker with one CPU core and one thread."""

    @property
    def slots(self) -> int:
        """Current maximum number of concurrent tasks."""

    def start(self, task: Task) -> Future[Result]:
        """Start a task; the caller starts no more than ``slots`` tasks at a time.

        The future raises WorkerDiedError when the worker dies.
        """

    def close(self) -> None:
        """Terminate all workers, including busy ones."""
