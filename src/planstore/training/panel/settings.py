"""Settings of a panel that its columns do not tell: horizons, tasks and classes of targets, and doubtful columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from planstore.checks.quoting import quoted
from planstore.documents.yaml_document import Kind
from planstore.errors import PanelError
from planstore.routing.policy_sections import Number
from planstore.training.panel.places import PanelPlace
from planstore.training.panel.target import MOST_CLASSES

DURATION = re.compile(r"(\d+)(m|min|h|d)")
_KIND = Kind("panel", "panel", PanelError)
_GIVEN = "the settings of the panel"
"""Name of given settings in messages."""


def _timespan(value: str | int) -> str | int:
    is_valid = DURATION.fullmatch(value) if isinstance(value, str) else value >= 0
    if not is_valid:
        raise ValueError("must be a number of timestamps, or a duration such as 30m, 1h or 5d")
    return value


def _horizon(value: str | int) -> str | int:
    if value == 0:
        raise ValueError("must be at least 1 timestamp")
    return value


def _distinct(values: list[float]) -> list[float]:
    if len(set(values)) < len(values):
        raise ValueError("must name each class once")
    return values


Timespan = Annotated[Annotated[int, Field(strict=True)] | Annotated[str, Field(strict=True)], AfterValidator(_timespan)]


class TargetSettings(BaseModel):
    """Settings of one target; a missing one follows from its name and values.

    Attributes:
        horizon: how far the label looks ahead: a number of timestamps, or a duration such as ``30m``, ``1h`` or ``5d``.
        embargo: how much more time lies between training and test rows.
        task: ``classification`` or ``regression``.
        classes: the values of a classification in their order: of two, the second is the one that is predicted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    horizon: Annotated[Timespan, AfterValidator(_horizon)] | None = None
    embargo: Timespan | None = None
    task: Literal["classification", "regression"] | None = None
    classes: Annotated[list[Number], Field(min_length=2, max_length=MOST_CLASSES), AfterValidator(_distinct)] | None = (
        None
    )


class PanelSettings(BaseModel):
    """Settings of a panel, as the file ``panel.yaml`` has them under the key ``panel``.

    Attributes:
        targets: settings by target; a column that is named here is a target, whatever its name.
        features: columns that are features though their names are those of targets.
        ignore: columns that are neither targets nor features.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    targets: dict[str, TargetSettings] = {}
    features: list[str] = []
    ignore: list[str] = []

    def stated(self) -> dict[str, Any]:
        """Return the stated settings, without missing ones."""
        return {name: value for name, value in self.model_dump(exclude_none=True).items() if value}


PanelSettingsSource = Mapping[str, Any] | Path | str | PanelSettings
"""Settings of a panel in the form of the key ``panel`` of its file, or the path of such a file; or all of them."""


def same_timespan(one: str | int | None, other: str | int | None) -> bool:
    """Return whether two horizons or embargoes are the same in every panel, such as ``60m`` and ``1h``."""
    return _minutes(one) == _minutes(other)


def _minutes(timespan: str | int | None) -> object:
    """Return a timespan of minutes or hours as minutes with their unit, and another one as it is."""
    match = DURATION.fullmatch(timespan) if isinstance(timespan, str) else None
    if match is None:
        return timespan
    number, unit = int(match[1]), match[2]
    return (number, "d") if unit == "d" else (number * (60 if unit == "h" else 1), "m")


def with_file(file: Path, given: Mapping[str, Any], targets: Sequence[str] | None = None) -> PanelSettings:
    """Return the settings of a file, before which the given ones come, and the names of requested targets.

    Raises:
        PanelError: names the file and each wrong key with its line; or a column has two roles.
    """
    return _merged(_read(file), _KIND.check({"panel": given}, _GIVEN, PanelSettings), targets or ())


def read_settings(
    panel: PanelPlace, given: PanelSettingsSource | None, targets: Sequence[str] | None = None
) -> PanelSettings:
    """Return the settings of a panel: those given, and where these are no file, those beside the panel they leave out.

    Args:
        panel: the panel's place.
        given: settings in the form of the file's key ``panel``, or the path of such a file; or all settings.
        targets: requested targets; one that is named without wildcards is a target whatever a file says.

    Raises:
        PanelError: names the file and each wrong key with its line; or a column has two roles.
    """
    nothing = PanelSettings()
    if isinstance(given, PanelSettings):
        return _merged(given, nothing, targets or ())
    if isinstance(given, str | Path):
        return _merged(_read(Path(given)), nothing, targets or ())
    if given is not None and not isinstance(given, Mapping):
        raise PanelError(f"the settings of a panel must be a mapping or the path of a YAML file, got {quoted(given)}")
    where, content = panel.settings() or ("", None)
    found = nothing if content is None else _KIND.decode(content, where, PanelSettings)
    _refuse_two_roles(_roles(found), where)
    return _merged(found, _KIND.check({"panel": given or {}}, _GIVEN, PanelSettings), targets or ())


def _read(file: Path) -> PanelSettings:
    found = _KIND.read(file, PanelSettings)
    _refuse_two_roles(_roles(found), str(file))
    return found


def _merged(found: PanelSettings, given: PanelSettings, targets: Sequence[str]) -> PanelSettings:
    """Return settings in which given ones come before found ones: each column has the role that is given to it."""
    roles = _roles(given)
    roles["target"] |= {*targets}
    _refuse_two_roles(roles, "the options")
    others = {role: set[str]().union(*(roles[one] for one in roles if one != role)) for role in roles}
    stated = {name: one for name, one in found.targets.items() if name not in others["target"]}
    return PanelSettings(
        targets=stated | {name: _merged_target(stated.get(name), one) for name, one in given.targets.items()},
        features=_joined(found.features, given.features, others["feature"]),
        ignore=_joined(found.ignore, given.ignore, others["ignored"]),
    )


def _roles(settings: PanelSettings) -> dict[str, set[str]]:
    """Return the columns by role."""
    return {"target": {*settings.targets}, "feature": {*settings.features}, "ignored": {*settings.ignore}}


def _refuse_two_roles(roles: Mapping[str, set[str]], where: str) -> None:
    for name in sorted(set[str]().union(*roles.values())):
        found = [role for role, names in roles.items() if name in names]
        if len(found) > 1:
            raise PanelError(
                f"column {name} must be one of target, feature and ignored, got {' and '.join(found)} in {where}: "
                "leave out the others"
            )


def _joined(found: Sequence[str], given: Sequence[str], others: set[str]) -> list[str]:
    return [name for name in dict.fromkeys([*found, *given]) if name not in others]


def _merged_target(found: TargetSettings | None, given: TargetSettings) -> TargetSettings:
    """Return settings of a target in which given ones come before found ones."""
    stated = {} if found is None else found.model_dump(exclude_none=True)
    if given.task == "regression":
        stated.pop("classes", None)
    if given.classes is not None and given.task is None and stated.get("task") == "regression":
        del stated["task"]
    return TargetSettings(**stated | given.model_dump(exclude_none=True))
