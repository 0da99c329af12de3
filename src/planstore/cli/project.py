"""The project file ``planstore.toml``: values of options for every call in its folder and the folders below."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planstore.checks.quoting import quoted
from planstore.cli.hooks import Hooks, read_hooks
from planstore.errors import RequestError

FILE = "planstore.toml"
PATHS = ("results", "policy", "families", "panel")
"""Keys whose values are paths, relative to the folder of the project file, or addresses."""
OF_EVERY_VERB = ("log_level", "log_format")
"""Keys whose options stand before the verb."""
KEYS = (*PATHS, "executor", *OF_EVERY_VERB)
"""All keys, each the name of an option or argument."""
HOOKS = "hooks"
"""The table of hooks."""
DEFAULTS = {"results": "results", "executor": "local", "log_level": "notice", "log_format": "text"}
"""Values of keys that no flag, environment variable or project file sets."""


@dataclass(frozen=True)
class Setting:
    """The value of one key and its source; a flag of a call overrides it.

    Attributes:
        name: the key.
        value: the value; None where it has none.
        source: the environment variable, the project file, or ``default``.
    """

    name: str
    value: str | None
    source: str


@dataclass(frozen=True)
class Project:
    """A project file that was read; without a path there is none.

    Attributes:
        path: the file.
        values: value of each key in it.
        hooks: the hooks in it.
    """

    path: Path | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    hooks: Hooks = field(default_factory=Hooks)

    def defaults(self, verb: Any) -> dict[str, Any]:
        """Return the values for the parameters of a verb, in the form of a default map; a group has its verbs' too.

        A parameter takes the value of a key if its environment variable is that of the key.
        """
        from typer.core import TyperGroup

        if not self.values:
            return {}
        keys = {variable(key): key for key in self.values}
        values = {str(one.name): self.values[keys[str(one.envvar)]] for one in verb.params if str(one.envvar) in keys}
        if isinstance(verb, TyperGroup):
            return values | {name: self.defaults(inner) for name, inner in verb.commands.items()}
        return values

    def settings(self) -> Iterator[Setting]:
        """Yield each key with the value that a call without flags takes, and its source."""
        for key in KEYS:
            if os.environ.get(variable(key)):
                yield Setting(key, os.environ[variable(key)], variable(key))
            elif key in self.values:
                yield Setting(key, self.values[key], str(self.path))
            else:
                yield Setting(key, DEFAULTS.get(key), "default")


def variable(key: str) -> str:
    """Return the environment variable of a key: ``PLANSTORE_RESULTS``."""
    return f"PLANSTORE_{key.upper()}"


def find_project() -> Project:
    """Return the project file of the working directory or of the nearest folder above it.

    Raises:
        RequestError: the file cannot be read, or has an unknown key or an invalid value.
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:  # because the working directory was removed
        return Project()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return read_project(folder / FILE, here)
    return Project()


def policy_option(policy: Path | None = None) -> list[str]:
    """Return the words that name a policy in a call; none where the environment or the project file names it.

    Args:
        policy: the policy, if it is known.
    """
    if policy is None and any(one.name == "policy" and one.value for one in find_project().settings()):
        return []
    return ["--policy", str(policy or "policy.yaml")]


def read_project(path: Path, here: Path) -> Project:
    """Return the project file ``path``, with paths that are valid in the folder ``here``.

    Raises:
        RequestError: the file cannot be read, or has an unknown key or an invalid value.
    """
    import tomllib

    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())  # of the file that is read, because another one may take its place
            document = tomllib.loads(file.read().decode())
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} must be a readable file in UTF-8, got {error}: correct it") from error
    except tomllib.TOMLDecodeError as error:
        raise RequestError(f"{path} must be TOML, got {error}: correct it") from error
    hooks = read_hooks(path, document.pop(HOOKS, {}), status)
    for key, value in document.items():
        if key not in KEYS:
            keys = ", ".join((*KEYS, HOOKS))
            raise RequestError(f"a key of {path} must be one of {keys}, got {quoted(key)}{_nearest(key)}")
        if not isinstance(value, str) or not value:
            raise RequestError(
                f"{key} in {path} must be a text in quotes, not empty, got {quoted(value)}: correct or remove it"
            )
    return Project(path, {key: _placed(key, value, path.parent, here) for key, value in document.items()}, hooks)


def _placed(key: str, value: str, folder: Path, here: Path) -> str:
    return value if key not in PATHS or folder == here or "://" in value else str(folder / value)


def _nearest(key: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, (*KEYS, HOOKS), n=1)
    return f": write {near[0]}" if near else ": remove it"
