"""Plain-Python versions of the rules, one pair at a time and without a database, written from the design's sentences.

Candidates are dicts with the columns of ``candidates``; a policy is the dict under the top key ``routing``, with every
default written out (``Policy.model_dump(mode="json")``). Decisions and jobs have the columns of their tables, but that
the digits of a job id's suffix, which the design leaves open, are ``SUFFIX``.
"""

from __future__ import annotations

import fnmatch
import math
import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

Row = Mapping[str, Any]
SUFFIX = "~" + 12 * "?"
GOOD = ("STRONG", "WEAK_BUT_OK")
PRIORITY = {"ROUTE_SYMBOL_SPECIFIC": 2, "ROUTE_BOTH": 3, "ROUTE_EXPERIMENTAL_ONLY": 1}


def horizon_minutes(target: str, horizon: Mapping[str, Any]) -> float | None:
    """Return how many minutes ahead a target looks, None when its name does not say."""
    if "same_day" in target.lower():
        return float(horizon["same_day"])
    for pattern in horizon["patterns"]:
        found = re.search(pattern["regex"], target, re.IGNORECASE)
        if found:
            return float(found[1]) * float(pattern["multiplier"]) if found[1] else None
    return None


def tier(minutes: float | None) -> str:
    """Return the tier a horizon falls into."""
    if minutes is None:
        return "default"
    return "short" if minutes < 60 else "medium" if minutes < 240 else "long" if minutes < 1440 else "very_long"


CLASSIFICATION_METRICS = {"auc", "rocauc", "accuracy", "mcc"}
REGRESSION_METRICS = {"r2"}
"""The metrics, without capitals and signs, that tell the task of the candidates that tests make."""


def task(row: Row, policy: Row) -> str:
    """Return the task of a candidate: strictly what its task type says in some usual spelling, else its metric."""
    said = row["task_type"] or ""
    if policy["semantics"] != "strict":
        return "classification" if "classification" in said.lower() else "regression"
    said, metric = (re.sub(r"[\W_]", "", text.lower()) for text in (said, (row["metric_name"] or "").replace("²", "2")))
    if "classification" in said or said in ("binary", "multiclass"):
        return "classification"
    if said in ("regression", "regressor", "reg", "quantile"):
        return "regression"
    assert metric in CLASSIFICATION_METRICS | REGRESSION_METRICS, f"no task of {said!r} and {metric!r}"
    return "classification" if metric in CLASSIFICATION_METRICS else "regression"


def threshold(value: Any, row: Row, policy: Row) -> float:
    """Return the threshold that a number, or a mapping by task and tier, means for a candidate.

    Where a mapping has a gap, the reference takes 0.5 for classification and -0.5 for regression.
    """
    gap = {"classification": 0.5, "regression": -0.5}[task(row, policy)]
    if isinstance(value, Mapping):
        value = value.get(task(row, policy), gap)
    if isinstance(value, Mapping):
        found = value.get(tier(horizon_minutes(row["target"], policy["horizon"])))
        value = value.get("default", gap) if found is None else found
    return float(value)


def stability(row: Row, policy: Row) -> str:
    """Return the stability category; UNKNOWN is read from metrics where there are any."""
    metrics, limits = row.get("stability_metrics"), policy["stability_classification"]
    if row["stability"] != "UNKNOWN" or metrics is None:
        return str(row["stability"])
    snapshots = row.get("stability_snapshots")
    if policy["semantics"] == "strict" and snapshots is not None and snapshots < limits["min_snapshots_for_stability"]:
        return "UNKNOWN"
    known = {name: value for name, value in metrics.items() if value is not None and not math.isnan(value)}
    if len(known) < 4 and policy["semantics"] == "strict":
        return "UNKNOWN"
    if any(known.get(f"std_{name}", -math.inf) > limits[f"max_std_{name}"] for name in ("overlap", "tau")):
        return "DIVERGED"
    for category in ("stable", "drifting"):
        if all(known.get(f"mean_{name}", -math.inf) >= limits[f"{category}_{name}_min"] for name in ("overlap", "tau")):
            return category.upper()
    return "UNKNOWN"


