"""Model families: the estimator, parameters and stage of each family name of a plan.

The registry is YAML from three sources: the shipped families (``families.yaml``), those of installed packages (entry
points of the group ``planstore.families``, each a mapping of the same form or the path of such a file), and the user's
families file. A later source overrides an earlier one.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, model_validator

from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.documents.yaml_document import Kind
from planstore.errors import FamiliesError, FamilyMissingError, RequestError
from planstore.events.vocabulary import Semantics

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.base import BaseEstimator

    from planstore.routing.policy import Policy

SHIPPED = Path(__file__).parent / "families.yaml"
"""Path of the shipped families."""
ENTRY_POINTS = "planstore.families"
"""Entry point group for families of installed packages."""

CONVERTING = ("lightgbm.", "xgboost.")
"""Beginnings of the import paths of estimators that compute the same from float32 as from equal doubles."""
FeaturesT = TypeVar("FeaturesT", "np.ndarray", "pd.DataFrame")


def _importable(path: str) -> str:
    if path.startswith("__main__."):
        raise ValueError("must be in an importable module, because workers never import the main module")
    return path


ImportPath = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"), AfterValidator(_importable)]
_KIND = Kind("family", "families", FamiliesError)


def _with_effect(parameters: dict[str, Any]) -> dict[str, Any]:
    for name in parameters:
        last = name.rpartition("__")[2]
        if last in ("random_state", "n_jobs"):
            raise ValueError(f"{name} has no effect, because the seed and the workers of a call set it: leave it out")
    return parameters


Parameters = Annotated[dict[str, Any], AfterValidator(_with_effect)]


class Estimators(BaseModel):
    """Import paths of a family's estimators by task; None means that the family does not train the task."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classification: ImportPath | None = None
    regression: ImportPath | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Estimators:
        if self.classification is None and self.regression is None:
            raise ValueError("needs `classification` or `regression`, the import path of an estimator")
        return self


