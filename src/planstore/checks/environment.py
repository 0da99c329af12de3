"""Whole numbers in environment variables."""

from __future__ import annotations

import os

from planstore.checks.quoting import quoted
from planstore.errors import RequestError


def environment_number(variable: str, rule: str, *, least: int = 0, most: int | None = None) -> int | None:
    """Return the number in an environment variable; None if it is not set, or empty.

    Args:
        variable: name of the variable.
        rule: what its value must be, in the message.
        least: least number.
        most: greatest number; None means any.

    Raises:
        RequestError: the value is no such number.
    """
    text = os.environ.get(variable)
    if not text:
        return None
    if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
        raise RequestError(f"{variable} must be {rule}, got {quoted(text)}: correct or unset it")
    return int(text)
