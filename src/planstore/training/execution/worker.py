"""What runs in a worker process: it opens the panel once, and answers the calls of its driver."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO

from planstore.training.execution.fit import train_job
from planstore.training.execution.task import Result, Task

if TYPE_CHECKING:
    import pyarrow as pa

    from planstore.training.panel.panel import Panel

_panels: dict[str, Panel] = {}


def work(panel: Path, task: Task) -> Result:
    """Train a task on the panel that was saved to ``panel``."""
    return train_job(opened(str(panel), lambda: panel), task)


def opened(name: str, source: Callable[[], Path | pa.NativeFile]) -> Panel:
    """Return the panel of this name; it is opened from its source once a process."""
    from planstore.training.panel.panel import Panel

    if name not in _panels:
        _panels.clear()
        _panels[name] = Panel.open(source())
    return _panels[name]


def answer_calls() -> None:
    """Run what the driver calls, one call after the other, until the driver is gone."""
    calls, answers = _channel()
    waiting: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(calls, waiting), daemon=True).start()
    while True:
        answer = _answer(waiting.get())
        pickle.dump(answer, answers)
        answers.flush()


def _channel() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams of calls and answers, out of reach of all else that reads or writes standard streams."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing if sys.stderr is None else 2, 1)  # because libraries print, and nobody here reads what they print
    return calls, answers


def _receive(calls: BinaryIO, waiting: SimpleQueue[bytes]) -> None:
    """Pass on calls as they come; end this process when its driver is gone, because nobody would take its answers."""
    try:
        while True:
            waiting.put(pickle.load(calls))
    finally:
        os._exit(1)


def _answer(call: bytes) -> bytes:
    """Return whether the function returned, and what; or what it raised."""
    try:
        function, arguments = pickle.loads(call)
        return pickle.dumps((True, function(*arguments)))
    except Exception as error:  # noqa: BLE001  (whatever it is, the driver raises it)
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # noqa: BLE001  (an error that cannot be sent is sent as its text)
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
        return pickle.dumps((False, error))