def signal_state(row: Row | None, side: str, policy: Row, families: Sequence[str]) -> str:
    """Return how good one side is; first match wins."""
    if row is None or objection(row, side, policy, families) is not None:
        return "DISALLOWED"
    allowed = set(policy["stability_allowlist"][side])
    if side == "cross_sectional" and policy["dev_mode"] and row["sample_size"] < policy["min_sample_size"][side]:
        allowed.add("UNKNOWN")
    score, category = row["score"], stability(row, policy)
    if score is None or math.isnan(score):
        return "DISALLOWED"
    if category in allowed and score >= threshold(policy[side]["strong_score"], row, policy):
        return "STRONG"
    if category in allowed and score >= threshold(policy[side]["min_score"], row, policy):
        return "WEAK_BUT_OK"
    lane = policy["experimental"]
    if (
        policy["enable_experimental_lane"]
        and score >= threshold(lane["min_score"], row, policy)
        and category in lane["allowed_stabilities"]
    ):
        return "EXPERIMENTAL"
    return "DISALLOWED"


def objection(row: Row, side: str, policy: Row, families: Sequence[str]) -> str | None:
    """Return the first thing that speaks against a side whatever its score is; strict reasons name it."""
    minimum = policy["min_sample_size"][side]
    if side == "cross_sectional" and policy["dev_mode"]:
        least = max(policy["dev_mode_min_sample_size"], math.floor(0.1 * row["sample_size"]), 5000)
        minimum = min(minimum, least)
    leakage = row["leakage_status"]
    if row["sample_size"] < minimum:
        return "too few rows"
    if leakage == "BLOCKED" and policy["block_on_leakage"]:
        return "leakage BLOCKED"
    if policy["semantics"] != "strict":
        return None
    if row["model_status"] == "FAILED":
        return "model FAILED"
    if policy["require_safe_features_only"] and leakage not in policy["allowed_feature_leakage_status"]:
        return "features not safe"
    failed = {family_name(name) for name in row.get("failed_model_families") or ()}
    working = sum(family not in failed for family in families)
    if families and working < int(policy["require_min_successful_families"]):
        return "too few families"
    if row.get("unshrunken"):
        return "no shrunken_score"
    return None if _score(row) == "nan" else _chance(row, policy)


def _chance(row: Row, policy: Row) -> str | None:
    """Return the first thing that says that a score may be one of chance."""
    few, margin, most = (
        policy[key] for key in ("min_effective_samples", "min_margin_over_null", "max_false_discovery_rate")
    )
    effective: Any = row.get("effective_samples")
    if few is not None and effective is None:
        return "no effective_samples"
    if few is not None and effective < threshold(few, row, policy):
        return "too few effective samples"
    if margin is not None and row.get("null_score") is None:
        return "no null_score"
    if margin is not None and not _beats_null(row, policy):
        return "too near its null_score"
    if most is None:
        return None
    if "q" not in row:
        return "no p_value"
    return "too likely by chance" if row["q"] > most else None


def _beats_null(row: Row, policy: Row) -> bool:
    """Tell whether a score beats that of time-shifted labels by the margin that the policy asks for."""
    return bool(row["score"] >= row["null_score"] + threshold(policy["min_margin_over_null"], row, policy))


def rule(cs: str, local: str, policy: Row, *, evidence: bool) -> str:
    """Return the rule that routes a pair, by its two signal states and whether either side has a score."""
    strict = policy["semantics"] == "strict"
    if strict and not evidence:
        return "NO_EVIDENCE"
    if cs == local == "DISALLOWED":
        return "BOTH_DISALLOWED"
    if strict and "EXPERIMENTAL" in (cs, local):
        return "EXPERIMENTAL_LANE"
    if cs == "DISALLOWED":
        return "LOCAL_ONLY"
    if local == "DISALLOWED":
        return "CS_ONLY"
    if cs in GOOD and local in GOOD:
        both = "BOTH_ELIGIBLE" if strict and cs == local == "WEAK_BUT_OK" else "BOTH_STRONG"
        endings = {"ROUTE_BOTH": "", "PREFER_CS": "_PREFER_CS", "PREFER_SYMBOL": "_PREFER_LOCAL"}
        behavior = policy["both_strong_behavior"]
        return both + endings[behavior] if behavior in endings else "NO_RULE_MATCH"
    return "EXPERIMENTAL_LANE"


