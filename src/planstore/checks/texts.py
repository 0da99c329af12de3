"""Checks of external text: whether the store can record it and read it back."""

from __future__ import annotations


def is_recordable(value: str) -> bool:
    """Return whether a text can be recorded: it contains no NUL and no lone surrogate."""
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
