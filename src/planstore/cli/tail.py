"""``planstore tail``: print the commits of the ledger in order, and follow it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planstore.cli.options import RESULTS, Json, Results

if TYPE_CHECKING:
    from planstore.api.store import Store
    from planstore.ledger.embedded.cursor import Cursor

POLL_SECONDS = 0.5
"""Seconds between two looks for further commits."""


def command(
    results: Results = RESULTS,
    first: Annotated[
        int | None, typer.Option("--from", metavar="COMMIT", min=1, help="First commit. Default: 1.")
    ] = None,
    cursor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Go on after the last commit that was printed under this name; kept in the store's folder.",
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for further commits, until interrupted.")] = False,
    json: Json = False,
) -> None:
    """Print the commits of the ledger in order, each once.

    With --json, each commit is one JSON object on a line. A cursor moves after each printed line; after a kill or a
    loss of power between the two, the next call prints that commit again.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.interrupts import deferred
    from planstore.ledger.embedded.cursor import Cursor, Position
    from planstore.ledger.layout import StoreLayout

    kept = None if cursor is None else Cursor(StoreLayout.in_results(results).cursors, cursor)
    with planstore.open(results, create=False) as store, nullcontext() if kept is None else kept.held():
        for commit in _commits(store, _start(store, kept, first), follow=follow):
            with deferred():  # because an interrupt in between would print the commit again
                if json:
                    output.print_json_line(commit)
                else:
                    output.print_line(_line(commit))
                if kept is not None:
                    kept.move(Position(commit["commit_id"], commit["digest"]))


def _start(store: Store, cursor: Cursor | None, first: int | None) -> int:
    """Return the number of the commit after which printing begins, and set a new cursor to it.

    Raises:
        RequestError: the first commit is later than the next one, or there is a position of the cursor too.
        StoreError: the position of the cursor is no commit of this ledger.
    """
    from planstore.errors import RequestError, StoreError
    from planstore.ledger.embedded.cursor import Position

    last = store.access.ledger.last_commit()
    if first is not None and first > last + 1:
        raise RequestError(
            f"--from must be at most {last + 1}, the next commit, got {first}: `planstore log` lists the commits"
        )
    position = None if cursor is None else cursor.position()
    if cursor is None or position is None:
        after = (first or 1) - 1
        if cursor is not None and after:  # because the next call must not begin with the first commit
            digest = store.access.ledger.commit_digest(after)
            assert digest is not None, "commits have consecutive numbers"
            cursor.move(Position(after, digest))
        return after
    if first is not None:
        raise RequestError(
            f"--from must be without the cursor {cursor.name}, which is at commit {position.commit_id}: leave it out, "
            f"or remove {cursor.path} to begin anew"
        )
    if not store.access.ledger.has_commit(position.commit_id, position.digest):
        raise StoreError(
            f"cursor {cursor.name} must be at a commit of this ledger, got commit {position.commit_id} of another one, "
            f"as after restoring a backup: remove {cursor.path} to begin anew"
        )
    return position.commit_id


def _commits(store: Store, after: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    """Yield the commits after a commit in order, and further ones as they are recorded."""
    from planstore.cli.standard_streams import wait_with_reader

    while True:
        for commit in reversed(store.log(after=after)):
            yield commit
            after = commit["commit_id"]
        if not follow:
            return
        while store.access.ledger.last_commit() <= after:
            wait_with_reader(POLL_SECONDS)


def _line(commit: dict[str, Any]) -> str:
    """Return a commit as a line of text."""
    from planstore.cli.printable import printable
    from planstore.pages.answers import counted

    run = "" if commit["run_id"] is None else f" {commit['run_id']}"
    message = f": {commit['message']}" if commit["message"] else ""
    return printable(
        f"{commit['recorded_at']:%Y-%m-%d %H:%M:%S} {commit['commit_id']} {commit['kind']}{run} by {commit['actor']}"
        f"{message}; {counted(commit['events_by_table'])}"
    )
