"""Features without a value on some symbols, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planstore.checks.quoting import shown_names

SHOWN = 10
"""Maximum number of names in a note on a panel."""


def lacking_notes(lacking: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for the features that the same symbols lack; ``lacking`` has the symbols by feature."""
    by_symbols: dict[tuple[str, ...], list[str]] = {}
    for name, symbols in lacking.items():
        if symbols:
            by_symbols.setdefault(tuple(symbols), []).append(name)
    return [
        f"no value of {shown_names(names, SHOWN)} on {shown_names(symbols, SHOWN)}: missing there, as a null is"
        for symbols, names in by_symbols.items()
    ]
