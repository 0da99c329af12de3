"""The pages of one target and of one symbol: its pairs in a run."""

from __future__ import annotations

from collections import Counter

from planstore import pages
from planstore.errors import NotFoundError
from planstore.ui.asked import Asked
from planstore.ui.flips import Record, previous_run
from planstore.ui.pair import by_side

MOST_PAIRS = 2_000
"""Maximum number of pairs on a page."""


def target_page(asked: Asked) -> Record:
    """Return the page of a target: why its cross-sectional side is enabled or not, and its pairs."""
    found = asked.store.why(asked.needed("target"), run_id=asked.text("run"))
    pairs = _pairs(asked, found.commit_id, target=found.target)
    return {"why": found, "own": by_side(found.checks), "pairs": pairs, "most": MOST_PAIRS}


def symbol_page(asked: Asked) -> Record:
    """Return the page of a symbol: its pairs.

    Raises:
        NotFoundError: the run decided nothing on it.
    """
    symbol = asked.needed("symbol")
    run = asked.store.access.find_run(asked.text("run"))
    pairs = _pairs(asked, run["commit_id"], symbol=symbol)
    if not pairs:
        raise NotFoundError(f"run {run['run_id']} has no decision on symbol {symbol!r}: look it up with Find")
    counts = Counter(pair["route"] for pair in pairs)
    routes = {route: counts[route] for route in pages.in_order(counts)}
    return {"run": run, "symbol": symbol, "routes": routes, "pairs": pairs, "most": MOST_PAIRS}


def pairs_of(asked: Asked) -> list[Record]:
    """Return the pairs of a target or a symbol in a run, for JSON."""
    run = asked.store.access.find_run(asked.text("run"))
    return _pairs(asked, run["commit_id"], target=asked.text("target"), symbol=asked.text("symbol"))


def _pairs(asked: Asked, commit_id: int, *, target: str | None = None, symbol: str | None = None) -> list[Record]:
    session = asked.store.access.session
    previous = previous_run(asked, {"commit_id": commit_id})
    return session.records(
        "ui/pairs_of",
        commit_id=commit_id,
        previous_id=None if previous is None else previous["commit_id"],
        target=target,
        symbol=symbol,
        limit=MOST_PAIRS,
    )
