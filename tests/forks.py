"""Starts workers and verbs as forks of one process that has loaded their modules already.

Loading scikit-learn and its like takes a worker longer than all its tasks in a test. A caller passes arguments,
variables, working folder and standard streams to a server, which forks, and the fork ends with its caller. A caller is
a :class:`Fork`, or one of the programs ``worker``, ``forked-python`` and ``planstore``, which end as their fork ends,
and which have it in their process group. Tests of how a process begins, or of one that is killed, start the real
programs.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from importlib import import_module
from multiprocessing import spawn
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, TextIO

VARIABLE = "PLANSTORE_TESTS_FORKS"
"""Variable with the folder of the programs."""
PLANSTORE = str(Path(sys.executable).with_name("planstore"))
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Variables of workers, which libraries read when they are loaded."""
LIBRARIES = (
    "duckdb",
    "jinja2",
    "lightgbm",
    "matplotlib.figure",
    "pandas",
    "pyarrow.csv",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "rich.table",
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "skops.io",
)
"""Libraries that workers and verbs load when they need them."""
PROGRAM = f"""\
#!{sys.executable} -IS
import json, os, signal, socket, sys
name = sys.argv[0].rpartition("/")[2]
if name == "worker" and "worker.answer_calls()" not in "".join(sys.argv[2:3]):
    os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])
signals = {{signal.SIGINT, signal.SIGTERM}}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
server = socket.socket(socket.AF_UNIX)
server.connect(os.path.dirname(sys.argv[0]) + "/socket")
socket.send_fds(server, [b"."], [0, 1, 2])
call = [name, sys.argv[1:], os.getcwd(), dict(os.environ), os.getpgrp(), [0, 1, 2]]
server.sendall(json.dumps(call).encode() + b"\\n")
answers = server.makefile()
fork = int(answers.readline())
for one in signals:
    signal.signal(one, lambda number, frame: os.kill(fork, number))
signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
    os.kill(os.getpid(), -code)
os._exit(code)
"""


def planstore() -> str:
    """Return the program that runs a verb, as a fork where a server runs."""
    return f"{os.environ[VARIABLE]}/planstore" if VARIABLE in os.environ else PLANSTORE


def python() -> str:
    """Return the program that runs code or a module, as a fork where a server runs."""
    return f"{os.environ[VARIABLE]}/forked-python" if VARIABLE in os.environ else sys.executable


def use() -> None:
    """Start the workers of this process as forks, where a server runs."""
    if folder := os.environ.get(VARIABLE):
        spawn.set_executable(f"{folder}/worker")


class Fork:
    """A verb that runs as a fork; it is killed if this object is closed before the verb has ended.

    Args:
        arguments: its arguments.
        folder: its working folder.
        streams: files for its standard streams by number; others are closed.

    Attributes:
        process: the number of its process.
    """

    def __init__(self, arguments: Sequence[str], folder: Path, streams: Mapping[int, int]) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(f"{os.environ[VARIABLE]}/socket")
        socket.send_fds(self._server, [b"."], list(streams.values()))
        call = ["planstore", arguments, str(folder), dict(os.environ), os.getpgrp(), list(streams)]
        self._server.sendall(json.dumps(call).encode() + b"\n")
        self._answers = self._server.makefile()
        self.process = int(self._answers.readline())

    def wait(self, seconds: float) -> int | None:
        """Wait for its end at most some seconds, and return its exit code, or None."""
        return int(self._answers.readline()) if select.select([self._server], [], [], seconds)[0] else None

    def close(self) -> None:
        """Close the connection to the server."""
        self._answers.close()
        self._server.close()


