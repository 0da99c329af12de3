"""What hypothesis makes: policies, candidates and names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Record = dict[str, Any]

STABILITIES = ("STABLE", "DRIFTING", "DIVERGED", "UNKNOWN")
METRICS = ("mean_overlap", "std_overlap", "mean_tau", "std_tau")
LEAKAGE = ("SAFE", "SUSPECT", "BLOCKED", "UNKNOWN")
TIERS = ("short", "medium", "long", "very_long")
UNREADABLE = {
    "score": st.sampled_from((None, math.nan)),
    "stability": st.sampled_from((None, "", "odd")),
    "sample_size": st.sampled_from((None, -1)),
    "leakage_status": st.sampled_from((None, "odd")),
    "model_status": st.just("odd"),
}
"""Values that are refused on a row that a rule reads."""
FAMILIES = ("lightgbm", "LightGBM", "xgb", "XGBOOST", "CatBoost", "RF", "mlp", "MLP", "Neural-Network", "b_c", "c")
TARGETS = (
    "y_up_10m", "y_59m", "y_60m", "y_5d_10m", "fwd_ret_4h", "fwd_ret_5D", "ret_Same_Day_10m", "plain", "a", "a_b",
    "Ünï", "y_\u0663\u0660m", "fwd_\uff15d_1h",
)  # fmt: skip
SYMBOLS = ("AAPL", "aapl", "MSFT", "b_c", "c", "ß", "x y", "[a]", "é.d/e", "\uffee", "🚀")
SCORES = (-0.3, -0.0, 0.0, 0.1, 0.5, 0.52, 0.55, 0.6, 0.7)
BEHAVIORS = ("ROUTE_BOTH", "PREFER_CS", "PREFER_SYMBOL")
LOOSE_TASKS = (
    "BINARY_CLASSIFICATION", "CLASSIFICATION", "REGRESSION", "", None, "binary_classification",
    "Multiclass-Classification", "classif", "binary", "regression",
)  # fmt: skip
"""Task types as the reference may be given them."""
NAMED_TASKS = (
    ("BINARY_CLASSIFICATION", "auc", 0, 1), ("MULTICLASS_CLASSIFICATION", None, 0, 1), ("binary", "accuracy", 0, 1),
    (None, "ROC-AUC", 0, 1), ("ranking", "mcc", -1, 1), ("Multi-Class", "sharpe", -math.inf, math.inf),
    ("REGRESSION", "r2", -math.inf, 1), ("Regressor", "", -math.inf, 1), ("", "R²", -math.inf, 1),
    ("quantile", "IC", -1, 1), ("reg", "sharpe", -math.inf, math.inf),
)  # fmt: skip
"""Task type and metric as strict evidence may have them, and the least and greatest score of such a metric."""


def score_range(row: Record) -> tuple[float, float]:
    """Return the least and greatest score that strict evidence can have."""
    return next((low, high) for *named, low, high in NAMED_TASKS if named == [row["task_type"], row["metric_name"]])


SIZES = (0, 999, 1000, 1001, 4999, 5000, 5001, 49_999, 50_000, 59_999, 60_001, 120_000)

NASTY = (
    "../../x", "..", ".", "a/b", "CON", "con", "aapl", "AAPL", "Aapl", "<script>", '"quoted"', "50%", "ü", "u\u0308",
    "two\nlines", " space ", "emoji 🚀", "x" * 300, "é" * 300, "a.", "nul.txt", "%2F", "a|b", "~x", "-rf",
)  # fmt: skip
names = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), min_size=1, max_size=40),
)
scores = st.one_of(
    st.sampled_from(SCORES),
    st.sampled_from([math.nextafter(score, toward) for score in SCORES for toward in (-1, 1)]),
    st.floats(-1, 1),
    st.floats(-1e20, 1e20),
)
"""Scores at the thresholds that policies draw, a hair beside them, and anywhere."""
levels = st.sampled_from((0.0, 0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 1.0))
"""Stability metrics, and the limits that classify them."""
allowlists = st.lists(st.sampled_from(STABILITIES), unique=True)
model_families = st.none() | st.lists(st.sampled_from(FAMILIES), max_size=4)
"""What a caller asks to train with."""


WHITE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_ALIASES = (
    "xgb", "x_g_boost", "lgb", "lgbm", "light_g_b_m", "n_g_boost", "m_l_p", "l_s_t_m", "cnn", "c_n_n", "c_n_n_1d",
    "v_a_e", "g_a_n", "nn", "gbm", "XGBoost", "LightGBM", "NGBoost",
)  # fmt: skip
_SELECTORS = (
    "random_forest", "catboost", "lasso", "mutual_information", "univariate_selection", "elastic_net", "ridge",
    "lasso_cv", "RandomForest", "ElasticNet", "LassoCV", "RIDGE",
)  # fmt: skip
_WORDS = (
    "TABNET",
    "TabNetX",
    "1D",
    "A1b2",
    "Ärger",
    "ÑANDÚ",
    "ΣΑΣ",
    "İZ",
    "ǅ",
    "ß",
    "_",
    "__",
    "a-_ b",
    "model.V2",
    "𝐀𝐁",
)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """Names of families in any spelling: aliases, selectors and others, in other letter cases, with other signs."""
    name = draw(
        st.sampled_from(_ALIASES + _SELECTORS + _WORDS)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0Σ"), max_size=9)
    )
    name = draw(st.sampled_from((name, name.lower(), name.upper(), name.title(), name.swapcase(), name.capitalize())))
    for old, new in draw(
        st.lists(st.tuples(st.sampled_from("_- abgn"), st.sampled_from(("", "_", "-", " ", "__", "- "))), max_size=2)
    ):
        name = name.replace(old, new)
    edges = st.text(st.sampled_from(WHITE), max_size=2)
    return f"{draw(edges)}{name}{draw(edges)}"


def _mostly(usual: Any, others: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Draw ``usual`` half of the time, so that the rules behind it are reached."""
    return st.sampled_from((usual,) * len(others) + tuple(others))


