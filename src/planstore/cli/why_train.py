"""``planstore why-train``: explain why a job was trained."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_job
from planstore.cli.options import RESULTS, AsOf, Json, Plan, Results


def command(
    job: Annotated[
        str, typer.Argument(metavar="JOB", help="Job id; `planstore jobs` lists them.", autocompletion=complete_job)
    ],
    plan: Plan = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Explain why JOB was trained, or which earlier job has its results.

    Shows the inputs in which it differs from the nearest earlier job on its target and symbol.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.printable import printable

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.training.why_trained(job, plan=plan)
    if json:
        output.print_json(found.as_dict())
        return
    output.print_line(printable(str(found)))
    if found.changes:
        output.print_line()
        output.print_table(
            "Inputs that differ",
            ("input", "earlier job", "this job"),
            ((change.input, _shown(change.before), _shown(change.after)) for change in found.changes),
        )


def _shown(value: object) -> object:
    return "none" if value is None else value
