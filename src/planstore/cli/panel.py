"""``planstore panel``: list the panels in the cache, and remove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planstore.cli.options import Json

if TYPE_CHECKING:
    from planstore.training.panel.cache import CachedPanel

app = typer.Typer(no_args_is_help=True, help="List the laid-out panels in the cache, or remove them.")
COLUMNS = ("panel", "rows", "bytes", "last use (UTC)", "in use", "digest")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the laid-out panels in the cache, the one that was used last first; sizes are in bytes.

    Reading a panel lays it out there once. The cache is in the user's cache folder ($XDG_CACHE_HOME).
    """
    from planstore.training.panel.cache import panel_cache

    cache = panel_cache()
    _print(
        f"{cache.folder}: at most {cache.most_bytes:,} bytes",
        {"panels": (entries := cache.entries())},
        entries,
        json=json,
    )


@app.command("clean")
def clean(
    keep_bytes: Annotated[
        int,
        typer.Option(min=0, help="Remove only those used the longest ago, until the others have at most these bytes."),
    ] = 0,
    json: Json = False,
) -> None:
    """Remove laid-out panels from the cache, but for those in use. The panels themselves stay as they are.

    Without --keep-bytes, measured sides of panels, which the next evidence would reuse, are removed too.
    """
    from planstore.training.evidence.side_cache import side_cache
    from planstore.training.panel.cache import panel_cache

    removed = panel_cache().clean(keep_bytes)
    sides = 0 if keep_bytes else side_cache().clean()
    title = f"{sum(one.size for one in removed):,} bytes of panels and {sides:,} bytes of sides removed"
    _print(title, {"removed": removed, "side_bytes": sides}, removed, json=json)


def _print(title: str, document: Mapping[str, Any], entries: Sequence[CachedPanel], *, json: bool) -> None:
    from planstore.cli import output

    if json:
        listed = [vars(one) | {"used_at": one.used_at.isoformat()} for one in entries]
        output.print_json({key: listed if value is entries else value for key, value in document.items()})
        return
    rows = (
        (one.panel, one.rows, one.size, f"{one.used_at:%Y-%m-%d %H:%M}", "yes" if one.is_used else "", one.digest[:12])
        for one in entries
    )
    output.print_table(title, COLUMNS, rows)