ROUTES = {
    "LOCAL_ONLY": "ROUTE_SYMBOL_SPECIFIC",
    "CS_ONLY": "ROUTE_CROSS_SECTIONAL",
    "BOTH_STRONG": "ROUTE_BOTH",
    "BOTH_STRONG_PREFER_CS": "ROUTE_CROSS_SECTIONAL",
    "BOTH_STRONG_PREFER_LOCAL": "ROUTE_SYMBOL_SPECIFIC",
    "BOTH_ELIGIBLE": "ROUTE_BOTH",
    "BOTH_ELIGIBLE_PREFER_CS": "ROUTE_CROSS_SECTIONAL",
    "BOTH_ELIGIBLE_PREFER_LOCAL": "ROUTE_SYMBOL_SPECIFIC",
    "EXPERIMENTAL_LANE": "ROUTE_EXPERIMENTAL_ONLY",
}
TEXTS = {
    "BOTH_DISALLOWED": "Both CS and local disallowed",
    "NO_EVIDENCE": "No evidence on either side",
    "LOCAL_ONLY": "CS disallowed, falling back to local-only",
    "CS_ONLY": "Local disallowed, falling back to CS-only",
    "BOTH_STRONG": "Both CS and local strong → ROUTE_BOTH",
    "BOTH_STRONG_PREFER_CS": "Both strong, preferring CS",
    "BOTH_STRONG_PREFER_LOCAL": "Both strong, preferring local",
    "BOTH_ELIGIBLE": "Both CS and local eligible → ROUTE_BOTH",
    "BOTH_ELIGIBLE_PREFER_CS": "Both eligible, preferring CS",
    "BOTH_ELIGIBLE_PREFER_LOCAL": "Both eligible, preferring local",
    "EXPERIMENTAL_LANE": "Experimental lane enabled",
    "NO_RULE_MATCH": "NO_RULE_MATCH",
}
RULES = {
    "strict": {*TEXTS, "EXPERIMENTAL_LANE_FULL"} - {"NO_RULE_MATCH"},
    "reference": {rule for rule in TEXTS if rule != "NO_EVIDENCE" and "ELIGIBLE" not in rule},
}
"""The rules that can decide on a pair, by semantics."""


def _score(row: Row) -> str:
    # candidates carry 0.0 for -0.0
    return "nan" if row["score"] is None or math.isnan(row["score"]) else f"{row['score'] + 0.0:.3f}"


def evidence(rows: Sequence[Row], policy: Row) -> list[Row]:
    """Return the rows in the order of their evidence; strict semantics sort them, and take the older word SYMBOL."""
    if policy["semantics"] != "strict":
        return list(rows)
    found: list[dict[str, Any]] = [
        {**row, "mode": "SYMBOL_SPECIFIC" if row["mode"] == "SYMBOL" else row["mode"]} for row in rows
    ]
    found.sort(key=lambda row: (row["target"], row["symbol"] is not None, row["symbol"] or ""))
    for mode in ("CROSS_SECTIONAL", "SYMBOL_SPECIFIC"):
        tested = [row for row in found if row["mode"] == mode and row.get("p_value") is not None]
        method = policy["false_discovery_method"]
        otherwise = "_by" if method == "by" else ""
        for row in tested:
            row["q"] = q_value(row["p_value"], [one["p_value"] for one in tested], method)
        for row in found:  # because a test may say what it would be otherwise
            row |= {"q": row[f"q_value{otherwise}"]} if f"q_value{otherwise}" in row else {}
    if policy["score"] == "shrunken":
        for row, score in [(row, shrunken(row, found)) for row in found]:
            row |= {"score": score, "unshrunken": score is None and _score(row) != "nan"}
    return [*found]


def q_value(p: float, tests: Sequence[float], method: str) -> float:
    """Return the least rate at which a p-value is a discovery among all tests, itself one of them."""
    factor = sum(1 / rank for rank in range(1, len(tests) + 1)) if method == "by" else 1.0
    least = min(other * len(tests) / sum(one <= other for one in tests) for other in tests if other >= p)
    return min(1.0, least * factor)


