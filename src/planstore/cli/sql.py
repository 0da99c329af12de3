"""``planstore sql``: queries over the ledger, read-only; without one, on a terminal, an interactive shell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results
from planstore.cli.results import Format
from planstore.errors import QueryError, RequestError

if TYPE_CHECKING:
    from planstore.api.store import Store
    from planstore.cli.limits import Limits


def command(
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help="A SELECT over the store's views and macros: 'from history limit 20'. "
            "Without it: a shell on a terminal, else queries from standard input.",
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", metavar="FILE", help="Run the queries in a file, in order; - is standard input."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="The text that $NAME in a query stands for; may be given again."),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="How rows are written; by default as the name of --output ends, or a table."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to a file, in place of one that is there, when all is written.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many rows; otherwise tables show 100, and 1,000 in the shell.")
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="What queries may use, as 2GB, and four times that on disk; default: 4GB, or half of the machine's "
            "memory where that is less."
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How long the queries may compute; in the shell, those of one line."),
    ] = 600,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Run queries over the ledger, or open a shell. They can neither write nor reach files outside the store."""
    import planstore
    from planstore.cli.limits import Limits
    from planstore.cli.shell import Shell

    chosen = _format(form, out, json=json)
    parameters = dict(_parameter(text) for text in param or [])
    text = _text(query, file)
    if text is None and out is not None:
        raise RequestError("--output takes the rows of one query, and there is none: give QUERY or --file")
    limits = Limits(memory, timeout)
    with planstore.open(results, create=False, as_of=as_of, memory=limits.memory) as store:
        if text is None:
            Shell(store, parameters, chosen, limit, limits).run()
        else:
            _answer(store, text, parameters, chosen, out, limit, limits)


def _answer(
    store: Store,
    text: str,
    parameters: dict[str, str],
    form: Format,
    out: Path | None,
    limit: int | None,
    limits: Limits,
) -> None:
    """Run the queries of a text in order; all of them are checked before the first one runs."""
    from planstore.cli.queries import must_be_used, relations
    from planstore.cli.results import new_file, write

    bounds = limits.bounds()
    with bounds.computing():
        found = relations(store, text, parameters)
    if not found:
        raise QueryError("there is no query in what was given")
    if len(found) > 1 and form in (Format.CSV, Format.PARQUET):
        raise RequestError(f"{form} holds the rows of one query, and these are {len(found)}: use table or json")
    must_be_used(text, parameters)
    if out is None:
        if form is Format.PARQUET and sys.stdout.isatty():
            raise RequestError("parquet is nothing for a terminal: give --output FILE")
        for relation in found:
            write(relation, form, limit, bounds)
        return
    with new_file(out) as opened:
        for relation in found:
            write(relation, form, limit, bounds, opened)


def _format(form: Format | None, out: Path | None, *, json: bool) -> Format:
    """Return the format that was asked for, in whichever way."""
    if json:
        if form not in (None, Format.JSON):
            raise RequestError(f"--json and --format {form} contradict each other")
        return Format.JSON
    if form is not None:
        return form
    ending = "" if out is None else out.suffix.lower().removeprefix(".")
    return Format(ending) if ending in set(Format) else Format.TABLE


def _parameter(text: str) -> tuple[str, str]:
    name, given, value = text.partition("=")
    if not (name.isidentifier() and given):
        raise RequestError(f"--param {text[:80]!r} is not NAME=VALUE")
    return name, value


def _text(query: str | None, file: str | None) -> str | None:
    """Return the text that holds the queries; None when a person at a terminal is going to type them."""
    if query is not None and file is not None:
        raise RequestError("QUERY and --file contradict each other: give one of them")
    if query is not None:
        return query
    if file is None and sys.stdin.isatty():
        if not sys.stdout.isatty():
            raise RequestError("there is no query: give QUERY or --file (the shell needs a terminal to write to)")
        return None
    try:
        return sys.stdin.read() if file in (None, "-") else Path(str(file)).read_text(encoding="utf-8")
    except OSError as error:
        raise RequestError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{file or 'standard input'} is no text in UTF-8") from error
