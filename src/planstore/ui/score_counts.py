"""The evidence of a run: histograms of the scores of both sides by signal state, for a template that draws them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from planstore.errors import PlanstoreError
from planstore.events.vocabulary import SignalState
from planstore.ui.asked import Asked
from planstore.ui.flips import Record
from planstore.ui.policies import named_policy

if TYPE_CHECKING:
    from planstore.routing.policy import Policy

STEP = 0.01
"""Width of a bar in score."""
WIDTH, HEIGHT = 460, 150
MOST_BARS = 60
"""Bars of a chart; scores beyond the middle ones are counted at its ends."""
LEVELS = ("min_score", "strong_score")
REGRESSION_METRIC = "r2"
STATES = tuple(state.value for state in SignalState)


def evidence_part(asked: Asked) -> Record:
    """Return the histograms of a run's scores."""
    run = asked.store.access.find_run(asked.text("run"))
    commit_id, session = run["commit_id"], asked.store.access.session
    rows = asked.memo.get(
        ("scores", commit_id), lambda: session.records("ui/score_counts", commit_id=commit_id, width=STEP)
    )
    charts: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for row in rows:
        charts[row["side"], row["metric"]].append(row)
    policy = _policy(asked, run["policy_id"])
    return {
        "run": run,
        "charts": [
            _chart(side, metric, found, _thresholds(policy, side, metric))
            for (side, metric), found in sorted(charts.items())
        ],
        "size": {"width": WIDTH, "height": HEIGHT},
    }


def _policy(asked: Asked, policy_id: str) -> Policy | None:
    """Return a policy; None where this version cannot read it, and so knows no thresholds."""
    try:
        return named_policy(asked, policy_id)[1]
    except PlanstoreError:
        return None


def _thresholds(policy: Policy | None, side: str, metric: str) -> list[Record]:
    """Return the scores that a policy asks of a side, each once: level and value."""
    from planstore.routing.policy_keys import TASKS, number_at, stated

    if policy is None:
        return []
    task = TASKS[1] if metric == REGRESSION_METRIC else TASKS[0]
    document = policy.model_dump(mode="json")
    found = []
    for level in LEVELS:
        threshold = (document.get(side) or {}).get(level)
        values = dict(stated(threshold)) if threshold is not None else {}
        by_task = {value for rest, value in values.items() if rest.startswith(f".{task}")} or {number_at(threshold, "")}
        found += [{"level": level.removesuffix("_score"), "value": value} for value in sorted(filter(None, by_task))]
    return found


def _chart(side: str, metric: str, rows: list[Record], thresholds: list[Record]) -> Record:
    first, last = _middle(rows)
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        counts[min(max(row["step"], first), last)][row["state"]] += row["candidates"]
    most = max(sum(states.values()) for states in counts.values())
    width = WIDTH / (last - first + 1)
    bars = []
    for step, states in sorted(counts.items()):
        top = float(HEIGHT)
        for state in (*STATES, *sorted(states.keys() - set(STATES))):
            if number := states.get(state, 0):
                height = HEIGHT * number / most
                top -= height
                bars.append(
                    {
                        "state": state, "candidates": number, "x": round((step - first) * width, 2), "y": round(top, 2),
                        "width": round(max(width - 0.6, 0.4), 2), "height": round(height, 2), "score": step * STEP,
                    }
                )  # fmt: skip
    totals = {state: sum(row["candidates"] for row in rows if row["state"] == state) for state in STATES}
    return {
        "side": side, "metric": metric, "bars": bars, "most": most, "totals": totals,
        "thresholds": [
            {**one, "x": round((one["value"] / STEP - first) * width, 2)}
            for one in thresholds
            if first <= one["value"] / STEP <= last + 1
        ],
        "low": first * STEP, "high": (last + 1) * STEP,
        "cut": first > min(row["step"] for row in rows) or last < max(row["step"] for row in rows),
    }  # fmt: skip


def _middle(rows: list[Record]) -> tuple[int, int]:
    """Return the first and the last step of a chart: all of them or, where they are too many, the fullest stretch."""
    steps = [row["step"] for row in rows]
    first, last = min(steps), max(steps)
    if last - first < MOST_BARS:
        return first, last
    total = sum(row["candidates"] for row in rows)
    seen, middle = 0, first
    for row in sorted(rows, key=lambda row: row["step"]):
        seen += row["candidates"]
        middle = row["step"]
        if 2 * seen >= total:
            break
    first = max(first, min(middle - MOST_BARS // 2, last - MOST_BARS + 1))
    return first, first + MOST_BARS - 1
