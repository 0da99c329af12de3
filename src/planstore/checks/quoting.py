"""Values in messages: short, on one line, and safe to show however large or deep they are."""

from __future__ import annotations

import math
from reprlib import Repr
from typing import Any

MOST = 80
"""Characters of a value that a message shows."""


def quoted(value: Any) -> str:
    """Return ``value`` as Python writes it, at most 80 characters long."""
    text = _SHORT.repr(value)
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."


class _Short(Repr):
    """Writes the beginning of texts, a few items of collections, and of any other object its type alone."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxother = 4, 200

    def repr_str(self, value: str, level: int) -> str:
        return repr(value[: MOST + 1])

    def repr_bytes(self, value: bytes, level: int) -> str:
        return repr(value[: MOST + 1])

    def repr_int(self, value: int, level: int) -> str:
        if value.bit_length() < 300:
            return repr(value)
        return f"a whole number of about {math.floor(value.bit_length() * math.log10(2)) + 1} digits"

    def repr_instance(self, value: Any, level: int) -> str:
        text = super().repr_instance(value, level)
        return f"a value of type {type(value).__name__}" if " at 0x" in text or not text.isprintable() else text


_SHORT = _Short()
