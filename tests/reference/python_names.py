"""The reference of the Python names, from the docstrings of ``planstore.__all__`` and of the store's parts."""

from __future__ import annotations

import ast
import inspect
import re
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import planstore
from reference.markdown import table

KINDS = ("The store", "Values", "Plan helpers", "Types of arguments", "Errors and warnings")
PARTS = ("overrides", "training", "evidence", "integrity", "maintenance")
"""The parts of the store; what else it has is for planstore itself."""

ANSWERS = ("planstore.pages.answers", "planstore.audit.flip_answer")
"""The modules of the members that all answers share."""

ALIASES = {
    "CandidatesSource": "routing/candidate_readers.py",
    "Frame": "models/frame.py",
    "PanelSettingsSource": "training/panel/settings.py",
    "PanelSource": "training/panel/frames.py",
    "PlanSource": "plans/training_plan.py",
    "PolicySource": "routing/policy_reader.py",
    "ResultsFolder": "api/opening.py",
    "RunName": "runs/lookup.py",
}
"""The aliases in public signatures, with the modules that define them."""

SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$", re.MULTILINE)
INDENTED = re.compile(r"(?: .*\n?|\n)*")


def text() -> str:
    """Return a heading for each public name, with its signature and docstring."""
    with tempfile.TemporaryDirectory() as folder, planstore.open(folder) as store:
        sections: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for name in sorted(planstore.__all__, key=lambda name: (name != "open", name)):
            value = getattr(planstore, name)
            if not _is_error(value):
                sections[_kind_of(name, value)] += _described(name, value, store)
        aliases = ((f"`{name}`", _alias_docstring(name)) for name in ALIASES)
        sections["Types of arguments"].append(table(("name", "meaning"), aliases))
        errors = ((name, getattr(planstore, name)) for name in sorted(planstore.__all__))
        rows = (
            (f"`{name}`", f"`{error.__mro__[1].__name__}`", " ".join(_docstring(error).split()))
            for name, error in errors
            if _is_error(error)
        )
        sections["Errors and warnings"].append(table(("name", "a kind of", "meaning"), rows))
        return "\n\n".join("\n\n".join((f"## {kind}", *found)) for kind, found in sections.items())


def _is_error(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, Exception)


def _kind_of(name: str, value: Any) -> str:
    if name in ("open", "Store", "train_panel", "__version__"):
        return "The store"
    return "Values" if inspect.isclass(value) else "Plan helpers"


def _described(name: str, value: Any, store: planstore.Store) -> Iterator[str]:
    if name == "__version__":
        yield "### planstore.\\_\\_version\\_\\_\n\nThe version of the package, as text."
        return
    yield f"### planstore.{name}"
    if not inspect.isclass(value):
        yield _signature(name, value)
        yield _docstring(value)
        return
    yield _docstring(value)
    yield from _members("store" if value is planstore.Store else name, value, store)


def _members(owner: str, kind: type, store: planstore.Store) -> Iterator[str]:
    """Yield the public members of a class; of the store, those of its parts as well."""
    for name, member in _public(kind).items():
        if kind is planstore.Store and name in PARTS:
            continue  # because it has a heading of its own
        if isinstance(member, property | cached_property):
            yield f"#### {owner}.{name}"
            yield _docstring(member)
        else:
            function = getattr(kind, name)
            yield f"#### {owner}.{name}"
            yield _signature(name, function)
            yield _docstring(function)
    if kind is planstore.Store:
        for name in PARTS:
            part = type(getattr(store, name))
            yield f"### store.{name}"
            yield _docstring(part)
            yield from _members(f"store.{name}", part, store)


def _public(kind: type) -> Mapping[str, Any]:
    """Return the documented public members of a class by name, in the order of their definition.

    Those that all answers share are described by the class that is nothing else.
    """
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        is_shared = base.__module__ in ANSWERS and kind.__module__ not in ANSWERS
        if base.__module__.startswith("planstore.") and not is_shared:
            found |= {
                name: member
                for name, member in vars(base).items()
                if not name.startswith("_") and (callable(member) or hasattr(member, "__get__")) and member.__doc__
            }
    return found


def _alias_docstring(name: str) -> str:
    """Return the text that follows the definition of an alias."""
    source = Path(planstore.__file__).parent / ALIASES[name]
    body = ast.parse(source.read_text(encoding="utf-8")).body
    defined = next(
        index
        for index, node in enumerate(body)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and name in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    )
    described = body[defined + 1]
    assert isinstance(described, ast.Expr), f"{name} has no docstring"
    return " ".join(ast.literal_eval(described.value).replace("``", "`").split())


def _signature(name: str, function: Any) -> str:
    signature = inspect.signature(function)
    parameters = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    plain = [one.replace(annotation=_annotation(one.annotation)) for one in parameters]
    shown = signature.replace(parameters=plain, return_annotation=inspect.Signature.empty)
    returned = _annotation(signature.return_annotation)
    arrow = "" if returned is inspect.Signature.empty else f" -> {returned}"
    unquoted = re.sub(r": '([^']*)'", r": \1", str(shown))  # because annotations that are texts show as such
    unquoted = re.sub(r"<function .*? at 0x\w+>", "...", unquoted)
    whole = f"{name}{unquoted}{arrow}"
    if len(whole) > 100:
        whole = re.sub(r", (?=[*/]|\w+: )", ",\n    ", whole.replace("(", "(\n    ", 1))
    return f"```text\n{whole}\n```"


def _annotation(annotation: Any) -> Any:
    if annotation is inspect.Signature.empty:
        return annotation
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _docstring(value: Any) -> str:
    """Return a docstring as Markdown: its sections as lists."""
    raw = (inspect.getdoc(value) or "").replace("``", "`")
    pieces = SECTION.split(re.sub(r":\w+:`~?([^`<]+?)(?: <[^`]+>)?`", r"`\1`", raw))
    parts = [pieces[0].strip()]
    for title, rest in zip(pieces[1::2], pieces[2::2], strict=True):
        body = INDENTED.match(rest.lstrip("\n"))
        assert body is not None
        lines = textwrap.dedent(body[0]).strip()
        if title in ("Returns", "Yields"):
            parts.append(f"*{title}:* {' '.join(lines.split())}")
        else:
            entries = re.sub(r"\n\s+", " ", lines).splitlines()
            items = (f"- `{entry.partition(':')[0]}`: {entry.partition(':')[2].strip()}" for entry in entries)
            parts.append(f"*{title}:*\n\n" + "\n".join(items))
        parts.append(rest.lstrip("\n")[body.end() :].strip())
    return "\n\n".join(part for part in parts if part)
