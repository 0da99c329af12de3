"""Hooks: commands of the project file that run after commits and before a training."""

from __future__ import annotations

import codecs
import os
import re
import selectors
import shlex
import signal
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planstore.checks.number_text import is_number
from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.events.vocabulary import CommitKind

AFTER_COMMIT = "after_commit"
BEFORE_TRAIN = "before_train"
NO_HOOKS = "PLANSTORE_NO_HOOKS"
"""Environment variable that switches hooks off; hooks themselves run with it."""
FAILURES = {AFTER_COMMIT: "warn", BEFORE_TRAIN: "fail"}
"""Names of hooks, each with its default effect of a failure."""
KINDS = tuple(kind for kind in CommitKind if kind != CommitKind.STATUS)
"""Default kinds of commits that a hook runs for: not status, because a training makes hundreds of them."""
TIMEOUT = 30.0
"""Default maximum seconds of a hook."""
LONGEST_LINE = 65_536
"""Maximum characters of a hook's line; a longer one is divided."""
_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Hook:
    """A command that the command line runs.

    Attributes:
        name: ``after_commit`` or ``before_train``.
        command: program and arguments; no shell interprets them.
        timeout: maximum seconds.
        on_failure: ``warn`` or ``fail``.
        kinds: kinds of commits that it runs for.
    """

    name: str
    command: tuple[str, ...]
    timeout: float
    on_failure: str
    kinds: tuple[str, ...]

    def __str__(self) -> str:
        kinds = f", kinds {', '.join(self.kinds)}" if self.name == AFTER_COMMIT else ""
        return f"{shlex.join(self.command)} (timeout {self.timeout:g} s, on failure {self.on_failure}{kinds})"


@dataclass(frozen=True)
class Hooks:
    """The hooks of a project file.

    Attributes:
        hooks: each hook by its name.
        path: the project file.
        problem: the reason why the file may not name commands; None if it may.
    """

    hooks: Mapping[str, Hook] = field(default_factory=dict)
    path: Path = Path()
    problem: str | None = None

    def check(self) -> None:
        """Refuse hooks of a file that another user could have written.

        Raises:
            RequestError: the file belongs to, or can be written by, another user.
        """
        if self.hooks and self.problem is not None:
            raise RequestError(f"{self.problem}, or call planstore with --no-hooks")

    def run(self, name: str, value: Mapping[str, Any]) -> str | None:
        """Run a hook with a value as JSON on its standard input, and print the lines of its output as notes.

        Returns:
            The reason why it failed; None if it ended with exit code 0, or there is no such hook.
        """
        import subprocess
        from tempfile import TemporaryFile

        from planstore.cli import output

        hook = self.hooks.get(name)
        if hook is None:
            return None
        end = time.monotonic() + hook.timeout
        with TemporaryFile() as given:  # because a hook that reads nothing must not fill a pipe
            given.write(output.json_bytes(value) + b"\n")
            given.seek(0)
            try:
                # because a program that the hook has started must end with it
                process = subprocess.Popen(
                    hook.command,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd=self.path.parent,
                    env=os.environ | {NO_HOOKS: "1", "PLANSTORE_RESULTS": str(value["results"])},
                    process_group=0,
                )
            except OSError as error:
                return f"hook {name} cannot be started: {error}"
        with process:
            try:
                assert process.stdout is not None, "its output is a pipe"
                for line in _lines(process.stdout.fileno(), end):
                    output.print_note(f"{name}: {line}")
                process.wait(max(0.0, end - time.monotonic()))
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, (TimeoutError, subprocess.TimeoutExpired)):
                    return f"hook {name} did not end within {hook.timeout:g} s"
                raise
        return f"hook {name} ended with {_ending(process.returncode)}" if process.returncode else None


