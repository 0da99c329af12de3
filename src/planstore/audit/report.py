"""Report: one page about a run, in one file that opens offline: routes, why, flips, jobs and evidence."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore import pages
from planstore.audit import distributions
from planstore.audit.diff import compare, no_causes
from planstore.audit.nearest_in_run import Misses, nearest_in_run
from planstore.audit.run_trace import Cell, RunTrace
from planstore.audit.scenario import Record, RunInputs
from planstore.checks.whole_files import whole_file
from planstore.database.session import Session
from planstore.errors import StoreError
from planstore.events.vocabulary import UPPER_LIMITS, Route
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.ledger.storage import ArtifactStorage
from planstore.pages.answers import Answer, plural

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CELLS = 20_000
"""Maximum cells of the map: a browser opens so many without a pause."""
MOST_SYMBOLS = 2_000
MOST_FLIPS = 2_000
MOST_JOBS = 2_000
"""Maximum rows of a list; the page gives the number of further ones."""
_MOST_FINDINGS = 20


@dataclass(frozen=True, repr=False)
class Report(Answer):
    """A page about a run.

    Attributes:
        run_id, commit_id: the run.
        previous_run_id: the run before it, to which flips refer; None for the first run.
        pairs: number of decided pairs.
        flipped_pairs: number of pairs with another route than in the previous run; pairs of only one run count.
        flipped_targets: number of targets whose cross-sectional side was switched on or off.
        findings: contradictions: the archived rules give another decision, or cannot be applied.
        html: the page.
    """

    run_id: str
    commit_id: int
    previous_run_id: str | None
    pairs: int
    flipped_pairs: int
    flipped_targets: int
    findings: list[str]
    html: str

    @property
    def flips(self) -> int:
        """Number of pairs and targets with another route than in the previous run."""
        return self.flipped_pairs + self.flipped_targets

    def __str__(self) -> str:
        flips = plural(self.flips, "flip")
        since = "" if self.previous_run_id is None else f", {flips} since {self.previous_run_id}"
        return f"Report on run {self.run_id}, commit {self.commit_id}: {plural(self.pairs, 'pair')}{since}."

    def write(self, path: str | Path) -> Path:
        """Write the page to a file, whole or not at all, and return its path.

        Raises:
            ExportError: it cannot be written.
            RequestError: the path is inside of a store.
        """
        path = Path(path)
        refuse_store("the report", path)
        with whole_file(path) as unfinished:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(self.html, encoding="utf-8", newline="\n")
        return path

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the page, for JSON."""
        names = (
            "run_id", "commit_id", "previous_run_id", "pairs", "flips", "flipped_pairs", "flipped_targets", "findings",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="Report of run {escape(self.run_id)}" sandbox="allow-scripts" srcdoc="{escape(self.html)}" '
            'style="width:100%;height:80vh;border:1px solid #ccd3dc"></iframe>'
        )


def make_report(session: Session, artifacts: ArtifactStorage, run: Record, calibration: Record | None) -> Report:
    """Return the page about a run.

    Args:
        session: a reading session of its own.
        artifacts: storage of policies and rules.
        run: a row of ``runs``.
        calibration: ``found`` and ``charts``, the comparison of promises with outcomes; None where there is no outcome.

    Raises:
        RequestError: the drawing library is not installed.
    """
    distributions.needed()
    commit = {"commit_id": run["commit_id"]}
    facts = session.records("report/run", **commit)[0]
    previous = next(iter(session.records("report/previous_run", **commit)), None)
    findings: list[str] = []
    flips = _flips(session, artifacts, previous, run, findings)
    decisions = session.batches("report/decisions", **commit).read_all()
    jobs = session.batches("report/jobs", plan_id=run["plan_id"]).read_all()
    with RunTrace.of(decisions, flips, jobs, most_cells=MOST_CELLS, most_symbols=MOST_SYMBOLS) as trace:
        inputs = _derive(trace, session, artifacts, run, findings)
        is_derived = inputs is not None
        misses = None if inputs is None else nearest_in_run(trace, inputs)
        size = trace.records("size")[0]
        view = {
            "run": facts,
            "previous": previous,
            "size": size,
            "routes": _routes(session, run, previous),
            "findings": findings,
            "calibration": calibration,
            **_map(trace, misses, is_derived=is_derived),
            **_changes(trace, flips),
            **_jobs(trace),
            **(_evidence(trace) if is_derived else {"charts": [], "stabilities": []}),
        }
    return Report(
        run_id=run["run_id"],
        commit_id=run["commit_id"],
        previous_run_id=previous["run_id"] if previous else None,
        pairs=size["pairs"],
        flipped_pairs=flips.num_rows - flips["symbol"].null_count,
        flipped_targets=flips["symbol"].null_count,
        findings=findings,
        html=_page(view),
    )


