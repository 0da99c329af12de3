"""Executor on a Ray cluster, existing or started here. Ray schedules tasks; the driver handles claims and retries."""

from __future__ import annotations

import socket
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.errors import RequestError, WorkerDiedError
from planstore.events.hashing import digest_of
from planstore.training.execution.fit import train_job
from planstore.training.execution.task import Result, Task
from planstore.training.execution.termination import restored_sigterm_handler
from planstore.training.execution.worker import opened

if TYPE_CHECKING:
    import numpy as np

SLOTS_CACHE_SECONDS = 1.0
"""Cache time of the cluster's size in seconds."""


class RayExecutor:
    """Executor with one task per CPU core of a Ray cluster.

    The panel is sent through Ray's object store, because nodes may share no folder. Nodes need planstore installed.

    Args:
        panel: path of the saved panel.
        max_tasks: maximum number of concurrent tasks; None means one per CPU core of the cluster.
        address: address of an existing cluster; None starts one on this machine.

    Raises:
        RequestError: there is no cluster at the address.
    """

    def __init__(self, panel: Path, max_tasks: int | None, address: str | None) -> None:
        import ray

        self._owns_connection = not ray.is_initialized()
        if self._owns_connection:
            with restored_sigterm_handler():
                _connect(ray, max_tasks, address)
        content = panel.read_bytes()
        self._panel = [ray.put(_as_array(content))]
        self._digest = digest_of(content)
        self._work = ray.remote(num_cpus=1, max_retries=0)(_work)
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

    def start(self, task: Task) -> Future[Result]:
        """Run a task on any free CPU core."""
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        running = self._work.remote(self._panel, self._digest, task).future()
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


def _as_array(content: bytes) -> np.ndarray:
    """Return bytes as an array, because workers on a node read arrays without a copy."""
    import numpy as np

    return np.frombuffer(content, dtype=np.uint8)


def _settle(future: Future[Result], done: Future[Result]) -> None:
    from ray.exceptions import RayError, RayTaskError

    error = done.exception()
    if error is None:
        future.set_result(done.result())
    elif isinstance(error, RayError) and not isinstance(error, RayTaskError):
        future.set_exception(WorkerDiedError(f"its Ray worker died: {type(error).__name__}"))
    else:
        future.set_exception(error)


def _work(panel: list[Any], digest: str, task: Task) -> Result:
    """Train a task in a Ray worker; the panel is fetched once per process."""
    import pyarrow as pa
    import ray

    return train_job(opened(digest, lambda: pa.BufferReader(pa.py_buffer(ray.get(panel[0])))), task)
