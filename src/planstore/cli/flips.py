"""Flips, counted: of pairs and of targets, in the same words everywhere."""

from __future__ import annotations


def flips_told(*, pairs: int, targets: int) -> str:
    """Return how many flips there are, and of what: ``43 (42 pairs, 1 target)``."""
    return f"{pairs + targets:,} ({_counted(pairs, 'pair')}, {_counted(targets, 'target')})"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