@st.composite
def thresholds(draw: st.DrawFn, least: float = -math.inf, most: float = math.inf, *, gaps: bool = False) -> Any:
    """A threshold from ``least`` to ``most``: a number, by task, or by task and tier with some tiers left out.

    With ``gaps``, any key may be left out.
    """
    at = st.sampled_from([score for score in SCORES if least <= score <= most])
    left_out = dict.fromkeys(TIERS, at | st.none())
    tiers = _mapping({"default": at}, left_out, gaps=gaps)
    return draw(st.one_of(at, _mapping({"classification": at, "regression": at | tiers}, {}, gaps=gaps)))


def _mapping(required: Record, optional: Record, *, gaps: bool) -> st.SearchStrategy[Record]:
    """Mappings of some keys; with ``gaps``, those that are required may be left out as well."""
    return (
        st.fixed_dictionaries({}, optional=required | optional)
        if gaps
        else st.fixed_dictionaries(required, optional=optional)
    )


@st.composite
def _sides(draw: st.DrawFn, semantics: str) -> Record:
    """The scores a side asks for; strict ones never have a minimum above what is strong."""
    middle = draw(st.sampled_from(SCORES))
    gaps = semantics == "reference"
    least, most = (-math.inf, math.inf) if gaps else (middle, middle)
    return {
        "min_score": draw(thresholds(most=most, gaps=gaps)),
        "strong_score": draw(thresholds(least=least, gaps=gaps)),
    }


