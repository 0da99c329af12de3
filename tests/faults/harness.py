"""Starts real processes that use a store while a system call fails, or kills them; and checks what they leave."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from signal import SIGKILL
from threading import Lock
from types import TracebackType
from typing import Any, TypeAlias

import pytest

HERE = Path(__file__).parent
COMPILER = shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler (cc) to make calls fail with")
CALLS = ("write", "catalog", "fsync", "rename", "link", "unlink", "ftruncate", "mkdir", "create", "open")
"""The kinds of calls that ``shim.c`` tells apart; ``open`` could have made a file, but found it there."""

Step: TypeAlias = tuple[str, dict[str, Any]]
"""A method of ``writer.Writer`` and its arguments."""


class KilledError(Exception):
    """The process was killed before it answered."""


class RefusedError(Exception):
    """Planstore raised one of its errors, of class ``kind``."""

    def __init__(self, kind: str, because: str) -> None:
        super().__init__(f"{kind}: {because}")
        self.kind = kind
        self.because = because


class Process:
    """A fork of ``writer.py``. As a context it ends well, or was killed."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        ours, theirs = socket.socketpair()
        with theirs:
            self._number = faults.fork(theirs)
        self._socket = ours
        self._told = ours.makefile("w", encoding="utf-8")
        self._answers = ours.makefile("r", encoding="utf-8")
        self._ended: int | None = None

    def use(self, results: Results) -> None:
        """Let the process open the store of a results folder, for all steps that follow."""
        self.ask("use", results=str(results.folder))

    def ask(self, verb: str, /, **values: Any) -> Any:
        """Let the process do a step, and return what came of it.

        Raises:
            KilledError: it was killed.
            RefusedError: planstore raised one of its errors.
        """
        self.tell(verb, **values)
        return self.answer()

    def tell(self, verb: str, /, **values: Any) -> None:
        """Let the process do a step after those that it was told before."""
        try:
            self._told.write(json.dumps([verb, values]) + "\n")
            self._told.flush()
        except BrokenPipeError:
            return  # because it was killed: answer() says so

    def answer(self) -> Any:
        """Return what came of the first step that has not been answered yet."""
        try:
            line = self._answers.readline()
        except ConnectionResetError:
            line = ""  # because it was killed with steps that it had not read
        if not line.endswith("\n"):
            if self._end() == -SIGKILL:
                raise KilledError
            raise AssertionError(f"the process ended with {self._ended}; what it said is on standard error")
        answer = json.loads(line)
        if "refused" in answer:
            raise RefusedError(answer["refused"], answer["because"])
        assert "raised" not in answer, answer["because"]
        return answer["done"]

    def kill(self, after: float = 0) -> None:
        """Kill the process after so many seconds, whatever it is doing then."""
        time.sleep(after)
        if self._ended is None:
            os.kill(self._number, SIGKILL)  # which keeps its number until _end() asks how it ended

    def _end(self) -> int:
        if self._ended is None:
            self._ended = self._faults.ended(self._number)
        return self._ended

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is not None and self._ended is None:
            self.kill()
        try:
            self._told.close()
        except BrokenPipeError:
            assert self._end() == -SIGKILL
        self._answers.close()
        self._socket.close()
        assert self._end() in (0, -SIGKILL) or kind is not None, f"the process ended with {self._ended}"


@dataclass
class Results:
    """A results folder, and what processes said they recorded there, in order."""

    folder: Path
    runs: list[str] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)