@contextmanager
def served() -> Iterator[None]:
    """Run a server while the block runs, unless one runs already."""
    with ExitStack() as opened:
        if VARIABLE not in os.environ:
            opened.enter_context(serving(Path(opened.enter_context(TemporaryDirectory()))))
        yield


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Run a server, and start the workers of this process as its forks."""
    for name in ("worker", "forked-python", "planstore"):
        (folder / name).write_text(PROGRAM, encoding="utf-8")
        (folder / name).chmod(0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", "forks", str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env=os.environ | ONE_THREAD | {"PYTHONPATH": str(Path(__file__).parent)},
        )
    before = spawn.get_executable()
    os.environ[VARIABLE] = str(folder)
    use()
    try:
        yield
    finally:
        spawn.set_executable(before)
        del os.environ[VARIABLE]
        server.communicate()


@contextmanager
def real_workers() -> Iterator[None]:
    """Start workers as processes of their own while the block runs."""
    before = spawn.get_executable()
    spawn.set_executable(sys.executable)
    try:
        yield
    finally:
        spawn.set_executable(before)


class _Server:
    """Forks for each connection, and says at its end how the fork ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._forks: set[int] = set()
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(listener, selectors.EVENT_READ, self._fork)

    def serve(self) -> None:
        """Answer until standard input is closed; then end all forks."""
        over = self._waiting.register(0, selectors.EVENT_READ)
        while over not in (found := [ready for ready, _ in self._waiting.select()]):
            for ready in found:
                if ready.fd in self._waiting.get_map():  # because the one before it may have ended it
                    ready.data()
        for fork in self._forks:
            os.kill(fork, signal.SIGKILL)

    def _fork(self) -> None:
        caller, _ = self._listener.accept()
        _, streams, _, _ = socket.recv_fds(caller, 1, 3)
        call = caller.makefile("rb").readline()
        if not call:  # because its program was killed
            caller.close()
            return
        _preload()
        fork = os.fork()
        if not fork:
            _become(streams, *json.loads(call))
        for stream in streams:
            os.close(stream)
        self._forks.add(fork)
        end = os.pidfd_open(fork)
        self._waiting.register(end, selectors.EVENT_READ, partial(self._finish, caller, fork, end))
        self._waiting.register(caller, selectors.EVENT_READ, partial(self._kill, caller, fork))
        _answer(caller, fork)

    def _kill(self, caller: socket.socket, fork: int) -> None:
        """Kill a fork, because its program was killed."""
        self._waiting.unregister(caller)
        os.kill(fork, signal.SIGKILL)

    def _finish(self, caller: socket.socket, fork: int, end: int) -> None:
        """Say how a fork ended."""
        self._waiting.unregister(end)
        os.close(end)
        _, status = os.waitpid(fork, 0)
        self._forks.remove(fork)
        if caller in self._waiting.get_map():
            self._waiting.unregister(caller)
        _answer(caller, os.waitstatus_to_exitcode(status))
        caller.close()


def _answer(caller: socket.socket, number: int) -> None:
    with suppress(BrokenPipeError):  # because its program may have been killed
        caller.sendall(f"{number}\n".encode())


def _become(
    streams: list[int],
    name: str,
    arguments: list[str],
    folder: str,
    variables: dict[str, str],
    group: int,
    numbers: list[int],
) -> NoReturn:
    """Turn this fork into a worker or a verb, and end it as Python would."""
    code = 1
    try:
        os.setpgid(0, group)
        for number, stream in zip(numbers, streams, strict=True):
            os.dup2(stream, number)
        for number in {0, 1, 2} - {*numbers}:
            os.close(number)
        os.closerange(3, 1024)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(variables)
        sys.stdin, sys.stdout, sys.stderr = (_stream(number) if number in numbers else None for number in range(3))
        code = _run(name, arguments)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException:  # noqa: BLE001 because the fork must not go on as the server
        traceback.print_exc()
    finally:
        os._exit(code)


def _stream(number: int) -> TextIO:
    return os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False)


def _run(name: str, arguments: list[str]) -> int:
    found: Any = 0
    try:
        use()
        if name == "planstore":
            from planstore.cli import main

            sys.argv = [PLANSTORE, *arguments]
            main()
        elif arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = [arguments[0], *arguments[2:]]
            exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as ended:
        found = ended.code
    return found if isinstance(found, int) else int(found is not None)


@cache
def _preload() -> None:
    """Import the modules that workers and verbs need; no database is opened."""
    for name in (*LIBRARIES, *_modules()):
        import_module(name)
    gc.freeze()  # because a collection in a fork would copy what it shares with this process


def _modules() -> Iterator[str]:
    """Yield the modules of planstore, but those that serve pages."""
    for module in walk_packages(import_module("planstore").__path__, "planstore."):
        if not module.name.endswith("__main__") and not module.name.startswith("planstore.ui"):
            yield module.name


if __name__ == "__main__":
    _Server(socket.socket(fileno=int(sys.argv[1]))).serve()
