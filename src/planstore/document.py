"""A YAML document that a person writes, checked against a model: an error names the key and the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from planstore.errors import BadInputError

M = TypeVar("M", bound=BaseModel)
_Place: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of document.

    Attributes:
        name: what one is called in messages.
        key: the one top key that it has.
        error: what is raised when one cannot be used.
    """

    name: str
    key: str
    error: type[BadInputError]

    def read(self, path: Path, model: type[M]) -> M:
        """Return what the file holds under the top key, checked.

        Raises:
            BadInputError: in this kind's own form; names the file, each key that is wrong, its line and why.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.error(f"{self.name} file {path} cannot be read: {error}") from error
        return self.parse(text, str(path), model)

    def parse(self, text: str, where: str, model: type[M]) -> M:
        """Return what a YAML text holds under the top key, checked; ``where`` names the text in errors."""
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            document = yaml.safe_load(text)
            lines = {} if node is None else dict(self._lines(node, (), where))
        except yaml.YAMLError as error:
            raise self.error(f"{where} is not YAML: {error}") from error
        except RecursionError as error:
            raise self.error(f"{where} is nested too deeply, or holds itself") from error
        if not isinstance(document, Mapping):
            raise self.error(f"{where} holds no {self.name}: it needs the top key `{self.key}`")
        return self.check(document, where, model, lines)

    def check(
        self, document: Mapping[str, Any], where: str, model: type[M], lines: Mapping[_Place, int] | None = None
    ) -> M:
        """Return what a document holds under the top key, checked; ``lines`` says where its keys stand."""
        if set(document) != {self.key}:
            unknown = ", ".join(sorted(str(key) for key in document if key != self.key))
            raise self.error(
                f"{where} needs the one top key `{self.key}`" + (f", and has others: {unknown}" if unknown else "")
            )
        try:
            return model.model_validate(document[self.key])
        except ValidationError as error:
            raise self.error("\n".join(self._problems(error, where, lines or {}))) from error

    def _lines(self, node: yaml.Node, path: _Place, where: str) -> Iterator[tuple[_Place, int]]:
        """Yield the line of every key, and refuse a key that is given twice, because YAML keeps only the last."""
        yield path, node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if key.value in seen:
                    raise self.error(
                        f"{where}, line {line}: {'.'.join(map(str, (*path, key.value)))} is given twice, "
                        f"first on line {seen[key.value]}"
                    )
                seen[key.value] = line
                yield from self._lines(value, (*path, key.value), where)
                yield (*path, key.value), line
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                yield from self._lines(value, (*path, index), where)

    def _problems(self, error: ValidationError, where: str, lines: Mapping[_Place, int]) -> Iterator[str]:
        found: dict[_Place, Any] = {}
        for problem in error.errors():
            path = tuple(part for part in problem["loc"] if not _is_union_tag(part))
            if (
                not path and problem["type"] == "value_error"
            ):  # because a check of the whole document names the key in its words
                path = tuple(problem["msg"].removeprefix("Value error, ").partition(" ")[0].split("."))
            found.setdefault(path, problem)
        for path, problem in found.items():
            if any(len(other) > len(path) and other[: len(path)] == path for other in found):
                continue  # because what is wrong inside says more
            line = next(
                (lines[(self.key, *path[:n])] for n in range(len(path), -1, -1) if (self.key, *path[:n]) in lines), 0
            )
            place = f"{where}, line {line}" if line else where
            key = ".".join(map(str, path)) or self.key
            message = {"extra_forbidden": f"is not a key of a {self.name}", "missing": "is missing"}.get(
                problem["type"], problem["msg"].removeprefix("Value error, ")
            )
            if problem["type"] == "value_error" and message.startswith(key):
                yield f"{place}: {message}"
                continue
            got = "" if problem["type"] in ("missing", "extra_forbidden") else f", got {problem['input']!r}"
            yield f"{place}: {key}: {message}{got}"


def _is_union_tag(part: str | int) -> bool:
    """Tell whether a part of an error's place names a branch of a union rather than a key."""
    return isinstance(part, str) and (part in ("ByTask", "ByTier", "float", "constrained-float") or "[" in part)
