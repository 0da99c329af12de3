"""A proxy between planstore and a server, which loses answers, cuts, hangs, and answers in the server's place.

It is a process of its own, because DuckDB keeps Python's other threads waiting during some calls of a server.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Literal, TypeAlias

CHUNK = 1 << 20
UNAVAILABLE = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Fate: TypeAlias = Literal["pass", "cut", "lose", "hang", "503"]
"""The treatment of bytes from a client: they are forwarded; dropped with both connections closed; forwarded, but the
server's answer is dropped and both connections closed; dropped while the client waits; answered with 503."""


class Proxy:
    """Forwards connections to a server on this machine. As a context it is stopped.

    Args:
        target: the port of the server.

    Attributes:
        port: the port of the proxy.
    """

    def __init__(self, target: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__), str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = self._answer()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def rule(self, fate: Fate, pattern: str = "", *, skip: int = 0, times: int = 1 << 30, then: Fate = "pass") -> int:
        """Set the fate of bytes that match a pattern, also of connected clients; return how many the last rule met.

        Args:
            fate: the treatment.
            pattern: a regular expression.
            skip: number of matches that are forwarded first.
            times: number of matches after those that meet the fate.
            then: the treatment of everything after the last of these, and of new connections.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([fate, pattern, skip, times, then]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


class _Rule:
    """A rule, and how many matches it has met."""

    def __init__(self, fate: Fate, pattern: str, skip: int, times: int, then: Fate) -> None:
        self._fate, self._pattern, self._skip, self._times, self._then = fate, pattern, skip, times, then
        self._matches = 0
        self._counting = Lock()

    @property
    def met(self) -> int:
        return max(0, min(self._matches - self._skip, self._times))

    def fate(self, content: bytes) -> Fate:
        with self._counting:
            if self._matches >= self._skip + self._times:
                return self._then
            if re.search(self._pattern.encode(), content) is None:
                return "pass"
            self._matches += 1
            return self._fate if self._matches > self._skip else "pass"


class _Server:
    """The proxy in its own process."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._rule = _Rule("pass", "", 0, 1 << 30, "pass")

    def serve(self) -> None:
        """Say the port, then forward, and take rules from standard input until it ends."""
        listener = socket.create_server(("127.0.0.1", 0))
        _say(listener.getsockname()[1])
        Thread(target=self._accept, args=(listener,), daemon=True).start()
        for line in sys.stdin:
            earlier, self._rule = self._rule, _Rule(*json.loads(line))
            _say(earlier.met)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = listener.accept()
            Thread(target=self._forward_all, args=(client,), daemon=True).start()

    def _forward_all(self, client: socket.socket) -> None:
        """Forward one connection until it ends; a reset is an end like any other, and so is a server that is gone."""
        with client, ExitStack() as opened, suppress(OSError):
            server = opened.enter_context(socket.create_connection(("127.0.0.1", self._target)))
            waiting = opened.enter_context(selectors.DefaultSelector())
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                waiting.register(one, selectors.EVENT_READ)
            while True:
                for key, _ in waiting.select():
                    is_client = key.fileobj is client
                    content = (client if is_client else server).recv(CHUNK)
                    if not content:
                        return
                    if not is_client:
                        client.sendall(content)
                    elif not self._forward(content, client, server):
                        return

    def _forward(self, content: bytes, client: socket.socket, server: socket.socket) -> bool:
        """Treat bytes from the client as the rule says; return whether the connection goes on."""
        match self._rule.fate(content):
            case "pass":
                server.sendall(content)
            case "hang":
                pass
            case "lose":
                server.sendall(content)
                server.recv(CHUNK)
                return False
            case "503":
                client.sendall(UNAVAILABLE)
                return False
            case "cut":
                return False
        return True


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _Server(int(sys.argv[1])).serve()
