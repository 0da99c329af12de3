"""The server of ``planstore ui``: a socket, a token, and the application behind them."""

from __future__ import annotations

import secrets
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.api.store import Store
from planstore.errors import RequestError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

MIN_TOKEN = 16
"""Minimum characters of a token."""
GRACE_SECONDS = 2
"""Seconds that open requests have when the server ends."""


@dataclass(frozen=True)
class ServerSettings:
    """Settings of a server, checked.

    Attributes:
        host: the address that it listens at.
        port: its port; 0 means any free one.
        token_file: the file with its token; None makes a new token.
        names: host names by which browsers reach it, as through a reverse proxy.

    Raises:
        RequestError: the host is not of this machine alone, and there is no token file.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token_file: Path | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _is_loopback(self.host) and self.token_file is None:
            raise RequestError(
                f"host must be an address of this machine alone, as 127.0.0.1, got {self.host}: others could read the "
                "store; add --token-file FILE to let in those who have its token"
            )

    def token(self) -> str:
        """Return the token.

        Raises:
            RequestError: the file cannot be read, is readable by others, or its token is too short.
        """
        if self.token_file is None:
            return secrets.token_urlsafe(24)
        path = self.token_file
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise RequestError(f"token_file must be a readable text file, got {path}: {error}") from error
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise RequestError(f"token_file must be readable by you alone, got {path}: chmod 600 {path}")
        if len(text) < MIN_TOKEN or not (text.isascii() and text.isprintable() and " " not in text):
            raise RequestError(
                f"token_file must hold at least {MIN_TOKEN} ASCII characters without spaces, got {len(text)} "
                f"in {path}: write a longer secret"
            )
        return text


def serve(store: Store, settings: ServerSettings, started: Callable[[str], None]) -> None:
    """Serve a store until the process is interrupted.

    Args:
        store: the store; it is only read.
        settings: the server's settings.
        started: callback that receives the address with the token, once the server accepts connections.

    Raises:
        RequestError: the extra ``ui`` is not installed, or the address cannot be listened at.
    """
    needed()
    from planstore.ui.application import application
    from planstore.ui.stores import Stores

    token = settings.token()
    with _listening(settings) as listener:
        host, port = listener.getsockname()[:2]
        server = server_of(application(Stores(store), token=token, port=port, names=settings.names))
        server.capture_signals = lambda: _ended_by_signals(server)  # type: ignore[method-assign]
        started(f"http://{_shown(settings.host, host)}:{port}/?token={token}")
        server.run(sockets=[listener])


def server_of(app: ASGIApp) -> uvicorn.Server:
    """Return a server of an application, which logs no address, because addresses hold the token."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """End the server on Ctrl-C, SIGTERM and SIGHUP, its normal end; its own way raises them again afterwards."""
    ends = [one for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) != signal.SIG_IGN]
    before = {number: signal.signal(number, server.handle_exit) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def needed() -> None:
    """Refuse to go on where the libraries of the server are missing.

    Raises:
        RequestError: the extra ``ui`` is not installed.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise RequestError(
            "planstore ui must have starlette and uvicorn, got none: pip install 'planstore[ui]'"
        ) from error


def _listening(settings: ServerSettings) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise RequestError(f"host must be an address of this machine, got {settings.host}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise RequestError(
            f"port must be free at {settings.host}, got {settings.port}: {error.strerror}; leave --port out to take any"
        ) from error
    return listener


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(requested: str, bound: str) -> str:
    """Return the host of the printed address: one that listens everywhere is opened at this machine."""
    if ip_address(bound).is_unspecified:
        return "127.0.0.1" if "." in bound else "[::1]"
    return f"[{bound}]" if ":" in bound else requested if requested == "localhost" else bound