def shrunken(row: Row, rows: Sequence[Row]) -> float | None:
    """Return the score of a side, moved towards the mean of its target's symbols; None without a null_sd."""
    if "shrunken_score" in row:
        return row["shrunken_score"]  # type: ignore[no-any-return]
    if row["score"] is None or math.isnan(row["score"]):
        return None
    if row["mode"] == "CROSS_SECTIONAL":
        return float(row["score"])
    if row.get("null_sd") is None:
        return None
    known = [
        one
        for one in rows
        if one["target"] == row["target"]
        and one["mode"] == "SYMBOL_SPECIFIC"
        and one["score"] is not None
        and not math.isnan(one["score"])
        and one.get("null_sd") is not None
    ]
    if len(known) == 1:
        return float(row["score"])
    scores, chances = np.array([one["score"] for one in known]), np.array([one["null_sd"] ** 2 for one in known])
    real = max(float(scores.var(ddof=1) - chances.mean()), 0.0)
    share = real / (real + row["null_sd"] ** 2) if real + row["null_sd"] ** 2 else 0.0
    return float(scores.mean() + (row["score"] - scores.mean()) * share)


def decisions(rows: Sequence[Row], policy: Row, families: Sequence[str]) -> list[dict[str, Any]]:
    """Return the decisions on candidates, in the order they are recorded; strict rows are put in order first."""
    rows = evidence(rows, policy)
    found: list[dict[str, Any]] = []
    for target in dict.fromkeys(row["target"] for row in rows):
        found.extend(_of_target(target, [row for row in rows if row["target"] == target], policy, families))
    return found


def _of_target(target: str, rows: Sequence[Row], policy: Row, families: Sequence[str]) -> list[dict[str, Any]]:
    side = next((row for row in rows if row["mode"] == "CROSS_SECTIONAL"), None)
    cs_state = signal_state(side, "cross_sectional", policy, families)
    category = None if side is None else stability(side, policy)
    asks_q = policy["semantics"] == "strict" and policy["max_false_discovery_rate"] is not None

    def said(row: Row) -> str:
        if not asks_q or "q" not in row:
            return f"score={_score(row)}"
        return f"score={_score(row)}, q" + (f"={row['q']:.3f}" if row["q"] >= 0.0005 else "<0.001")

    text = "No CS metrics"
    cs_text = "CS: No metrics available"
    if side is not None:
        against = _against(side, "cross_sectional", policy, families)
        text = f"{said(side)}, stability={category}, sample_size={side['sample_size']}{against}"
        cs_text = f"CS: {cs_state} ({said(side)}, stability={category}{against})"
    names = {"DISALLOWED": "CS_DISALLOWED", "EXPERIMENTAL": "CS_EXPERIMENTAL"}
    found: list[dict[str, Any]] = [
        {
            "target": target,
            "symbol": None,
            "route": "DISABLED" if cs_state == "DISALLOWED" else "ENABLED",
            "cs_state": cs_state,
            "local_state": None,
            "cs_stability": category,
            "local_stability": None,
            "rule": "CS_NO_EVIDENCE" if side is None else names.get(cs_state, "CS_ENABLED"),
            "reasons": [text],
            "override_id": None,
        }
    ]
    pairs: dict[str, Row] = {}
    for row in rows:
        if row["mode"] == "SYMBOL_SPECIFIC" and row["symbol"] is not None:
            pairs.setdefault(row["symbol"], row)
    for symbol, row in pairs.items():
        local_state = signal_state(row, "symbol", policy, families)
        scored = any(one is not None and _score(one) != "nan" for one in (row, side))
        by = rule(cs_state, local_state, policy, evidence=scored)
        against = _against(row, "symbol", policy, families)
        found.append(
            {
                "target": target,
                "symbol": symbol,
                "route": ROUTES.get(by, "ROUTE_BLOCKED"),
                "cs_state": cs_state,
                "local_state": local_state,
                "cs_stability": category,
                "local_stability": stability(row, policy),
                "rule": by,
                "reasons": [
                    cs_text,
                    f"LOCAL: {local_state} ({said(row)}, stability={stability(row, policy)}{against})",
                    TEXTS[by],
                ],
                "override_id": None,
            }
        )
    if policy["semantics"] == "strict":
        _close_lane(found, pairs, policy)
    return found


