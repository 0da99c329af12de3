"""Printable form of external text, without control characters."""

from __future__ import annotations


def printable(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with every unprintable character, such as ESC, replaced by its escape.

    Args:
        text: any text.
        lines: keep line breaks, because ``text`` is planstore's own prose.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or (lines and char == "\n") else repr(char)[1:-1] for char in text)
