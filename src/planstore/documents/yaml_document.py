"""A YAML document that a person writes, checked against a model: an error names the key and the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError

from planstore.checks.quoting import quoted
from planstore.documents.yaml_loader import MOST_BYTES, Located, YamlError, read_yaml
from planstore.errors import BadInputError

M = TypeVar("M", bound=BaseModel)
_Place: TypeAlias = tuple[str | int, ...]
PROBLEMS = 20
"""How many problems a message names."""


@dataclass(frozen=True)
class Kind:
    """A kind of document.

    Attributes:
        name: of one, in messages.
        key: its one top key; None for one that is a list.
        error: raised when one cannot be used.
        alone: whether other top keys are refused; where not, they are other programs'.
    """

    name: str
    key: str | None
    error: type[BadInputError]
    alone: bool = True

    def read(self, path: Path, model: type[M]) -> M:
        """Return what the file holds under the top key, checked.

        Raises:
            BadInputError: in this kind's own form; names the file, each key that is wrong, its line and why.
        """
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            # because of a document that is too large, the end may be half a character
            text = content.decode("utf-8-sig", "strict" if len(content) <= MOST_BYTES else "replace")
        except UnicodeDecodeError as error:
            raise self.error(
                f"{self.name} file {path} cannot be read: no UTF-8 text, at byte {error.start + 1}"
            ) from error
        except (OSError, ValueError) as error:
            raise self.error(f"{self.name} file {path} cannot be read: {error}") from error
        return self.parse(text, str(path), model)

    def parse(self, text: str, where: str, model: type[M]) -> M:
        """Return what a YAML text holds under the top key, checked; ``where`` names the text in errors."""
        try:
            found = read_yaml(text, None if self.alone else self.key)
        except YamlError as error:
            raise self.error(f"{where}{error}") from error
        return self.check(found.value, where, model, found)

    def check(self, document: Any, where: str, model: type[M], found: Located | None = None) -> M:
        """Return what a document holds under the top key, checked; ``found`` says where its keys stand."""
        if self.key is not None:
            if not isinstance(document, Mapping):
                raise self.error(f"{where} holds no {self.name}: it needs the top key `{self.key}`")
            if self.key not in document or (self.alone and len(document) > 1):
                unknown = ", ".join(sorted(str(key) for key in document if key != self.key))
                raise self.error(
                    f"{where} needs the {'one ' if self.alone else ''}top key `{self.key}`"
                    + (f", and has others: {unknown}" if unknown else "")
                )
            document = document[self.key]
        elif not isinstance(document, list):
            raise self.error(f"{where} must be a list: a file of {self.name}s is one, got {quoted(document)}")
        try:
            return model.model_validate(document, context={"where": where})
        except ValidationError as error:
            raise self.error("\n".join(self._problems(error, where, found))) from error

    def _problems(self, error: ValidationError, where: str, found: Located | None) -> Iterator[str]:
        problems: dict[_Place, Any] = {}
        for problem in error.errors(include_url=False):
            path = tuple(part for part in problem["loc"] if not _is_union_tag(part))
            if (
                not path and problem["type"] == "value_error"
            ):  # because a check of the whole document names the key in its words
                path = tuple(problem["msg"].removeprefix("Value error, ").partition(" ")[0].split("."))
            problems.setdefault(path, problem)
        inside = {path[:length] for path in problems for length in range(len(path))}
        deepest = [path for path in problems if path not in inside]  # because what is wrong inside says more
        for path in deepest[:PROBLEMS]:
            yield self._problem(path, problems[path], where, found)
        if len(deepest) > PROBLEMS:
            yield f"{where}: and {len(deepest) - PROBLEMS} more problems"

    def _problem(self, path: _Place, problem: Any, where: str, found: Located | None) -> str:
        line = found.line((*([] if self.key is None else [self.key]), *path)) if found else None
        place = f"{where}, line {line}" if line else where
        key = ".".join(map(str, path)) or self.key or "the document"
        message = {"extra_forbidden": f"is not a key of a {self.name}", "missing": "is missing"}.get(
            problem["type"], problem["msg"].removeprefix("Value error, ")
        )
        if problem["type"] == "value_error" and message.startswith(key):
            return f"{place}: {message}"
        got = "" if problem["type"] in ("missing", "extra_forbidden") else f", got {quoted(problem['input'])}"
        return f"{place}: {key}: {message}{got}"


def word_of(words: Sequence[str]) -> BeforeValidator:
    """Return the check of a key that must be one of a closed list of words."""
    *others, last = map(repr, map(str, words))
    rule = f"Input should be {', '.join(others)} or {last}"

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(rule)
        return value

    return BeforeValidator(check)


def _is_union_tag(part: str | int) -> bool:
    """Tell whether a part of an error's place names a branch of a union rather than a key."""
    return isinstance(part, str) and (part in ("ByTask", "ByTier", "float", "constrained-float") or "[" in part)
