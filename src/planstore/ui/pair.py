"""The page of a pair, or of a target's cross-sectional side: why, its scores over the runs, its flips."""

from __future__ import annotations

from planstore.errors import NotFoundError
from planstore.events.vocabulary import Side
from planstore.ui import score_chart
from planstore.ui.asked import Asked
from planstore.ui.flips import Record

NAMED = ("target", "symbol", "run")
MOST_RUNS = 200
"""Maximum number of runs in the chart of scores."""
MOST_POLICIES = 6
"""Maximum number of policies whose thresholds the chart shows, the newest; each needs a replay."""


def why(asked: Asked) -> Record:
    """Return the answer of ``planstore why``."""
    return asked.store.why(asked.needed("target"), asked.text("symbol"), run_id=asked.text("run")).as_dict()


def history(asked: Asked) -> list[Record]:
    """Return the answer of ``planstore history``."""
    changes = asked.store.history(asked.needed("target"), asked.text("symbol"))
    return [change.as_dict() for change in changes]


def pair_page(asked: Asked) -> Record:
    """Return the page of a pair."""
    found = asked.store.why(asked.needed("target"), asked.needed("symbol"), run_id=asked.text("run"))
    return {"why": found, "own": by_side(found.checks)}


def by_side(checks: list[Record]) -> list[tuple[str, list[Record]]]:
    """Return the checks of each side in the order of the rules."""
    return [(side.value, found) for side in Side if (found := [c for c in checks if c["side"] == side])]


def changes_part(asked: Asked) -> Record:
    """Return the flips of a pair with their causes, newest first."""
    names = _names(asked)
    try:
        changes = list(asked.store.history(names["target"], names["symbol"]))
    except NotFoundError:  # because the page itself says which names come nearest
        changes = []
    return {"changes": changes[::-1], **names}


def scores_part(asked: Asked) -> Record:
    """Return the chart of a pair's scores over the runs."""
    scores = _scores(asked)
    return {**_names(asked), "rows": scores[::-1], "charts": score_chart.charts(scores)}


def scores_answer(asked: Asked) -> list[Record]:
    """Return the evidence of a pair over all runs, oldest first, with the thresholds where they are known."""
    return _scores(asked)


def _names(asked: Asked) -> Record:
    return {"target": asked.needed("target"), "symbol": asked.text("symbol")}


def _scores(asked: Asked) -> list[Record]:
    target, symbol = asked.needed("target"), asked.text("symbol")
    rows = asked.store.access.session.records("ui/pair_scores", target=target, symbol=symbol)[-MOST_RUNS:]
    decided = {(row["policy_id"], row["rules_id"]): row for row in rows if row["route"] is not None}
    newest = sorted(decided.values(), key=lambda row: row["commit_id"])[-MOST_POLICIES:]
    known = {(row["policy_id"], row["rules_id"]): _thresholds(asked, target, symbol, row) for row in newest}
    return [{**row, "thresholds": known.get((row["policy_id"], row["rules_id"]))} for row in rows]


def _thresholds(asked: Asked, target: str, symbol: str | None, row: Record) -> Record:
    """Return the thresholds of the scores of both sides under the policy of a run."""

    def compute() -> Record:
        checks = asked.store.why(target, symbol, run_id=row["commit_id"]).checks
        wanted = {score_chart.MIN_CHECK: "min", score_chart.STRONG_CHECK: "strong"}
        found: Record = {}
        for check in checks:
            if check["check"] in wanted and check["threshold"] is not None:
                found.setdefault(check["side"], {})[wanted[check["check"]]] = check["threshold"]
        return found

    return asked.memo.get(("thresholds", target, symbol, row["policy_id"], row["rules_id"]), compute)
