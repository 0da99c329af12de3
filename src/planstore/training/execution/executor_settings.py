"""Choice of the executor of a training or a measurement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.training.execution.executor import Executor
from planstore.training.execution.local_executor import LocalExecutor
from planstore.training.execution.memory import LargestFit, affordable_workers
from planstore.training.execution.worker_process import interpreter

if TYPE_CHECKING:
    from planstore.training.panel.panel import Panel

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class ExecutorSettings:
    """Executor of a training or a measurement, with its settings.

    Attributes:
        executor: ``local``, processes on this machine; or ``ray``, which needs the ``ray`` extra.
        workers: number of concurrent tasks, each on one CPU core; None means one per CPU core, limited by memory.
        ray_address: address of a Ray cluster; None starts one on this machine.

    Raises:
        RequestError: the settings are invalid, or the executor's extra is not installed.
    """

    executor: str = "local"
    workers: int | None = None
    ray_address: str | None = None

    def __post_init__(self) -> None:
        if self.executor not in EXECUTORS:
            raise RequestError(f"executor must be {' or '.join(EXECUTORS)}, got {quoted(self.executor)}")
        if self.workers is not None and self.workers < 1:
            raise RequestError(f"workers must be at least 1, got {self.workers}")
        if self.ray_address is not None and self.executor != "ray":
            raise RequestError(
                f"ray_address must be without executor {self.executor}, got {quoted(self.ray_address)}: "
                "set executor ray, or leave the address out"
            )
        self._kind.check(self.executor)

    def open(
        self, panel: Panel, work: Callable[[Panel, TaskT], ResultT], folder: Path, fit: LargestFit
    ) -> Executor[TaskT, ResultT]:
        """Return the executor.

        Args:
            panel: panel of the tasks.
            work: function that workers run on the panel and a task; it must be in an importable module.
            folder: temporary folder that exists until the executor is closed.
            fit: the largest fit of the tasks, by which memory limits the number of workers on this machine.

        Raises:
            RequestError: there is no Ray cluster at the address.
        """
        found: Executor[TaskT, ResultT] = self._kind.open(self, panel, work, folder, fit)
        return found

    @property
    def is_remote(self) -> bool:
        """Whether workers may be on other machines."""
        return self._kind.is_remote

    @property
    def _kind(self) -> _Kind:
        return EXECUTORS[self.executor]


_Work = Callable[["Panel", Any], Any]


@dataclass(frozen=True)
class _Kind:
    """A kind of executors.

    Attributes:
        open: returns the executor; see `ExecutorSettings.open`.
        check: refuses a machine on which the executor, given by name, cannot run.
        is_remote: whether workers may be on other machines.
    """

    open: Callable[[ExecutorSettings, Panel, _Work, Path, LargestFit], Executor[Any, Any]]
    check: Callable[[str], object]
    is_remote: bool


def _open_local(
    settings: ExecutorSettings, panel: Panel, work: _Work, folder: Path, fit: LargestFit
) -> Executor[Any, Any]:
    saved = folder / "panel.json"
    panel.save(saved)
    return LocalExecutor(saved, affordable_workers(panel, settings.workers, fit), work)


def _open_ray(settings: ExecutorSettings, panel: Panel, work: _Work, *_: object) -> Executor[Any, Any]:
    from planstore.training.execution.ray_executor import RayExecutor

    return RayExecutor(panel, work, settings.workers, settings.ray_address)


def _check_interpreter(_: str) -> None:
    interpreter()


def _check_extra(executor: str) -> None:
    """Refuse an executor whose extra, the package of the same name, is not installed."""
    if find_spec(executor) is None:
        raise RequestError(
            f"executor {executor} must have its extra installed, got no package {executor}: "
            f"run pip install 'planstore[{executor}]'"
        )


EXECUTORS = {
    "local": _Kind(_open_local, _check_interpreter, is_remote=False),
    "ray": _Kind(_open_ray, _check_extra, is_remote=True),
}
"""The executors by name."""