def policies(semantics: str) -> st.SearchStrategy[Record]:
    """Policies with the top key ``routing``: every key in every form, and keys with defaults left out at times."""
    limits = ("stable_overlap_min", "drifting_overlap_min", "stable_tau_min", "drifting_tau_min")
    stds = ("max_std_overlap", "max_std_tau")
    snapshots = {"min_snapshots_for_stability": st.integers(0, 3)}
    units = (r"(\d+)m", r"(\d+)h", r"(\d+)d")
    pattern = st.fixed_dictionaries(
        {"regex": st.sampled_from(units), "multiplier": st.sampled_from((1, 0.5, 60, 1440))}
    )
    required = {
        "semantics": st.just(semantics),
        "min_sample_size": st.fixed_dictionaries(
            {"cross_sectional": st.sampled_from((0, 1000, 5000, 50_000)), "symbol": st.sampled_from((0, 1000))}
        ),
        "cross_sectional": _sides(semantics),
        "symbol": _sides(semantics),
        "stability_allowlist": st.fixed_dictionaries({"cross_sectional": allowlists, "symbol": allowlists}),
    }
    optional = {
        "dev_mode": st.booleans(),
        "dev_mode_min_sample_size": st.sampled_from((1000, 6000)),
        "block_on_leakage": st.booleans(),
        **(_chance() if semantics == "strict" else {}),
        "both_strong_behavior": st.sampled_from(BEHAVIORS + (("ELSE",) if semantics == "reference" else ())),
        "enable_experimental_lane": _mostly(True, [True, False]),
        "experimental": st.fixed_dictionaries(
            {},
            optional={
                "min_score": thresholds(gaps=semantics == "reference"),
                "allowed_stabilities": allowlists,
                "max_fraction_symbols_per_target": st.integers(0, 1000).map(lambda n: n / 1000)
                | st.sampled_from((0, 1, 0.2, 0.29, 0.5)),
            },
        ),
        "require_safe_features_only": st.booleans(),
        "allowed_feature_leakage_status": st.lists(st.sampled_from(LEAKAGE), unique=True),
        "require_min_successful_families": st.integers(0, 3),
        "log_decision_reasons": st.booleans(),
        "dump_plan_as": st.lists(st.sampled_from(("JSON", "YAML", "MARKDOWN", "json"))),
        "stability_classification": st.fixed_dictionaries(
            {}, optional=dict.fromkeys((*limits, *stds), levels) | snapshots
        ),
        "horizon": st.fixed_dictionaries(
            {}, optional={"patterns": st.lists(pattern, max_size=3), "same_day": st.sampled_from((30, 390, 1440))}
        ),
        "families": st.lists(family_rules(), max_size=3),
    }
    return st.fixed_dictionaries({"routing": st.fixed_dictionaries(required, optional=optional)})


def _chance() -> Record:
    """The keys of a strict policy that ask whether a score is one of chance."""
    return {
        "min_margin_over_null": st.none() | thresholds(),
        "min_effective_samples": st.none() | st.sampled_from((0.5, 1.0, 150.5, 200.0)),
        "max_false_discovery_rate": st.none() | st.sampled_from((1e-300, 0.05, 0.1, 0.5)),
        "false_discovery_method": st.sampled_from(("bh", "by")),
        "score": _mostly("raw", ("raw", "shrunken")),
    }


def family_rules() -> st.SearchStrategy[Record]:
    """Rules of the policy's ``families``."""
    routes = ("ROUTE_BOTH", "ROUTE_CROSS_SECTIONAL", "ROUTE_SYMBOL_SPECIFIC", "ROUTE_EXPERIMENTAL_ONLY")
    conditions = {
        "route": st.none() | st.sampled_from(routes),
        "task": st.sampled_from(("classification", "regression")),
        "priority": st.integers(0, 3),
        "target": st.none() | st.sampled_from(("y_*", "*_5[dD]", "plain", "?", "*", "???", "[!y]*")),
        "symbol": st.sampled_from(("A*", "*c", "MSFT", "?", "*", "[A-Z]*", "*/e")),
    }
    return st.fixed_dictionaries(
        {"use": st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=3)}, optional=conditions
    )


