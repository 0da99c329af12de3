"""``planstore diff``: changes from one run to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

if TYPE_CHECKING:
    from planstore.audit.diff import Difference


def command(
    a: Annotated[str, typer.Argument(metavar="A", help="Run id, commit number, start of a plan id, or time.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Second run, named like A.")],
    results: Results = RESULTS,
    limit: Annotated[int, typer.Option(min=1, help="Maximum rows per table; --json prints all.")] = 50,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show the changes from run A to run B.

    Shows pairs by route, flips with their causes, and jobs field by field.
    Exit code 0 when the runs are the same, 1 when they differ.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.exit import exit_with

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.diff(a, b)
        with exit_with(1 if found else 0):
            if json:
                output.print_json(found.as_dict())
            else:
                _print(found, limit)


def _print(found: Difference, limit: int) -> None:
    from planstore.cli import output
    from planstore.cli.flip_counts import flip_counts

    if not found:
        output.print_line(f"{found.a} and {found.b} decided the same and have the same jobs.")
        return
    output.print_table(
        f"Pairs by route, from {found.a} to {found.b}",
        ("route", found.a, found.b),
        ((route, *pairs) for route, pairs in found.routes.items()),
    )
    if found.flips:
        output.print_line()
        flips = found.flip_table().limit(limit).fetchall()
        columns = ("target", "symbol", "from", "to", "caused by")
        output.print_table(
            f"Flips: {flip_counts(pairs=found.flipped_pairs, targets=found.flipped_targets)}",
            columns,
            flips,
            more=_more(found.flips, limit),
        )
    total = sum(found.counts.values())
    if total:
        output.print_line()
        counts = ", ".join(f"{count} {change}" for change, count in found.counts.items())
        jobs = found.job_table().project('"change", job_id, "values"').limit(limit).fetchall()
        rows = ((change, job_id, "; ".join(_field(value) for value in values or ())) for change, job_id, values in jobs)
        output.print_table(f"Jobs: {counts}", ("change", "job_id", "fields"), rows, more=_more(total, limit))


def _field(value: dict[str, Any]) -> str:
    return f"{value['field']}: {value['a']} → {value['b']}"


def _more(total: int, limit: int) -> str:
    return f"{total - limit} more; --limit or --json shows them" if total > limit else ""
