"""Policies as the recorded reference took them: with keys left out, and with keys of other programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


class Section(BaseModel):
    """A section of a policy.

    Attributes:
        REFERENCE: the value that the reference takes for a key that is left out.
    """

    REFERENCE: ClassVar[Mapping[str, Any]] = {}


def completed(section: type[Section], given: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a section in the form that strict semantics ask for, and its keys that no rule reads.

    A null means the default, a whole number may be written as 5000.0, and one format of plans as a text. Anything else
    that is wrong stays, for the section's own checks to refuse.
    """
    unread: list[str] = []
    found = _completed(section, given, "", unread)
    if isinstance(found.get("dump_plan_as"), str):
        found["dump_plan_as"] = [found["dump_plan_as"]]
    return found, unread


def _completed(section: type[Section], given: Mapping[Any, Any], place: str, unread: list[str]) -> dict[str, Any]:
    found = dict(section.REFERENCE)
    for key, value in given.items():
        field = section.model_fields.get(key)
        if field is None:
            unread.append(f"{place}{key}")
        elif value is not None or field.is_required():
            found[key] = _fitted(field, value, f"{place}{key}.", unread)
    return found


def _fitted(field: FieldInfo, value: Any, place: str, unread: list[str]) -> Any:
    kinds = list(_kinds(field.annotation))
    inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)), None)
    if inner is not None and isinstance(value, Mapping):
        return _completed(inner, value, place, unread)
    return int(value) if int in kinds and isinstance(value, float) and value.is_integer() else value


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield the types that a value may have."""
    if get_origin(annotation) in (Union, UnionType):
        for kind in get_args(annotation):
            yield from _kinds(kind)
    elif get_origin(annotation) is Annotated:
        yield from _kinds(get_args(annotation)[0])
    else:
        yield annotation
