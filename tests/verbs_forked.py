"""Runs verbs of the command line as forks, and interrupts them where they are busy."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
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
    at_once = len(calls) if together else 1
    found: list[Ending] = []
    with forks.served():
        for first in range(0, len(calls), at_once):
            running = [_Verb(call, folder) for call in calls[first : first + at_once]]
            while waiting := [verb for verb in running if verb.ending is None]:
                for verb in waiting:
                    verb.wait(0.01 / len(waiting))
            found += [verb.ending for verb in running if verb.ending is not None]
    return found


class _Verb:
    """A verb that runs."""

    def __init__(self, call: Call, folder: Path) -> None:
        self._call = call
        self._error = Path(tempfile.mkstemp()[1])
        paths = (os.devnull, call.output, call.error or str(self._error))
        streams = {
            number: os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            for number, path in enumerate(paths)
            if path != "closed"
        }
        self._fork = forks.Fork(call.words, folder, streams)
        for stream in streams.values():
            os.close(stream)
        self._since = time.monotonic()
        self._is_over = call.busy is None
        self.ending: Ending | None = None

    def wait(self, seconds: float) -> None:
        """Wait for its end; interrupt it when it is busy."""
        assert time.monotonic() < self._since + DEADLINE, f"{self._call} does not end"
        code = self._fork.wait(seconds)
        if code is not None:
            took = time.monotonic() - self._since
            self.ending = Ending(code, self._error.read_text(encoding="utf-8"), took)
            self._fork.close()
            self._error.unlink()
        elif not self._is_over and _is_busy(self._fork.process, self._call.busy):
            os.kill(self._fork.process, signal.SIGINT)
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
