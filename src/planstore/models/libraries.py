"""Versions of the libraries that a model was trained with, and their comparison with the installed ones."""

from __future__ import annotations

import platform
import sys
import warnings
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from planstore.models.formats import ModelFormat

_MODULES = {"scikit-learn": "sklearn"}
_PACKAGES = {"xgboost": ("xgboost", "xgboost-cpu")}
_PYTHON = "python"


class ModelVersionWarning(UserWarning):
    """A model is loaded with other versions of libraries than it was trained with."""


def used_libraries(estimator: Any, kind: ModelFormat) -> dict[str, str]:
    """Return the versions, by library, on which the meaning of a model file depends.

    Args:
        estimator: the fitted estimator.
        kind: format of its file.
    """
    names = {_library(type(part).__module__.partition(".")[0]) for part in _parts(estimator)}
    if kind in (ModelFormat.SKOPS, ModelFormat.PICKLE):
        names |= {"numpy"} | ({"skops"} if kind is ModelFormat.SKOPS else {_PYTHON})
    found = {name: _installed(name) for name in sorted(names)}
    return {name: number for name, number in found.items() if number is not None}


def warn_of_versions(name: str, recorded: Mapping[str, str]) -> None:
    """Warn when libraries are installed in other versions than the recorded ones; the warning has both."""
    other = [
        f"{library} {number}, and {_installed(library) or 'none'} is installed"
        for library, number in recorded.items()
        if _installed(library) != number
    ]
    if other:
        warnings.warn(
            f"{name} was trained with {'; '.join(other)}: its predictions may differ",
            ModelVersionWarning,
            stacklevel=2,
        )


def _parts(estimator: Any) -> Iterator[Any]:
    """Yield an estimator and the estimators that it is made of."""
    yield estimator
    if hasattr(estimator, "get_params"):
        yield from (part for part in estimator.get_params(deep=True).values() if hasattr(part, "fit"))


def _library(module: str) -> str:
    return next((library for library, name in _MODULES.items() if name == module), module)


def _installed(library: str) -> str | None:
    """Return the installed version of a library; nothing is imported, because a file names the library."""
    if library == _PYTHON:
        return platform.python_version()
    loaded = getattr(sys.modules.get(_MODULES.get(library, library)), "__version__", None)
    if isinstance(loaded, str):
        return loaded
    for package in _PACKAGES.get(library, (library,)):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return None
