"""Values as text for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from planstore.checks.number_text import number_text


def value_text(
    value: Any,
    *,
    time: str = "%Y-%m-%d %H:%M:%S",
    none: str = "",
    text: Callable[[Any], str] = str,
) -> str:
    """Return a value as text, the items of mappings and lists one after the other.

    Args:
        value: the value.
        time: format of times.
        none: the text of None and of an empty list.
        text: returns the text of any other value, and of the names in mappings.
    """

    def inner(item: Any) -> str:
        return value_text(item, time=time, none=none, text=text)

    if value is None:
        return none
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        return value.strftime(time)
    if isinstance(value, Mapping):
        return ", ".join(f"{text(name)} {inner(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(inner, value)) or none
    return text(value)