class Definition(BaseModel):
    """Definition of one family in a families document.

    Attributes:
        stage: training stage; jobs of the CPU stage come before those of the GPU stage.
        estimators: import paths of the estimators.
        prepare: preprocessing steps in order: ``impute`` (missing features by the median), ``scale`` (features), and
            ``scale_labels`` (of regressions; predictions are scaled back).
        parameters: parameters of the estimator.
        symbol_parameters: parameters that differ for a symbol-specific model.
        members: families whose estimators an ensemble combines, except those that do not train the task.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: Literal["cpu", "gpu"] = "cpu"
    estimators: Estimators
    prepare: list[Literal["impute", "scale", "scale_labels"]] = []
    parameters: Parameters = {}
    symbol_parameters: Parameters = {}
    members: list[Annotated[str, Field(min_length=1)]] = []

    @model_validator(mode="after")
    def _everything_has_an_effect(self) -> Self:
        if "scale_labels" in self.prepare and self.estimators.regression is None:
            raise ValueError("prepare: scale_labels has no effect, because the family trains no regression")
        for name, values in (("prepare", self.prepare), ("members", self.members)):
            if len(set(values)) < len(values):
                raise ValueError(f"{name} must have no duplicates: remove them")
        if self.members and "estimators" in {*self.parameters, *self.symbol_parameters}:
            raise ValueError("parameters: estimators has no effect, because the members are the estimators")
        return self


class _Definitions(RootModel[dict[str, Definition]]):
    """Families of one document by name."""


class Family(Definition):
    """Model family that builds estimators. It can be pickled for another process.

    Attributes:
        name: name of the family in plans.
        combines: resolved members.
    """

    name: str
    combines: tuple[Family, ...] = ()

    def trains(self, task_type: str) -> bool:
        """Return whether this family trains targets of a task type, such as ``BINARY_CLASSIFICATION``."""
        return self._path(task_type) is not None

    def build(self, task_type: str, *, seed: int, threads: int = 1, one_symbol: bool = False) -> BaseEstimator:
        """Return a new, unfitted estimator with scikit-learn's interface.

        Args:
            task_type: task type; any text without ``CLASSIFICATION`` means regression.
            seed: value of every ``random_state`` in the estimator.
            threads: value of every ``n_jobs`` in the estimator.
            one_symbol: whether the model is symbol-specific.

        Raises:
            FamilyMissingError: the family's library is not installed, or the family does not train the task.
            FamiliesError: the estimator does not accept the parameters.
        """
        path = self._path(task_type)
        if path is None:
            raise FamilyMissingError(f"family {self.name} does not train {task_type}")
        parameters = self.parameters | (self.symbol_parameters if one_symbol else {})
        if self.combines:
            parameters["estimators"] = [
                (member.name, member.build(task_type, seed=seed, threads=threads, one_symbol=one_symbol))
                for member in self.combines
                if member.trains(task_type)
            ]
        try:
            estimator = self._prepared(self._import(path)(**parameters), task_type)
        except TypeError as error:
            raise FamiliesError(f"family {self.name}: {path} does not take its parameters: {error}") from error
        return estimator.set_params(**_settings(estimator, seed, threads))

    def exact(self, features: FeaturesT) -> FeaturesT:
        """Return features in a precision in which the estimators compute as if they were doubles.

        Features in single precision stay as they are for libraries that convert each value themselves; others would
        compute in single precision, and differ in the last digits.
        """
        import numpy as np

        is_exact = self._converts or (isinstance(features, np.ndarray) and features.dtype == np.float64)
        return features if is_exact else features.astype(float)

    def copies(self, itemsize: int) -> int:
        """Return how many times the bytes of the features a fit has in memory at most, with all copies of libraries.

        Measured on 200,000 rows of 50 features in single precision: lightgbm 2.2, xgboost 1.8, extra_trees 4.3, linear
        and logistic 11.8. In evidence, a fit has at most five sixths of a panel's rows.

        Args:
            itemsize: bytes of a value, 4 or 8.
        """
        if self._converts:
            return 2
        doubles = 8 // itemsize * (6 if self.prepare else 2)
        return max(1 + doubles, *(member.copies(itemsize) for member in self.combines), 0)

    @property
    def missing_package(self) -> str | None:
        """A package that an estimator of the family needs and that is not installed; None if there is none."""
        paths = (self.estimators.classification, self.estimators.regression)
        packages = (path.partition(".")[0] for path in paths if path is not None)
        own = next((package for package in packages if find_spec(package) is None), None)
        return own or next(filter(None, (member.missing_package for member in self.combines)), None)

    @property
    def _converts(self) -> bool:
        paths = [path for path in (self.estimators.classification, self.estimators.regression) if path is not None]
        return not self.prepare and not self.combines and all(path.startswith(CONVERTING) for path in paths)

    def _path(self, task_type: str) -> str | None:
        return self.estimators.classification if "CLASSIFICATION" in task_type else self.estimators.regression

    def _import(self, path: str) -> Any:
        module, _, name = path.rpartition(".")
        try:
            return getattr(importlib.import_module(module), name)
        except ImportError as error:
            raise FamilyMissingError(
                f"family {self.name} needs {module.partition('.')[0]}, which is not installed: {error}"
            ) from error
        except AttributeError as error:
            raise FamiliesError(f"family {self.name}: there is no {name} in {module}") from error

    def _prepared(self, estimator: Any, task_type: str) -> Any:
        if not self.prepare:
            return estimator
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        steps = {"impute": SimpleImputer(strategy="median", keep_empty_features=True), "scale": StandardScaler()}
        prepared = make_pipeline(*(steps[step] for step in self.prepare if step in steps), estimator)
        if "scale_labels" in self.prepare and "CLASSIFICATION" not in task_type:
            return TransformedTargetRegressor(prepared, transformer=StandardScaler())
        return prepared


def _settings(estimator: Any, seed: int, threads: int) -> dict[str, int]:
    """Return the parameters that set the seed and the number of threads in an estimator and its parts."""
    parts = estimator.get_params(deep=True)
    settings = {}
    for name in parts:
        owner, _, last = name.rpartition("__")
        if last == "random_state":
            settings[name] = seed
        elif last == "n_jobs" and not (threads == 1 and _is_sklearn(parts[owner] if owner else estimator)):
            settings[name] = threads
    return settings


def _is_sklearn(part: Any) -> bool:
    """Return whether a part is scikit-learn's, because those use one thread by default."""
    return type(part).__module__.startswith("sklearn.")


