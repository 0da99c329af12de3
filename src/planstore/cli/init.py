"""``planstore init``: make a store, and a policy to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    policy: Annotated[
        Path | None, typer.Option(help="Also write the default policy to this new file, to start from.")
    ] = None,
    json: Json = False,
) -> None:
    """Make the store of a results folder. A store that is there already is left as it is."""
    import planstore
    from planstore.cli import output
    from planstore.errors import RequestError
    from planstore.ledger.embedded.store_folder import refuse_store
    from planstore.ledger.layout import StoreLayout
    from planstore.routing.policy import DEFAULT_POLICY

    if policy is not None:
        refuse_store("--policy", policy)
        try:
            with policy.open("xb", buffering=0) as file:
                try:
                    file.write(DEFAULT_POLICY.read_bytes())
                except OSError:
                    policy.unlink()  # because half a policy is none
                    raise
        except FileExistsError as error:
            raise RequestError(f"{policy} exists already and was not touched; name another file") from error
        except OSError as error:
            raise RequestError(f"the policy cannot be written: {error}") from error
    with planstore.open(results) as store:
        store.create()
        made = {
            "results": str(results),
            "store": str(StoreLayout.in_results(results).folder),
            "policy": str(policy) if policy else None,
            "commits": len(store.log()),
        }
    if json:
        output.print_json(made)
        return
    output.print_line(f"The store is in {made['store']}, with {made['commits']} commits.")
    if policy:
        output.print_line(f"A policy to start from is in {policy}.")
    output.print_line(f"Next: planstore route CANDIDATES --policy {policy or 'FILE'} --results {results}")
