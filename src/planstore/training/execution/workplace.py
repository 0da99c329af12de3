"""Choice of the executor of a training."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.training.execution.executor import Executor
from planstore.training.execution.local_executor import LocalExecutor, affordable_workers
from planstore.training.execution.worker import work
from planstore.training.execution.worker_process import interpreter

EXECUTORS = ("local", "ray")


@dataclass(frozen=True)
class Workplace:
    """Executor of a training with its settings.

    Attributes:
        executor: ``local``, processes on this machine; or ``ray``, which needs the ``ray`` extra.
        workers: number of concurrent tasks, each on one CPU core; None means one per CPU core, limited by memory.
        ray_address: address of a Ray cluster; None starts one on this machine.

    Raises:
        RequestError: the settings are invalid, or Ray is not installed.
    """

    executor: str = "local"
    workers: int | None = None
    ray_address: str | None = None

    def __post_init__(self) -> None:
        if self.executor not in EXECUTORS:
            raise RequestError(f"executor must be {' or '.join(EXECUTORS)}, got {quoted(self.executor)}")
        if self.workers is not None and self.workers < 1:
            raise RequestError(f"workers must be at least 1, got {self.workers}")
        if self.executor == "local":
            if self.ray_address is not None:
                raise RequestError(f"ray_address needs executor ray, got executor local with {self.ray_address}")
            interpreter()
        elif find_spec("ray") is None:
            raise RequestError("executor ray needs Ray: pip install 'planstore[ray]'")

    def open(self, panel: Path) -> Executor:
        """Return the executor for the panel saved at ``panel``.

        Raises:
            RequestError: there is no Ray cluster at the address.
        """
        if self.executor == "local":
            return LocalExecutor(panel, affordable_workers(panel, self.workers), work)
        from planstore.training.execution.ray_executor import RayExecutor

        return RayExecutor(panel, self.workers, self.ray_address)
