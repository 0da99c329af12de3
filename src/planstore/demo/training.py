"""Demo from real prices to trained models, and its summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from planstore.api.store import Store
from planstore.checks.number_text import chance
from planstore.demo.history import command_name, quoted
from planstore.demo.market import market
from planstore.training.evidence.discoveries import Discoveries, discoveries
from planstore.training.evidence.ranking import Ranked
from planstore.training.trainer import Trained, train_panel

SHOWN = 15
"""Maximum number of trained jobs in the summary; `planstore jobs` shows all."""


@dataclass(frozen=True)
class Lesson:
    """Summary of the demo's evidence, decisions and training, as rows of tables.

    Attributes:
        ranking: one row per target, best first: name, score, null, q, leakage, symbols found, scores of single symbols,
            shrunken scores.
        routes: number of pairs by route.
        trained: one row per job: id, families, score of the model, score of the evidence.
        more: note on the jobs missing in ``trained``; empty when all are included.
        progress: job counts by status.
        example: a pair and its route, explained by ``reasons``.
    """

    results: str
    run_id: str
    plan_id: str
    ranking: list[tuple[Any, ...]]
    routes: dict[str, int]
    trained: list[tuple[Any, ...]]
    more: str
    progress: str
    example: str
    reasons: list[str]
    next_steps: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def learn(
    store: Store,
    *,
    symbols: Sequence[str] | None = None,
    workers: int | None = None,
    step: Callable[[str], None] = lambda _: None,
    progress: Callable[[dict[str, int]], None] = lambda _: None,
) -> Lesson:
    """Measure the real panel or some of its symbols, route it by the default policy, plan and train it.

    Args:
        store: where every step is recorded.
        symbols: symbols to include; None means all.
        workers: number of worker processes; None means one per CPU core.
        step: callback that receives the name of each step at its start.
        progress: callback that receives job counts by status.

    Returns:
        The summary of all steps.
    """
    step("computing features and targets")
    panel = market(symbols=symbols)
    trained = train_panel(store, panel, model_families=["lightgbm"], workers=workers, step=step, progress=progress)
    return _lesson(store, trained)


def _lesson(store: Store, trained: Trained) -> Lesson:
    jobs = list(_scored(trained))
    found = discoveries(trained.evidence.candidates())
    target, symbol = _example(store)
    explanation = store.why(target, symbol, run_id=trained.run.run_id)
    miss = [explanation.nearest_miss["text"]] if explanation.nearest_miss else []
    name = target if symbol is None else f"{target} on {symbol}"
    arguments = target if symbol is None else f"{target} {symbol}"
    folder = quoted(store.results)
    return Lesson(
        results=str(store.results),
        run_id=trained.run.run_id,
        plan_id=trained.run.plan_id,
        ranking=[_row(one, found.get(one.target)) for one in trained.evidence.ranking()],
        routes=dict(trained.run.routes),
        trained=jobs[:SHOWN],
        more=f"{len(jobs) - SHOWN} more; `planstore jobs` shows them" if len(jobs) > SHOWN else "",
        progress=", ".join(f"{count} {status}" for status, count in trained.training.progress.items()) or "no jobs",
        example=f"{name}: {explanation.route}",
        reasons=[*explanation.reasons, *miss],
        next_steps=[
            f"{command_name()} ui --results {folder}",
            f"{command_name()} why {arguments} --results {folder}",
            f"{command_name()} jobs --results {folder}",
            f'{command_name()} sql "from history order by commit_id desc, position limit 20" --results {folder}',
        ],
    )


def _row(one: Ranked, found: Discoveries | None) -> tuple[Any, ...]:
    spread, shrunken = (
        None if scores is None else " / ".join(f"{score:.3f}" for score in scores)
        for scores in (one.symbol_scores, found.shrunken if found else None)
    )
    return (
        one.target,
        None if one.score is None else round(one.score, 3),
        None if one.null_score is None else round(one.null_score, 3),
        chance(found.q_value if found else None),
        one.leakage,
        found and found.text,
        spread,
        shrunken,
    )


def _scored(trained: Trained) -> Iterator[tuple[Any, ...]]:
    for job in trained.training.jobs:
        metrics = job["metrics"] or {}
        score, evidence = metrics.get("score"), metrics.get("evidence_score")
        result = job["error"] if score is None else round(score, 3)
        yield job["job_id"], ", ".join(job["model_families"]), result, None if evidence is None else round(evidence, 3)


def _example(store: Store) -> tuple[str, str | None]:
    """Return the most instructive pair: one that is trained both ways, else any."""
    row = store.access.session.row("demo/example_pair")
    assert row is not None, "the demo's panel has symbols"
    return row[0], row[1]
