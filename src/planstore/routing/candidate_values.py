"""The values of candidates, one by one: each conversion returns the value exactly, or says why it does not fit."""

from __future__ import annotations

import ast
import json
import math
from datetime import datetime
from decimal import Decimal
from numbers import Complex, Real
from typing import Any

from planstore.checks.arrow_columns import EXACT
from planstore.checks.times import utc
from planstore.routing.candidate_readers import read_json

LONGEST_NUMBER = 1000
"""The longest text of a number, in characters."""
LONGEST_TEXT = 100_000
"""The longest text of a list or mapping, in characters."""


def _decoded(value: Any) -> Any:
    """Return bytes as the text that they are, and any other value as it is; refuse half characters."""
    try:
        if isinstance(value, str):
            value.encode()
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeError as error:
        raise ValueError("it is no UTF-8 text") from error


def to_text(value: Any) -> str | None:
    """Return a text, or the digits of a whole number."""
    value = _decoded(value)
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isnan(value):
        return None  # because a frame has no other way to leave a number out
    number = _whole(value)
    if number is None:
        raise TypeError("a text is needed")
    if isinstance(value, float) and abs(number) >= EXACT:
        raise ValueError("write it as a text, because a number of this size is rounded")
    return str(number)


def to_number(value: Any) -> float:
    """Return a number, also one that is written as a text."""
    value = _numeric(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError as error:
            raise ValueError("it is no number") from error
    return float(value)


def _numeric(value: Any) -> Any:
    """Return a number or the text of a number.

    Raises:
        TypeError, ValueError: the value is neither.
    """
    if isinstance(value, bool):
        raise TypeError("a number is needed, not true or false")
    if isinstance(value, Complex) and not isinstance(value, Real) and value.imag == 0:
        return value.real
    value = _decoded(value)
    if not isinstance(value, Real | Decimal | str):
        raise TypeError("a number is needed")
    if isinstance(value, str) and len(value) > LONGEST_NUMBER:
        raise ValueError(f"a number has at most {LONGEST_NUMBER} characters")
    return value


def _whole(value: Any) -> int | None:
    """Return the whole number that a number is, exactly; None where it is none, or far out of every range."""
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    if isinstance(value, Decimal):
        if not value.is_finite() or value.adjusted() > 40:
            return None
    elif not math.isfinite(value):
        return None
    number = int(value)  # type: ignore[arg-type]  # because Real says less than all of its kinds can
    return number if value == number else None


def to_count(value: Any) -> int:
    """Return a whole number of 64 bits, also one that is written as a text."""
    value = _numeric(value)
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError as error:
            raise ValueError("it is no number") from error
    number = _whole(value)
    if number is None:
        raise ValueError("a whole number is needed")
    if not -(2**63) <= number < 2**63:
        raise ValueError("the number is too large")
    if isinstance(value, float) and abs(number) >= EXACT:
        raise ValueError("write it as a whole number, because a float of this size is rounded")
    return number


def parsed(value: Any) -> Any:
    """Parse a text: JSON or, in older files, a Python literal."""
    value = _decoded(value)
    if not isinstance(value, str):
        return value
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"a list or mapping has at most {LONGEST_TEXT:,} characters")
    try:
        return read_json(value)
    except json.JSONDecodeError:
        pass
    try:
        tree = ast.parse(value.strip(), mode="eval")
        found = ast.literal_eval(tree)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise ValueError("it is neither JSON nor what Python prints of a list or mapping") from error
    for node in ast.walk(tree):
        keys = [key.value for key in getattr(node, "keys", ()) if isinstance(key, ast.Constant)]
        if len(set(keys)) < len(keys):
            raise ValueError("a key is given twice")
    return found


def to_texts(value: Any) -> list[str] | None:
    """Return a list of texts, also one that is written as a text."""
    items = parsed(value)
    if items is None:
        return None
    items = items.tolist() if hasattr(items, "tolist") else items
    if not isinstance(items, list | tuple) or not all(isinstance(item, str | bytes) for item in items):
        raise TypeError("a list of texts is needed")
    return [to_text(item) or "" for item in items]


def to_moment(value: Any) -> datetime:
    """Return a time in UTC."""
    try:
        return utc(_decoded(value))
    except ValueError as error:
        raise ValueError(f"it {error}") from error