def _page(view: Record) -> str:
    script = pages.part("report.js")
    return pages.render(
        "report.html",
        script=script,
        script_hash=pages.content_hash(script),
        style=pages.part("theme.css") + pages.part("report.css"),
        data=pages.json_block(view.pop("data")),
        **view,
    )


def _flips(
    session: Session, artifacts: ArtifactStorage, previous: Record | None, run: Record, findings: list[str]
) -> pa.Table:
    """Return the flips since the previous run, with their causes; the first run has none."""
    before = previous or run
    try:
        compare(session, artifacts, before, run)
    except StoreError as error:
        findings.append(f"the causes of the flips cannot be derived again: {error}")
        session.register("flip_causes", no_causes())
    session.register("caused_flips", session.batches("audit/diff/read_flips").read_all())
    return session.batches("report/flips", a=before["commit_id"], b=run["commit_id"]).read_all()


def _derive(
    trace: RunTrace, session: Session, artifacts: ArtifactStorage, run: Record, findings: list[str]
) -> RunInputs | None:
    """Replay the run and add contradictions to ``findings``; return its inputs, None if it cannot be replayed."""
    try:
        inputs = RunInputs.of(session, artifacts, run)
        trace.derive(inputs, session.batches("audit/run_evidence", commit_id=run["commit_id"]).read_all())
    except StoreError as error:
        findings.append(f"the decisions of this run cannot be derived again: {error}")
        return None
    found = trace.records("disagreements")
    for row in found[:_MOST_FINDINGS]:
        name = row["target"] if row["symbol"] is None else f"{row['target']} on {row['symbol']}"
        findings.append(
            f"{name}: {row['recorded']} is recorded, but the archived rules give {row['derived']}, or other reasons"
        )
    if len(found) > _MOST_FINDINGS:
        findings.append(f"and {len(found) - _MOST_FINDINGS:,} more decisions that the archived rules do not give")
    return inputs


def _routes(session: Session, run: Record, previous: Record | None) -> list[Record]:
    """Return pair counts by route in this run and in the previous one, in the order of the legend."""
    now = dict(session.rows("store/run_route_counts", commit_id=run["commit_id"]))
    before = dict(session.rows("store/run_route_counts", commit_id=previous["commit_id"])) if previous else {}
    known = [route for route in pages.ROUTES if route in tuple(Route)]
    unknown = sorted({*now, *before} - set(known))
    return [
        {"route": route, "pairs": now.get(route, 0), "before": before.get(route, 0)} for route in [*known, *unknown]
    ]


