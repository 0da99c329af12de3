"""The routing plan and the training plan as Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from planstore.events.vocabulary import SignalState, TrainingType

_ONE_LINE = str.maketrans(dict.fromkeys("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))
_ESCAPED = _ONE_LINE | str.maketrans({sign: f"\\{sign}" for sign in "\\`*[]|~"})
_ESCAPED |= str.maketrans({"<": "&lt;", ">": "&gt;"})
_ENTITY = re.compile(r"&(?=#?\w+;)")
_OPENING = re.compile(r"(?<![^\W_])(?<!_)_+")
"""Underscores that follow no letter or digit, and so could start emphasis."""
_LINK = re.compile(r"@|://|\.(?<=www\.)", re.IGNORECASE)
"""Characters of addresses that Markdown turns into links."""
_BLOCK = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-+](?:[\s-]|$)|#{1,6}(?:\s|$)))|(?<=\s)(?=#+\s*$)")
"""The start of a list, rule or heading, and the end of a heading."""

_ROUTING_HEAD = (
    "| Symbol | Route | CS State | Local State | Reasons |",
    "|--------|-------|----------|-------------|----------|",
)
_JOB_HEAD = (
    "| Symbol | Route | Priority | Families | Reason |",
    "|--------|-------|----------|----------|--------|",
)


def routing_plan_markdown(metadata: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]]) -> str:
    """Return ``routing_plan.md`` for ordered decisions."""
    return "\n".join(_routing_plan(metadata, decisions)) + "\n"


def training_plan_markdown(plan: Mapping[str, Any]) -> str:
    """Return ``training_plan.md`` for a plan in the form of ``master_training_plan.json``."""
    return "\n".join(_training_plan(plan)) + "\n"


def text(value: object) -> str:
    """Escape a value for any position in a line: no Markdown, HTML, link or line break remains."""
    return _OPENING.sub(lambda match: r"\_" * len(match[0]), families(str(value)))


def families(names: str) -> str:
    """Escape names of families as :func:`text` does, except underscores, which the recorded reference leaves as is."""
    escaped = _ENTITY.sub("&amp;", names).translate(_ESCAPED)
    return _BLOCK.sub(r"\1\\", _LINK.sub(r"\\\g<0>", escaped))


def code(value: object) -> str:
    """Return a value as inline code, between more backticks than its longest run of backticks."""
    shown = str(value).translate(_ONE_LINE)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    return f"{'`' * (longest + 1)} {shown} {'`' * (longest + 1)}" if longest else f"`{shown}`"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _routing_plan(metadata: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    targets = [(target, list(rows)) for target, rows in groupby(decisions, key=lambda row: row["target"])]
    pairs = [row for row in decisions if row["symbol"] is not None]
    yield from ("# Training Routing Plan", "")
    yield f"**Generated:** {metadata['generated_at']}"
    yield f"**Git Commit:** {text(metadata['git_commit'])}"
    yield f"**Config Hash:** {text(metadata['config_hash'])}"
    yield from ("", "## Overall Summary", "")
    yield f"- **Total Targets:** {len(targets)}"
    yield f"- **Total Symbol Decisions:** {len(pairs)}"
    yield from ("", "**Route Distribution:**")
    yield from (f"- {route}: {count} symbols" for route, count in Counter(row["route"] for row in pairs).most_common())
    yield from ("", "---", "", "## Summary by Target", "")
    for target, (side, *symbols) in targets:
        yield from (f"### {text(target)}", "")
        yield f"**Cross-Sectional:** {side['route']} ({text(side['cs_stability'] or SignalState.DISALLOWED)})"
        yield f"- {text(side['reasons'][0])}"
        yield ""
        if symbols:
            yield from ("**Symbol Routing:**", "", *_ROUTING_HEAD)
            for row in symbols:
                reasons = "; ".join(row["reasons"])[:100]
                cells = (row["symbol"], row["route"], row["cs_state"], row["local_state"], reasons)
                yield _row([text(value) for value in cells])
            yield from ("", "**Route Distribution:**")
            counts = Counter(row["route"] for row in symbols)
            yield from (f"- {route}: {counts[route]} symbols" for route in sorted(counts))
            yield ""
        yield ""


def _training_plan(plan: Mapping[str, Any]) -> Iterator[str]:
    metadata, summary, jobs = plan["metadata"], plan["summary"], plan["jobs"]
    yield from ("# Training Plan", "")
    yield f"**Generated:** {metadata['generated_at']}"
    yield f"**Total Jobs:** {metadata['total_jobs']}"
    yield f"**Model Families:** {families(', '.join(metadata['model_families']))}"
    yield from ("", "## Summary", "")
    yield f"- **Cross-Sectional Jobs:** {summary['total_cs_jobs']}"
    yield f"- **Symbol-Specific Jobs:** {summary['total_symbol_jobs']}"
    yield f"- **Blocked:** {summary['total_blocked']}"
    yield ""
    if jobs:
        yield from ("### By Route", "")
        yield from (f"- {route}: {count}" for route, count in sorted(summary["by_route"].items()))
        yield from ("", "### By Priority", "")
        by_priority = sorted(summary["by_priority"].items(), key=lambda item: -int(item[0]))
        yield from (f"- Priority {priority}: {count} jobs" for priority, count in by_priority)
        yield ""
    yield from ("---", "", "## Training Jobs", "")
    by_target: dict[str, list[Mapping[str, Any]]] = {}
    for job in jobs:
        by_target.setdefault(job["target"], []).append(job)
    for target in sorted(by_target):
        yield from (f"### {text(target)}", "")
        yield from _jobs_of_target(by_target[target])
        yield ""


def _jobs_of_target(jobs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    cross_sectional = [job for job in jobs if job["training_type"] == TrainingType.CROSS_SECTIONAL]
    symbols = [job for job in jobs if job["training_type"] == TrainingType.SYMBOL_SPECIFIC]
    for job in cross_sectional[:1]:
        yield "**Cross-Sectional:** ✅ Enabled"
        yield f"- Job ID: {code(job['job_id'])}"
        yield f"- Families: {families(', '.join(job['model_families']))}"
        yield f"- Priority: {job['priority']}"
        yield f"- Reason: {text(job['reason'])}"
        yield ""
    if symbols:
        yield from ("**Symbol-Specific Jobs:**", "", *_JOB_HEAD)
        for job in symbols:
            reason = job["reason"] if len(job["reason"]) <= 80 else f"{job['reason'][:80]}..."
            cells = (text(job["symbol"]), text(job["route"]), text(job["priority"]), _families(job["model_families"]))
            yield _row((*cells, text(reason)))
        yield ""


def _families(names: Sequence[str]) -> str:
    more = f" (+{len(names) - 3} more)" if len(names) > 3 else ""
    return families(", ".join(names[:3])) + more
