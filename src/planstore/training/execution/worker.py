"""Code of a worker process: opens the panel once, and runs the calls of its driver."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from planstore.errors import PanelError, StoreError
from planstore.ledger.storage import ArtifactsOpener
from planstore.training.execution.fit import train_job
from planstore.training.execution.task import LOST, Result, Task, stored

if TYPE_CHECKING:
    from planstore.training.panel.panel import Panel, PanelOrigin

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")

_panels: dict[str, Panel] = {}


def run_saved(work: Callable[[Panel, TaskT], ResultT], panel: Path, task: TaskT) -> ResultT:
    """Run a task on the panel saved at ``panel``."""
    return work(opened(str(panel), lambda: panel), task)


def train_and_store(artifacts: ArtifactsOpener, panel: Panel, task: Task) -> Result:
    """Train a job, and store its files."""
    return stored_result(train_job(panel, task), artifacts)


def stored_result(result: Result, artifacts: ArtifactsOpener) -> Result:
    """Return a result with its files stored; the attempt is lost where they cannot be."""
    try:
        return replace(result, files=(), stored_files=tuple(stored(artifacts(), result.files)))
    except StoreError as error:
        return Result(LOST, error=f"its worker could not store its files: {error}")


def opened(name: str, source: Callable[[], Path | Panel | PanelOrigin]) -> Panel:
    """Return the panel with this name; it is opened from its source once per process.

    Raises:
        PanelError: its origin cannot be read, or has other content than the panel whose digest is the name.
    """
    from planstore.training.panel.panel import Panel, PanelOrigin

    if name not in _panels:
        _panels.clear()
        found = source()
        if isinstance(found, PanelOrigin):
            found = _read_again(found, name)
        _panels[name] = Panel.open(found) if isinstance(found, Path) else found
    return _panels[name]


def _read_again(origin: PanelOrigin, digest: str) -> Panel:
    panel = origin.read()
    if panel.digest != digest:
        raise PanelError(
            f"{origin.address} must be as the driver has read it, got other content: call again when no one writes it"
        )
    return panel


def answer_calls() -> None:
    """Run the calls of the driver in order until the driver exits."""
    calls, answers = _channel()
    waiting: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(calls, waiting), daemon=True).start()
    while True:
        answer = _answer(waiting.get())
        pickle.dump(answer, answers)
        answers.flush()


def _channel() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams of calls and answers, separated from the standard streams of other code."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    devnull = os.open(os.devnull, os.O_RDWR)
    os.dup2(devnull, 0)
    os.dup2(devnull if sys.stderr is None else 2, 1)  # because output of libraries must not mix with answers
    return calls, answers


def _receive(calls: BinaryIO, waiting: SimpleQueue[bytes]) -> None:
    """Queue incoming calls; exit when the driver has exited, because no process reads the answers."""
    try:
        while True:
            waiting.put(pickle.load(calls))
    finally:
        os._exit(1)


def _answer(call: bytes) -> bytes:
    """Return a pickle of the call's outcome: True and the returned value, or False and the raised error."""
    try:
        function, arguments = pickle.loads(call)
        return pickle.dumps((True, function(*arguments)))
    except Exception as error:  # noqa: BLE001  (the driver raises every error)
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # noqa: BLE001  (an error that cannot be pickled is sent as text)
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
        return pickle.dumps((False, error))
