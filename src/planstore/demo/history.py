"""Eleven yearly runs of real evidence, as a history to ask."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import planstore
from planstore import Difference, Store
from planstore.errors import RequestError
from planstore.ledger.layout import StoreLayout
from planstore.routing.policy import DEFAULT_POLICY
from planstore.routing.policy_reader import read_policy

DATA = Path(__file__).parent / "candidates_by_year"
YEARS = tuple(sorted(path.stem for path in DATA.glob("*.parquet")))
FAMILIES = ["lightgbm", "xgboost"]


@dataclass(frozen=True)
class Year:
    """One yearly run: pairs by route, jobs to train, and how its plan differs from the year before's."""

    year: str
    routes: dict[str, int]
    jobs: int
    changes: str


@dataclass(frozen=True)
class Story:
    """What the demo decided and what changed."""

    routes: list[str]
    years: list[Year]
    flips: list[tuple[str, str | None, str | None, int]]
    next_steps: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the story for JSON."""
        return asdict(self)


def open_demo(results: Path) -> Store:
    """Return the demo's store.

    Raises:
        RequestError: the folder holds something else than the demo.
    """
    if results.is_dir() and not StoreLayout.in_results(results).folder.exists() and any(results.iterdir()):
        raise RequestError(f"{results} holds something else; give the demo a folder of its own: --results FOLDER")
    return planstore.open(results)


def route_year(store: Store, year: str) -> None:
    """Route one year's evidence by the default policy; a year that is recorded already is left as it is."""
    # because this evidence was made without nulls, nothing of it could beat them by a margin
    policy = read_policy(DEFAULT_POLICY)[0].model_copy(update={"min_margin_over_null": None})
    store.route(DATA / f"{year}.parquet", policy, FAMILIES, run_id=f"year-{year}", metrics_snapshot=f"{year}.parquet")


def story(store: Store) -> Story:
    """Return what the demo's runs decided, year by year, and what changed in the last one."""
    years = []
    for place, year in enumerate(YEARS):
        run = store.run(f"year-{year}")
        changes = "" if place == 0 else _changes(store.diff(f"year-{YEARS[place - 1]}", f"year-{year}"))
        years.append(Year(year, dict(run.routes), run.plan.metadata["total_jobs"], changes))
    folder = quoted(store.results)
    return Story(
        sorted({route for year in years for route in year.routes}),
        years,
        store.route_changes(f"year-{YEARS[-2]}", f"year-{YEARS[-1]}"),
        [
            f"{command_name()} why y_will_swing_low_10d_0_03 AAPL --results {folder}",
            f"{command_name()} history y_will_peak_5d_1_5 LLY --results {folder}",
            f"{command_name()} diff year-2021 year-2022 --results {folder}",
        ],
    )


def command_name() -> str:
    """Return how this command line is called here, for what a person may type next."""
    return "planstore" if shutil.which("planstore") else shlex.quote(sys.argv[0])


def quoted(folder: Path) -> str:
    """Return a folder as a shell takes it."""
    return shlex.quote(str(folder))


def _changes(difference: Difference) -> str:
    return ", ".join(f"{difference.count(change)} {change}" for change in ("added", "removed", "changed"))
