"""Small candidates and policies, made in code, for tests that need something to route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

METRICS = ("mean_overlap", "std_overlap", "mean_tau", "std_tau")
SCHEMA = pa.schema(
    [
        ("target", pa.string()),
        ("symbol", pa.string()),
        ("mode", pa.string()),
        ("score", pa.float64()),
        ("score_ci_low", pa.float64()),
        ("score_ci_high", pa.float64()),
        ("null_score", pa.float64()),
        ("stability", pa.string()),
        ("sample_size", pa.int64()),
        ("leakage_status", pa.string()),
        ("feature_set_id", pa.string()),
        ("failed_model_families", pa.list_(pa.string())),
        ("stability_metrics", pa.struct([(name, pa.float64()) for name in METRICS])),
        ("task_type", pa.string()),
        ("metric_name", pa.string()),
        ("model_status", pa.string()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("git_commit", pa.string()),
    ]
)
"""The columns of ``routing_candidates.parquet``."""

Record = dict[str, Any]


def record(target: str | None, symbol: str | None = None, score: float | None = 0.7, **other: Any) -> Record:
    """Return one good candidate; ``other`` replaces or adds columns. Its metric is one of its task."""
    return {
        "target": target,
        "symbol": symbol,
        "mode": "CROSS_SECTIONAL" if symbol is None else "SYMBOL_SPECIFIC",
        "score": score,
        "stability": "STABLE",
        "sample_size": 10_000,
        "leakage_status": "SAFE",
        "task_type": "BINARY_CLASSIFICATION",
        "metric_name": "r2" if other.get("task_type") == "REGRESSION" else "auc",
        "model_status": "OK",
    } | other


def records(targets: int = 3, symbols: int = 4, seed: int = 0) -> list[Record]:
    """Return candidates of every route for ``targets`` × ``symbols`` pairs; another ``seed``, another evidence."""
    found = []
    for t in range(targets):
        name = f"y_up_{t + 1:02d}_{10 * (t + 1)}m"
        found.append(record(name, None, score=0.50 + ((t * 7 + seed) % 15) / 100))
        found.extend(
            record(name, f"SYM{s:02d}", score=0.48 + ((t * 5 + s * 3 + seed) % 18) / 100, feature_set_id=f"seed {seed}")
            for s in range(symbols)
        )
    return found


def table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return candidates as an Arrow table with every column of ``SCHEMA``."""
    return pa.Table.from_pylist([dict(row) for row in rows], SCHEMA)


def parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write candidates as parquet and return where."""
    pq.write_table(table(rows), path)
    return path


def policy(**changes: Any) -> dict[str, Any]:
    """Return a strict policy as a mapping with the top key ``routing``, every key written out.

    It asks for little but scores. ``changes`` replace its keys; those of ``SECTIONS`` replace keys inside of them.
    """
    found: dict[str, Any] = yaml.safe_load(POLICY_YAML)["routing"]
    for key, value in changes.items():
        found[key] = found[key] | value if key in SECTIONS else value
    return {"routing": found}


SECTIONS = ("experimental", "stability_classification", "horizon")
SHORT_POLICY_YAML = """\
routing:
  min_sample_size: {cross_sectional: 1000, symbol: 500}
  cross_sectional: {min_score: 0.52, strong_score: 0.6}
  symbol: {min_score: 0.52, strong_score: 0.6}
  stability_allowlist:
    cross_sectional: [STABLE]
    symbol: [STABLE]
  both_strong_behavior: ROUTE_BOTH
"""
"""A strict policy that leaves keys out."""
POLICY_YAML = f"""\
{SHORT_POLICY_YAML}\
  semantics: strict
  dev_mode: false
  dev_mode_min_sample_size: 1000
  block_on_leakage: true
  min_margin_over_null: null
  min_effective_samples: null
  max_false_discovery_rate: null
  false_discovery_method: bh
  count_trials: false
  score: raw
  enable_experimental_lane: false
  experimental: {{min_score: 0.5, allowed_stabilities: [DRIFTING, UNKNOWN], max_fraction_symbols_per_target: 1.0}}
  require_safe_features_only: false
  allowed_feature_leakage_status: [SAFE]
  require_min_successful_families: 0
  stability_classification:
    {{stable_overlap_min: 0.7, drifting_overlap_min: 0.5, stable_tau_min: 0.6, drifting_tau_min: 0.4,
     max_std_overlap: 0.2, max_std_tau: 0.25, min_snapshots_for_stability: 2}}
  horizon:
    patterns:
      - {{regex: '(\\d+)m', multiplier: 1}}
      - {{regex: '(\\d+)h', multiplier: 60}}
      - {{regex: '(\\d+)d', multiplier: 390}}
    same_day: 390
  families: []
  log_decision_reasons: false
  dump_plan_as: [JSON]
"""
"""The policy of :func:`policy` as a file."""
