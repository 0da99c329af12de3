"""Workers of a Ray cluster: an existing one, or one on this machine. Ray places tasks; claims and retries stay ours."""

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
from planstore.training.execution.termination import sigterm_kept
from planstore.training.execution.worker import opened

if TYPE_CHECKING:
    import numpy as np

SLOTS_LAST = 1.0
"""Seconds for which the cluster's size is taken to stay what it was."""


class RayExecutor:
    """Tasks of a Ray cluster, one core each.

    The panel goes through Ray's object store, so that nodes need no folder in common; they need planstore installed.

    Args:
        panel: where the panel was saved.
        most: how many tasks run at once, at most; None means as many as the cluster has cores.
        address: of an existing cluster; None starts one on this machine.

    Raises:
        RequestError: Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, panel: Path, most: int | None, address: str | None) -> None:
        try:
            import ray
        except ImportError as error:
            raise RequestError("executor ray needs Ray: pip install 'planstore[ray]'") from error
        self._owns_connection = not ray.is_initialized()
        if self._owns_connection:
            with sigterm_kept():
                _connect(ray, most, address)
        content = panel.read_bytes()
        self._panel = [ray.put(_as_array(content))]
        self._digest = digest_of(content)
        self._work = ray.remote(num_cpus=1, max_retries=0)(_work)
        self._most = most
        self._seen: tuple[float, int] = (0.0, 0)

    @property
    def slots(self) -> int:
        """How many cores the cluster has now."""
        import ray

        seen, slots = self._seen
        if time.monotonic() - seen > SLOTS_LAST:
            slots = int(ray.cluster_resources().get("CPU", 0))  # type: ignore[no-untyped-call]
            self._seen = (time.monotonic(), slots)
        return slots if self._most is None else min(slots, self._most)

    def start(self, task: Task) -> Future[Result]:
        """Run a task wherever there is a core."""
        promised: Future[Result] = Future()
        promised.set_running_or_notify_cancel()
        running = self._work.remote(self._panel, self._digest, task).future()
        running.add_done_callback(lambda done: _settle(promised, done))
        return promised

    def close(self) -> None:
        """Leave the cluster, and with it all tasks that run; one that was started here ends."""
        import ray

        if self._owns_connection:
            ray.shutdown()


def _connect(ray: Any, most: int | None, address: str | None) -> None:
    options: dict[str, Any] = {"address": address or "local", "log_to_driver": False, "logging_level": "warning"}
    if address is None:
        options |= {"num_cpus": most, "include_dashboard": False}
    try:
        host, separator, port = (address or "").rpartition(":")
        if separator and port.isdigit() and "//" not in host:
            socket.create_connection((host, int(port)), timeout=10).close()  # because Ray itself tries for minutes
        ray.init(**options)
    except (OSError, ValueError, RuntimeError) as error:
        wrong = "Ray cannot be started on this machine" if address is None else f"there is no Ray cluster at {address}"
        raise RequestError(f"{wrong}: {error}") from error


def _as_array(content: bytes) -> np.ndarray:
    """Return bytes in a form that workers of a node read without a copy."""
    import numpy as np

    return np.frombuffer(content, dtype=np.uint8)


def _settle(promised: Future[Result], done: Future[Result]) -> None:
    from ray.exceptions import RayError, RayTaskError

    error = done.exception()
    if error is None:
        promised.set_result(done.result())
    elif isinstance(error, RayError) and not isinstance(error, RayTaskError):
        promised.set_exception(WorkerDiedError(f"its Ray worker died: {type(error).__name__}"))
    else:
        promised.set_exception(error)


def _work(panel: list[Any], digest: str, task: Task) -> Result:
    """Run in a Ray worker: train a task; the panel is fetched once a process."""
    import pyarrow as pa
    import ray

    return train_job(opened(digest, lambda: pa.BufferReader(pa.py_buffer(ray.get(panel[0])))), task)
