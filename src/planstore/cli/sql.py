"""``planstore sql``: read-only queries over the ledger, or an interactive shell on a terminal."""

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
            help="Query over the store's views and macros: 'from history limit 20'. "
            "Default: a shell on a terminal, otherwise queries from standard input.",
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", metavar="FILE", help="File with queries to run in order; - is standard input."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Text value of the parameter $NAME; repeatable."),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Output format. Default: by the suffix of --out, else a table."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "--output",
            "-o",
            metavar="FILE",
            help="File to write; an existing file is replaced once the new one is complete.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Maximum number of rows. Default: 100 in tables (1,000 in the shell), else all."),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="Memory limit of queries, such as 2GB; the disk limit is four times that. Default: 4GB, or half of "
            "the machine's memory if that is less."
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="Computing time limit of all queries; in the shell, of one input."),
    ] = 600,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Run read-only queries over the ledger, or open a shell. Queries cannot write or read files outside the store."""
    import planstore
    from planstore.cli.limits import Limits
    from planstore.cli.queries import query_text

    chosen = _format(form, out, json=json)
    parameters = dict(_parameter(text) for text in param or [])
    text = _text(query, file)
    if text is not None:
        text = query_text(text)
    elif out is not None:
        raise RequestError("--out must have a query, got none: add QUERY or --file")
    limits = Limits(memory, timeout)
    with planstore.open(results, create=False, as_of=as_of, memory=limits.memory) as store:
        if text is None:
            from planstore.cli.shell import Shell

            Shell(store, parameters, chosen, limit, limits).run()
        else:
            _execute(store, text, parameters, chosen, out, limit, limits)


def _execute(
    store: Store,
    text: str,
    parameters: dict[str, str],
    form: Format,
    out: Path | None,
    limit: int | None,
    limits: Limits,
) -> None:
    """Run the queries of a text in order, after a check of all of them."""
    from planstore.cli.queries import refuse_unused_parameters, relations
    from planstore.cli.results import new_file, write

    bounds = limits.bounds()
    with bounds.computing():
        found = relations(store, text, parameters)
    if not found:
        raise QueryError("the input must have at least one query, got none: add QUERY or --file")
    if len(found) > 1 and form in (Format.CSV, Format.PARQUET):
        raise RequestError(f"a {form} file must have the rows of one query, got {len(found)}: use table or json")
    refuse_unused_parameters(text, parameters)
    if out is None:
        if form is Format.PARQUET and sys.stdout.isatty():
            raise RequestError("the format must be table, csv or json on a terminal, got parquet: add --out FILE")
        for relation in found:
            write(relation, form, limit, bounds)
        return
    with new_file(out) as opened:
        for relation in found:
            write(relation, form, limit, bounds, opened)


def _format(form: Format | None, out: Path | None, *, json: bool) -> Format:
    """Return the output format that follows from --json, --format and --out."""
    if json:
        if form not in (None, Format.JSON):
            raise RequestError(f"--json must be without another --format, got {form}: leave one of them out")
        return Format.JSON
    if form is not None:
        return form
    suffix = "" if out is None else out.suffix.lower().removeprefix(".")
    return Format(suffix) if suffix in set(Format) else Format.TABLE


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (name.isidentifier() and separator):
        raise RequestError(f"--param must be NAME=VALUE, got {text[:80]!r}: use a name of letters, digits and _")
    return name, value


def _text(query: str | None, file: str | None) -> str | None:
    """Return the text of the queries; None for the interactive shell."""
    if query is not None and file is not None:
        raise RequestError("QUERY must be without --file, got both: leave one of them out")
    if query is not None:
        return query
    if file is None and sys.stdin.isatty():
        if not sys.stdout.isatty():
            raise RequestError(
                "the input must have at least one query, got none: add QUERY or --file "
                "(the shell needs a terminal as standard output)"
            )
        return None
    try:
        return sys.stdin.read() if file in (None, "-") else Path(str(file)).read_text(encoding="utf-8")
    except OSError as error:
        raise RequestError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{file or 'standard input'} must be text in UTF-8, got other bytes: convert it") from error
