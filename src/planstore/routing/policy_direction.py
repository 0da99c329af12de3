"""The direction of a changed policy key: whether less evidence, or more, is good enough than before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from planstore.events.vocabulary import SIDES, Semantics, Stability
from planstore.routing.policy import STRICT_KEYS


class Direction(StrEnum):
    """The direction of a change, of one key or of a whole policy.

    ``LOOSER`` admits all that was admitted: no side of any evidence gets a worse signal state, nor the lane less room,
    nor a plan a smaller budget. ``INCOMPARABLE`` may be better for some evidence and worse for other. ``NONE`` changes
    neither routes nor plans.
    """

    LOOSER = "looser"
    STRICTER = "stricter"
    INCOMPARABLE = "incomparable"
    NONE = "no effect"


Document: TypeAlias = Mapping[str, Any]
_Judge: TypeAlias = Callable[[Any, Any], Direction]

BEST_FIRST = (Stability.STABLE, Stability.DRIFTING, Stability.UNKNOWN, Stability.DIVERGED)
"""Stabilities in the order in which lists that are to be comparable must allow them."""


def _more(*, is_looser: bool) -> _Judge:
    def judge(before: Any, after: Any) -> Direction:
        return Direction.LOOSER if (after > before) == is_looser else Direction.STRICTER

    return judge


def _margin(before: Any, after: Any) -> Direction:
    """Judge a number of which null asks for nothing."""
    if before is None or after is None:
        return Direction.STRICTER if before is None else Direction.LOOSER
    return _more(is_looser=False)(before, after)


def _limit(before: Any, after: Any) -> Direction:
    """Judge a limit of which null allows everything."""
    return _margin(after, before) if before is not None and after is not None else _margin(before, after)


_NULL_IS_LOOSEST = (_margin, _limit)


def _method(before: Any, after: Any) -> Direction:
    """Judge the method of q-values, of which Yekutieli's are never lower."""
    return Direction.LOOSER if after == "bh" else Direction.STRICTER


def _wider_is_looser(before: Sequence[str], after: Sequence[str]) -> Direction:
    old, new = set(before), set(after)
    if old == new:
        return Direction.NONE
    if old < new:
        return Direction.LOOSER
    return Direction.STRICTER if new < old else Direction.INCOMPARABLE


def _no_effect(before: Any, after: Any) -> Direction:
    return Direction.NONE


_JUDGES: Mapping[str, _Judge] = {
    "dev_mode": _more(is_looser=True),
    "dev_mode_min_sample_size": _more(is_looser=False),
    "min_sample_size.*": _more(is_looser=False),
    "block_on_leakage": _more(is_looser=False),
    "min_margin_over_null*": _margin,
    "min_effective_samples*": _margin,
    "max_false_discovery_rate": _limit,
    "false_discovery_method": _method,
    "*.min_score*": _more(is_looser=False),
    "*.strong_score*": _more(is_looser=False),
    "stability_allowlist.*": _wider_is_looser,
    "enable_experimental_lane": _more(is_looser=True),
    "experimental.allowed_stabilities": _wider_is_looser,
    "experimental.max_fraction_symbols_per_target": _more(is_looser=True),
    "require_safe_features_only": _more(is_looser=False),
    "allowed_feature_leakage_status": _wider_is_looser,
    "require_min_successful_families": _more(is_looser=False),
    "stability_classification.*_min": _more(is_looser=False),
    "stability_classification.max_std_*": _more(is_looser=True),
    "budget.*": _limit,
    "log_decision_reasons": _no_effect,
    "dump_plan_as": _no_effect,
}
"""How a change of a key is judged, by a pattern of keys; a key without a judge is incomparable."""

_SWITCHES = {
    "dev_mode_min_sample_size": "dev_mode",
    "experimental.*": "enable_experimental_lane",
    "allowed_feature_leakage_status": "require_safe_features_only",
    "false_discovery_method": "max_false_discovery_rate",
    "count_trials": "max_false_discovery_rate",
}
"""The key without which others have no effect, by a pattern of those."""

_STRICT_ONLY = (
    "min_margin_over_null*",
    *(f"{key}*" for key in STRICT_KEYS),
    "require_*",
    "allowed_feature_leakage_status",
    "experimental.max_fraction_symbols_per_target",
    "stability_classification.min_snapshots_for_stability",
)
"""Patterns of keys that reference semantics do not read."""


def direction(key: str, before: Any, after: Any, documents: tuple[Document, Document]) -> Direction:
    """Return the direction of the change of one key from ``before`` to ``after``.

    Args:
        key: the key, such as ``symbol.min_score.classification``.
        before: its value in the first document.
        after: its value in the second.
        documents: both documents, because some keys matter only together with others.
    """
    if all(_is_inert(key, document) for document in documents):
        return Direction.NONE
    judge = next((judge for pattern, judge in _JUDGES.items() if fnmatchcase(key, pattern)), None)
    has_gap = None in (before, after) and judge not in _NULL_IS_LOOSEST
    if judge is None or has_gap or (key.startswith("stability_classification.") and not _are_ordered(documents)):
        return Direction.INCOMPARABLE
    return judge(before, after)


def overall(directions: Sequence[Direction]) -> Direction:
    """Return the direction of changes together."""
    found = {one for one in directions if one is not Direction.NONE}
    if not found:
        return Direction.NONE
    return found.pop() if len(found) == 1 else Direction.INCOMPARABLE


def _is_inert(key: str, document: Document) -> bool:
    """Return whether a key changes no route under the other keys of a document."""
    is_reference = document["semantics"] == Semantics.REFERENCE
    if is_reference and any(fnmatchcase(key, pattern) for pattern in _STRICT_ONLY):
        return True
    return any(fnmatchcase(key, pattern) and not document[switch] for pattern, switch in _SWITCHES.items())


def _are_ordered(documents: tuple[Document, Document]) -> bool:
    """Return whether each list of stabilities allows all that are better than one that it allows.

    Otherwise a side may pass because its stability got worse.
    """
    for document in documents:
        lists = [document["stability_allowlist"][side] or [] for side in SIDES]
        if document["dev_mode"]:
            lists.append([*lists[0], Stability.UNKNOWN])
        if document["enable_experimental_lane"]:
            lists.append(document["experimental"]["allowed_stabilities"])
        if any(set(one) != set(BEST_FIRST[: len(set(one))]) for one in lists):
            return False
    return True
