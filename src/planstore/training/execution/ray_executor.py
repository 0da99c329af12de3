"""Executor on a Ray cluster, existing or started here. Ray schedules tasks; the driver handles claims and retries."""

from __future__ import annotations

import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from planstore.errors import PanelError, PlanstoreError, RequestError, WorkerDiedError
from planstore.ledger.storage import ArtifactsOpener, ArtifactStorage
from planstore.training.execution.fit import train_job
from planstore.training.execution.task import Result, Task
from planstore.training.execution.termination import restored_sigterm_handler
from planstore.training.execution.worker import opened, stored_result

if TYPE_CHECKING:
    import numpy as np

    from planstore.training.panel.panel import Panel, PanelOrigin

SLOTS_CACHE_SECONDS = 1.0
"""Cache time of the cluster's size in seconds."""


class RayExecutor:
    """Executor with one task per CPU core of a Ray cluster.

    Nodes need planstore installed. A worker reads a panel of object storage itself, and Ray gives it to the others; a
    local panel is sent through Ray's object store, because nodes may share no folder. For the same reason the files of
    jobs are sent to the driver, unless the store is one that other machines reach. Credentials are those of the nodes.

    Args:
        panel: panel of the tasks.
        artifacts: artifacts of the store.
        max_tasks: maximum number of concurrent tasks; None means one per CPU core of the cluster.
        address: address of an existing cluster; None starts one on this machine.

    Raises:
        RequestError: there is no cluster at the address.
        PanelError: a worker cannot read the panel, or finds another one.
    """

    def __init__(self, panel: Panel, artifacts: ArtifactStorage, max_tasks: int | None, address: str | None) -> None:
        import ray

        self._owns_connection = not ray.is_initialized()
        if self._owns_connection:
            with restored_sigterm_handler():
                _connect(ray, max_tasks, address)
        self._digest = panel.digest
        try:
            self._panel = [ray.put(_content(panel)) if panel.origin is None else _fetched(panel.origin, self._digest)]
        except BaseException:
            self.close()
            raise
        self._artifacts = artifacts.opener() if artifacts.is_shared else None
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
        running = self._work.remote(self._panel, self._digest, self._artifacts, task).future()
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


def _content(panel: Panel) -> np.ndarray:
    """Return the saved panel as an array of bytes, because workers on a node read arrays without a copy."""
    import numpy as np

    with TemporaryDirectory(prefix="planstore-") as folder:
        saved = Path(folder) / "panel.parquet"
        panel.save(saved)
        return np.fromfile(saved, dtype=np.uint8)


def _fetched(origin: PanelOrigin, digest: str) -> Any:
    """Let a worker read the panel, and return the reference of its content.

    Raises:
        PanelError: it cannot, or finds another panel.
        WorkerDiedError: the worker died.
    """
    import ray
    from ray.exceptions import RayError, RayTaskError

    fetch: Any = ray.remote(num_cpus=1, num_returns=2)(_fetch)
    done, content = fetch.remote(origin, digest)
    try:
        ray.get(done)
    except RayTaskError as error:
        with suppress(RayTaskError):  # because Ray prints an error that is not asked for
            ray.get(content)
        if isinstance(error.cause, PlanstoreError):
            raise PanelError(f"a worker of Ray must be able to read the panel, got: {error.cause}") from error
        raise
    except RayError as error:
        raise WorkerDiedError(f"the Ray worker that read the panel died: {type(error).__name__}") from error
    return content


def _fetch(origin: PanelOrigin, digest: str) -> tuple[str, np.ndarray]:
    """Read the panel in a worker of Ray; Ray does it again where the node that has the content is lost."""
    panel = origin.read()
    if panel.digest != digest:
        raise PanelError(
            f"{origin.address} must be as the driver has read it, got other content: train when no one writes it"
        )
    return digest, _content(panel)


def _settle(future: Future[Result], done: Future[Result]) -> None:
    from ray.exceptions import RayError, RayTaskError

    error = done.exception()
    if error is None:
        future.set_result(done.result())
        return
    cause = error.cause if isinstance(error, RayTaskError) else error
    if isinstance(cause, RayError):  # of the worker, or of the panel that it asked Ray for
        future.set_exception(WorkerDiedError(f"its Ray worker died: {type(cause).__name__}"))
    else:
        future.set_exception(error)


def _work(panel: list[Any], digest: str, artifacts: ArtifactsOpener | None, task: Task) -> Result:
    """Train a task in a Ray worker; the panel is fetched once per process."""
    import pyarrow as pa
    import ray

    result = train_job(opened(digest, lambda: pa.BufferReader(pa.py_buffer(ray.get(panel[0])))), task)
    return result if artifacts is None else stored_result(result, artifacts)
