"""Checks of the arguments of public calls against the types in their signatures, before the call starts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from planstore.checks.quoting import quoted
from planstore.checks.texts import is_recordable
from planstore.errors import RequestError

P = ParamSpec("P")
R = TypeVar("R")


def checked(call: Callable[P, R]) -> Callable[P, R]:
    """Check each argument against its type in the signature of ``call``.

    Types that are not in the table below are not checked here.

    Raises:
        RequestError: raised by the returned function; names the argument, its value and the allowed types.
    """
    signature = inspect.signature(call)
    kinds = {name: _kinds(str(parameter.annotation)) for name, parameter in signature.parameters.items()}

    @wraps(call)
    def checking(*arguments: P.args, **named: P.kwargs) -> R:
        for name, value in signature.bind(*arguments, **named).arguments.items():
            allowed = kinds[name]
            if allowed and not any(fits(value) for _, fits in allowed):
                raise RequestError(f"{name} must be {_list([words for words, _ in allowed])}, got {quoted(value)}")
        return call(*arguments, **named)

    return checking


def _kinds(annotation: str) -> list[tuple[str, Callable[[Any], bool]]]:
    """Return the name and the test of each allowed type, or nothing if a type is unknown."""
    tests = []
    for name in annotation.split(" | "):
        kind = _KINDS.get("Callable" if name.startswith("Callable[") else name)
        if kind is None:
            return []
        tests.append(kind)
    return tests


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and is_recordable(value)


def _is_texts(value: Any) -> bool:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Collection):
        return False
    return all(_is_text(item) for item in value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and -(2**63) <= int(value) < 2**63


_TEXT = "a text without NUL and without lone surrogates"
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "None": ("None", lambda value: value is None),
    "str": (_TEXT, _is_text),
    "Path": ("a path", lambda value: isinstance(value, Path) and _is_text(str(value))),
    "bool": ("True or False", lambda value: type(value).__name__ in ("bool", "bool_")),
    "int": ("a whole number of at most 64 bits", _is_whole),
    "float": ("a number", lambda value: isinstance(value, Real) and not isinstance(value, bool)),
    "datetime": ("a time", lambda value: isinstance(value, date)),
    "RunName": (
        "the name of a run (a text, a commit's number or a time)",
        lambda value: _is_text(value) or _is_whole(value) or isinstance(value, date),
    ),
    # by its name, because panels import much that other calls do without
    "Panel": ("a panel as planstore.Panel.read returns it", lambda value: type(value).__name__ == "Panel"),
    "timedelta": ("a duration", lambda value: isinstance(value, timedelta)),
    "Sequence[str]": ("a list of texts without NUL and without lone surrogates", _is_texts),
    "Callable": ("a function", callable),
}
