"""Evidence: measure every target of a panel over all symbols and on each one, concurrently on all CPU cores."""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.checks.arguments import checked
from planstore.checks.log_levels import NOTICE
from planstore.checks.quoting import shown_names
from planstore.checks.whole_files import whole_file
from planstore.errors import RequestError, WorkerDiedError
from planstore.events.candidate_columns import COLUMNS, arrow_type
from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import JobState, Mode, ModelStatus, Stability
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.pages.answers import SHOWN_ROWS, TableAnswer, plural, text_table
from planstore.training.evidence.leakage import LeakageLimits, other_side_signs
from planstore.training.evidence.ranking import Ranked, rank
from planstore.training.evidence.side import MeasuredSide, Question
from planstore.training.evidence.side_cache import MOST_BYTES, FoundSide, side_cache
from planstore.training.evidence.side_task import SideTask, answer
from planstore.training.evidence.stability import Snapshot
from planstore.training.execution.executor_settings import ExecutorSettings
from planstore.training.execution.memory import LargestFit, largest_fit
from planstore.training.execution.retried_tasks import ATTEMPTS, RetriedTasks
from planstore.training.families import families_of, load_families
from planstore.training.panel.panel import Panel

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger("planstore.training")

FAMILIES = ("lightgbm",)
"""The default families of measurements: a light one, because stronger ones score no better on weak signals."""
RANKING_COLUMNS = ("target", "score", "score_low", "score_high", "null_score", "p_value", "skill", "leakage", "symbols")
Earlier = Mapping[tuple[str, str | None], Sequence[Snapshot]]
"""The mean importances of earlier runs, by target and symbol (None: all symbols)."""


@dataclass(frozen=True, repr=False)
class PanelEvidence(TableAnswer):
    """The measurements of a panel.

    Attributes:
        sides: cross-sectional ones and those of symbols, by target in the panel's order.
        as_of: the last timestamp of the panel.
        features: the features of every fit.
        settings: the settings: families, folds, seeds, limits.
        notes: remarks on the panel, and the numbers of rows of models that are fitted on a sample of them.
        troubles: targets, symbols and families that could not be measured, with reasons.
    """

    sides: Sequence[MeasuredSide]
    as_of: datetime
    features: Sequence[str]
    settings: Mapping[str, Any]
    notes: Sequence[str]
    troubles: Sequence[str]

    def shown_columns(self) -> Sequence[str]:
        """Return the columns that prose and HTML show."""
        return RANKING_COLUMNS

    def records(self) -> list[dict[str, Any]]:
        """Return the ranked targets; ``worst``, ``middle`` and ``best`` are the scores of single symbols."""
        return [one.as_row() for one in self.ranking()]

    def __str__(self) -> str:
        symbols = len({side.symbol for side in self.sides if side.symbol is not None})
        ranked = text_table(self.head(SHOWN_ROWS), RANKING_COLUMNS)
        remarks = [*_sampled(self.sides), *self.troubles]
        troubles = "".join(f"\n{remark}" for remark in remarks[:SHOWN_ROWS])
        targets = plural(len(self.ranking()), "target")
        return f"{targets} measured on {plural(symbols, 'symbol')}, as of {self.as_of:%Y-%m-%d}\n{ranked}{troubles}"

    def ranking(self) -> list[Ranked]:
        """Return the targets, best first."""
        return rank(self.sides)

    def selected(self, target: str) -> list[str]:
        """Return the features selected for a target, best first; all features of the panel if none were selected."""
        votes = next((side.selected for side in self.sides if side.target == target and side.selected), ())
        return [vote.feature for vote in votes] or list(self.features)

    def candidates(self) -> pa.Table:
        """Return the evidence as candidates, ready to be routed."""
        import pyarrow as pa

        feature_set_id = digest_of(canonical_json(list(self.features)))
        return pa.Table.from_pylist([self._candidate(side, feature_set_id) for side in self.sides], _schema())

    def write_candidates(self, path: Path) -> None:
        """Write the candidates as a parquet file; a reader sees the whole file or none.

        Raises:
            RequestError: the file would be inside a store.
            ExportError: the file cannot be written.
        """
        import pyarrow.parquet as pq

        refuse_store("candidates", path)
        with whole_file(path) as unfinished:
            pq.write_table(self.candidates(), unfinished)

    @property
    def report(self) -> bytes:
        """The evidence as canonical JSON, which the ledger stores as an artifact."""
        return canonical_json(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "as_of": self.as_of.isoformat(),
            "settings": dict(self.settings),
            "features": list(self.features),
            "targets": [one.as_dict() for one in self.ranking()],
            "sides": [_side_dict(side) for side in self.sides],
            "notes": list(self.notes),
            "troubles": list(self.troubles),
        }

    def _candidate(self, side: MeasuredSide, feature_set_id: str) -> dict[str, Any]:
        low, high = side.interval or (None, None)
        return {
            "target": side.target,
            "symbol": side.symbol,
            "mode": Mode.CROSS_SECTIONAL if side.symbol is None else Mode.SYMBOL_SPECIFIC,
            "score": side.score,
            "score_ci_low": low,
            "score_ci_high": high,
            "null_score": side.null_score,
            "null_sd": side.null and side.null.sd,
            "p_value": side.p_value,
            "effective_samples": side.null and side.null.effective_samples,
            "stability": Stability.UNKNOWN,
            "stability_metrics": side.stability and side.stability.as_dict(),
            "stability_snapshots": side.snapshots,
            "sample_size": side.sample_size,
            "leakage_status": side.leakage,
            "feature_set_id": feature_set_id,
            "failed_model_families": list(side.failed),
            "model_status": ModelStatus.OK if side.reason is None else ModelStatus.FAILED,
            "task_type": side.task_type,
            "metric_name": "auc" if "CLASSIFICATION" in side.task_type else "r2",
            "evidence_as_of": self.as_of,
        }


