"""Worker process on this machine, from the side of its driver.

The process is a separate Python interpreter that never imports the user's main module, because a script without a
``__main__`` guard, a notebook or an interactive session must not run twice. The driver writes calls to the standard
input of the process and reads answers from its standard output, both as pickles.
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
"""Program of the process; its arguments are the driver's import path, because it must import the same modules."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
RETURNED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "131072"}
"""Setting of glibc, because it would keep what a fit has freed, and the next fit would need as much again."""


class WorkerProcess:
    """Process that runs one function at a time, on one thread, and exits with its driver.

    Raises:
        RequestError: there is no Python interpreter for the process.
    """

    def __init__(self) -> None:
        paths = [path for path in sys.path if isinstance(path, str)]
        try:
            self._process = subprocess.Popen(
                [interpreter(), "-c", BEGIN, *paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=RETURNED_MEMORY | os.environ | ONE_THREAD,
                process_group=0,  # because the driver handles Ctrl-C and ends its workers
            )
        except OSError as error:
            raise RequestError(f"a worker process cannot be started with {interpreter()}: {error.strerror}") from error

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function of an importable module in the process, and return its value or raise its error.

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
        """Whether the process is running."""
        return self._process.poll() is None

    def end(self) -> None:
        """Kill the process and its child processes."""
        with suppress(BrokenPipeError), self._process:  # because a call may be partly written
            if self.is_alive:
                os.killpg(self._process.pid, signal.SIGKILL)


def interpreter() -> str:
    """Return the Python interpreter for worker processes.

    Raises:
        RequestError: there is none; the executable of a frozen program would start the program again.
    """
    found = os.fsdecode(get_executable() or "")
    if not found or (getattr(sys, "frozen", False) and not Path(found).stem.lower().startswith(("python", "pypy"))):
        raise RequestError(
            f"worker processes need a Python interpreter, got {found or 'none'}: name one with "
            "multiprocessing.set_executable()"
        )
    return found
