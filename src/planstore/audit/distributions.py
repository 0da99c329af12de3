"""Distributions: the scores of a run against the thresholds they were held against, as charts that stand in a page."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from planstore.errors import RequestError
from planstore.events.vocabulary import SignalState

Record = dict[str, Any]

STATES: Mapping[str, tuple[str, str]] = {
    SignalState.STRONG: ("#00694d", ""),
    SignalState.WEAK_BUT_OK: ("#56b4a0", "///"),
    SignalState.EXPERIMENTAL: ("#d78fb5", "..."),
    SignalState.DISALLOWED: ("#d5dae1", ""),
}
"""The colour and the hatching of each signal state, best first."""
LINES = {"strong": "-", "min": "--", "experimental": ":"}
"""How the threshold of each level is drawn."""
_BINS = 36
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a94a3",
    "axes.labelcolor": "#3b4552",
    "xtick.color": "#3b4552",
    "ytick.color": "#3b4552",
    "hatch.linewidth": 0.6,
    "hatch.color": "#ffffff",
}
_UNUSED_ID = re.compile(r' id="(?:figure|axes|patch|text|line2d|legend|matplotlib\.axis|xtick|ytick)_\d+"')


def needed() -> None:
    """Raise RequestError where the library that draws is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise RequestError("a report draws its charts with matplotlib: pip install 'planstore[report]'") from error


def is_drawn(score: float | None) -> bool:
    """Tell whether a score has a place in a chart: one that is missing or infinite has none."""
    return score is not None and math.isfinite(score)


def score_chart(name: str, scores: Mapping[str, Sequence[float | None]], thresholds: Sequence[Record]) -> str | None:
    """Return a histogram of scores by signal state with the thresholds as lines: an ``svg`` element.

    Args:
        name: a name that no other chart of the page has.
        scores: by signal state.
        thresholds: ``level``, ``threshold`` and the horizon ``tiers`` that share it.

    Returns:
        None where there is nothing to draw.
    """
    drawn = {
        state: [score for score in scores[state] if score is not None and is_drawn(score)]
        for state in STATES
        if state in scores
    }
    drawn = {state: values for state, values in drawn.items() if values}
    if not drawn:
        return None
    return _drawn(name, drawn, thresholds)


def _drawn(name: str, scores: Mapping[str, Sequence[float]], thresholds: Sequence[Record]) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(6.2, 3.1), layout="constrained")
        axes = figure.add_subplot()
        low, high = _range([value for values in scores.values() for value in values], thresholds)
        axes.hist(
            [[min(max(value, low), high) for value in values] for values in scores.values()],
            bins=_BINS, range=(low, high), stacked=True, edgecolor="white", linewidth=0.5,
            color=[STATES[state][0] for state in scores], hatch=[STATES[state][1] for state in scores],
        )  # fmt: skip
        top = axes.get_ylim()[1]
        axes.set_ylim(0, top * 1.28)
        for place, threshold in enumerate(sorted(thresholds, key=lambda row: row["threshold"])):
            _draw_threshold(axes, threshold, top * (1.2 - 0.08 * (place % 3)), alone=len(thresholds) <= len(LINES))
        axes.set_xlim(low, high)
        axes.set_xlabel("score")
        axes.set_ylabel("candidates")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        picture = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(picture, format="svg", transparent=True, metadata=nothing)
    return _element(picture.getvalue())


def _draw_threshold(axes: Any, threshold: Record, height: float, *, alone: bool) -> None:
    axes.axvline(threshold["threshold"], color="#1c2430", linewidth=1.2, linestyle=LINES[threshold["level"]])
    tiers = "" if alone else f", {'/'.join(threshold['tiers'])}"
    axes.annotate(
        f"{threshold['level']} {threshold['threshold']:g}{tiers}", (threshold["threshold"], height),
        xytext=(3, 0), textcoords="offset points", fontsize=8.5, color="#1c2430",
    )  # fmt: skip


def _range(values: Sequence[float], thresholds: Sequence[Record]) -> tuple[float, float]:
    """Return the scores to draw from and to: nearly all of them and every threshold; the rest is drawn at the ends."""
    ordered = sorted(values)
    cut = len(ordered) // 200
    marks = [row["threshold"] for row in thresholds]
    low, high = min([ordered[cut], *marks]), max([ordered[-1 - cut], *marks])
    margin = (high - low) * 0.04 or max(abs(high) * 0.04, 0.01)
    return low - margin, high + margin


def _element(document: str) -> str:
    """Return the ``svg`` element of an SVG document, to stand in a page with others."""
    element = document[document.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', ' role="img" aria-hidden="true"', element, count=1)
    return _UNUSED_ID.sub("", element)
