"""``planstore policy``: show, check, compare and test policies without a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.checks.value_text import value_text
from planstore.cli.options import Families, Json

if TYPE_CHECKING:
    from planstore.audit.policy_coverage import Coverage
    from planstore.routing.policy import Policy

app = typer.Typer(no_args_is_help=True, help="Show, check, compare and test policies without a store.")
PolicyFile = Annotated[Path, typer.Argument(metavar="POLICY", help="Policy (YAML file).")]


@app.command("show")
def show(
    policy: Annotated[
        Path | None,
        typer.Argument(
            metavar="[POLICY]", envvar="PLANSTORE_POLICY", help="Policy (YAML file). Default: the default policy."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show the effective document of POLICY: every key with its value.

    Keys that POLICY leaves out end with the comment "default". The document is a policy file itself.
    """
    from planstore.cli import output
    from planstore.routing.effective_policy import effective_text, left_out_leaves

    read = _read(policy)
    if json:
        document = read.model_dump(mode="json")
        output.print_json({"policy_id": read.policy_id, "routing": document, "defaults": left_out_leaves(read)})
    else:
        output.print_line(effective_text(read).rstrip("\n"))


@app.command("validate")
def validate(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", envvar="PLANSTORE_POLICY", help="Policy (YAML file).")],
    families: Families = None,
    json: Json = False,
) -> None:
    """Check POLICY as `planstore route` does. Exit code 2 when it is invalid."""
    from planstore.cli import output
    from planstore.cli.requested_families import check_families
    from planstore.pages.answers import plural
    from planstore.routing.effective_policy import left_out_leaves

    read = _read(policy)
    check_families((), read, families)
    defaults = left_out_leaves(read)
    if json:
        output.print_json({"policy_id": read.policy_id, "semantics": read.semantics.value, "defaults": defaults})
        return
    output.print_line(f"{policy} is a valid policy ({read.semantics}); it leaves out {plural(len(defaults), 'key')}.")
    if defaults:
        output.print_next("policy show", policy)


@app.command("diff")
def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="Policy (YAML file).")],
    b: Annotated[
        Path | None,
        typer.Argument(metavar="[B]", help="Policy (YAML file). Default: A is compared with the default policy."),
    ] = None,
    json: Json = False,
) -> None:
    """Compare policy B with policy A key by key: looser, stricter or incomparable. Exit code 1 when they differ.

    A looser policy gives no side of any evidence a worse signal state.
    """
    from planstore.cli import output
    from planstore.cli.exit import exit_with
    from planstore.routing.policy_difference import difference

    before, after = (_read(None), _read(a)) if b is None else (_read(a), _read(b))
    found = difference(before, after)
    with exit_with(1 if found.keys else 0):
        if json:
            output.print_json(found.as_dict())
            return
        first, second = ("the default policy", a) if b is None else (a, b)
        if not found.keys:
            output.print_line(f"{second} is the same policy as {first}.")
            return
        than = f"to {first}" if found.direction == "incomparable" else f"than {first}"
        is_other = found.direction == "no effect"
        verdict = f"routes as {first} does" if is_other else f"is {found.direction} {than}"
        output.print_table(f"{second} {verdict}", ("", "change"), ((one.direction, str(one)) for one in found.keys))


@app.command("test")
def try_(
    policy: PolicyFile,
    cases: Annotated[Path, typer.Argument(help="Cases (YAML file): a list of evidence with the expected route.")],
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Name the rules and thresholds that no case reaches.")
    ] = False,
    json: Json = False,
) -> None:
    """Check that POLICY routes each of CASES as expected. Exit code 1 when a case has another route."""
    from planstore.audit.policy_cases import cover_cases, try_cases
    from planstore.cli import output
    from planstore.cli.exit import exit_with

    found, covered = cover_cases(policy, cases) if coverage else (try_cases(policy, cases), None)
    with exit_with(0 if all(case.passed for case in found) else 1):
        if json:
            results = [case.as_dict() for case in found]
            output.print_json(results if covered is None else {"cases": results, "coverage": covered.as_dict()})
            return
        output.print_table(
            f"{sum(case.passed for case in found)} of {len(found)} cases get the route they expect",
            ("case", "expected", "route", "", "reasons"),
            (
                (case.title, case.expected, case.route or "no decision", "ok" if case.passed else "FAILED",
                 "" if case.passed else "; ".join(case.reasons))
                for case in found
            ),
        )  # fmt: skip
        if covered is not None:
            _print_coverage(covered)


@app.command("schema")
def schema(json: Json = False) -> None:
    """Print the JSON Schema of a strict policy, with which editors complete and check keys."""
    from planstore.cli import output
    from planstore.routing.policy_schema import policy_schema

    output.print_json(policy_schema())


def _read(path: Path | None) -> Policy:
    """Read a policy that can be run; None is the default policy."""
    from planstore.routing.policy_defaults import DEFAULT_POLICY
    from planstore.routing.policy_reader import read_runnable_policy

    return read_runnable_policy(DEFAULT_POLICY if path is None else path).policy


def _print_coverage(covered: Coverage) -> None:
    from planstore.cli import output

    reached = sum(rule.cases > 0 for rule in covered.rules)
    decided = [key for key in covered.keys if not key.gap]
    output.print_line()
    output.print_table(
        f"Coverage: {reached} of {len(covered.rules)} rules decide a case; {len(decided)} of {len(covered.keys)} "
        "thresholds are passed by one case and failed by another",
        ("rule or threshold", "value", "cases pass", "cases fail", ""),
        [
            *((rule.rule, None, None, None, "no case is decided by it") for rule in covered.rules if not rule.cases),
            # because keys have values of their own kinds and units
            *((key.key, value_text(key.value), key.passed, key.failed, key.gap) for key in covered.keys if key.gap),
        ],
    )
