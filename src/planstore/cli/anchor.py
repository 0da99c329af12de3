"""``planstore anchor``: what to keep elsewhere, so that the whole store can be proven later."""

from __future__ import annotations

from planstore.cli.options import RESULTS, Json, Results


def command(results: Results = RESULTS, json: Json = False) -> None:
    """Print `commit:digest` of the newest commit. Keep it where nobody who can write the store can write."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store:
        found = store.anchor()
    if json:
        commit, _, digest = found.partition(":")
        output.print_json({"commit_id": int(commit), "digest": digest})
        return
    output.print_line(found)