def _against(row: Row, side: str, policy: Row, families: Sequence[str]) -> str:
    """Return how strict reasons say what speaks against a side; empty where nothing does."""
    found = objection(row, side, policy, families) if policy["semantics"] == "strict" else None
    return "" if found is None else f"; {found}"


def _close_lane(found: list[dict[str, Any]], pairs: Mapping[str, Row], policy: Row) -> None:
    """Block the experimental pairs of a target that its lane has no room for: best scores first, ties by symbol."""
    fraction = policy["experimental"]["max_fraction_symbols_per_target"]
    room = math.floor(Fraction(str(fraction)) * len(pairs))
    lane = [decision for decision in found if decision["rule"] == "EXPERIMENTAL_LANE"]

    def order(decision: Mapping[str, Any]) -> tuple[bool, float, str]:
        score = pairs[decision["symbol"]]["score"]
        missing = score is None or math.isnan(score)
        return missing, 0.0 if missing else -score, decision["symbol"]

    for rank, decision in enumerate(sorted(lane, key=order), 1):
        if rank > room:
            decision["rule"], decision["route"] = "EXPERIMENTAL_LANE_FULL", "ROUTE_BLOCKED"
            decision["reasons"][2] = (
                f"Experimental lane full: rank {rank} of this target's experimental symbols, "
                f"room for {room} ({float(fraction)} of {len(pairs)} symbols)"
            )


def jobs(
    decided: Sequence[Row],
    rows: Sequence[Row],
    policy: Row,
    families: Sequence[str],
    *,
    include_blocked: bool,
) -> list[dict[str, Any]]:
    """Return the jobs that decisions on candidates come to, in plan order, each with its ordinal."""
    found: list[dict[str, Any]] = []
    tasks = {
        (row["target"], row["symbol"] if row["mode"] == "SYMBOL_SPECIFIC" else None): task(row, policy)
        for row in reversed(evidence(rows, policy))
        if row["mode"] in ("CROSS_SECTIONAL", "SYMBOL_SPECIFIC")
    }
    for decision in decided:
        job = _job(decision, policy, include_blocked=include_blocked)
        if job is not None:
            use = [] if job["training_type"] == "blocked" else list(families)
            if job["training_type"] != "blocked":
                use = _by_rule(job, policy, tasks[job["target"], job["symbol"]]) or use
            found.append(job | {"model_families": use, "estimated_samples": None})
    if not found and policy["dev_mode"]:
        usual = ("lightgbm", "xgboost") if policy["semantics"] == "reference" else ()
        found = [
            _fallback(target, family)
            for target in dict.fromkeys(d["target"] for d in decided)
            for family in families or usual
        ]
    found.sort(key=lambda job: -job["priority"])
    _make_distinct(found)
    return [{"ordinal": ordinal} | job for ordinal, job in enumerate(found, 1)]


def _job(decision: Row, policy: Row, *, include_blocked: bool) -> dict[str, Any] | None:
    target, symbol, route = decision["target"], decision["symbol"], decision["route"]
    reason = "; ".join(decision["reasons"])
    metadata = dict.fromkeys(("cs_state", "local_state", "needs_cs_ensemble", "dev_mode_fallback"))
    job = {"target": target, "symbol": symbol, "reason": reason}
    if symbol is None:
        if route != "ENABLED":
            return None
        lane = policy["semantics"] == "strict" and decision["cs_state"] == "EXPERIMENTAL"
        return job | {
            "job_id": f"cs_{target}",
            "route": "ROUTE_EXPERIMENTAL_ONLY" if lane else "ROUTE_CROSS_SECTIONAL",
            "training_type": "cross_sectional",
            "priority": 1 if lane else 2,
            "metadata": metadata | {"cs_state": decision["cs_stability"]},
        }
    metadata |= {"cs_state": decision["cs_state"], "local_state": decision["local_state"]}
    if route in PRIORITY:
        return job | {
            "job_id": f"sym_{target}_{symbol}",
            "route": route,
            "training_type": "symbol_specific",
            "priority": PRIORITY[route],
            "metadata": metadata | {"needs_cs_ensemble": route == "ROUTE_BOTH"},
        }
    if route == "ROUTE_BLOCKED" and include_blocked:
        return job | {
            "job_id": f"blocked_{target}_{symbol}",
            "route": route,
            "training_type": "blocked",
            "priority": 0,
            "metadata": metadata,
        }
    return None


