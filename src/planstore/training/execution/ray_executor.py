"""Executor on a Ray cluster, existing or started here. Ray schedules tasks; their driver handles retries."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from planstore.errors import PlanstoreError, RequestError, WorkerDiedError
from planstore.training.execution.termination import restored_sigterm_handler
from planstore.training.execution.worker import opened

if TYPE_CHECKING:
    from planstore.training.panel.panel import Panel, PanelOrigin

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")

SLOTS_CACHE_SECONDS = 1.0
"""Cache time of the cluster's size in seconds."""


class RayExecutor(Generic[TaskT, ResultT]):
    """Executor with one task per CPU core of a Ray cluster.

    Nodes need planstore installed. Workers read a panel of object storage themselves; a local panel is sent through
    Ray's object store, once, because nodes may share no folder. Credentials are those of the nodes.

    Args:
        panel: panel of the tasks.
        work: as for :meth:`~planstore.training.execution.executor_settings.ExecutorSettings.open`.
        max_tasks: maximum number of concurrent tasks; None means one per CPU core of the cluster.
        address: address of an existing cluster; None starts one on this machine.

    Raises:
        RequestError: there is no cluster at the address.
    """

    def __init__(
        self, panel: Panel, work: Callable[[Panel, TaskT], ResultT], max_tasks: int | None, address: str | None
    ) -> None:
        import ray

        self._owns_connection = not ray.is_initialized()
        if self._owns_connection:
            with restored_sigterm_handler():
                _connect(ray, max_tasks, address)
        self._digest = panel.digest
        self._panel = [ray.put(panel.held())] if panel.origin is None else panel.origin
        self._work = work
        self._run: Any = ray.remote(num_cpus=1, max_retries=0)(run_fetched)
        self._max_tasks = max_tasks
        self._cached_slots: tuple[float, int] = (0.0, 0)

    @property
    def slots(self) -> int:
        """Current number of CPU cores of the cluster, at most the maximum number of tasks."""
        import ray

        read_at, slots = self._cached_slots
        if time.monotonic() - read_at > SLOTS_CACHE_SECONDS:
            slots = int(ray.cluster_resources().get("CPU", 0))  # type: ignore[no-untyped-call]
            self._cached_slots = (time.monotonic(), slots)
        return slots if self._max_tasks is None else min(slots, self._max_tasks)

    def start(self, task: TaskT) -> Future[ResultT]:
        """Run a task on any free CPU core."""
        future: Future[ResultT] = Future()
        future.set_running_or_notify_cancel()
        running = self._run.remote(self._work, self._panel, self._digest, task).future()
        running.add_done_callback(lambda done: _settle(future, done))
        return future

    def close(self) -> None:
        """Disconnect from the cluster and end its running tasks; a cluster started here is stopped."""
        import ray

        if self._owns_connection:
            ray.shutdown()


def _connect(ray: Any, max_tasks: int | None, address: str | None) -> None:
    options: dict[str, Any] = {"address": address or "local", "log_to_driver": False, "logging_level": "warning"}
    if address is None:
        options |= {"num_cpus": max_tasks, "include_dashboard": False}
    try:
        host, separator, port = (address or "").rpartition(":")
        if separator and port.isdigit() and "//" not in host:
            socket.create_connection((host, int(port)), timeout=10).close()  # because Ray retries for minutes
        ray.init(**options)
    except (OSError, ValueError, RuntimeError) as error:
        fault = "Ray cannot be started on this machine" if address is None else f"there is no Ray cluster at {address}"
        raise RequestError(f"{fault}: {error}") from error


def _settle(future: Future[ResultT], done: Future[ResultT]) -> None:
    from ray.exceptions import RayError, RayTaskError

    error = done.exception()
    if error is None:
        future.set_result(done.result())
        return
    cause = error.cause if isinstance(error, RayTaskError) else error
    if isinstance(cause, RayError):  # of the worker, or of the panel that it asked Ray for
        cause = WorkerDiedError(f"its Ray worker died: {type(cause).__name__}")
    future.set_exception(cause)


def run_fetched(
    work: Callable[[Panel, TaskT], ResultT], panel: PanelOrigin | list[Any], digest: str, task: TaskT
) -> ResultT:
    """Run a task in a Ray worker; the panel with this digest is fetched once per process.

    Raises:
        WorkerDiedError: the worker cannot read the panel.
    """
    import ray

    def source() -> Panel | PanelOrigin:
        return ray.get(panel[0]) if isinstance(panel, list) else panel

    try:
        fetched = opened(digest, source)
    except PlanstoreError as error:
        raise WorkerDiedError(f"its worker could not read the panel: {error}") from error
    return work(fetched, task)
