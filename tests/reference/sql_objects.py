"""The reference of the SQL views and macros, from the comments in their files."""

from __future__ import annotations

import re
import tempfile

import planstore
from planstore.api.store import Store
from planstore.database.sql_docs import Meaning, meaning_of
from reference.markdown import table


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
        described = set(meaning.columns())
        if not meaning.summary:
            found.append(f"{name}: the first line of its file must say what it is")
        found += [f"{name}: its file lacks `-- {column}: meaning`" for column in sorted(shown - described)]
        found += [
            f"{name}: its file describes {column}, which it does not have" for column in sorted(described - shown)
        ]
    return found


def text() -> str:
    """Return a heading for each view and macro, with its arguments and columns."""
    with tempfile.TemporaryDirectory() as folder, planstore.open(folder) as store:
        store.create()
        names = objects(store)
        views = [name for name in names if meaning_of(name).signature is None]
        macros = [name for name in names if meaning_of(name).signature is not None]
        return "\n\n".join(
            (
                "## Views",
                *(_section(store, name) for name in views),
                "## Macros",
                *(_section(store, name) for name in macros),
            )
        )


def _arguments(meaning: Meaning) -> list[str]:
    inner = re.search(r"\((.*)\)", meaning.signature or "()", re.DOTALL)
    return [argument.strip() for argument in (inner[1] if inner else "").split(",") if argument.strip()]


def _section(store: Store, name: str) -> str:
    meaning = meaning_of(name)
    parts = [f"### {name}", meaning.summary]
    if meaning.signature is not None:
        parts.append(f"Call: `{meaning.signature}`. It returns {'rows' if meaning.is_table else 'one value'}.")
    if arguments := argument_names(name):
        parts.append(
            table(("argument", "meaning"), ((f"`{argument}`", meaning.named[argument]) for argument in arguments))
        )
    types = columns(store, name) if meaning.is_table else {}
    others = [other for other in meaning.same_as if not other.startswith("lake.")]
    if others:
        parts.append(f"All columns of {', '.join(f'[{other}](#{other})' for other in others)}.")
    tables = len(others) < len(meaning.same_as)
    own = [column for column in types if tables or column in meaning.named]
    if own:
        meanings = meaning.columns()
        rows = ((f"`{column}`", f"`{types[column]}`", meanings[column]) for column in own)
        parts.append(table(("column", "type", "meaning"), rows))
    return "\n\n".join(parts)
