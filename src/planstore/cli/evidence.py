"""``planstore evidence``: measure a panel's targets, and make candidates of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results

if TYPE_CHECKING:
    from planstore.training.evidence.ranking import Ranked

COLUMNS = (
    "target",
    "score",
    "95 % from",
    "to",
    "null",
    "skill",
    "leakage",
    "overlap",
    "tau",
    "symbols",
    "their scores",
)


def command(
    panel: Annotated[
        Path,
        typer.Argument(
            metavar="PANEL", help="Features and targets: a folder with a file a symbol, hive folders, or one long file."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write candidates there, a parquet file for `planstore route`, in place of one that is there."
        ),
    ] = None,
    results: Results = RESULTS,
    target: Annotated[
        list[str] | None,
        typer.Option(help="A target or pattern, as 'y_*'; give one for each. Default: by usual names."),
    ] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="A symbol; give one for each. Default: all.")] = None,
    pooled: Annotated[
        bool, typer.Option("--pooled", help="Only over all symbols, not on each: a quick ranking.")
    ] = False,
    family: Annotated[
        list[str] | None, typer.Option(help="A model family to measure with; give one for each. Default: lightgbm.")
    ] = None,
    families: Annotated[Path | None, typer.Option(help="A families file of your own.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds in order of time.")] = 5,
    select: Annotated[int, typer.Option(min=0, help="Features to select for each target.")] = 30,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes, each on one core; default: one a core, as far as memory allows."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn by chance.")] = 0,
    json: Json = False,
) -> None:
    """Measure every target of PANEL out of sample, beside labels moved in time, and rank them.

    Looks for leakage, measures stability over folds and over earlier evidence in the store, and keeps all of it there.
    Exit code 1 when something could not be measured.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.ending import ending
    from planstore.errors import RequestError
    from planstore.ledger.embedded.store_folder import refuse_store
    from planstore.training.evidence.evidence_store import earlier_evidence, keep_evidence
    from planstore.training.evidence.measure import FAMILIES, measure
    from planstore.training.families import families_of, load_families
    from planstore.training.panel.panel import Panel

    if out is not None:
        refuse_store("--out", out)
        if out.suffix.lower() != ".parquet" or not out.absolute().parent.is_dir():
            raise RequestError(f"--out is {out}; it is a .parquet file in a folder that exists")
    families_of(family or FAMILIES, load_families(families))  # before the panel, because it takes long to read
    with output.working("reading the panel"):
        read = Panel.read(panel, symbols=symbol, targets=target)
    with planstore.open(results) as store:
        with output.progress("measuring") as show:
            evidence = measure(
                read,
                families=family or FAMILIES,
                families_file=families,
                folds=folds,
                seed=seed,
                select=select,
                symbols=not pooled,
                workers=workers,
                earlier=earlier_evidence(store, read.last_timestamp),
                progress=show,
            )
        digest = keep_evidence(store, evidence)
    if out is not None:
        evidence.write_candidates(out)
    ranking = evidence.ranking()
    with ending(1 if evidence.troubles else 0):
        if json:
            told = evidence.as_dict()
            output.print_json(
                {name: told[name] for name in told if name not in ("sides", "features")} | {"artifact": digest}
            )
        else:
            for note in (*evidence.notes, *evidence.troubles):
                output.print_note(f"planstore: {note}")
            output.print_table("Targets, best first", COLUMNS, map(_row, ranking))
            for one in ranking:
                for sign in one.signs:
                    output.print_line(f"{one.target}: {sign}")
            if out is not None:
                output.print_line(f"\nNext: planstore route {out} --policy policy.yaml --results {results}")


def _row(one: Ranked) -> tuple[object, ...]:
    low, high = one.interval or (None, None)
    spread = " / ".join(f"{score:.3f}" for score in one.symbol_scores or ())
    numbers = (one.score, low, high, one.null_score, one.skill)
    stability = (one.mean_overlap, one.mean_tau)
    return (one.target, *map(_short, numbers), one.leakage, *map(_short, stability), one.symbols, spread)


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"
