"""Features without a value on some symbols, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def lacking_notes(lacking: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for the features that the same symbols lack; ``lacking`` has the symbols by feature."""
    by_symbols: dict[tuple[str, ...], list[str]] = {}
    for name, symbols in lacking.items():
        if symbols:
            by_symbols.setdefault(tuple(symbols), []).append(name)
    return [
        f"no value of {shown_names(names)} on {shown_names(symbols)}: missing there, as a null is"
        for symbols, names in by_symbols.items()
    ]


def shown_names(names: Sequence[str], limit: int = 10) -> str:
    """Return the first names, and the number of the others."""
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")
