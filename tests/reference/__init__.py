"""Writes the generated parts of the documentation, from the program itself: ``make docs``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from reference import (
    candidate_columns,
    command_line,
    json_output,
    policy_keys,
    python_names,
    sql_objects,
    vocabularies,
)

DOCS = Path(__file__).parents[2] / "docs"
PARTS: Mapping[str, Callable[[], str]] = {
    "candidates": candidate_columns.text,
    "command-line": command_line.text,
    "json": json_output.text,
    "policy": policy_keys.text,
    "python": python_names.text,
    "sql": sql_objects.text,
    "words": vocabularies.text,
}
"""What stands between the marks of each name, and makes it."""

SCHEMA = DOCS / "reference" / "policy.schema.json"
MARKS = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end of generated -->\n)", re.DOTALL)


def completed(page: str) -> str:
    """Return a page with its generated parts as they are now.

    Raises:
        KeyError: a mark names a part that nothing generates.
    """
    return MARKS.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]().strip()}\n\n{found[3]}", page)


def names(pages: Iterable[str]) -> Iterator[str]:
    """Yield the names of the generated parts of pages."""
    for page in pages:
        yield from (found[2] for found in MARKS.finditer(page))


def files() -> dict[Path, str]:
    """Return the text that each file with generated parts must have."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
    return {SCHEMA: policy_keys.schema_text()} | {
        path: completed(page) for path, page in pages.items() if MARKS.search(page)
    }