def _map(trace: RunTrace, misses: Misses | None, *, is_derived: bool) -> Record:
    """Return the map, row by row, and the description of each of its cells."""
    targets, symbols = trace.names("target"), trace.names("symbol")
    checks = trace.checks() if is_derived else {}
    jobs = defaultdict(list)
    for job in trace.records("shown_jobs"):
        jobs[job["target_place"], job["symbol_place"]].append(job)
    texts: dict[str, int] = {}
    rows: list[list[Record | None]] = [[None] * (len(symbols) + 1) for _ in targets]
    described: list[Record] = []
    for cell in trace.records("cells"):
        place: Cell = cell["target_place"], cell["symbol_place"]
        rows[place[0]][0 if place[1] is None else place[1] + 1] = cell | {"number": len(described)}
        described.append(_described(cell, checks.get(place, []), jobs[place], texts))
        if misses is not None:
            nearest = misses[place[0], cell["symbol"]]
            described[-1]["nearest"] = [miss and miss["text"] for miss in nearest]
    data = {
        "targets": targets, "symbols": symbols, "cells": described, "texts": list(texts), "sides": pages.SIDE_LABELS,
        "routes": pages.ROUTES, "upper_limits": UPPER_LIMITS, "derived": is_derived, "tried": misses is not None,
    }  # fmt: skip
    return {"targets": targets, "symbols": symbols, "rows": rows, "data": data}


def _described(cell: Record, checks: list[Record], jobs: list[Record], texts: dict[str, int]) -> Record:
    """Return the description of a cell; texts that many cells share are numbered."""
    described = {
        "t": cell["target_place"], "s": cell["symbol_place"], "route": cell["route"], "rule": cell["rule"],
        "reasons": cell["reasons"], "states": [cell["cs_state"], cell["local_state"]], "override": cell["override_id"],
        "checks": [
            [
                *(texts.setdefault(check[name], len(texts)) for name in ("side", "check", "source")),
                check["observed"], check["threshold"], int(check["passed"]),
            ]
            for check in checks
        ],
        "jobs": [_described_job(job) for job in jobs],
    }  # fmt: skip
    return described | ({"was": cell["previous_route"]} if cell["flipped"] else {})


def _described_job(job: Record) -> Record:
    metrics = json.loads(job["metrics"]) if job["metrics"] else {}
    return {
        "id": job["job_id"],
        "n": job["ordinal"] if job["ordinal"] <= MOST_JOBS else None,
        "status": job["status"],
        "families": job["model_families"],
        "metrics": dict(sorted(metrics.items())),
        "artifacts": job["artifacts"],
        "error": job["error"],
        "left_out": job["left_out"],
    }


def _changes(trace: RunTrace, flips: pa.Table) -> Record:
    """Return the description of the flips."""
    return {
        "flips": trace.records("read_flips", most=MOST_FLIPS),
        "flips_total": flips.num_rows,
        "flipped_pairs": flips.num_rows - flips["symbol"].null_count,
        "flipped_targets": flips["symbol"].null_count,
        "route_changes": trace.records("route_changes"),
        "changed_targets": trace.records("changed_targets"),
        "flip_causes": trace.records("flip_causes"),
    }


def _jobs(trace: RunTrace) -> Record:
    """Return the description of the jobs."""
    progress = trace.records("progress")
    jobs = [
        job | {"metrics": json.loads(job["metrics"]) if job["metrics"] else {}}
        for job in trace.records("shown_jobs")
        if job["ordinal"] <= MOST_JOBS
    ]
    return {"progress": progress, "jobs": jobs, "jobs_total": sum(row["jobs"] for row in progress)}


def _evidence(trace: RunTrace) -> Record:
    """Return the charts of scores against thresholds, by task and side, and the stability of the evidence."""
    scores: dict[tuple[str, str], dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for row in trace.session.rows("report/scores"):
        side, task, state, score = row
        scores[task, side][state].append(score)
    thresholds = defaultdict(list)
    for threshold in trace.records("score_thresholds"):
        thresholds[threshold["task"], threshold["side"]].append(threshold)
    charts = [
        {
            "task": task,
            "side": side,
            "states": {state: len(found[state]) for state in distributions.STATES if state in found},
            "thresholds": thresholds[task, side],
            "undrawn": sum(not distributions.is_drawn(score) for values in found.values() for score in values),
            "svg": distributions.score_chart(f"{task}.{side}", found, thresholds[task, side]),
        }
        for (task, side), found in sorted(scores.items())
    ]
    return {"charts": charts, "stabilities": trace.records("stabilities")}
