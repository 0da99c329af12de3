"""Flip counts of pairs and targets as one text."""

from __future__ import annotations

from planstore.pages.answers import plural


def flip_counts(*, pairs: int, targets: int) -> str:
    """Return the flip counts as text: ``43 (42 pairs, 1 target)``."""
    return f"{pairs + targets:,} ({plural(pairs, 'pair')}, {plural(targets, 'target')})"
