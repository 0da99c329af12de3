"""``planstore evidence``: measure the targets of a panel and write candidates."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.checks.number_text import chance
from planstore.cli.argument_completion import complete_family
from planstore.cli.leakage_limits import LeakageLimit, leakage_limits
from planstore.cli.options import RESULTS, Executor, Families, Json, MaxFitRows, PanelPath, RayAddress, Results
from planstore.cli.panel_settings import Classes, Embargo, Feature, Horizon, Ignore, PanelFile, Task, panel_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planstore.training.evidence.discoveries import Discoveries
    from planstore.training.evidence.estimate import EvidenceEstimate
    from planstore.training.evidence.leakage import LeakageLimits, Sign
    from planstore.training.evidence.ranking import Ranked

COLUMNS = (
    "target",
    "score",
    "95 % from",
    "to",
    "null",
    "p",
    "q",
    "skill",
    "leakage",
    "overlap",
    "tau",
    "symbols",
    "found",
    "worst / middle / best",
    "shrunken",
)
MEANINGS = (
    "Scores are AUC or R², out of sample; null: the same on time-shifted labels; p: the probability that chance scores "
    "as high;\nq: the least rate of false discoveries at which the target is one; skill: the score over chance or over "
    "its null, whichever is\nless, where 1 is perfect; found: symbols with q up to 0.10; worst / middle / best: the "
    "scores of single symbols, and\nshrunken towards their mean by the share of chance."
)


def command(
    panel: PanelPath,
    out: Annotated[
        Path | None,
        typer.Option(help="Write candidates to this parquet file for `planstore route`; an existing file is replaced."),
    ] = None,
    results: Results = RESULTS,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Target or pattern, such as 'y_*'; repeatable. Default: columns with usual target names."),
    ] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Symbol; repeatable. Default: all.")] = None,
    pooled: Annotated[
        bool, typer.Option("--pooled", help="Measure only over all symbols, not per symbol: a quick ranking.")
    ] = False,
    family: Annotated[
        list[str] | None,
        typer.Option(
            help="Model family to measure with; repeatable. Default: lightgbm.", autocompletion=complete_family
        ),
    ] = None,
    families: Families = None,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds, split by time.")] = 5,
    select: Annotated[int, typer.Option(min=0, help="Number of features to select per target.")] = 30,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate", help="Show fits, hours and memory, from a few timed fits; measure and record nothing."
        ),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Concurrent measurements. Default: one per CPU core, limited by memory."),
    ] = None,
    executor: Executor = "local",
    ray_address: RayAddress = None,
    max_fit_rows: MaxFitRows = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    seeds: Annotated[
        int, typer.Option(min=1, help="Number of seeds, from --seed on, over which scores are averaged.")
    ] = 1,
    leakage_limit: LeakageLimit = None,
    no_reuse: Annotated[
        bool, typer.Option("--no-reuse", help="Measure sides again that were measured before from the same inputs.")
    ] = False,
    horizon: Horizon = None,
    embargo: Embargo = None,
    task: Task = None,
    classes: Classes = None,
    feature: Feature = None,
    ignore: Ignore = None,
    panel_file: PanelFile = None,
    json: Json = False,
) -> None:
    """Measure and rank the targets of PANEL.

    Scores are out of sample, next to those on time-shifted labels. Leakage is tested, and stability is measured over
    folds and earlier evidence. The evidence is stored in the ledger.
    Exit code 1 when a target or symbol could not be measured, or a column was left out.
    """
    import planstore
    from planstore.checks.whole_files import check_file_path
    from planstore.cli import output
    from planstore.cli.exit import exit_with
    from planstore.cli.project import policy_option
    from planstore.errors import RequestError
    from planstore.events.hashing import digest_of
    from planstore.ledger.embedded.store_folder import refuse_store
    from planstore.training.evidence.discoveries import discoveries
    from planstore.training.evidence.estimate import estimate_evidence
    from planstore.training.evidence.leakage import LeakageLimits
    from planstore.training.evidence.measure import FAMILIES
    from planstore.training.execution.executor_settings import ExecutorSettings
    from planstore.training.families import families_of, load_families
    from planstore.training.panel.panel import Panel

    if out is not None and estimate:
        raise RequestError(f"--out must be given without --estimate, which writes nothing, got {out}: leave out one")
    if out is not None:
        refuse_store("--out", out)
        check_file_path("--out", out, ".parquet")
    chosen = ExecutorSettings(executor, workers, ray_address)
    if estimate and chosen.is_remote:
        raise RequestError(
            f"--estimate must be with executor local, got {executor}: this machine cannot time the cores of others"
        )
    limits = leakage_limits(leakage_limit)
    families_of(family or FAMILIES, load_families(families))  # first, because reading the panel takes long
    settings = panel_settings(
        horizon=horizon, embargo=embargo, task=task, classes=classes, feature=feature, ignore=ignore,
        panel_file=panel_file, target=target,
    )  # fmt: skip
    with output.spinner("reading the panel"):
        read = Panel.read(panel, symbols=symbol, targets=target, settings=settings)
    output.print_note(str(read))
    if estimate:
        with output.spinner("timing a few fits"):
            found = estimate_evidence(
                read, families=family or FAMILIES, families_file=families, folds=folds, seed=seed, seeds=seeds,
                select=select, symbols=not pooled, workers=workers, max_fit_rows=max_fit_rows,
            )  # fmt: skip
        with exit_with(1 if read.troubles else 0):
            _print_estimate(found, json=json)
        return
    with planstore.open(results) as store, output.progress("measuring") as show:
        evidence = store.measure(
            read,
            families=family,
            families_file=families,
            folds=folds,
            seed=seed,
            seeds=seeds,
            select=select,
            symbols=not pooled,
            workers=workers,
            executor=executor,
            ray_address=ray_address,
            max_fit_rows=max_fit_rows,
            limits=limits,
            reuse=not no_reuse,
            progress=show,
        )
    if out is not None:
        evidence.write_candidates(out)
    ranking = evidence.ranking()
    with exit_with(1 if evidence.troubles else 0):
        if json:
            document = evidence.as_dict()
            summary = {name: document[name] for name in document if name not in ("sides", "features")}
            output.print_json(summary | {"artifact": digest_of(evidence.report)})
        else:
            for trouble in evidence.troubles:
                if trouble not in read.troubles:
                    output.print_warning(f"planstore: {trouble}")
            among = discoveries(evidence.candidates())
            rows = [_row(one, among.get(one.target)) for one in ranking]
            output.print_table("Targets, best first", COLUMNS, rows, more=MEANINGS)
            for note in evidence.notes[len(read.notes) :]:
                output.print_line(note)
            for one in ranking:
                for sign in one.signs:
                    output.print_line(f"{one.target}: {sign}")
            _print_remedies([sign for side in evidence.sides for sign in side.signs], limits or LeakageLimits())
            if out is not None:
                output.print_line()
                output.print_next("route", out, *policy_option(), "--results", results)


def _print_remedies(signs: Sequence[Sign], limits: LeakageLimits) -> None:
    """Print the options that leave out the features with signs of leakage, and those that raise their limits."""
    from planstore.cli import output

    features = [sign for sign in signs if sign.feature is not None]
    if not features:
        return
    ignored = " ".join(f"--ignore {shlex.quote(name)}" for name in sorted({str(sign.feature) for sign in features}))
    names = sorted({sign.limits for sign in features})
    raised = " ".join(f"--leakage-limit {name}=SUSPECT,BLOCKED" for name in names)
    now = "; ".join(f"{name}={','.join(f'{limit:g}' for limit in getattr(limits, name))}" for name in names)
    output.print_line(f"To leave out features that know the future, measure again with {ignored}.")
    output.print_line(f"If they are known at their timestamps, raise the limits instead: {raised} (now {now}).")


def _print_estimate(found: EvidenceEstimate, *, json: bool) -> None:
    from planstore.cli import output
    from planstore.plans.cost import duration

    if json:
        output.print_json(found.as_dict())
        return
    output.print_line(
        f"{found.sides} sides, {found.fits} fits: about {duration(found.processor_seconds)} of processor time, "
        f"{duration(found.seconds)} on {found.workers} workers of at most {found.worker_bytes / 2**30:.1f} GiB each; "
        "less where sides were measured before"
    )


def _row(one: Ranked, found: Discoveries | None) -> tuple[object, ...]:
    low, high = one.interval or (None, None)
    spread, shrunken = (
        " / ".join(f"{score:.3f}" for score in scores or ())
        for scores in (one.symbol_scores, found.shrunken if found else None)
    )
    numbers = (one.score, low, high, one.null_score)
    stability = (one.mean_overlap, one.mean_tau)
    scores = map(_rounded, numbers)
    return (
        one.target,
        *scores,
        chance(one.p_value),
        chance(found.q_value if found else None),
        _rounded(one.skill),
        one.leakage,
        *map(_rounded, stability),
        one.symbols,
        found and found.text,
        spread,
        shrunken,
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)
