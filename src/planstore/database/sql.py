"""Loader of the product's SQL: the only module that knows the folder."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_PACKAGED = Path(__file__).parents[1] / "_sql"
_CHECKOUT = Path(__file__).parents[3] / "sql"
_MAKES = re.compile(r"^-- makes: (.+)$", re.MULTILINE)
_GRAPH = re.compile(r"^-- (?:makes|appends to|changes|reads|example): .*\n", re.MULTILINE)


def root() -> Path:
    """Return the folder of the SQL: inside the wheel, or next to ``src`` in a checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


@cache
def load(name: str) -> str:
    """Return the text of a statement; ``name`` is its path without ``.sql``: ``"routing/pair_rules"``."""
    return (root() / f"{name}.sql").read_text(encoding="utf-8")


def without_graph(text: str) -> str:
    """Return a statement without the lines of its head that describe its dependencies and its example."""
    return _GRAPH.sub("", text)


def makes(name: str) -> str:
    """Return the object that a statement makes, as its head says: ``"view pair_rules"``; empty if it makes none."""
    stated = _MAKES.search(load(name))
    return stated[1] if stated else ""


@cache
def names(folder: str) -> tuple[str, ...]:
    """Return the sorted names of the statements directly inside ``folder``."""
    return tuple(f"{folder}/{path.stem}" for path in sorted((root() / folder).glob("*.sql")))