def load_families(extra: Path | None = None) -> Mapping[str, Family]:
    """Return all families by their name in plans.

    Args:
        extra: families file of the user.

    Raises:
        FamiliesError: a document is invalid; the message has the file, and each invalid key with line and reason.
    """
    definitions = dict(_KIND.read(SHIPPED, _Definitions).root)
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (point.name, point.value)):
        definitions |= _from_entry_point(point.load(), f"entry point {point.name} = {point.value}")
    if extra is not None:
        definitions |= _KIND.read(extra, _Definitions).root
    _check_names(definitions)
    return {name: _resolved(name, definitions, ()) for name in definitions}


def families_of(names: Iterable[str], known: Mapping[str, Family]) -> tuple[Family, ...]:
    """Return the families with these names, in any spelling.

    Args:
        names: names of families.
        known: all families, from :func:`load_families`.

    Raises:
        RequestError: a name is unknown; the message has the most similar names and all known ones.
    """
    found = []
    for name, plan_name in plan_names(names):
        if plan_name not in known:
            near = get_close_matches(plan_name, known, n=2)
            hint = f"did you mean {' or '.join(near)}? " if near else ""
            raise RequestError(
                f"a model family must be one that can be trained, got {quoted(name)}: {hint}there are "
                f"{', '.join(sorted(known))}; --families FILE adds others"
            )
        found.append(known[plan_name])
    return tuple(found)


def refuse_unknown(requested: Iterable[str], policy: Policy, known: Mapping[str, Family]) -> None:
    """Refuse unknown families, requested or in the policy's rules; reference semantics accept any name.

    Raises:
        RequestError: as for :func:`families_of`.
    """
    if policy.semantics == Semantics.STRICT:
        families_of([*requested, *(name for rule in policy.families or () for name in rule.use)], known)


def plan_names(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return each name with its normalized name in plans."""
    session = memory()
    try:
        session.run("routing/family_name")
        return [(name, plan_name) for name, plan_name in session.rows("training/family_names", names=list(names))]
    finally:
        session.close()


def _from_entry_point(document: Any, where: str) -> dict[str, Definition]:
    if isinstance(document, str | Path):
        return _KIND.read(Path(document), _Definitions).root
    if not isinstance(document, Mapping):
        raise FamiliesError(
            f"{where} must be a families document or the path of one, got {quoted(document)}: fix the package"
        )
    return _KIND.check(document, where, _Definitions).root


def _check_names(definitions: Mapping[str, Definition]) -> None:
    """Refuse a name that differs from its normalized name in plans."""
    for name, plan_name in plan_names(definitions):
        if name != plan_name:
            raise FamiliesError(f"the name of a family must be as in plans, got {name!r}: rename it to {plan_name!r}")


def _resolved(name: str, definitions: Mapping[str, Definition], parents: tuple[str, ...]) -> Family:
    if name in parents:
        raise FamiliesError(f"family {name} is a member of itself: {' of '.join((name, *reversed(parents)))}")
    if name not in definitions:
        raise FamiliesError(
            f"family {parents[-1]}: a member must be a family, got {name!r}: use one of {', '.join(definitions)}"
        )
    definition = definitions[name]
    combines = tuple(_resolved(member, definitions, (*parents, name)) for member in definition.members)
    return Family(name=name, combines=combines, **dict(definition))