@st.composite
def candidate(draw: st.DrawFn, target: str, symbol: str | None, *, loose: bool = False) -> Record:
    """One candidate; a loose one may hold what only reference semantics takes."""
    pooled = "CROSS_SECTIONAL" if symbol is None else "SYMBOL_SPECIFIC"
    modes = [pooled, "SYMBOL"] if symbol is not None else [pooled]
    no_scores = (None, math.nan, math.inf, -math.inf) if loose else (None,)
    named = (
        draw(st.sampled_from(LOOSE_TASKS)),
        draw(st.sampled_from(("auc", "r2", "rmse", None))),
        -math.inf,
        math.inf,
    )
    task_type, metric_name, lowest, highest = named if loose else draw(st.sampled_from(NAMED_TASKS))
    of_metric = scores.map(lambda score: min(max(score, lowest), highest))
    return {
        "target": target,
        "symbol": symbol,
        "mode": draw(_mostly(pooled, [*modes, "CROSS_SECTIONAL", "SYMBOL_SPECIFIC", "OTHER"] if loose else modes)),
        "score": draw(of_metric | of_metric | of_metric | st.sampled_from(no_scores)),
        "null_score": draw(st.none() | of_metric),
        "null_sd": draw(st.none() | st.sampled_from((0.0, 0.02))),
        "p_value": draw(st.none() | st.sampled_from((0.0, 1e-300, 0.01, 0.05, 0.1, 1.0)) | st.floats(0, 1)),
        "effective_samples": draw(st.sampled_from((None, 1.0, 150.5, 150.5))),
        "stability": draw(st.sampled_from(STABILITIES)),
        "stability_metrics": draw(
            st.none() | st.fixed_dictionaries(dict.fromkeys(METRICS, levels | st.sampled_from(no_scores)))
        ),
        "stability_snapshots": draw(st.none() | st.integers(0, 3)),
        "sample_size": draw(_mostly(60_000, SIZES) | st.integers(0, 1_000_000)),
        "leakage_status": draw(_mostly("SAFE", LEAKAGE)),
        "failed_model_families": draw(st.none() | st.lists(st.sampled_from(FAMILIES), max_size=3)),
        "model_status": draw(_mostly("OK", ["OK", "FAILED", "SKIPPED", "UNKNOWN", None])),
        "task_type": task_type,
        "metric_name": metric_name,
    }


@st.composite
def candidates(draw: st.DrawFn, semantics: str) -> list[Record]:
    """Candidates that the semantics take, in any order: strict ones distinct, others with whatever a file may hold."""
    loose = semantics == "reference"
    keys: list[tuple[str, str | None]] = []
    for target in draw(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3, unique=True)):
        sides = st.lists(st.sampled_from((None, *SYMBOLS)), min_size=1, max_size=6, unique=not loose)
        keys += [(target, symbol) for symbol in draw(sides)]
    rows = [draw(candidate(target, symbol, loose=loose)) for target, symbol in draw(st.permutations(keys))]
    return draw(_with_unread(rows)) if loose else rows


@st.composite
def _with_unread(draw: st.DrawFn, rows: list[Record]) -> list[Record]:
    """Rows of the reference, some of those that no rule reads with values that no rule could read."""
    seen: set[tuple[Any, ...]] = set()
    found = []
    for row in rows:
        pooled, own = (row["mode"] == mode for mode in ("CROSS_SECTIONAL", "SYMBOL_SPECIFIC"))
        side = (row["target"], row["mode"], None if pooled else row["symbol"])
        if (not pooled and not (own and row["symbol"] is not None)) or side in seen:
            row |= draw(st.fixed_dictionaries({}, optional=UNREADABLE))
        seen.add(side)
        found.append(row)
    return found


@st.composite
def plan_documents(draw: st.DrawFn) -> Record:
    """Documents of plans of reference semantics, with jobs of any kind, several of a pair among them."""
    families = st.lists(st.sampled_from(("lightgbm", "mlp", "lstm")), max_size=2)
    places = st.tuples(st.sampled_from(TARGETS[:3]), st.sampled_from(SYMBOLS[:3]) | st.none())
    jobs = []
    for number, (target, symbol) in enumerate(draw(st.lists(places, max_size=7))):
        kind = "cross_sectional" if symbol is None else draw(st.sampled_from(("symbol_specific", "blocked")))
        job_id = f"{draw(st.sampled_from('ZazÄ'))}{number}"
        job = {
            "job_id": job_id, "target": target, "symbol": symbol, "route": "ROUTE_BOTH", "training_type": kind,
            "model_families": draw(families), "priority": 1, "reason": "", "estimated_samples": None, "metadata": {},
        }  # fmt: skip
        jobs.append(job)
    metadata = {"total_jobs": len(jobs), "model_families": draw(families)}
    return {"metadata": metadata, "jobs": jobs, "summary": {}}
