"""Texts from outside: whether the store can record them and read them again."""

from __future__ import annotations


def is_recordable(value: str) -> bool:
    """Tell whether a text can be recorded: it holds no NUL and no lone surrogate."""
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
