"""What runs in a worker process: it opens the panel once, and trains the tasks it is given."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import connection, parent_process
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from planstore.training.fit import train_job
from planstore.training.task import Result, Task

if TYPE_CHECKING:
    import pyarrow as pa

    from planstore.training.panel import Panel

_panels: dict[str, Panel] = {}


def begin() -> None:
    """Prepare a worker process of this machine: one thread, and an end when its driver ends."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    Thread(target=_end_with_parent, daemon=True).start()


def work(panel: Path, task: Task) -> Result:
    """Train a task on the panel that was saved to ``panel``."""
    return work_on(str(panel), lambda: panel, task)


def work_on(name: str, source: Callable[[], Path | pa.NativeFile], task: Task) -> Result:
    """Train a task on the panel of this name; it is opened from its source once a process."""
    from planstore.training.panel import Panel

    if name not in _panels:
        _panels.clear()
        _panels[name] = Panel.open(source())
    return train_job(_panels[name], task)


def _end_with_parent() -> None:
    """End this process when its driver is gone, because nobody would take its results."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
