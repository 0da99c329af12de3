"""Runs verbs of the command line as processes of their own, forked from one that has loaded the modules already.

``python -m verbs_forked`` reads a list of :class:`Call` as JSON from standard input and writes a list of
:class:`Ending` to standard output.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import forks

DEADLINE = 120.0
"""Seconds that a verb has to get busy, and to end."""


@dataclass(frozen=True)
class Call:
    """A verb to run.

    Attributes:
        words: the arguments.
        output: what standard output is: a path, or ``closed``.
        error: what standard error is: a path, ``closed``, or None for a file that is read afterwards.
        busy: the end of the name of a file that it opens, or the number of seconds of processor time that it takes,
            before it is interrupted by SIGINT; None: it is not.
    """

    words: list[str]
    output: str = os.devnull
    error: str | None = None
    busy: str | float | None = None


@dataclass(frozen=True)
class Ending:
    """How a verb ended: its exit code, what it wrote to standard error, and how long it took once interrupted."""

    code: int
    error: str
    seconds: float


def endings(calls: Sequence[Call], folder: Path, *, together: bool = False) -> list[Ending]:
    """Run verbs in a folder, ``together`` or one after the other, and return how each ended."""
    done = subprocess.run(
        [forks.python(), "-m", "verbs_forked"],
        input=json.dumps([[asdict(call) for call in calls], len(calls) if together else 1]),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
    )
    assert done.returncode == 0, done.stderr
    return [Ending(**found) for found in json.loads(done.stdout)]


class _Process:
    """A verb that runs."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._error = Path(tempfile.mkstemp()[1])
        self._child = os.fork()
        if not self._child:
            _become(call, str(self._error))
        self._end = os.pidfd_open(self._child)
        self._since = time.monotonic()
        self._is_over = call.busy is None
        self.ending: Ending | None = None

    def wait(self, seconds: float) -> None:
        """Wait for its end; interrupt it when it is busy."""
        assert time.monotonic() < self._since + DEADLINE, f"{self._call} does not end"
        if select.select([self._end], [], [], seconds)[0]:
            seconds = time.monotonic() - self._since
            _, status = os.waitpid(self._child, 0)
            os.close(self._end)
            self.ending = Ending(os.waitstatus_to_exitcode(status), self._error.read_text(encoding="utf-8"), seconds)
            self._error.unlink()
        elif not self._is_over and _is_busy(self._child, self._call.busy):
            os.kill(self._child, signal.SIGINT)
            self._is_over, self._since = True, time.monotonic()


def _is_busy(child: int, busy: str | float | None) -> bool:
    if isinstance(busy, str):
        for handle in Path(f"/proc/{child}/fd").iterdir():
            with suppress(FileNotFoundError):  # because it may be closed meanwhile
                if str(handle.readlink()).endswith(busy):
                    return True
        return False
    fields = Path(f"/proc/{child}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > (busy or 0)


def _become(call: Call, error: str) -> None:
    """Turn this fork into the verb, as if a shell had started it."""
    from planstore.cli import main

    streams = ((1, call.output), (2, call.error or error))
    for number, path in streams:
        if path != "closed":
            opened = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(opened, number)
            os.close(opened)
    for number in (number for number, path in streams if path == "closed"):
        os.close(number)
    # as Python makes them when it starts
    sys.stdout = None if call.output == "closed" else os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = None if call.error == "closed" else os.fdopen(2, "w", encoding="utf-8", closefd=False)
    sys.argv = ["planstore", *call.words]
    try:
        main()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))
    finally:
        traceback.print_exc()
        os._exit(99)


def preload() -> None:
    """Import the modules that most verbs need, so that their forks need not; no database is opened."""
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.csv  # noqa: F401
    import rich.table  # noqa: F401

    import planstore.api.store
    import planstore.cli.verbs  # noqa: F401

    forks.use()


def run_calls(calls: list[Call], at_once: int = 1) -> list[Ending]:
    """Run verbs as forks of this process, so many at once, and return how each ended."""
    found: list[Ending] = []
    while calls:
        running = [_Process(call) for call in calls[:at_once]]
        calls = calls[at_once:]
        while waiting := [process for process in running if process.ending is None]:
            for process in waiting:
                process.wait(0.01 / len(waiting))
        found += [process.ending for process in running if process.ending is not None]
    return found


if __name__ == "__main__":
    preload()
    wanted, together = json.load(sys.stdin)
    json.dump([asdict(ending) for ending in run_calls([Call(**call) for call in wanted], together)], sys.stdout)
