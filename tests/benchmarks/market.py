"""Candidates of any size, made from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

POLICY: dict[str, Any] = {
    "routing": {
        "min_sample_size": {"cross_sectional": 5000, "symbol": 1000},
        "cross_sectional": {
            "min_score": {"classification": 0.52, "regression": 0.5},
            "strong_score": {"classification": 0.58, "regression": 0.55},
        },
        "symbol": {
            "min_score": {"classification": 0.54, "regression": 0.5},
            "strong_score": {"classification": 0.6, "regression": 0.55},
        },
        "stability_allowlist": {"cross_sectional": ["STABLE", "DRIFTING", "UNKNOWN"], "symbol": ["STABLE", "UNKNOWN"]},
        "both_strong_behavior": "ROUTE_BOTH",
        "enable_experimental_lane": True,
        "experimental": {
            "min_score": 0.52,
            "allowed_stabilities": ["DRIFTING", "UNKNOWN"],
            "max_fraction_symbols_per_target": 0.2,
        },
        "min_margin_over_null": None,
        "max_false_discovery_rate": None,
        "require_safe_features_only": False,
        "require_min_successful_families": 0,
        "dump_plan_as": ["JSON"],
    }
}


def market(targets: int, symbols: int, seed: int = 0) -> pa.Table:
    """Return candidates for every pair, and one cross-sectional candidate a target at the end."""
    random = np.random.default_rng(seed)
    target_names = np.array(
        [f"{('fwd_ret', 'y_will_swing')[i % 2]}_{5 * (i % 40) + 5}m_{i:04d}" for i in range(targets)]
    )
    symbol_names = np.array([f"S{i:04d}" for i in range(symbols)], dtype=object)
    pairs = targets * symbols
    rows = pairs + targets
    target = np.concatenate([np.repeat(target_names, symbols), target_names])
    return pa.table(
        {
            "target": pa.array(target),
            "symbol": pa.array([*np.tile(symbol_names, targets), *[None] * targets], pa.string()),
            "mode": pa.array(["SYMBOL_SPECIFIC"] * pairs + ["CROSS_SECTIONAL"] * targets),
            "score": random.normal(0.55, 0.06, rows),
            "score_ci_low": random.normal(0.5, 0.06, rows),
            "score_ci_high": random.normal(0.6, 0.06, rows),
            "stability": _words(random, rows, "STABLE", "DRIFTING", "DIVERGED", "UNKNOWN"),
            "stability_metrics": pa.StructArray.from_arrays(
                [random.uniform(0, 1, rows) for _ in range(4)],
                names=["mean_overlap", "std_overlap", "mean_tau", "std_tau"],
            ),
            "sample_size": random.integers(500, 20_000, rows),
            "leakage_status": _words(random, rows, "SAFE", "SAFE", "SAFE", "SUSPECT", "BLOCKED"),
            "feature_set_id": pa.array(["v1"] * rows),
            "failed_model_families": pa.array([[]] * rows, pa.list_(pa.string())),
            "model_status": pa.array(["OK"] * rows),
            "task_type": pa.array(np.where(np.char.startswith(target, "y_"), "BINARY_CLASSIFICATION", "REGRESSION")),
            "metric_name": pa.array(np.where(np.char.startswith(target, "y_"), "auc", "r2")),
        }
    )


def _words(random: np.random.Generator, rows: int, *words: str) -> pa.Array:
    return pa.array(np.array(words)[random.integers(0, len(words), rows)])