def _by_rule(job: Row, policy: Row, of_task: str) -> list[str] | None:
    for one in policy["families"]:
        wanted = (
            (one["route"], job["route"]),
            (one["task"], of_task),
            (one["priority"], job["priority"]),
        )
        if (
            all(want is None or want == is_ for want, is_ in wanted)
            and (one["target"] is None or fnmatch.fnmatchcase(job["target"], one["target"]))
            and (one["symbol"] is None or (job["symbol"] and fnmatch.fnmatchcase(job["symbol"], one["symbol"])))
        ):
            return list(dict.fromkeys(map(family_name, one["use"])))
    return None


def _fallback(target: str, family: str) -> dict[str, Any]:
    return {
        "job_id": f"dev_fallback_cs_{target}_{family}",
        "target": target,
        "symbol": None,
        "route": "ROUTE_CROSS_SECTIONAL",
        "training_type": "cross_sectional",
        "model_families": [family],
        "priority": 1,
        "reason": "Dev mode fallback: router produced 0 jobs",
        "metadata": {"cs_state": "UNKNOWN", "local_state": None, "needs_cs_ensemble": None, "dev_mode_fallback": True},
        "estimated_samples": None,
    }


def _make_distinct(found: Sequence[dict[str, Any]]) -> None:
    """Give all jobs but one that share an id a suffix; the first by target and symbol keeps it."""
    taken = set()
    for job in sorted(found, key=lambda job: (job["target"], job["symbol"] or "")):
        if job["job_id"] in taken:
            job["job_id"] += SUFFIX
        taken.add(job["job_id"])


ALIASES = {
    "lightgbm": ("lightgbm", "lgbm", "lgb", "gbm"),
    "xgboost": ("xgboost", "xgb"),
    "catboost": ("catboost",),
    "ngboost": ("ngboost",),
    "quantile_lightgbm": ("quantilelightgbm",),
    "random_forest": ("randomforest", "rf"),
    "neural_network": ("neuralnetwork", "nn"),
    "cnn1d": ("cnn",),
    "elastic_net": ("elasticnet",),
}
REFERENCE_ALIASES = {
    "xgboost": ("xgb", "x_g_boost"),
    "lightgbm": ("lgb", "lgbm", "light_g_b_m"),
    "ngboost": ("n_g_boost",),
    "mlp": ("m_l_p",),
    "lstm": ("l_s_t_m",),
    "cnn1d": ("cnn", "c_n_n", "c_n_n_1d"),
    "vae": ("v_a_e",),
    "gan": ("g_a_n",),
}
REFERENCE_LAST = {"nn": "neural_network", "gbm": "lightgbm"}
SELECTORS = {
    "random_forest", "catboost", "lasso", "mutual_information", "univariate_selection", "elastic_net", "ridge",
    "lasso_cv",
}  # fmt: skip
"""Names that the reference takes for feature selectors, and drops."""


def within_budget(
    jobs: Sequence[Row], limit: float, cost: Callable[[str, str], float]
) -> tuple[list[Row], list[tuple[str, list[str]]]]:
    """Return the jobs that a budget keeps, and the families that it takes from each job, in plan order.

    Jobs lose their last families, the least urgent first, until each has one; then they go, the least urgent first. A
    cross-sectional job is as urgent as the first job that combines its model with it.
    """
    order = list(range(len(jobs)))
    for target in {job["target"] for job in jobs}:
        pooled = [n for n in order if jobs[n]["target"] == target and jobs[n]["training_type"] == "cross_sectional"]
        first = [n for n in order if jobs[n]["target"] == target and jobs[n]["metadata"].get("needs_cs_ensemble")]
        if pooled and first and min(first) < min(pooled):
            order.remove(min(pooled))
            order.insert(order.index(min(first)), min(pooled))
    left = [list(job["model_families"]) for job in jobs]

    def costs_too_much() -> bool:
        kinds = (job["training_type"] for job in jobs)
        return (
            sum(cost(kind, family) for kind, families in zip(kinds, left, strict=True) for family in families) > limit
        )

    for least in (1, 0):
        for n in reversed(order):
            while len(left[n]) > least and costs_too_much():
                left[n].pop()
    kept: list[Row] = [
        {**job, "model_families": families}
        for job, families in zip(jobs, left, strict=True)
        if families or not job["model_families"]
    ]
    taken = [(job["job_id"], job["model_families"][len(families) :]) for job, families in zip(jobs, left, strict=True)]
    return kept, [(job_id, families) for job_id, families in taken if families]


