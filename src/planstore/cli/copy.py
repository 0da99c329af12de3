"""``planstore copy``: copy a store to another place, of the same or another kind."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import Json


def command(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Results folder or address of the store to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Results folder or address of the copy.")],
    json: Json = False,
) -> None:
    """Copy the commits of FROM that TO lacks, with their artifacts; a killed copy is continued by the next call.

    Each may be a results folder or the address of a team store. Digests, and so anchors, stay the same. Writers of FROM
    may continue; TO is created, or is an earlier copy.
    """
    import planstore
    from planstore.cli import output

    with planstore.open(source, create=False) as store, output.step_spinner() as step:
        done = store.maintenance.copy(target, progress=step)
    if json:
        output.print_json({"from": source, "to": target} | done.as_dict())
        return
    output.print_line(f"{done} It is in {target}.")
