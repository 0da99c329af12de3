"""Starts real processes that use a store while a system call fails, or kills them; and checks what they leave."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from signal import SIGKILL
from types import TracebackType
from typing import Any, TypeAlias

import pytest

HERE = Path(__file__).parent
COMPILER = shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler (cc) to make calls fail with")
CALLS = ("write", "fsync", "rename", "link", "unlink", "ftruncate", "mkdir", "create", "open")
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


class Process:
    """A process of ``writer.py``. As a context it ends well, or was killed."""

    def __init__(self, shim: Path, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "writer.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                "PYTHONPATH": str(HERE.parent),
                "PATH": "",
                "LD_PRELOAD": str(shim),
                "PLANSTORE_FAULT_FOLDER": str(folder),
            },
        )

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
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([verb, values]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # because it was killed: answer() says so

    def answer(self) -> Any:
        """Return what came of the first step that has not been answered yet."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            if self._process.wait() == -SIGKILL:
                raise KilledError
            raise AssertionError(f"the process ended with {self._process.returncode}:\n{self._process.stderr.read()}")
        answer = json.loads(line)
        if "refused" in answer:
            raise RefusedError(answer["refused"], answer["because"])
        return answer["done"]

    def kill(self, after: float = 0) -> None:
        """Kill the process after so many seconds, whatever it is doing then."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(after)
        self._process.kill()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is not None:
            self._process.kill()
        _, problem = self._process.communicate(timeout=120)
        assert kind is not None or self._process.returncode in (0, -SIGKILL), problem


@dataclass
class Results:
    """A results folder, and the runs that processes said they recorded there, in order."""

    folder: Path
    told: list[str] = field(default_factory=list)


class Faults:
    """The compiled shim, and a folder below which it counts calls."""

    def __init__(self, folder: Path) -> None:
        assert COMPILER is not None
        self.folder = folder / "counted"
        self.folder.mkdir()
        self._shim = folder / "shim.so"
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", self._shim, HERE / "shim.c"], check=True, timeout=60)
        self._numbers = count(1)

    def process(self) -> Process:
        """Return a new process."""
        return Process(self._shim, self.folder)

    def results(self, like: Results | None = None) -> Results:
        """Return a results folder that does not exist yet, or a copy of another."""
        made = Results(self.folder / f"results-{next(self._numbers)}")
        if like is not None:
            shutil.copytree(like.folder, made.folder)
            made.told += like.told
        return made

    def steps(self, *verbs: str) -> list[Step]:
        """Return steps; ``route`` and ``small route`` (which writes no parquet file) route what no other step does."""
        made = list[Step]()
        for verb in verbs:
            if verb == "route":
                made.append((verb, {"number": next(self._numbers)}))
            elif verb == "small route":
                made.append(("route", {"number": next(self._numbers), "targets": 3, "symbols": 4}))
            else:
                made.append((verb, {}))
        return made


def do(process: Process, results: Results, steps: Sequence[Step]) -> None:
    """Let a process do ``steps``, and note the runs that it says it recorded."""
    for verb, values in steps:
        process.tell(verb, **values)
    collect(process, results, steps)


def collect(process: Process, results: Results, steps: Sequence[Step]) -> None:
    """Note the runs that a process says it recorded in ``steps``, which it was told to do."""
    for verb, _ in steps:
        answer = process.answer()
        if verb == "route" and answer not in results.told:
            results.told.append(answer)


def in_hand(results: Results, steps: Sequence[Step]) -> list[Step]:
    """Return the first route among ``steps`` that was not acknowledged: it may be recorded, or not."""
    routes = [step for step in steps if step[0] == "route" and f"run-{step[1]['number']}" not in results.told]
    return routes[:1]


def run_with_fault(
    process: Process, results: Results, steps: Sequence[Step], fault: str, at: int, call: str = ""
) -> bool:
    """Let a process do ``steps`` with a fault at call ``at``; return whether that killed it."""
    process.ask("arm", fault=fault, at=at, call=call)
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


def check_after(process: Process, results: Results, steps: Sequence[Step]) -> None:
    """Check what other processes left of a store, and that this one can do ``steps`` and export.

    The ledger is verified once, after that: nothing that a route or an export does would mend it.
    """
    process.use(results)
    log = process.ask("log")
    assert [run for run in log if run in results.told] == results.told, "each run that was acknowledged is there once"
    assert len(set(log)) == len(log), "no run is there twice"
    for part in ("globals", "METRICS"):
        for path in (results.folder / part).rglob("*.json"):
            json.loads(path.read_bytes())  # because a reader never sees half a file
    do(process, results, [*steps, ("export", {})])
    assert process.ask("verify") == []
    assert process.ask("log") == log + [run for run in results.told if run not in log]
