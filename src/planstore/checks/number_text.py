"""Numbers as text for people: six significant digits, and equal decimals within a column."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

DIGITS = 6
"""Significant digits of a floating-point number."""
_LARGE = 1e15
"""Magnitude from which numbers have an exponent."""


def number_text(value: float) -> str:
    """Return a floating-point number with six significant digits, and with all digits before its decimal point."""
    return f"{value:.0f}" if 10**DIGITS <= abs(value) < _LARGE else f"{value:.{DIGITS}g}"


def chance(probability: float | None) -> str | None:
    """Return a probability with three decimals, or ``<0.001``; None for None."""
    return None if probability is None else "<0.001" if probability < 0.0005 else f"{probability:.3f}"


def column_texts(values: Sequence[Any]) -> list[str | None]:
    """Return the text of each floating-point number of a column, with equal decimals; None for any other value.

    The largest number has six significant digits. Where the smallest would then have fewer than two, each number has
    decimals of its own.
    """
    decimals = _decimals([value for value in values if _is_fraction(value)])
    return [_text(value, decimals) if isinstance(value, float) else None for value in values]


def is_number(value: Any) -> bool:
    """Return whether a value is a number, and not a truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_fraction(value: Any) -> bool:
    return isinstance(value, float) and isfinite(value)


def _text(value: float, decimals: int | None) -> str:
    return number_text(value) if decimals is None or not isfinite(value) else f"{value:.{decimals}f}"


def _decimals(numbers: Sequence[float]) -> int | None:
    """Return the number of decimals of a column; None where its numbers differ too much in size."""
    sizes = [abs(number) for number in numbers if number]
    if not sizes:
        return 0 if numbers else None
    if max(sizes) >= _LARGE:
        return None
    room = max(DIGITS - 1 - Decimal(max(sizes)).adjusted(), 0)
    wanted = [max(0, -int(Decimal(f"{size:.{DIGITS}g}").normalize().as_tuple().exponent)) for size in sizes]
    decimals = min(room, max(wanted))
    is_lost = Decimal(min(sizes)).adjusted() < 1 - decimals and decimals < max(wanted)
    return None if is_lost else decimals


def aligned_numbers(values: Sequence[Any]) -> list[Any]:
    """Return values with each number as text, all of one width; other values stay as they are."""
    texts = [
        (text or str(value)) if is_number(value) else None
        for value, text in zip(values, column_texts(values), strict=True)
    ]
    width = max((len(text) for text in texts if text is not None), default=0)
    return [value if text is None else text.rjust(width) for value, text in zip(values, texts, strict=True)]
