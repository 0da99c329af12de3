"""The reference of ``--json``, from the answers of a real run of every verb."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import markets
from reference.markdown import table
from verbs_forked import Call, endings

POLICY = "policy.yaml"
PAIR = ("y_up_1d", "AAA")
SMALL = """
routing:
  min_sample_size: {cross_sectional: 100, symbol: 100}
  min_margin_over_null: null
  block_on_leakage: false
  require_safe_features_only: false
  cross_sectional: {min_score: 0.3, strong_score: 0.6}
  symbol: {min_score: 0.3, strong_score: 0.6}
  stability_allowlist:
    cross_sectional: [STABLE, DRIFTING, DIVERGED, UNKNOWN]
    symbol: [STABLE, DRIFTING, DIVERGED, UNKNOWN]
"""
BUDGET = (
    SMALL
    + """\
  budget: {fits: 3}
"""
)
CASES = """
- title: a low score is not trained
  target: y_up_1d
  symbol: AAA
  local: {metric_name: auc, score: 0.5, null_score: 0.5}
  expect: ROUTE_BLOCKED
"""
OUTCOME = {
    "run_id": "second",
    "target": "y_up_1d",
    "symbol": "AAA",
    "score": 0.6,
    "sample_size": 100,
    "first_timestamp": "2030-01-01",
    "last_timestamp": "2030-06-30",
}
CALLS: tuple[tuple[str, ...], ...] = (
    ("init", "--policy", POLICY),
    ("evidence", "panel", "--out", "candidates.parquet", "--folds", "2", "--select", "2", "--workers", "1"),
    ("route", "candidates.parquet", "--policy", "small.yaml", "--run-id", "first"),
    ("override", "set", *PAIR, "ROUTE_SYMBOL_SPECIFIC", "--reason", "new listing", "--expires", "2099-01-01"),
    ("override", "list"),
    (
        "route",
        "candidates.parquet",
        "--policy",
        "small.yaml",
        "--family",
        "linear",
        "--family",
        "logistic",
        "--run-id",
        "second",
    ),
    ("route", "candidates.parquet", "--policy", "budget.yaml", "--dry-run"),
    ("plan",),
    ("train", "panel", "--workers", "1"),
    ("predict", "panel", "--out", "predictions.parquet", "--target", "fwd_ret_1d", "--every-job"),
    ("panel", "list"),
    ("models",),
    ("models", "export", "cs_fwd_ret_1d", "exported"),
    ("status",),
    ("jobs",),
    ("jobs", "--watch"),
    ("log",),
    ("tail", "--cursor", "alerts"),
    ("why", *PAIR),
    ("why-train", "cs_fwd_ret_1d"),
    ("history", *PAIR),
    ("diff", "first", "second"),
    ("whatif", "budget.yaml"),
    ("outcomes", "measure", "later", "--refit", "--length", "40", "--workers", "1"),
    ("outcomes", "record", "outcomes.json"),
    ("outcomes",),
    ("calibrate",),
    ("backtest", "small.yaml"),
    ("override", "clear", *PAIR),
    ("candidates", "check", "candidates.parquet", "--policy", "small.yaml"),
    ("policy", "show", "small.yaml"),
    ("policy", "validate", "small.yaml"),
    ("policy", "diff", POLICY, "small.yaml"),
    ("policy", "test", POLICY, "cases.yaml"),
    ("policy", "test", POLICY, "cases.yaml", "--coverage"),
    ("report",),
    ("sql", "select target, score, evidence_as_of from candidates"),
    ("export",),
    ("rebuild",),
    ("verify",),
    ("key", "auditor.pem"),
    ("anchor", "--sign", "auditor.pem"),
    ("compact",),
    ("backup", "backup"),
    ("restore", "backup", "--results", "again"),
    ("migrate",),
    ("doctor",),
    ("du",),
)
"""Calls of every verb but ``demo``, in an order in which each has something to answer."""

FINDINGS = (("diff", "first", "second"), ("policy", "diff", POLICY, "small.yaml"))
"""Calls that end with exit code 1."""

BY_LINE = ("jobs --watch", "tail")
"""Verbs that print one object a line."""

OPEN = {
    "candidates check": ("routes",),
    "route": ("routes", "summary.by_route", "summary.by_type", "summary.by_priority"),
    "route --dry-run": (
        "routes",
        "summary.by_route",
        "summary.by_type",
        "summary.by_priority",
        "difference.routes",
    ),
    "plan": ("summary.by_route", "summary.by_type", "summary.by_priority"),
    "train": ("progress", "jobs[].metrics"),
    "predict": ("targets",),
    "status": ("counts", "running[].metrics", "failed[].metrics"),
    "jobs": ("[].metrics",),
    "jobs --watch": ("metrics",),
    "why": ("jobs[].metrics",),
    "log": ("[].events_by_table",),
    "tail": ("events_by_table",),
    "diff": ("routes",),
    "backtest": ("curve[].values", "hours_by_kind"),
    "demo --history": ("years[].routes",),
}
"""Objects whose keys are data, such as a count for each route."""

TYPES = {
    "string": (
        "project",
        "reused_from", "earlier", "error", "reason", "lease_until", "git_commit", "job_id", "model", "advice", "cause",
    ),
    "number": (
        "seconds", "rows", "hours", "estimated_samples", "sample_size", "q_value_over_trials", "q_value_by_over_trials",
        "low", "high", "slope.value", "slope_within.value",
    ),
    "object": ("nearest_miss", "nearest_policy"),
}  # fmt: skip
"""Types of keys that are null in an answer, because the store of the calls has nothing to say there."""


def text() -> str:
    """Return a heading for each call, with the keys of its answer."""
    return "\n\n".join(section(words, answer) for words, answer in answers())


def answers() -> Iterator[tuple[str, Any]]:
    """Run every verb in one store, and yield the words of each call and its answer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        markets.write_panel(folder / "panel", ("AAA", "BBB"), 200)
        markets.write_panel(folder / "later", ("AAA", "BBB"), 280)
        files = {
            "small.yaml": SMALL,
            "budget.yaml": BUDGET,
            "cases.yaml": CASES,
            "outcomes.json": json.dumps([OUTCOME]),
        }
        for file, content in files.items():
            (folder / file).write_text(content, encoding="utf-8")
        calls = [Call([*words, "--json"], output=str(folder / f"{place}.json")) for place, words in enumerate(CALLS)]
        for place, (words, ended) in enumerate(zip(CALLS, endings(calls, folder), strict=True)):
            if ended.code != (1 if words in FINDINGS else 0):
                raise RuntimeError(f"planstore {' '.join(words)} ended with {ended.code}: {ended.error}")
            printed = (folder / f"{place}.json").read_text(encoding="utf-8")
            title = _title(words)
            yield title, list(map(json.loads, printed.splitlines())) if title in BY_LINE else json.loads(printed)


