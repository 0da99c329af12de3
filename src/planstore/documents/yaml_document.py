"""YAML documents validated against a model; errors name the key and the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from planstore.checks.quoting import quoted
from planstore.documents.yaml_loader import MOST_BYTES, Located, YamlError, read_yaml
from planstore.errors import BadInputError

M = TypeVar("M", bound=BaseModel)
_Place: TypeAlias = tuple[str | int, ...]
MAX_PROBLEMS = 20
"""Maximum number of problems in a message."""


@dataclass(frozen=True)
class Kind:
    """A kind of document.

    Attributes:
        name: its name in messages.
        key: its top key; None for a document that is a list.
        error: the error raised for an invalid document.
        alone: whether other top keys are refused; otherwise they are ignored, because other programs use them.
    """

    name: str
    key: str | None
    error: type[BadInputError]
    alone: bool = True

    def read(self, path: Path, model: type[M]) -> M:
        """Read and validate the part of a file under the top key.

        Raises:
            BadInputError: of this kind's class; names the file and each invalid key with its line and the reason.
        """
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error  # because the other text has the path too
            raise self.error(f"{self.name} file {path} cannot be read: {reason}") from error
        return self.decode(content, str(path), model)

    def decode(self, content: bytes, where: str, model: type[M]) -> M:
        """Validate the part of a file's content under the top key; errors call the file ``where``.

        Args:
            content: the content, or more than `MOST_BYTES` of a longer one.
            where: the file.
            model: the model.

        Raises:
            BadInputError: as for :meth:`read`.
        """
        try:
            # because a truncated document can end within a character
            text = content.decode("utf-8-sig", "strict" if len(content) <= MOST_BYTES else "replace")
        except UnicodeDecodeError as error:
            raise self.error(
                f"{self.name} file {where} cannot be read: no UTF-8 text, at byte {error.start + 1}"
            ) from error
        return self.parse(text, where, model)

    def parse(self, text: str, where: str, model: type[M]) -> M:
        """Parse and validate the part of a YAML text under the top key; errors call the text ``where``."""
        try:
            located = read_yaml(text, None if self.alone else self.key)
        except YamlError as error:
            raise self.error(f"{where}{error}") from error
        return self.check(located.value, where, model, located)

    def check(self, document: Any, where: str, model: type[M], located: Located | None = None) -> M:
        """Validate the part of a document under the top key; ``located`` maps its keys to lines."""
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
            raise self.error("\n".join(self._problems(error, where, located))) from error

    def _problems(self, error: ValidationError, where: str, located: Located | None) -> Iterator[str]:
        problems: dict[_Place, Any] = {}
        for problem in error.errors(include_url=False):
            path = tuple(part for part in problem["loc"] if not _is_union_tag(part))
            if (
                not path and problem["type"] == "value_error"
            ):  # because a check of the whole document names the key in its text
                path = tuple(problem["msg"].removeprefix("Value error, ").partition(" ")[0].split("."))
            problems.setdefault(path, problem)
        inside = {path[:length] for path in problems for length in range(len(path))}
        deepest = [path for path in problems if path not in inside]  # because an inner problem is more specific
        for path in deepest[:MAX_PROBLEMS]:
            yield self._problem(path, problems[path], where, located)
        if len(deepest) > MAX_PROBLEMS:
            yield f"{where}: and {len(deepest) - MAX_PROBLEMS} more problems"

    def _problem(self, path: _Place, problem: Any, where: str, located: Located | None) -> str:
        line = located.line((*([] if self.key is None else [self.key]), *path)) if located else None
        place = f"{where}, line {line}" if line else where
        key = ".".join(map(str, path)) or self.key or "the document"
        message = {"extra_forbidden": f"is not a key of a {self.name}", "missing": "is missing"}.get(
            problem["type"], problem["msg"].removeprefix("Value error, ")
        )
        if problem["type"] == "value_error" and message.startswith(key):
            return f"{place}: {message}"
        got = "" if problem["type"] in ("missing", "extra_forbidden") else f", got {quoted(problem['input'])}"
        return f"{place}: {key}: {message}{got}"


class OneOf:
    """The rule of a key that must be one of a closed list of words, in checks and in the JSON Schema."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [str(word) for word in words]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"enum": self._words, **handler(schema)}

    def _checked(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self._words:
            *others, last = map(repr, self._words)
            raise ValueError(f"Input should be {', '.join(others)} or {last}")
        return value


def _is_union_tag(part: str | int) -> bool:
    """Return whether a part of an error's path names a branch of a union instead of a key."""
    return isinstance(part, str) and (part in ("ByTask", "ByTier", "float", "constrained-float") or "[" in part)
