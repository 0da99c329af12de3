"""Representation of values in messages: short, on one line, and safe at any size and depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from reprlib import Repr
from typing import Any

MAX_CHARACTERS = 80
"""Maximum characters of a value in a message."""
MAX_NAMES = 5
"""Maximum number of names in a message, where nothing else is said."""


def quoted(value: Any) -> str:
    """Return the ``repr`` of ``value``, shortened to 80 characters."""
    text = _SHORT.repr(value)
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 3]}..."


def shown_names(names: Sequence[str], limit: int = MAX_NAMES) -> str:
    """Return the first names, and the number of the others."""
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


class _Short(Repr):
    """Abbreviates texts and collections, and shows other objects by their type."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxother = 4, 200

    def repr_str(self, value: str, level: int) -> str:
        return repr(value[: MAX_CHARACTERS + 1])

    def repr_bytes(self, value: bytes, level: int) -> str:
        return repr(value[: MAX_CHARACTERS + 1])

    def repr_int(self, value: int, level: int) -> str:
        if value.bit_length() < 300:
            return repr(value)
        return f"a whole number of about {math.floor(value.bit_length() * math.log10(2)) + 1} digits"

    def repr_instance(self, value: Any, level: int) -> str:
        text = super().repr_instance(value, level)
        return f"a value of type {type(value).__name__}" if " at 0x" in text or not text.isprintable() else text


_SHORT = _Short()
