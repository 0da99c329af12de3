"""What hypothesis makes: policies, candidates and names."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

STABILITIES = ("STABLE", "DRIFTING", "DIVERGED", "UNKNOWN")
METRICS = ("mean_overlap", "std_overlap", "mean_tau", "std_tau")
LEAKAGE = ("SAFE", "SUSPECT", "BLOCKED", "UNKNOWN")
FAMILIES = ("lightgbm", "xgboost", "mlp")
TARGETS = ("y_up_10m", "y_up_90m", "fwd_ret_4h", "fwd_ret_5d", "ret_same_day", "plain", "a", "a_b")
SYMBOLS = ("AAPL", "MSFT", "b_c", "c", "ß", "x y")
SCORES = (-0.3, 0.0, 0.1, 0.3, 0.5, 0.52, 0.55, 0.6, 0.7)

scores = st.sampled_from(SCORES)
numbers = st.sampled_from((0.0, 0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 1.0))
NASTY = (
    "../../x", "..", ".", "a/b", "CON", "con", "aapl", "AAPL", "Aapl", "<script>", '"quoted"', "50%", "ü", "u\u0308",
    "two\nlines", " space ", "emoji 🚀", "x" * 300, "é" * 300, "a.", "nul.txt", "%2F", "a|b", "~x", "-rf",
)  # fmt: skip
names = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), min_size=1, max_size=40),
)


@st.composite
def thresholds(draw: st.DrawFn, floor: bool = False) -> Any:
    """A threshold: a number, by task, or by task and tier with some tiers left out."""
    at = st.sampled_from(SCORES[:5] if floor else SCORES[4:])
    form = draw(st.integers(0, 2))
    if form == 0:
        return draw(at)
    if form == 1:
        return {"classification": draw(at), "regression": draw(at)}
    tiers = draw(st.dictionaries(st.sampled_from(("short", "medium", "long", "very_long")), at))
    return {"classification": draw(at), "regression": {"default": draw(at), **tiers}}


@st.composite
def policies(draw: st.DrawFn, semantics: str) -> dict[str, Any]:
    """A policy with the top key ``routing``."""
    stabilities = st.lists(st.sampled_from(STABILITIES), unique=True)
    sides = {
        side: {"min_score": draw(thresholds(floor=True)), "strong_score": draw(thresholds())}
        for side in ("cross_sectional", "symbol")
    }
    behaviors = ["ROUTE_BOTH", "PREFER_CS", "PREFER_SYMBOL", *(["ELSE"] if semantics == "reference" else [])]
    return {
        "routing": {
            "semantics": semantics,
            "dev_mode": draw(st.booleans()),
            "dev_mode_min_sample_size": draw(st.sampled_from((1000, 6000))),
            "min_sample_size": {
                "cross_sectional": draw(st.sampled_from((0, 5000, 50_000))),
                "symbol": draw(st.sampled_from((0, 1000))),
            },
            "block_on_leakage": draw(st.booleans()),
            **sides,
            "stability_allowlist": {"cross_sectional": draw(stabilities), "symbol": draw(stabilities)},
            "both_strong_behavior": draw(st.sampled_from(behaviors)),
            "enable_experimental_lane": draw(st.booleans()),
            "experimental": {
                "min_score": draw(thresholds(floor=True)),
                "allowed_stabilities": draw(stabilities),
                "max_fraction_symbols_per_target": draw(numbers),
            },
            "require_safe_features_only": draw(st.booleans()),
            "allowed_feature_leakage_status": draw(st.lists(st.sampled_from(LEAKAGE), unique=True)),
            "require_min_successful_families": draw(st.integers(0, 3)),
            "families": draw(st.lists(family_rules(), max_size=3)),
        }
    }


@st.composite
def family_rules(draw: st.DrawFn) -> dict[str, Any]:
    """A rule of the policy's ``families``."""
    conditions = {
        "route": st.sampled_from(("ROUTE_BOTH", "ROUTE_CROSS_SECTIONAL", "ROUTE_SYMBOL_SPECIFIC")),
        "task": st.sampled_from(("classification", "regression")),
        "priority": st.integers(1, 3),
        "target": st.sampled_from(("y_*", "*_5d", "plain", "?")),
        "symbol": st.sampled_from(("A*", "*c", "MSFT")),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(conditions)), max_size=2))
    return {"use": draw(st.lists(st.sampled_from(FAMILIES), min_size=1))} | {
        name: draw(conditions[name]) for name in sorted(chosen)
    }


@st.composite
def candidate(draw: st.DrawFn, target: str, symbol: str | None, *, loose: bool = False) -> dict[str, Any]:
    """One candidate; a loose one may hold what only reference semantics takes."""
    odd = (float("inf"), float("-inf")) if loose else ()
    gaps = st.one_of(st.none(), numbers) if loose else numbers
    return {
        "target": target,
        "symbol": symbol,
        "mode": "CROSS_SECTIONAL" if symbol is None else "SYMBOL_SPECIFIC",
        "score": draw(st.one_of(st.none(), scores, st.sampled_from(odd) if odd else scores)),
        "stability": draw(st.sampled_from(STABILITIES)),
        "stability_metrics": draw(st.none() | st.fixed_dictionaries(dict.fromkeys(METRICS, gaps))),
        "stability_snapshots": draw(st.none() | st.integers(0, 3)),
        "sample_size": draw(st.sampled_from((0, 999, 1000, 4999, 5000, 5001, 49_999, 60_000))),
        "leakage_status": draw(st.sampled_from(LEAKAGE)),
        "failed_model_families": draw(st.lists(st.sampled_from(FAMILIES), unique=True)),
        "model_status": draw(st.sampled_from(("OK", "FAILED", "UNKNOWN", None))),
        "task_type": draw(st.sampled_from(("BINARY_CLASSIFICATION", "REGRESSION", None))),
    }


@st.composite
def candidates(draw: st.DrawFn, semantics: str) -> list[dict[str, Any]]:
    """Candidates that the semantics take: strict ones distinct, reference ones with whatever a file may hold."""
    loose = semantics == "reference"
    keys = st.tuples(st.sampled_from(TARGETS), st.sampled_from((None, *SYMBOLS)))
    found = [
        draw(candidate(target, symbol, loose=loose))
        for target, symbol in draw(st.lists(keys, min_size=1, max_size=14, unique=not loose))
    ]
    if loose:
        for row in found:
            row["mode"] = draw(st.sampled_from((row["mode"],) * 4 + ("SYMBOL", "cross_sectional", "CROSS_SECTIONAL")))
    return found
