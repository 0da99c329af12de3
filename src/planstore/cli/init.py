"""``planstore init``: create a store and a default policy file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    policy: Annotated[Path | None, typer.Option(help="Also write the default policy to this new file.")] = None,
    json: Json = False,
) -> None:
    """Create the store of a results folder. An existing store is left unchanged."""
    import planstore
    from planstore.cli import output
    from planstore.errors import RequestError
    from planstore.ledger.embedded.store_folder import refuse_store
    from planstore.ledger.layout import StoreLayout
    from planstore.pages.answers import plural
    from planstore.routing.policy_defaults import DEFAULT_POLICY

    if policy is not None:
        refuse_store("--policy", policy)
        try:
            with policy.open("xb", buffering=0) as file:
                try:
                    file.write(DEFAULT_POLICY.read_bytes())
                except OSError:
                    policy.unlink()  # because a half-written policy is unusable
                    raise
        except FileExistsError as error:
            raise RequestError(f"--policy must be a new file, got {policy}, which exists: name another file") from error
        except OSError as error:
            raise RequestError(f"the policy cannot be written: {error}") from error
    with planstore.open(results) as store:
        store.create()
        commits = len(store.log())
        created = {
            "results": str(results),
            "store": str(StoreLayout.in_results(results).folder),
            "policy": str(policy) if policy else None,
            "commits": commits,
        }
    if json:
        output.print_json(created)
        return
    output.print_line(f"Store: {created['store']}, {plural(commits, 'commit')}.")
    if policy:
        output.print_line(f"Default policy: {policy}.")
    output.print_line(f"Next: planstore route CANDIDATES --policy {policy or 'FILE'} --results {results}")
