"""The page of the difference of two runs."""

from __future__ import annotations

from collections import Counter

from planstore import pages
from planstore.errors import RequestError
from planstore.ui.asked import Asked
from planstore.ui.flips import MOST_SHOWN, Record, difference, previous_run

NAMED = ("a", "b")


def diff_page(asked: Asked) -> Record:
    """Return the page of two runs without their difference, which takes long."""
    a, b = _runs(asked)
    return {"a": a, "b": b, "runs": asked.store.access.session.records("ui/recent_runs", most=200)}


def diff_part(asked: Asked) -> Record:
    """Return the difference of two runs: routes, flips with causes, and changed jobs."""
    a, b = _runs(asked)

    found = difference(asked, a, b)
    flips = found["flips"]
    causes = Counter(cause for causes in flips["causes"].to_pylist() for cause in causes)
    return {
        "difference": found,
        "routes": [(route, *found["routes"].get(route, (0, 0))) for route in pages.in_order(found["routes"])],
        "jobs": found["jobs"],
        "a": a,
        "run": b,
        "flips": flips.slice(0, MOST_SHOWN).to_pylist(),
        "total": flips.num_rows,
        "causes": causes.most_common(),
    }


def diff_answer(asked: Asked) -> Record:
    """Return the answer of ``planstore diff``."""
    a, b = _runs(asked)
    return asked.store.diff(a["run_id"], b["run_id"]).as_dict()


def _runs(asked: Asked) -> tuple[Record, Record]:
    """Return both runs: without ``b`` the newest one, without ``a`` the run before ``b``."""
    access = asked.store.access
    b = access.find_run(asked.text("b"))
    name = asked.text("a")
    a = previous_run(asked, b) if name is None else access.find_run(name)
    if a is None:
        raise RequestError(f"a must be a run, got none: run {b['run_id']} is the first and has none before it")
    return a, b
