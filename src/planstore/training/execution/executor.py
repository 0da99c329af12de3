"""Where tasks run. Executors differ in the place only: the same task has the same result on each."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from planstore.training.execution.task import Result, Task


class Executor(Protocol):
    """Runs tasks, each on a worker of one core and one thread."""

    @property
    def slots(self) -> int:
        """How many tasks can run at once, now."""

    def start(self, task: Task) -> Future[Result]:
        """Run a task; the caller sees to it that no more than ``slots`` run.

        The future raises WorkerDiedError when the worker dies.
        """

    def close(self) -> None:
        """End all workers, whatever they are at."""
