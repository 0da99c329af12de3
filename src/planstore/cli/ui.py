"""``planstore ui``: show the store in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results


def command(
    results: Results = RESULTS,
    host: Annotated[
        str, typer.Option(help="Address to listen at; other than loopback needs --token-file.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at. Default: any free one.")] = 0,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with the token of the address, readable by you alone. Default: a new token."),
    ] = None,
    public_host: Annotated[
        list[str] | None,
        typer.Option(help="Host name by which browsers reach the server, as through a reverse proxy; repeatable."),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address without opening a browser.")] = False,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show the store in a browser, until interrupted.

    The pages show what was routed where and why, what changed, and how the training goes. They follow new commits by
    themselves. Nothing is written.
    """
    import webbrowser

    import planstore
    from planstore.cli import output
    from planstore.ui.server import ServerSettings, needed, serve

    needed()
    settings = ServerSettings(host, port, token_file, tuple(public_host or ()))

    def started(address: str) -> None:
        if json:
            output.print_json_line({"address": address, "results": str(results)})
        else:
            output.print_line(f"The store {results} is shown at {address}")
            output.print_line("The address lets in everyone who has it; Ctrl-C ends the server.")
        if not no_open:
            webbrowser.open(address)

    with planstore.open(results, create=False, as_of=as_of) as store:
        serve(store, settings, started)