@checked
def measure(
    panel: Panel,
    *,
    families: Sequence[str] = FAMILIES,
    families_file: Path | None = None,
    folds: int = 5,
    seed: int = 0,
    seeds: int = 1,
    select: int = 30,
    symbols: bool = True,
    workers: int | None = None,
    executor: str = "local",
    ray_address: str | None = None,
    max_fit_rows: int | None = None,
    limits: LeakageLimits | None = None,
    earlier: Earlier | None = None,
    reuse: bool = True,
    progress: Callable[[dict[str, int]], None] = lambda _: None,
) -> PanelEvidence:
    """Measure every target of a panel, over all symbols and on each.

    The same panel and arguments give the same evidence. A side that cannot be measured is listed in
    `PanelEvidence.troubles`, and is a candidate with the model status FAILED; the others are measured.

    Args:
        panel: features and targets.
        families: names of the families to fit.
        families_file: a families file of the user's own.
        folds: number of folds, in order of time.
        seed: random seed.
        seeds: number of seeds, from ``seed`` on, with which each family is fitted; scores are means over them.
        select: number of features to select for each target; 0 selects none.
        symbols: whether single symbols are measured as well as all of them together.
        workers: as for :class:`~planstore.training.execution.executor_settings.ExecutorSettings`.
        executor: as ``workers``.
        ray_address: as ``workers``.
        max_fit_rows: maximum number of rows that a cross-sectional model is fitted on, a sample of whole timestamps;
            None means as many as the memory of this machine allows. Test rows are never sampled.
        limits: the limits of signs of leakage.
        earlier: importances of earlier runs, with which stability is measured.
        reuse: take over sides that were measured before from the same inputs, also by a call that was killed.
        progress: callback that receives, after each side, the numbers of measured and of planned sides.

    Raises:
        RequestError: an argument cannot be used.
        FamiliesError: the families file cannot be used.
        WorkerDiedError: the workers of all attempts of a side died.
    """
    settings = ExecutorSettings(executor, workers, ray_address)
    limits = limits or LeakageLimits()
    questions = questions_of(
        panel, families=families, families_file=families_file, folds=folds, seed=seed, seeds=seeds, select=select,
        symbols=symbols, limits=limits, earlier=earlier,
    )  # fmt: skip
    fit = largest_fit(panel, questions[0].families, max_fit_rows)
    questions = [replace(question, fit_rows=fit.rows) for question in questions]
    requested = sum(bool(question.families) for question in questions)
    sides = _suspected(_measured(panel, questions, settings, fit, progress, reuse=reuse))[:requested]
    sampled = _sampled(sides)
    return PanelEvidence(
        sides=sides,
        as_of=panel.last_timestamp,
        features=panel.features,
        settings={
            "families": [family.name for family in questions[0].families],
            "folds": folds,
            "seed": seed,
            "seeds": seeds,
            "select": select,
            "limits": asdict(limits),
            **({"panel": panel.settings} if panel.settings else {}),
            **({"max_fit_rows": fit.rows} if sampled else {}),
        },
        notes=[*panel.notes, *sampled],
        troubles=[*panel.troubles, *_troubles(sides)],
    )


def questions_of(
    panel: Panel,
    *,
    families: Sequence[str],
    families_file: Path | None,
    folds: int,
    seed: int,
    seeds: int,
    select: int,
    symbols: bool,
    limits: LeakageLimits | None = None,
    earlier: Earlier | None = None,
) -> list[Question]:
    """Return the sides to measure, then the witnesses, which no family is fitted on; arguments are as for `measure`.

    Raises:
        RequestError: an argument cannot be used.
        FamiliesError: the families file cannot be used.
    """
    for name, number, least in (("folds", folds, 2), ("seeds", seeds, 1), ("select", select, 0)):
        if number < least:
            raise RequestError(f"{name} must be at least {least}, got {number}")
    if not families:
        raise RequestError("families must be at least one, got none")
    chosen, limits = families_of(families, load_families(families_file)), limits or LeakageLimits()
    questions = [
        Question(target.name, symbol, chosen, folds, seed, limits, select * selects,
                 tuple((earlier or {}).get((target.name, symbol), ())), seeds=seeds)
        for target in panel.targets
        for symbol, selects in _symbols(panel, alone=symbols)
    ]  # fmt: skip
    return questions + [Question(target.name, None, (), folds, seed, limits) for target in panel.witnesses]