def family_name(name: str) -> str:
    """Return the one name of a family, whatever its spelling."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    snake = "_".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()))
    return next((family for family, names in ALIASES.items() if plain in names), snake)


def reference_family_name(name: str) -> str:
    """Return the reference's name of a family, as ``sql/routing/reference_family_name.sql`` does; selectors apart."""
    spelling = "".join("_" if sign in "- " else sign for sign in name.strip())
    for family, names in REFERENCE_ALIASES.items():
        if spelling.lower() in names:
            return family
    if spelling in ("XGBoost", "LightGBM", "NGBoost"):
        return spelling.lower()
    kinds = {unicodedata.category(letter) for letter in spelling}
    if "Lu" in kinds and not kinds & {"Ll", "Lt"} and len(spelling) <= 6:
        found = spelling.lower()
    elif "_" in spelling:
        found = spelling.lower().replace("__", "_")
    else:
        found = "".join(
            f"_{letter}" if place and letter in string.ascii_uppercase else letter
            for place, letter in enumerate(spelling)
        ).lower()
    return REFERENCE_LAST.get(found, found)


def model_families(requested: Sequence[str] | None, policy: Row) -> list[str]:
    """Return what a run trains with, each family once, in the order asked for."""
    requested = ("lightgbm", "xgboost") if requested is None else requested
    if policy["semantics"] == "strict":
        return list(dict.fromkeys(map(family_name, requested)))
    names = dict.fromkeys(map(reference_family_name, requested))
    return [name for name in names if name and name not in SELECTORS]


def jobs_for_pair(plan: Row, target: str, symbol: str | None, kind: str | None) -> list[Row]:
    """Return the jobs of a plan's document that a helper finds for a pair, or (symbol None) a target."""
    return [
        job
        for job in plan["jobs"]
        if (job["target"], job["symbol"]) == (target, symbol) and kind in (None, job["training_type"])
    ]


def families_for_job(plan: Row, target: str, symbol: str | None, kind: str | None) -> list[str] | None:
    """Return the families that the reference gives for a pair: those of the first of its jobs, or the plan's."""
    found = jobs_for_pair(plan, target, symbol, kind)
    found.sort(key=lambda job: (job["training_type"] != "cross_sectional", job["job_id"]))
    own = found[0]["model_families"] if found else []
    return own or plan["metadata"]["model_families"] or None


def filter_targets(plan: Row, targets: Sequence[str], kind: str | None) -> list[str] | str:
    """Return the targets that the reference lets through, or the name of the error that it raises."""
    if not targets:
        return []
    if not plan["jobs"]:
        return "ValueError"
    planned = [job["target"] for job in plan["jobs"] if job["training_type"] == (kind or "cross_sectional")]
    return [target for target in targets if target in planned] if planned else list(targets)


def filter_symbols(plan: Row, target: str, symbols: Sequence[str]) -> list[str]:
    """Return the symbols that the reference lets through for a target."""
    own = (job for job in plan["jobs"] if (job["target"], job["training_type"]) == (target, "symbol_specific"))
    planned = [job["symbol"] for job in own]
    return [symbol for symbol in symbols if symbol in planned] if planned else list(symbols)


def filter_pairs(plan: Row, targets: Sequence[str], symbols: Sequence[str]) -> dict[str, Any]:
    """Return the targets that the reference lets through, and the symbols of each."""
    chosen = filter_targets(plan, targets, None) if plan["jobs"] else list(targets)
    return {
        "targets": chosen,
        "symbols_by_target": {target: filter_symbols(plan, target, symbols) for target in chosen},
    }
