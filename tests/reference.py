"""Writes the README's references: views and macros from their SQL, candidates from their columns: ``make docs``."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import planstore
from planstore.api.store import Store
from planstore.database.sql_docs import Meaning, meaning_of
from planstore.events.candidate_columns import COLUMNS

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- from the comments in sql/; `make docs` writes it -->\n"
COLUMNS_BEGIN = "<!-- from the definition of the columns; `make docs` writes it -->\n"
END = "<!-- end of what `make docs` writes -->\n"


def objects(store: Store) -> list[str]:
    """Return the names of everything that a query can name: views first, then macros."""
    found = {(kind != "view", word) for kind, word, *_ in store.words() if kind in ("view", "macro", "table macro")}
    return [word for _, word in sorted(found)]


def columns(store: Store, name: str) -> dict[str, str]:
    """Return the columns of a view, or of the rows that a macro gives, with their types."""
    meaning = meaning_of(name)
    call = name
    if meaning.signature is not None:
        needed = [argument for argument in _arguments(meaning) if ":=" not in argument]
        call = f"{name}({', '.join('NULL' for _ in needed)})"
    relation = store.sql(f"from {call}")
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def argument_names(name: str) -> list[str]:
    """Return the names of a macro's arguments; a view has none."""
    return [argument.partition(" ")[0] for argument in _arguments(meaning_of(name))]


def problems(store: Store) -> list[str]:
    """Return what the comments beside the SQL lack, or have too much."""
    found = []
    for name in objects(store):
        meaning = meaning_of(name)
        shown = set(columns(store, name) if meaning.is_table else ()) | set(argument_names(name))
        told = set(meaning.columns())
        if not meaning.summary:
            found.append(f"{name}: the first line of its file does not say what it is")
        found += [f"{name}: its file lacks `-- {column}: meaning`" for column in sorted(shown - told)]
        found += [f"{name}: its file tells of {column}, which it does not have" for column in sorted(told - shown)]
    return found


def reference(store: Store) -> str:
    """Return the reference as two Markdown tables, views and macros, a row each, so that the README stays short."""
    rows = {name: _row(store, name, meaning_of(name)) for name in objects(store)}
    views = [row for name, row in rows.items() if meaning_of(name).signature is None]
    macros = [row for name, row in rows.items() if meaning_of(name).signature is not None]
    return "\n".join(
        (
            "| view | its columns |",
            "|---|---|",
            *views,
            "",
            "| macro | its arguments and columns |",
            "|---|---|",
            *macros,
        )
    )


def candidates() -> str:
    """Return the columns of candidates as a Markdown table."""
    return "\n".join(
        (
            "| column | needed | read by the rules | meaning |",
            "|---|---|---|---|",
            *(
                f"| `{column.name}` | {'yes' if column.is_needed else ''} | {'yes' if column.is_read else ''} "
                f"| {column.meaning} |"
                for column in COLUMNS
            ),
        )
    )


def placed(readme: str, text: str, begin: str = BEGIN) -> str:
    """Return ``readme`` with ``text`` between its marks."""
    before, _, rest = readme.partition(begin)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the README has lost its marks: {begin!r} and {END!r}")
    return f"{before}{begin}\n{text}\n{END}{after}"


def _arguments(meaning: Meaning) -> list[str]:
    inner = re.search(r"\((.*)\)", meaning.signature or "()", re.DOTALL)
    return [argument.strip() for argument in (inner[1] if inner else "").split(",") if argument.strip()]


def _row(store: Store, name: str, meaning: Meaning) -> str:
    types = columns(store, name) if meaning.is_table else {}
    summary = f"`{meaning.signature or name}`<br>{meaning.summary}"
    if not meaning.is_table:
        summary += " It gives one value."
    arguments = argument_names(name)
    lines = [f"with `{argument}`: {meaning.named[argument]}" for argument in arguments]
    tables = [other for other in meaning.same_as if other.startswith("lake.")]
    lines += [f"all columns of `{other}`" for other in meaning.same_as if other not in tables]
    meanings = meaning.columns()
    own = [column for column in types if tables or column in meaning.named]
    lines += [f"`{column}` {types[column]}: {meanings[column]}" for column in own]
    return f"| {summary} | {'<br>'.join(lines)} |"


def main() -> None:
    """Put the reference between its marks in the README."""
    with tempfile.TemporaryDirectory() as folder, planstore.open(folder) as store:
        if found := problems(store):
            sys.exit("\n".join(found))
        readme = placed(README.read_text(encoding="utf-8"), candidates(), COLUMNS_BEGIN)
        README.write_text(placed(readme, reference(store)), encoding="utf-8")


if __name__ == "__main__":
    main()