class Faults:
    """The compiled shim, a folder below which it counts calls, and the process that all others are forks of.

    Args:
        folder: where all this is.
        environment: further variables of the processes.
        modules: further modules that they import once.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, modules: Sequence[str] = ()) -> None:
        assert COMPILER is not None
        self.folder = folder / "counted"
        self.folder.mkdir()
        shim = folder / "shim.so"
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", shim, HERE / "shim.c"], check=True, timeout=60)
        self._numbers = count(1)
        self._taking_turns = Lock()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._origin = subprocess.Popen(
                [sys.executable, str(HERE / "writer.py"), str(theirs.fileno()), *modules],
                pass_fds=[theirs.fileno()],
                env={
                    "PYTHONPATH": str(HERE.parent),
                    "PATH": "",
                    "LD_PRELOAD": str(shim),
                    "PLANSTORE_FAULT_FOLDER": str(self.folder),
                    **(environment or {}),
                },
            )

    def __enter__(self) -> Faults:
        return self

    def __exit__(self, *_: object) -> None:
        self._control.close()
        assert self._origin.wait(timeout=60) == 0

    def fork(self, theirs: socket.socket) -> int:
        """Start a process that is asked through ``theirs``, and return its number."""
        with self._taking_turns:
            socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
            return int(self._control.recv(100))

    def ended(self, number: int) -> int:
        """Return how a process ended, when it has: its exit code, or minus the signal."""
        with self._taking_turns:
            self._control.send(str(number).encode())
            return int(self._control.recv(100))

    def process(self) -> Process:
        """Return a new process."""
        return Process(self)

    def results(self, like: Results | None = None) -> Results:
        """Return a results folder that does not exist yet, or a copy of another."""
        made = Results(self.folder / f"results-{next(self._numbers)}")
        if like is not None:
            shutil.copytree(like.folder, made.folder)
            made.runs += like.runs
            made.attempts += like.attempts
        return made

    def steps(self, *verbs: str) -> list[Step]:
        """Return steps with what no other step records; ``small route`` and ``status`` write no parquet file."""
        return [self._step(verb) for verb in verbs]

    def _step(self, verb: str) -> Step:
        number = next(self._numbers)
        sizes: dict[str, Step] = {
            "route": ("route", {"number": number}),
            "small route": ("route", {"number": number, "targets": 3, "symbols": 4}),
            "status": ("status", {"number": 1000 * number}),
            "many statuses": ("status", {"number": 1000 * number, "size": 200}),
            "artifact": ("artifact", {"number": number}),
            "backup": ("backup", {"number": number}),
            "copy": ("copy", {"number": number}),
        }
        return sizes.get(verb, (verb, {}))


def do(process: Process, results: Results, steps: Sequence[Step]) -> None:
    """Let a process do ``steps``, and note what it says it recorded."""
    for verb, values in steps:
        process.tell(verb, **values)
    collect(process, results, steps)


def collect(process: Process, results: Results, steps: Sequence[Step]) -> None:
    """Note what a process says it recorded in ``steps``, which it was told to do.

    Raises:
        RefusedError: planstore raised one of its errors in a step; every answer is taken before that is told.
    """
    refused = None
    for verb, _ in steps:
        try:
            answer = process.answer()
        except RefusedError as error:
            refused = refused or error
            continue
        if verb == "route" and answer not in results.runs:
            results.runs.append(answer)
        elif verb == "status":
            results.attempts += answer
        elif verb == "artifact":
            results.artifacts.append(answer)
    if refused is not None:
        raise refused


def run_with_fault(
    process: Process,
    results: Results,
    steps: Sequence[Step],
    fault: str,
    at: int,
    call: str = "",
    *,
    lasts: bool = False,
) -> bool:
    """Let a process do ``steps`` with a fault at call ``at``; return whether that killed it."""
    process.ask("arm", fault=fault, at=at, call=call, lasts=lasts)
    try:
        do(process, results, steps)
    except KilledError:
        return True
    return False


def calls_of(process: Process, results: Results, steps: Sequence[Step]) -> dict[str, int]:
    """Let a process do ``steps``, and return how many calls of each kind that takes."""
    process.ask("arm", fault="count")
    do(process, results, steps)
    found: dict[str, int] = process.ask("calls", kinds=list(CALLS))
    return found


def in_hand(results: Results, steps: Sequence[Step]) -> Step | None:
    """Return the first of ``steps`` that was not acknowledged: what it records may be there, or not."""
    told: Mapping[str, Sequence[Any]] = {"route": results.runs, "status": results.attempts}
    for verb, values in steps:
        name = f"run-{values['number']}" if verb == "route" else values.get("number")
        if verb in told and name not in told[verb]:
            return verb, values
    return None


def check_after(process: Process, results: Results, pending: Step | None, following: Sequence[Step]) -> None:
    """Check what other processes left of a store: all that was acknowledged, at most the pending step beside it, whole.

    Then let the process do the pending step (again, perhaps), or those that follow when there is none; verify, and look
    once more.
    """
    process.use(results)
    runs, attempts = process.ask("log"), process.ask("attempts")
    unannounced = (
        [run for run in runs if run not in results.runs],
        [one for one in attempts if one not in results.attempts],
    )
    verb, values = pending or ("", {})
    assert [run for run in runs if run in results.runs] == results.runs, "each acknowledged run is there, once"
    assert [one for one in attempts if one in results.attempts] == results.attempts, "so is each status"
    assert unannounced[0] in ([], [f"run-{values.get('number')}"] if verb == "route" else []), "nothing else is there"
    whole = [values["number"] + place for place in range(values.get("size", 1))] if verb == "status" else []
    assert unannounced[1] in ([], whole), "a commit is there whole, or not at all"
    assert process.ask("kept", digests=results.artifacts) == []
    for part in ("globals", "METRICS"):
        for path in (results.folder / part).rglob("*.json"):
            json.loads(path.read_bytes())  # because a reader never sees half a file
    results.attempts += unannounced[1]
    do(process, results, [pending] if pending is not None and not unannounced[1] else following)
    assert process.ask("verify") == []
    assert process.ask("log") == results.runs, "a run that is routed again is there once"
    assert process.ask("attempts") == results.attempts