def _title(words: Sequence[str]) -> str:
    kept = [words[0]]
    if words[0] in ("override", "policy", "candidates", "models", "panel", "outcomes"):
        kept += words[1:2]
    kept += [word for word in words if word in ("--watch", "--history", "--sign", "--coverage", "--dry-run")]
    return " ".join(kept)


def section(words: str, answer: Any) -> str:
    """Return the heading of a call, with the keys of its answer."""
    kinds: dict[str, set[str]] = {}
    for value in answer if words in BY_LINE else [answer]:
        _walk(value, "", OPEN.get(words, ()), kinds)
    for path in kinds:
        if kinds[path] == {"null"}:
            kinds[path] |= {kind for kind, names in TYPES.items() if f".{path}".endswith(tuple(f".{n}" for n in names))}
    whole = " or ".join(sorted(kinds.pop("")))
    rows = [(f"`{path}`", " or ".join(sorted(kinds[path], key=lambda kind: (kind == "null", kind)))) for path in kinds]
    return f"## {words}\n\nThe answer is an {whole}.\n\n" + (table(("key", "type"), rows) if rows else "")


def _walk(value: Any, path: str, unfixed: Sequence[str], kinds: dict[str, set[str]]) -> None:
    found = kinds.setdefault(path, set())
    if isinstance(value, dict) and path in unfixed:
        found.add("object of names and values")
    elif isinstance(value, dict):
        found.add("object")
        for key, inner in value.items():
            _walk(inner, f"{path}.{key}" if path else key, unfixed, kinds)
    elif isinstance(value, list):
        found.add("array")
        for inner in value:
            _walk(inner, f"{path}[]", unfixed, kinds)
    else:
        found.add(_kind(value))


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}
    return kinds[type(value)]
