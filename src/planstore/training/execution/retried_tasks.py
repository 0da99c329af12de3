"""Tasks of a driver, run on an executor; one whose worker dies is tried again."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Generic, TypeVar

from planstore.errors import WorkerDiedError
from planstore.training.execution.executor import Executor

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")

_log = logging.getLogger("planstore.training")

ATTEMPTS = 3
"""Maximum number of attempts of a task after deaths of its worker."""
PATIENCE = 1.0
"""Seconds after which a growing executor is asked for its slots again."""


class RetriedTasks(Generic[TaskT, ResultT]):
    """Tasks on an executor, as many at a time as it has slots; their order is that of their starts.

    Args:
        executor: executor of the tasks.
        tasks: the tasks.
    """

    def __init__(self, executor: Executor[TaskT, ResultT], tasks: Iterable[TaskT]) -> None:
        self._executor = executor
        self._waiting = deque((task, 1) for task in tasks)

    def add(self, task: TaskT) -> None:
        """Add a task, also while results are taken."""
        self._waiting.append((task, 1))

    def __iter__(self) -> Iterator[tuple[TaskT, ResultT]]:
        """Yield each task with its result, as soon as it has ended.

        Raises:
            WorkerDiedError: the workers of all attempts of a task died.
        """
        running: dict[Future[ResultT], tuple[TaskT, int]] = {}
        while self._waiting or running:
            # at least one, because a cluster may add its first node only when a task waits for it
            while self._waiting and len(running) < max(1, self._executor.slots):
                task, attempt = self._waiting.popleft()
                running[self._executor.start(task)] = task, attempt
            done, _ = wait(running, PATIENCE if self._waiting else None, FIRST_COMPLETED)
            for future in done:
                task, attempt = running.pop(future)
                try:
                    result = future.result()
                except WorkerDiedError as error:
                    if attempt == ATTEMPTS:
                        raise
                    _log.warning("%s, attempt %d: %s; it is tried again", task, attempt, error)
                    self._waiting.appendleft((task, attempt + 1))
                else:
                    yield task, result
