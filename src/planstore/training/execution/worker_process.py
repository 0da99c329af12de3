"""A worker process of this machine, as its driver sees it.

It is a Python interpreter of its own that imports planstore and never the user's main module: a script without a
``__main__`` guard, a notebook or a session at a prompt is not run a second time. The driver writes calls to the
process's standard input and reads their answers from its standard output, both as pickles.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.spawn import get_executable
from pathlib import Path
from typing import Any

from planstore.errors import RequestError, WorkerDiedError

BEGIN = "import sys; sys.path[:] = sys.argv[1:]; from planstore.training.execution import worker; worker.answer_calls()"
"""What the process runs; its arguments are the driver's import path, so that it finds the same modules."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class WorkerProcess:
    """A process that runs functions, one at a time, each on one thread. It ends when its driver ends.

    Raises:
        RequestError: there is no Python interpreter to run it with.
    """

    def __init__(self) -> None:
        paths = [path for path in sys.path if isinstance(path, str)]
        try:
            self._process = subprocess.Popen(
                [interpreter(), "-c", BEGIN, *paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | ONE_THREAD,
                process_group=0,  # because Ctrl-C is for the driver, which ends its workers
            )
        except OSError as error:
            raise RequestError(f"a worker process cannot be started with {interpreter()}: {error.strerror}") from error

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function of an importable module returns in the process, or raise what it raises there.

        Raises:
            WorkerDiedError: the process died.
        """
        call = pickle.dumps((function, arguments))
        calls, answers = self._process.stdin, self._process.stdout
        assert calls is not None
        assert answers is not None
        try:
            pickle.dump(call, calls)
            calls.flush()
            answer = pickle.load(answers)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
            raise WorkerDiedError("its worker process died") from error
        has_returned, value = pickle.loads(answer)
        if has_returned:
            return value
        raise value

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process and those that it started, whatever they are at."""
        with suppress(BrokenPipeError), self._process:  # because a call may be on its way
            if self.is_alive:
                os.killpg(self._process.pid, signal.SIGKILL)


def interpreter() -> str:
    """Return the Python interpreter that worker processes run on.

    Raises:
        RequestError: this program has none; where it is frozen, its executable would begin the program again.
    """
    found = os.fsdecode(get_executable() or "")
    if not found or (getattr(sys, "frozen", False) and not Path(found).stem.lower().startswith(("python", "pypy"))):
        raise RequestError(
            f"worker processes need a Python interpreter, got {found or 'none'}: name one with "
            "multiprocessing.set_executable()"
        )
    return found
