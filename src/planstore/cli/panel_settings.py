"""Options of verbs that read a panel: settings of its targets and columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planstore.errors import RequestError

if TYPE_CHECKING:
    from planstore.training.panel.settings import PanelSettingsSource

Horizon = Annotated[
    list[str] | None,
    typer.Option(
        "--horizon",
        metavar="TARGET=DURATION",
        help="Horizon of a target: a number of timestamps, or 30m, 1h, 5d; repeatable. Default: from its name.",
    ),
]
Embargo = Annotated[
    list[str] | None,
    typer.Option(
        "--embargo", metavar="TARGET=DURATION", help="Further gap between training and test rows; repeatable."
    ),
]
Task = Annotated[
    list[str] | None,
    typer.Option("--task", metavar="TARGET=TASK", help="Task: classification or regression; repeatable."),
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--classes",
        metavar="TARGET=VALUES",
        help="Classes in order, such as y=1,-1: of two, the second is predicted; repeatable. Default: by value.",
    ),
]
Feature = Annotated[
    list[str] | None,
    typer.Option("--feature", help="Column to learn from though its name is that of a target; repeatable."),
]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore", help="Column that is neither a target nor a feature; repeatable.")
]
PanelFile = Annotated[
    Path | None,
    typer.Option(
        help="File (YAML) with settings of the panel. Default: panel.yaml in PANEL, or PANEL's name with .yaml."
    ),
]


def panel_settings(
    *,
    horizon: Sequence[str] | None,
    embargo: Sequence[str] | None,
    task: Sequence[str] | None,
    classes: Sequence[str] | None,
    feature: Sequence[str] | None,
    ignore: Sequence[str] | None,
    panel_file: Path | None,
    target: Sequence[str] | None = None,
) -> PanelSettingsSource | None:
    """Return the settings of options, for ``Panel.read``; options come before the file.

    ``target`` has the targets to read, which ``Panel.read`` gets as well; None where the panel is read for a plan.

    Raises:
        RequestError: an option is not TARGET=VALUE.
        PanelError: --panel-file is no valid file, or an option does not fit it.
    """
    targets: dict[str, dict[str, Any]] = {}
    for key, options in (("horizon", horizon), ("embargo", embargo), ("task", task), ("classes", classes)):
        for option in options or ():
            target, equals, value = option.rpartition("=")
            if not (target and equals and value):
                raise RequestError(f"--{key} must be TARGET={'VALUES' if key == 'classes' else 'VALUE'}, got {option}")
            targets.setdefault(target, {})[key] = _value(key, value)
    settings = {"targets": targets, "features": list(feature or ()), "ignore": list(ignore or ())}
    given = {key: value for key, value in settings.items() if value}
    if panel_file is not None and given:
        from planstore.training.panel.settings import with_file

        return with_file(panel_file, given, target)
    return panel_file if panel_file is not None else given or None


def _value(key: str, value: str) -> Any:
    if key == "classes":
        try:
            return [float(part) for part in value.split(",")]
        except ValueError as error:
            raise RequestError(f"--classes must have numbers separated by commas, got {value}") from error
    return int(value) if key != "task" and value.isascii() and value.isdigit() else value
