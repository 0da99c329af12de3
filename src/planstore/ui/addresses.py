"""The addresses of the server: pages, parts that pages load after they are shown, and the answers in JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from planstore.ui import (
    answers,
    calibration,
    difference,
    names,
    overview,
    pair,
    plan,
    policies,
    query,
    route_map,
    score_counts,
    whatif,
)
from planstore.ui.asked import Asked
from planstore.ui.reading import ReadKind

API = "/api/v1"
"""The first part of all addresses of JSON; a change that takes something away gets another number."""


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        path: its address.
        template: of its HTML.
        read: returns the values of the template.
        parameters: the known parameters.
        repeated: those that may come several times.
        twin: the address of its content as JSON.
        kind: the kind of its read.
    """

    path: str
    template: str
    read: Callable[[Asked], dict[str, Any]]
    parameters: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    twin: str | None = None
    kind: ReadKind = ReadKind.PAGE


@dataclass(frozen=True)
class JsonAnswer:
    """An answer in JSON: the objects that the verb of the same name prints with ``--json``.

    Attributes:
        path: its address below ``/api/v1``.
        read: returns the answer.
        parameters: the known parameters.
        repeated: those that may come several times.
        kind: the kind of its read.
    """

    path: str
    read: Callable[[Asked], Any]
    parameters: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    kind: ReadKind = ReadKind.PAGE


_PAIRS = ("run", "page", "order", *route_map.FILTER)
_CHANGED = (whatif.NAMED, whatif.REPEATED)
_COMPARED = (calibration.NAMED, calibration.REPEATED)
_LONG = ReadKind.COMPARISON
PAGES = (
    Page("/", "overview.html", overview.overview, twin="/runs"),
    Page("/part/timeline", "part_timeline.html", overview.timeline),
    Page("/part/flips", "part_flips.html", overview.newest_flips, kind=_LONG),
    Page("/find", "find.html", answers.find, ("part",), twin="/names"),
    Page("/run", "run.html", route_map.run_page, _PAIRS, twin="/pairs"),
    Page("/part/pairs", "part_pairs.html", route_map.pairs_part, _PAIRS),
    Page("/pair", "pair.html", pair.pair_page, pair.NAMED, twin="/why"),
    Page("/part/scores", "part_scores.html", pair.scores_part, pair.NAMED),
    Page("/part/changes", "part_changes.html", pair.changes_part, pair.NAMED),
    Page("/part/evidence", "part_evidence.html", score_counts.evidence_part, ("run",)),
    Page("/target", "target.html", names.target_page, ("target", "run"), twin="/why"),
    Page("/symbol", "symbol.html", names.symbol_page, ("symbol", "run"), twin="/pairs-of"),
    Page("/diff", "diff.html", difference.diff_page, difference.NAMED, twin="/diff"),
    Page("/part/diff", "part_diff.html", difference.diff_part, difference.NAMED, kind=_LONG),
    Page("/plan", "plan.html", plan.plan_page, plan.JOBS, twin="/jobs"),
    Page("/part/progress", "part_progress.html", plan.progress_part, ("plan",)),
    Page("/part/jobs", "part_jobs.html", plan.jobs_part, plan.JOBS),
    Page("/job", "job.html", plan.job_page, ("id", "plan"), twin="/job"),
    Page("/whatif", "whatif.html", whatif.whatif_page, *_CHANGED, twin="/whatif"),
    Page("/part/whatif", "part_whatif.html", whatif.whatif_part, *_CHANGED, kind=_LONG),
    Page("/calibration", "calibration.html", calibration.calibration_page, *_COMPARED, twin="/calibrate"),
    Page("/part/calibration", "part_calibration.html", calibration.calibration_part, *_COMPARED, kind=_LONG),
    Page("/sql", "sql.html", query.query_page, ("query",)),
    Page("/policies", "policies.html", policies.policies_page, twin="/policies"),
    Page("/policy", "policy.html", policies.policy_page, ("id", "against"), twin="/policy"),
)
ANSWERS = (
    JsonAnswer("/head", answers.head),
    JsonAnswer("/verification", answers.verification),
    JsonAnswer("/commit", answers.commit, ("id",)),
    JsonAnswer("/names", answers.names, ("part",)),
    JsonAnswer("/runs", answers.runs),
    JsonAnswer("/log", answers.log, ("actor", "kind", "since", "until")),
    JsonAnswer("/status", answers.status, ("plan",)),
    JsonAnswer("/overrides", answers.overrides, ("author",)),
    JsonAnswer("/why", pair.why, pair.NAMED),
    JsonAnswer("/history", pair.history, ("target", "symbol")),
    JsonAnswer("/scores", pair.scores_answer, ("target", "symbol")),
    JsonAnswer("/pairs", route_map.pairs_answer, _PAIRS),
    JsonAnswer("/pairs-of", names.pairs_of, pair.NAMED),
    JsonAnswer("/diff", difference.diff_answer, difference.NAMED, kind=_LONG),
    JsonAnswer("/jobs", plan.jobs_answer, ("plan", "status", "target", "symbol"), ("target", "symbol")),
    JsonAnswer("/job", plan.job_answer, ("id", "plan")),
    JsonAnswer("/calibrate", calibration.calibrate_answer, *_COMPARED, kind=_LONG),
    JsonAnswer("/whatif", whatif.whatif_answer, *_CHANGED, kind=_LONG),
    JsonAnswer("/policy.yaml", whatif.policy_file, *_CHANGED),
    JsonAnswer("/sql", query.query_answer, ("query", "format"), kind=ReadKind.QUERY),
    JsonAnswer("/words", query.words),
    JsonAnswer("/policies", policies.policies_answer),
    JsonAnswer("/policy", policies.policy_answer, ("id", "against")),
    JsonAnswer("/map", route_map.map_answer, _PAIRS),
)