def _symbols(panel: Panel, *, alone: bool) -> list[tuple[str | None, bool]]:
    """Return the symbol of each side of a target (None: all), and whether the side selects features.

    A panel of one symbol has no cross-sectional side.
    """
    named = sorted({*panel.symbols, *panel.missing})
    if len(panel.symbols) == 1:
        return [(symbol, symbol in panel.symbols) for symbol in named]
    return [(None, True), *((symbol, False) for symbol in named if alone)]


def _measured(
    panel: Panel,
    questions: Sequence[Question],
    settings: ExecutorSettings,
    fit: LargestFit,
    progress: Callable[[dict[str, int]], None],
    *,
    reuse: bool,
) -> list[MeasuredSide]:
    """Return the sides in the order of their questions; long ones are measured first, so that no core is idle."""
    cache = side_cache()
    long_first = sorted(questions, key=lambda question: question.symbol is not None)
    tasks = [SideTask(question, cache.known(question) if reuse else None) for question in long_first]
    found: dict[tuple[str, str | None], FoundSide] = {}
    with tempfile.TemporaryDirectory(prefix="planstore-") as folder:
        executor = settings.open(panel, answer, Path(folder), fit)
        with closing(executor):
            retried = RetriedTasks(executor, tasks)
            try:
                for task, answered in retried:
                    side = cache.take(task.question, answered)
                    if side is None:
                        retried.add(replace(task, known=frozenset()))
                        continue
                    found[task.question.side] = side
                    progress({"measured": len(found), JobState.PLANNED.value: len(questions) - len(found)})
            except WorkerDiedError as error:
                raise WorkerDiedError(
                    f"{ATTEMPTS} workers died while they measured one side, perhaps without enough memory: try again "
                    "with fewer --workers or --max-fit-rows"
                ) from error
    if reuse:
        cache.clean(MOST_BYTES)
        _note_reused([*found.values()])
    return [found[question.side].side for question in questions]


_PLURALS = {
    "horizon": "horizons",
    "embargo": "embargoes",
    "task": "tasks",
    "selects": "numbers of selected features",
    "fit_rows": "row limits",
    "seed": "seeds",
    "seeds": "numbers of seeds",
}
"""The words for inputs of a side whose names are no plural."""


def _note_reused(found: Sequence[FoundSide]) -> None:
    """Log the number of sides that were measured before, and the reasons why others are measured again."""
    reused = sum(one.is_reused for one in found)
    reasons = Counter(", ".join(_PLURALS.get(name, name) for name in one.differing) for one in found if one.differing)
    if reused or reasons:
        why = "; ".join(f"{number} with other {names}" for names, number in reasons.most_common(3))
        _log.log(
            NOTICE, "%d of %d sides were measured before and are reused%s", reused, len(found),
            f"; measured again: {why}" if why else "",
        )  # fmt: skip


def _suspected(sides: Sequence[MeasuredSide]) -> list[MeasuredSide]:
    """Return the sides, each with the sign OTHER_SIDE of its features."""
    signs = other_side_signs((side.target, side.signs) for side in sides)
    return [
        replace(side, signs=(*side.signs, *(sign for name, sign in signs.items() if name not in side.named)))
        if side.reason is None
        else side
        for side in sides
    ]


def _sampled(sides: Sequence[MeasuredSide]) -> list[str]:
    """Return the sides whose models are fitted on a sample of the rows."""
    return [
        f"{side.target} on {side.symbol or 'all symbols'}: fitted on {side.sampled[0]:,} of {side.sampled[1]:,} rows"
        for side in sides
        if side.sampled is not None
    ]


def _troubles(sides: Sequence[MeasuredSide]) -> list[str]:
    """Return the failures with their reasons; one that several sides of a target share is listed once."""
    sides_of: dict[tuple[str, str], list[str]] = {}
    for side in sides:
        for what, why in [("", side.reason)] if side.reason else [(f"family {n}, ", e) for n, e in side.failed.items()]:
            sides_of.setdefault((side.target, f"{what}{why}"), []).append(side.symbol or "all symbols")
    return [f"{target} on {shown_names(on)}: {why}" for (target, why), on in sides_of.items()]


def _side_dict(side: MeasuredSide) -> dict[str, Any]:
    described = asdict(side)
    if side.sampled is None:
        del described["sampled"]
    return described | {
        "score": side.score,
        "null_score": side.null_score,
        "interval": side.interval,
        "leakage": side.leakage,
    }


def _schema() -> pa.Schema:
    """Return the columns of written candidates: those that are measured."""
    import pyarrow as pa

    return pa.schema([(column.name, arrow_type(column.kind)) for column in COLUMNS if column.is_measured])
