"""The map of a run: all its pairs as letters for a canvas, and the same pairs as a table in pages."""

from __future__ import annotations

from planstore import pages
from planstore.audit.diff import no_causes
from planstore.events.vocabulary import Cause, SignalState
from planstore.ui.asked import Asked
from planstore.ui.flips import Record, caused_flips, other_run, route_counts

FILTER = ("target", "horizon", "symbol", "route", "rule", "state", "flipped", "cause", "other")
"""Parameters of the map and of its table."""
ORDERS = ("target", "symbol", "route", "highest", "lowest", "flips")
PAGE_ROWS = 50


def run_page(asked: Asked) -> Record:
    """Return the page of a run without its map and table, which are read after it is shown."""
    access = asked.store.access
    run = access.find_run(asked.text("run"))
    session, key = access.session, {"commit_id": run["commit_id"]}
    other = other_run(asked, run)
    now, before = route_counts(asked, run), {} if other is None else route_counts(asked, other)
    size = session.records("ui/run_size", **key)[0]
    return {
        "run": session.records("report/run", **key)[0],
        "other": other,
        "size": size,
        "routes": [
            {"route": route, "pairs": now.get(route, 0), "before": before.get(route, 0)}
            for route in pages.in_order({*now, *before})
        ],
        "rules": session.records("ui/run_rules", **key),
        "horizons": session.records("ui/run_horizons", **key),
        "states": tuple(SignalState),
        "causes": tuple(Cause),
        "orders": ORDERS,
        "runs": session.records("ui/recent_runs", most=200),
        "filter": {name: asked.text(name) for name in (*FILTER, "order", "page")},
        "pairs_query": _query(asked, run),
    }


def pairs_part(asked: Asked) -> Record:
    """Return a page of the table of a run's pairs."""
    run = asked.store.access.find_run(asked.text("run"))
    page = asked.number("page", 1, least=1, most=10**6)
    rows = _read(
        asked,
        run,
        "ui/pairs_page",
        order=asked.choice("order", ORDERS, ORDERS[0]),
        limit=PAGE_ROWS,
        offset=(page - 1) * PAGE_ROWS,
    )
    total = rows[0]["total"] if rows else 0
    return {
        "run": run,
        "rows": rows,
        "total": total,
        "page": page,
        "last_page": max(1, -(-total // PAGE_ROWS)),
        "order": asked.text("order"),
        "pairs_query": _query(asked, run),
    }


def pairs_answer(asked: Asked) -> Record:
    """Return a page of a run's pairs, for JSON."""
    found = pairs_part(asked)
    return {
        "run_id": found["run"]["run_id"],
        **{name: found[name] for name in ("total", "page", "last_page")},
        "pairs": [{name: value for name, value in row.items() if name != "total"} for row in found["rows"]],
    }


def map_answer(asked: Asked) -> Record:
    """Return the letters of all pairs of a run, a text for each target, for JSON."""
    run = asked.store.access.find_run(asked.text("run"))
    other = other_run(asked, run)

    def compute() -> Record:
        letters = {route: marks[0] for route, marks in pages.ROUTES.items()}
        symbols = [name for (name,) in asked.store.access.session.rows("ui/map_symbols", commit_id=run["commit_id"])]
        rows = _read(asked, run, "ui/map_rows", letters=letters)
        return {
            "run_id": run["run_id"],
            "other_run_id": None if other is None else other["run_id"],
            "letters": {marks[0]: {"route": route, "name": marks[1]} for route, marks in pages.ROUTES.items()},
            "symbols": symbols,
            **{f"{name}s": [row[name] for row in rows] for name in ("target", "side", "score", "fitting")},
            **{name: [row[name] for row in rows] for name in ("routes", "previous", "flips")},
        }

    key = ("map", run["commit_id"], other and other["commit_id"], *(asked.text(name) for name in FILTER[:-1]))
    return asked.memo.get(key, compute)


def _read(asked: Asked, run: Record, statement: str, **values: object) -> list[Record]:
    """Return the rows of a statement over the pairs of a run that fit the filter."""
    session, other = asked.store.access.session, other_run(asked, run)
    cause = asked.choice("cause", tuple(Cause))
    flips = no_causes() if cause is None or other is None else caused_flips(asked, other, run)
    flipped = {None: None, "yes": True, "no": False}[asked.choice("flipped", ("yes", "no"))]
    with session.registered("caused_flips", flips):
        session.run("ui/run_pairs")
        return session.records(
            statement,
            commit_id=run["commit_id"],
            other_id=None if other is None else other["commit_id"],
            target=asked.text("target"),
            symbol=asked.text("symbol"),
            route=asked.text("route"),
            rule=asked.text("rule"),
            state=asked.choice("state", tuple(SignalState)),
            flipped=flipped,
            cause=cause,
            horizon=asked.text("horizon"),
            **values,
        )


def _query(asked: Asked, run: Record) -> Record:
    """Return the parameters of this run's map, for the addresses of its table's pages."""
    return {"run": run["run_id"], **{name: asked.text(name) for name in (*FILTER, "order")}}