def _lines(pipe: int, end: float) -> Iterator[str]:
    """Yield the lines of a pipe as they are written, until it is closed.

    Raises:
        TimeoutError: the monotonic clock is at ``end``; what was written until then has been yielded.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")  # because a character may be divided between two reads
    rest, is_open = "", True
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while is_open and (left := end - time.monotonic()) > 0 and selector.select(left):
            piece = os.read(pipe, LONGEST_LINE)
            is_open = bool(piece)
            *lines, rest = (rest + decoder.decode(piece, final=not piece)).split("\n")
            yield from lines
            while len(rest) > LONGEST_LINE:
                yield rest[:LONGEST_LINE]
                rest = rest[LONGEST_LINE:]
    if rest:
        yield rest
    if is_open:
        raise TimeoutError


def _ending(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"


def read_hooks(path: Path, document: Any, status: os.stat_result) -> Hooks:
    """Return the hooks of the table ``[hooks]``.

    Args:
        path: the project file.
        document: the value of its key ``hooks``.
        status: status of the file.

    Raises:
        RequestError: a key or value is invalid.
    """
    if not isinstance(document, dict):
        raise RequestError(f"hooks in {path} must be a table [hooks], got {quoted(document)}: correct it")
    hooks = {name: _hook(path, name, value) for name, value in document.items()}
    return Hooks(hooks, path.absolute(), _problem(path, status))


def _problem(path: Path, status: os.stat_result) -> str | None:
    """Return the reason why another user could have written a file; None if only this user or root could."""
    rule = f"{path} has hooks, so it must be writable only by its owner, who is you or root"
    if status.st_uid not in (os.geteuid(), 0):
        return f"{rule}, got the owner with uid {status.st_uid}: make it your own file"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{rule}, got mode {stat.filemode(status.st_mode)}: run `chmod go-w {shlex.quote(str(path))}`"
    return None


def _hook(path: Path, name: str, value: Any) -> Hook:
    if name not in FAILURES:
        raise RequestError(f"a hook in {path} must be one of {', '.join(FAILURES)}, got {quoted(name)}: remove it")
    given = value if isinstance(value, dict) else {"command": value}
    keys = ("command", "timeout", "on_failure", *(["kinds"] if name == AFTER_COMMIT else []))
    for key in given:
        if key not in keys:
            raise RequestError(f"a key of hook {name} in {path} must be one of {', '.join(keys)}, got {quoted(key)}")

    def refuse(key: str, rule: str) -> RequestError:
        return RequestError(f"{key} of hook {name} in {path} must be {rule}, got {quoted(given.get(key))}: correct it")

    command = given.get("command", [])
    if not _are_texts(command):
        raise refuse("command", 'a list of texts, such as ["notify", "--now"]')
    on_failure = given.get("on_failure", FAILURES[name])
    if on_failure not in ("warn", "fail"):
        raise refuse("on_failure", "warn or fail")
    kinds = given.get("kinds", list(KINDS))
    if not _are_texts(kinds) or not set(kinds) <= set(CommitKind):
        raise refuse("kinds", f"a list of {', '.join(CommitKind)}")
    seconds = _seconds(given.get("timeout", TIMEOUT))
    if seconds is None:
        raise refuse("timeout", "seconds from 0.001 to 86400, or a text such as 30s, 5m or 1h")
    return Hook(name, tuple(command), seconds, on_failure, tuple(kinds))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)


def _seconds(value: Any) -> float | None:
    """Return a duration in seconds, or None if it is invalid."""
    found = re.fullmatch(r"(\d+)([smh])", value, re.ASCII) if isinstance(value, str) else None
    if found:
        value = int(found[1]) * _UNITS[found[2]]
    return float(value) if is_number(value) and 0.001 <= value <= 86400 else None


def failures_after(hooks: Hooks, commits: Sequence[tuple[Path, int]]) -> Iterator[str]:
    """Run the hook ``after_commit`` for each recorded commit in order, and yield a line for each failure.

    Args:
        hooks: the hooks.
        commits: the results folder and number of each commit.
    """
    import planstore

    hook = hooks.hooks.get(AFTER_COMMIT)
    if hook is None:
        return
    for results in dict.fromkeys(results for results, _ in commits):
        numbers = [number for folder, number in commits if folder == results]
        with planstore.open(results, create=False) as store:
            recorded = {commit["commit_id"]: commit for commit in store.log(after=numbers[0] - 1)}
        for number in numbers:
            commit = recorded[number]
            if commit["kind"] in hook.kinds:
                failure = hooks.run(AFTER_COMMIT, {"results": str(results), **commit})
                if failure is not None:
                    yield f"{failure}; commit {number} is recorded all the same"
