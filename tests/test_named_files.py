"""Comments, docstrings and pages name files and Python objects that exist."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pages

ROOT = pages.ROOT
FOLDERS = ("src", "sql", "tests", "docs")
SOURCES = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".py", ".pyi", ".sql", ".yaml", ".md", ".css", ".js") and "golden" not in path.parts[-3:-1]
]
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [*SOURCES, ROOT / "README.md", ROOT / "Makefile"]
}
MODULES = {
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "src" / "planstore").rglob("*.py"), reverse=True)
}
"""The modules by name, each before its package."""
WITH_FOLDER = re.compile(rf"(?<![\w./-])(?:{'|'.join(FOLDERS)})/[\w./-]*\w")
PAGE = re.compile(r"(?<![\w/.-])[A-Z]{3,}\.md\b")
IN_CODE = re.compile(r"(?<!`)`{1,2}((?:[\w-]+/)*[\w-]+\.(?:py|sql))`{1,2}")
"""A file of the project's own kinds, in single or double backticks."""
REFERENCE = re.compile(r":(?:func|class|meth|mod|attr|data|exc|obj):`~?([\w.]+)`")


def is_placeholder(path: str) -> bool:
    """Return whether a path has a part for the reader to fill in, such as ``NAME.sql``."""
    return any(
        re.fullmatch(r"\w*[A-Z]{2,}\w*", part.partition(".")[0]) and part != "README.md" for part in path.split("/")
    )


def missing_files(name: str) -> Iterator[str]:
    """Yield each file or folder that a text names, and the project does not have."""
    text = TEXTS[name]
    shown = set(re.findall(r'title="([^"]+)"|(?:>|cat) (\S+)', text))
    own = {one for pair in shown for one in pair}
    for path in WITH_FOLDER.findall(text):
        if not is_placeholder(path) and not (ROOT / path).exists():
            yield path
    short = [path for path in IN_CODE.findall(text) if not is_placeholder(path)] + PAGE.findall(text)
    for path in short:
        if path not in own and not any(f"/{known}".endswith(f"/{path}") for known in TEXTS):
            yield path


def has(owner: Any, names: list[str]) -> bool:
    """Return whether ``owner`` has a member, which may be a field of a class."""
    for place, name in enumerate(names):
        if inspect.isclass(owner) and name in inspect.get_annotations(owner) and place == len(names) - 1:
            return True
        if not hasattr(owner, name):
            return False
        owner = getattr(owner, name)
    return True


def is_found(reference: str, module: str) -> bool:
    """Return whether a reference leads from a module, one of its classes, or another module to something."""
    start = importlib.import_module(module)
    owners = [start, *(value for value in vars(start).values() if inspect.isclass(value))]
    if any(has(owner, reference.split(".")) for owner in owners):
        return True
    other = next((name for name in MODULES if f"{reference}.".startswith(f"{name}.")), None)
    return other is not None and has(importlib.import_module(other), reference.split(".")[other.count(".") + 1 :])


def test_files_that_a_comment_or_a_page_names_exist() -> None:
    found = {name: sorted(missing) for name in TEXTS if (missing := set(missing_files(name)))}
    assert found == {}


def test_objects_that_a_docstring_refers_to_exist() -> None:
    found = [
        f"{module}: {reference}"
        for module, path in MODULES.items()
        for reference in sorted(set(REFERENCE.findall(path.read_text(encoding="utf-8"))))
        if not is_found(reference, module)
    ]
    assert found == []
