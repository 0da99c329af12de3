"""Choice of the executor of a training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.ledger.storage import ArtifactStorage
from planstore.training.execution.executor import Executor
from planstore.training.execution.local_executor import LocalExecutor, affordable_workers
from planstore.training.execution.worker import work
from planstore.training.execution.worker_process import interpreter

if TYPE_CHECKING:
    from planstore.training.panel.panel import Panel


@dataclass(frozen=True)
class ExecutorSettings:
    """Executor of a training with its settings.

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

    def open(self, panel: Panel, artifacts: ArtifactStorage, folder: Path) -> Executor:
        """Return the executor.

        Args:
            panel: panel of the tasks.
            artifacts: storage of the files that workers store, where they reach it.
            folder: temporary folder that exists until the executor is closed.

        Raises:
            RequestError: there is no Ray cluster at the address.
        """
        return self._kind.open(self, panel, artifacts, folder)

    @property
    def _kind(self) -> _Kind:
        return EXECUTORS[self.executor]


@dataclass(frozen=True)
class _Kind:
    """A kind of executors.

    Attributes:
        open: returns the executor; see `ExecutorSettings.open`.
        check: refuses a machine on which the executor, given by name, cannot run.
    """

    open: Callable[[ExecutorSettings, Panel, ArtifactStorage, Path], Executor]
    check: Callable[[str], object]


def _open_local(settings: ExecutorSettings, panel: Panel, artifacts: ArtifactStorage, folder: Path) -> Executor:
    saved = folder / "panel.json"
    panel.save(saved)
    return LocalExecutor(saved, affordable_workers(panel, settings.workers), partial(work, artifacts.opener()))


def _open_ray(settings: ExecutorSettings, panel: Panel, artifacts: ArtifactStorage, folder: Path) -> Executor:
    from planstore.training.execution.ray_executor import RayExecutor

    return RayExecutor(panel, artifacts, settings.workers, settings.ray_address)


def _check_interpreter(_: str) -> None:
    interpreter()


def _check_extra(executor: str) -> None:
    """Refuse an executor whose extra, the package of the same name, is not installed."""
    if find_spec(executor) is None:
        raise RequestError(
            f"executor {executor} must have its extra installed, got no package {executor}: "
            f"run pip install 'planstore[{executor}]'"
        )


EXECUTORS = {"local": _Kind(_open_local, _check_interpreter), "ray": _Kind(_open_ray, _check_extra)}
"""The executors by name."""
