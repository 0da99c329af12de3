"""Flip counts of pairs and targets as one text."""

from __future__ import annotations


def flip_counts(*, pairs: int, targets: int) -> str:
    """Return the flip counts as text: ``43 (42 pairs, 1 target)``."""
    return f"{pairs + targets:,} ({_counted(pairs, 'pair')}, {_counted(targets, 'target')})"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
