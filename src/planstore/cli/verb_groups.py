"""The verbs in groups, with examples, for their help."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "Make plans": ("init", "evidence", "candidates", "route", "plan", "export", "override", "policy"),
    "Train": ("train", "status", "jobs", "models", "predict", "outcomes"),
    "Ask": (
        "why",
        "why-train",
        "history",
        "diff",
        "whatif",
        "calibrate",
        "backtest",
        "report",
        "ui",
        "sql",
        "log",
        "tail",
    ),
    "Prove": ("verify", "anchor", "key"),
    "Operate": ("doctor", "compact", "backup", "restore", "copy", "rebuild", "migrate", "du", "panel"),
    "Learn": ("demo",),
}
"""Names of the verbs by heading, in the order of the help."""

VERBS = tuple(name for group in GROUPS.values() for name in group)
"""Names of all verbs, in the order of the help."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "init": ("planstore init --policy policy.yaml",),
    "evidence": ("planstore evidence panel --out candidates.parquet",),
    "route": (
        "planstore route candidates.parquet --policy policy.yaml",
        "planstore route candidates.parquet --policy policy.yaml --dry-run",
    ),
    "plan": ("planstore plan", "planstore plan night-7 --json"),
    "export": ("planstore export --format json --format markdown",),
    "train": ("planstore train panel", "planstore train panel --target y_up_1d --dry-run"),
    "status": ("planstore status",),
    "jobs": ("planstore jobs --status failed", "planstore jobs --watch"),
    "predict": ("planstore predict panel --out predictions.parquet",),
    "why": ("planstore why y_up_1d AAPL", "planstore why y_up_1d AAPL --run night-7"),
    "why-train": ("planstore why-train cs_y_up_1d",),
    "history": ("planstore history y_up_1d AAPL",),
    "diff": ("planstore diff night-6 night-7",),
    "whatif": ("planstore whatif stricter.yaml --run night-1..night-7",),
    "calibrate": ("planstore calibrate", "planstore calibrate --target y_up_1d --plot calibration.svg"),
    "backtest": (
        "planstore backtest stricter.yaml --cost-per-job 0.05",
        "planstore backtest stricter.yaml --plot values.svg",
    ),
    "report": ("planstore report --out report.html",),
    "ui": ("planstore ui", "planstore ui --results demo --port 8700 --no-open"),
    "sql": (
        'planstore sql "from history order by commit_id desc limit 20"',
        "planstore sql --file queries.sql --out rows.parquet",
    ),
    "log": ("planstore log --limit 10", "planstore log --kind run --since 2026-01-01"),
    "tail": ("planstore tail --follow", "planstore tail --cursor alerts --json"),
    "verify": ("planstore verify",),
    "anchor": ("planstore anchor --sign key.pem",),
    "key": ("planstore key key.pem",),
    "doctor": ("planstore doctor",),
    "du": ("planstore du",),
    "panel": ("planstore panel list", "planstore panel clean"),
    "compact": ("planstore compact --grace-hours 48",),
    "backup": ("planstore backup /backup/planstore",),
    "restore": ("planstore restore /backup/planstore --results restored",),
    "copy": ("planstore copy results /archive/results",),
    "rebuild": ("planstore rebuild",),
    "migrate": ("planstore migrate",),
    "demo": ("planstore demo", "planstore demo --history"),
}
"""Calls of each verb that its help shows; a group of verbs has those of its verbs."""
