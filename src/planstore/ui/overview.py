"""The first page: the runs as a timeline, the progress of the current plan, and the next step."""

from __future__ import annotations

from typing import Any

from planstore.errors import NotFoundError, StoreError
from planstore.events.vocabulary import JobState, open_jobs
from planstore.pages.answers import plural
from planstore.ui.answers import verification
from planstore.ui.asked import Asked
from planstore.ui.flips import MOST_SHOWN, Record, caused_flips, flipped_pairs, previous_run, route_counts

MOST_RUNS = 40
"""Maximum number of runs of the timeline."""
PREDICT = "planstore predict PANEL --out predictions.parquet"
HEIGHT = 160
"""Height of the timeline's bars in its own units."""
WIDTH, NARROWEST, NAMED, WIDEST = 1100, 34, 60, 84
"""Width of the timeline, and of a run: the least, from which its name is below it, and the most."""
CHARACTER = 8
"""Width of a character."""


def overview(asked: Asked) -> Record:
    """Return the first page."""
    store = asked.store
    session = store.access.session
    head = next(iter(session.records("ui/head_commit")), None)
    try:
        run = store.access.find_run(None)
    except NotFoundError:
        return {"head": head, "run": None}
    counts = dict(session.rows("store/progress", plan_id=run["plan_id"]))
    stale = store.training.stale_reasons()
    overrides = store.overrides.list()
    return {
        "head": head,
        **_verification(asked),
        "run": session.records("report/run", commit_id=run["commit_id"])[0],
        "routes": route_counts(asked, run),
        "progress": counts,
        "jobs": sum(counts.values()),
        "stale": stale,
        "overrides": overrides,
        "ending": {override.override_id for override in store.overrides.ending()},
        "next_steps": list(_next_steps(asked, counts, stale)),
    }


def _verification(asked: Asked) -> Record:
    """Return the last verification, and the reason why it is not known."""
    try:
        return {"verification": verification(asked), "unknown": None}
    except StoreError as error:
        return {"verification": None, "unknown": str(error)}


def _next_steps(asked: Asked, counts: dict[str, int], stale: list[str]) -> list[tuple[str, str | None, str | None]]:
    """Return the steps that the store suggests: a sentence, a command, and the page that shows more."""
    steps: list[tuple[str, str | None, str | None]] = []
    if stale:
        steps.append(("The plan is older than its inputs: make a new one.", "planstore route", None))
    if failed := counts.get(JobState.FAILED, 0):
        link = asked.link("/plan", status=JobState.FAILED.value)
        steps.append(
            (f"{plural(failed, 'job')} failed: read the errors, then train again.", "planstore train PANEL", link)
        )
    elif open_jobs(counts):
        steps.append(("The plan has jobs that are not trained yet.", "planstore train PANEL", asked.link("/plan")))
    elif counts.get(JobState.SUCCEEDED, 0):
        steps.append(
            ("Every job of the plan has ended: predict new rows with its models.", PREDICT, asked.link("/plan"))
        )
    steps.append(("Try other thresholds on the newest run.", None, asked.link("/whatif")))
    return steps


def timeline(asked: Asked) -> Record:
    """Return the runs of the timeline, oldest first, each with its bar of routes, flips and marks."""
    rows = asked.store.access.session.records("ui/recent_runs", most=MOST_RUNS)[::-1]
    runs = []
    for row in rows:
        counts = route_counts(asked, row)
        flips = None if row["previous_id"] is None else flipped_pairs(asked, row["previous_id"], row["commit_id"])
        runs.append({**row, "counts": counts, "pairs": sum(counts.values()), "flips": flips})
    most = max((run["pairs"] for run in runs), default=0)
    for run in runs:
        run["bars"] = _bars(run["counts"], most)
    step = min(WIDEST, max(NARROWEST, WIDTH // max(1, len(runs))))
    for run in runs:
        run["name"] = "" if step < NAMED else _short(run["run_id"], step // CHARACTER)
    return {"runs": runs, "most": most, "height": HEIGHT, "step": step}


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _bars(counts: dict[str, int], most: int) -> list[dict[str, Any]]:
    """Return the parts of a bar from the bottom: route, number of pairs, and place."""
    bars, top = [], float(HEIGHT)
    for route, pairs in counts.items():
        if pairs:
            height = HEIGHT * pairs / most
            top -= height
            bars.append({"route": route, "pairs": pairs, "y": round(top, 2), "height": round(height, 2)})
    return bars


def newest_flips(asked: Asked) -> Record:
    """Return the flips of the newest run with their causes."""
    run = asked.store.access.find_run(None)
    previous = previous_run(asked, run)
    if previous is None:
        return {"run": run, "previous": None, "flips": [], "total": 0, "counted": ""}
    flips = caused_flips(asked, previous, run)
    targets = flips["symbol"].null_count
    return {
        "run": run,
        "previous": previous,
        "flips": flips.slice(0, MOST_SHOWN // 10).to_pylist(),
        "total": flips.num_rows,
        "counted": f"{plural(flips.num_rows - targets, 'pair')} and {plural(targets, 'target')}",
    }
