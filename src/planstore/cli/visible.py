"""Text from outside made safe to show: nothing in it can act on a terminal."""

from __future__ import annotations


def visible(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with every character that does not show, such as ESC, written out.

    Args:
        text: any text.
        lines: leave line ends as they are, because ``text`` is prose of ours and not one value.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or (lines and sign == "\n") else repr(sign)[1:-1] for sign in text)
