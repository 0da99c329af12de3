"""Eleven yearly runs of real evidence, as a history for queries."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import planstore
from planstore import Difference, Store
from planstore.errors import RequestError
from planstore.ledger.layout import StoreLayout
from planstore.outcomes.calibrate import StateCalibration
from planstore.routing.policy_reader import read_runnable_policy

DATA = Path(__file__).parent / "candidates_by_year"
OUTCOMES = Path(__file__).parent / "outcomes.parquet"
"""The score of each side over the 252 days after its evidence, of models fitted as of then; README.md says how."""
POLICY = Path(__file__).parent / "history_policy.yaml"
OTHER_POLICY = Path(__file__).parent / "pooled_policy.yaml"
"""The same, with the cross-sectional model alone where both sides are good."""
YEARS = tuple(sorted(path.stem for path in DATA.glob("*.parquet")))
FAMILIES = ["lightgbm", "xgboost"]


@dataclass(frozen=True)
class Year:
    """One yearly run: pairs by route, number of jobs, and changes of jobs against the year before."""

    year: str
    routes: dict[str, int]
    jobs: int
    changes: str


@dataclass(frozen=True)
class DemoSummary:
    """Summary of the demo's runs: decisions by year, the flips of the last year, and what came true of all promises."""

    routes: list[str]
    years: list[Year]
    flips: list[tuple[str, str | None, str | None, int]]
    metric: str
    calibration: Sequence[StateCalibration]
    next_steps: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def open_demo(results: Path) -> Store:
    """Open the demo's store.

    Raises:
        RequestError: the folder has other files and no store.
    """
    if results.is_dir() and not StoreLayout.in_results(results).folder.exists() and any(results.iterdir()):
        raise RequestError(
            f"--results must be a new or empty folder, or one with a store, got {results}: name another folder"
        )
    return planstore.open(results)


def route_year(store: Store, year: str) -> None:
    """Route one year's evidence; an already recorded year is not changed."""
    path, policy = DATA / f"{year}.parquet", read_runnable_policy(POLICY).policy
    store.route(path, policy, FAMILIES, run_id=f"year-{year}", metrics_snapshot=path.name)


def record_outcomes(store: Store) -> None:
    """Record the outcomes of all years but the last; those that are recorded already are left out."""
    store.record_outcomes(OUTCOMES)


def summarize(store: Store) -> DemoSummary:
    """Return the decisions of the demo's runs by year, the flips of the last one, and promises against outcomes."""
    years = []
    for index, year in enumerate(YEARS):
        run = store.run(f"year-{year}")
        changes = "" if index == 0 else _changes(store.diff(f"year-{YEARS[index - 1]}", f"year-{year}"))
        years.append(Year(year, dict(run.routes), run.plan.metadata["total_jobs"], changes))
    folder = quoted(store.results)
    calibration = store.calibrate()
    return DemoSummary(
        sorted({route for year in years for route in year.routes}),
        years,
        store.route_changes(f"year-{YEARS[-2]}", f"year-{YEARS[-1]}"),
        calibration.metric,
        calibration.states,
        [
            f"{command_name()} ui --results {folder}",
            f"{command_name()} why y_will_swing_low_10d_0_03 AAPL --results {folder}",
            f"{command_name()} history y_will_peak_5d_1_5 LLY --results {folder}",
            f"{command_name()} diff year-2021 year-2022 --results {folder}",
            f"{command_name()} outcomes --run year-2021 --results {folder}",
            f"{command_name()} calibrate --results {folder}",
            f"{command_name()} backtest {quoted(OTHER_POLICY)} --results {folder}",
        ],
    )


def command_name() -> str:
    """Return the command that starts this command line, for the suggested next steps."""
    return "planstore" if shutil.which("planstore") else shlex.quote(sys.argv[0])


def quoted(path: Path) -> str:
    """Return a path quoted for a shell."""
    return shlex.quote(str(path))


def _changes(difference: Difference) -> str:
    return ", ".join(f"{difference.count(change)} {change}" for change in ("added", "removed", "changed"))
