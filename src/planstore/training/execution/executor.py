"""Executor protocol. The result of a task does not depend on its executor."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol, TypeVar

TaskT_contra = TypeVar("TaskT_contra", contravariant=True)
ResultT = TypeVar("ResultT")


class Executor(Protocol[TaskT_contra, ResultT]):
    """Executor of tasks on a panel, each on a worker with one CPU core and one thread."""

    @property
    def slots(self) -> int:
        """Current maximum number of concurrent tasks."""

    def start(self, task: TaskT_contra) -> Future[ResultT]:
        """Start a task; the caller starts no more than ``slots`` tasks at a time.

        The future raises WorkerDiedError when the worker dies, or cannot read the panel.
        """

    def close(self) -> None:
        """Terminate all workers, including busy ones."""
