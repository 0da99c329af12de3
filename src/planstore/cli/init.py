"""``planstore init``: create a store and a default policy file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results

if TYPE_CHECKING:
    from planstore.ledger.team.address import TeamAddress


def command(
    results: Results = RESULTS,
    catalog: Annotated[
        str | None, typer.Option(help="Make or join a team store: postgresql://HOST/DATABASE, without a password.")
    ] = None,
    schema: Annotated[str | None, typer.Option(help="Schema of the team store in the database.")] = None,
    data: Annotated[str | None, typer.Option(help="Files of the team store: s3://BUCKET/PREFIX.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Also write the default policy to this new file.")] = None,
    print_grants: Annotated[
        bool, typer.Option("--print-grants", help="Only print the grants and policies of a team store's roles.")
    ] = False,
    json: Json = False,
) -> None:
    """Create the store of a results folder. An existing store is left unchanged.

    With --catalog, --schema and --data the folder points to a team store, which is created if it does not exist.
    With --print-grants nothing is created: the output is SQL for the database and a policy for the key of each role.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.project import policy_option
    from planstore.errors import RequestError
    from planstore.ledger.embedded.store_folder import refuse_store
    from planstore.ledger.layout import StoreLayout
    from planstore.ledger.opening import join
    from planstore.pages.answers import plural
    from planstore.routing.policy_defaults import DEFAULT_POLICY

    address = _address(catalog, schema, data)
    if print_grants:
        if address is None or policy is not None:
            raise RequestError("--print-grants must be with --catalog, --schema and --data, and without --policy")
        _print_grants(address, is_json=json)
        return
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
    if address is not None:
        join(address, StoreLayout.in_results(results).folder)
    with planstore.open(results) as store:
        store.create()
        commits = store.access.ledger.last_commit()
        created = {
            "results": str(results),
            "store": str(address or StoreLayout.in_results(results).folder),
            "policy": str(policy) if policy else None,
            "commits": commits,
        }
    if json:
        output.print_json(created)
        return
    output.print_line(f"Store: {created['store']}, {plural(commits, 'commit')}.")
    if policy:
        output.print_line(f"Default policy: {policy}.")
    output.print_next("route CANDIDATES", *policy_option(policy), "--results", results)


def _address(catalog: str | None, schema: str | None, data: str | None) -> TeamAddress | None:
    """Return the address that the options name; None if none of them is given."""
    from planstore.errors import RequestError
    from planstore.ledger.team.address import TeamAddress

    given = {"--catalog": catalog, "--schema": schema, "--data": data}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return None
    if catalog is None or schema is None or data is None:
        raise RequestError(f"a team store must have --catalog, --schema and --data, got no {' and no '.join(missing)}")
    return TeamAddress(catalog, schema, data)


def _print_grants(address: TeamAddress, *, is_json: bool) -> None:
    from planstore.cli import output
    from planstore.ledger.team.grants import ROLES, bucket_policy, grants

    statements, policies = grants(address), {role: bucket_policy(address, role) for role in ROLES}
    if is_json:
        sql = [{"role": role, "statement": statement} for role, statement in statements]
        output.print_json({"store": address.url, "sql": sql, "policies": policies})
        return
    import orjson

    output.print_line(f"-- Roles of {address.url}. Run these statements as the user that makes the store,")
    output.print_line(f'-- then give a role to a user: GRANT "{address.schema}_writer" TO NAME;')
    for _, statement in statements:
        output.print_line(f"{statement};")
    for role, policy in policies.items():
        output.print_line(f"\n-- Policy for the key of the {role}:")
        output.print_line(orjson.dumps(policy, option=orjson.OPT_INDENT_2).decode())
