"""Shell completion of arguments and options: names from the store, and words of closed vocabularies.

A name is completed only from a store that can be read; without one nothing is proposed, and nothing is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import typer

from planstore.errors import PlanstoreError

MOST = 100
"""Maximum number of proposed names."""

Completion = Callable[[typer.Context, str], list[str]]


def complete_target(context: typer.Context, incomplete: str) -> list[str]:
    """Return targets of the newest run."""
    return _names(context, "targets", incomplete, planned=False)


def complete_planned_target(context: typer.Context, incomplete: str) -> list[str]:
    """Return targets of the current plan's jobs."""
    return _names(context, "targets", incomplete, planned=True)


def complete_symbol(context: typer.Context, incomplete: str) -> list[str]:
    """Return symbols of the newest run, on the target of the call."""
    return _names(context, "symbols", incomplete, planned=False, targets=_targets(context))


def complete_planned_symbol(context: typer.Context, incomplete: str) -> list[str]:
    """Return symbols of the current plan's jobs, on the targets of the call."""
    return _names(context, "symbols", incomplete, planned=True, targets=_targets(context))


def complete_symbol_or_route(context: typer.Context, incomplete: str) -> list[str]:
    """Return symbols on the target of the call, and routes."""
    from planstore.events.vocabulary import Route

    return [*_of_prefix(Route, incomplete), *complete_symbol(context, incomplete)]


def complete_job(context: typer.Context, incomplete: str) -> list[str]:
    """Return job ids of the current plan."""
    return _names(context, "jobs", incomplete)


def complete_planned_family(context: typer.Context, incomplete: str) -> list[str]:
    """Return model families of the current plan's jobs."""
    return _names(context, "families", incomplete)


def complete_family(context: typer.Context, incomplete: str) -> list[str]:
    """Return names of the shipped families, of installed packages, and of the call's families file."""
    from planstore.training.families import load_families

    file = context.params.get("families")
    try:
        return _of_prefix(load_families(None if file is None else Path(file)), incomplete)
    except PlanstoreError:
        return []


def complete_executor(context: typer.Context, incomplete: str) -> list[str]:
    """Return the executors."""
    from planstore.training.execution.executor_settings import EXECUTORS

    return _of_prefix(EXECUTORS, incomplete)


def complete_format(context: typer.Context, incomplete: str) -> list[str]:
    """Return the formats of exported files."""
    from planstore.projections.export import FORMATS

    return _of_prefix(FORMATS, incomplete)


def complete_run(context: typer.Context, incomplete: str) -> list[str]:
    """Return run ids, newest first."""
    return _names(context, "runs", incomplete)


def complete_run_range(context: typer.Context, incomplete: str) -> list[str]:
    """Return run ids, newest first; after A.. those of the end of the range."""
    first, dots, last = incomplete.rpartition("..")
    return [f"{first}{dots}{name}" for name in complete_run(context, last)]


def complete_word(vocabulary: Iterable[str]) -> Completion:
    """Return a function that returns the words of a closed vocabulary."""

    def complete(context: typer.Context, incomplete: str) -> list[str]:
        return _of_prefix(vocabulary, incomplete)

    return complete


def project_defaults(verb: Any) -> dict[str, Any]:
    """Return the project file's values for the parameters of a verb, as a default map; empty for a faulty file."""
    from planstore.cli.project import find_project

    try:
        return find_project().defaults(verb)
    except PlanstoreError:
        return {}


def _targets(context: typer.Context) -> list[str]:
    given = context.params.get("target") or []
    return [given] if isinstance(given, str) else list(given)


def _names(context: typer.Context, statement: str, prefix: str, **values: Any) -> list[str]:
    """Return the printable names of a statement in ``sql/completion``; none where the store cannot be read."""
    import planstore

    try:
        with planstore.open(context.params["results"], create=False, as_of=context.params.get("as_of")) as store:
            rows = store.access.session.rows(f"completion/{statement}", prefix=prefix, most=MOST, **values)
    except PlanstoreError:
        return []
    return [name for (name,) in rows if name.isprintable()]


def _of_prefix(words: Iterable[str], prefix: str) -> list[str]:
    return [str(word) for word in words if word.startswith(prefix)]
