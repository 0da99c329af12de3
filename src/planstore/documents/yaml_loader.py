"""YAML reader with limits on size, depth and alias expansion.

Numbers follow YAML 1.2, so that ``1e-3`` is one. Scalars that YAML 1.1 and 1.2 read differently, such as ``010`` (8 or
10) and ``1:30`` (90 or a text), are refused. So are duplicate keys and tags of other than plain values. Dates are read
as text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from planstore.checks.quoting import quoted

MOST_BYTES = 1_000_000
"""Maximum size of a document, in bytes."""
MOST_VALUES = 100_000
"""Maximum number of values in a document; aliased values count once per use."""
MOST_DEPTH = 30
"""Maximum nesting depth of lists and mappings."""
MOST_DIGITS = 100
"""Maximum length of a number, in characters."""

_TAG = "tag:yaml.org,2002:"
_TAGS: dict[str, Any] = {"str": str, "int": int, "float": (int, float), "bool": bool, "null": type(None)}
_NULL = re.compile(r"|~|null|Null|NULL")
_TRUE = re.compile(r"yes|Yes|YES|true|True|TRUE|on|On|ON")
_FALSE = re.compile(r"no|No|NO|false|False|FALSE|off|Off|OFF")
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*(_[0-9]+)*|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+)")
_FRACTION = re.compile(r"[-+]?([0-9]+(_[0-9]+)*\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")

Place: TypeAlias = tuple[str | int, ...]
_NOTHING, _MERGE = object(), object()


class YamlError(Exception):
    """A problem of a text, worded to follow the name of the text."""


@dataclass(frozen=True)
class Located:
    """The value of a document, with line numbers.

    Attributes:
        value: texts, numbers, booleans, None, lists, and mappings whose keys are texts or integers.
        containers: each list and mapping, by its ``id()``, with the line of each of its items, from 1.
    """

    value: Any
    containers: Mapping[int, tuple[Any, Mapping[Any, int]]]

    def line(self, place: Place) -> int | None:
        """Return the line of the longest prefix of ``place`` in the document, or None if there is none."""
        value, line = self.value, None
        for part in place:
            lines = self.containers[id(value)][1] if id(value) in self.containers else {}
            if part not in lines:
                break
            value, line = value[part], lines[part]
        return line


def read_yaml(text: str, ours: str | None = None) -> Located:
    """Return the value of the single document in a text; None for an empty document.

    Args:
        text: the text.
        ours: the only top key that planstore reads, or None for all keys. Under other keys, which belong to other
            programs, an ambiguous scalar is read as text, and the last of duplicate keys is used.

    Raises:
        YamlError: the text is not one YAML document, or exceeds a limit; names the line and the reason.
    """
    if len(text) > MOST_BYTES or len(text.encode(errors="replace")) > MOST_BYTES:
        raise YamlError(f" must have at most {MOST_BYTES:,} bytes: remove unneeded parts")
    building = _Building(ours)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            building.take(event)
    except yaml.MarkedYAMLError as error:
        last = text.count("\n") + 1
        line = last if error.problem_mark is None else min(error.problem_mark.line + 1, last)
        reason = " ".join(filter(None, (error.context, error.problem)))
        raise YamlError(f", line {line}: this is not YAML: {reason}") from error
    except yaml.YAMLError as error:
        raise YamlError(f" is not YAML: {' '.join(str(error).split())}") from error
    except UnicodeEncodeError as error:
        raise YamlError(" is not YAML: it holds half a character, as \\ud800 alone is") from error
    return Located(building.value, building.containers)


@dataclass
class _Node:
    """A value and its expanded size.

    Attributes:
        size: number of values, this one included, with aliases expanded.
        height: number of nested levels of lists and mappings.
    """

    value: Any
    size: int = 1
    height: int = 0


@dataclass
class _Open:
    """A list or mapping whose end has not been parsed yet."""

    node: _Node
    line: int
    anchor: str | None
    key: Any = _NOTHING
    key_line: int = 0
    lines: dict[Any, int] = field(default_factory=dict)
    merged: list[Any] = field(default_factory=list)


class _Building:
    """Builds the value of a document from YAML events."""

    def __init__(self, ours: str | None) -> None:
        self.value: Any = None
        self._ours = ours
        self.containers: dict[int, tuple[Any, Mapping[Any, int]]] = {}
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node] = {}
        self._documents = 0
        self._size = 0

    def take(self, event: Any) -> None:
        """Process the next YAML event."""
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._grow(line, 1, 0)
            node = _Node(self._scalar(event, line))
            self._anchor(event.anchor, node)
            self._add(node, line, merges=event.value == "<<" and event.implicit[0])
        elif isinstance(event, yaml.AliasEvent):
            node = self._aliased(event.anchor or "", line)
            self._grow(line, node.size, node.height)
            self._add(node, line)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._grow(line, 1, 1)
            if not self._is_foreign:
                _refuse_tag(event, line)
            value: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            self._anchors.pop(event.anchor or "", None)
            self._open.append(_Open(_Node(value, height=1), line, event.anchor))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._close()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise YamlError(f", line {line}: a second document begins, where a file holds one")

    @property
    def _is_foreign(self) -> bool:
        """Whether the next event is a top key, or belongs to another program's top key."""
        return self._ours is not None and bool(self._open) and self._open[0].key != self._ours

    def _scalar(self, event: Any, line: int) -> Any:
        try:
            return _scalar(event, line)
        except YamlError:
            if self._is_foreign:
                return event.value
            raise

    def _grow(self, line: int, size: int, height: int) -> None:
        self._size += size
        if self._size > MOST_VALUES:
            raise YamlError(
                f", line {line}: a document must have at most {MOST_VALUES:,} values, aliases counted each time"
            )
        if len(self._open) + height > MOST_DEPTH:
            raise YamlError(f", line {line}: lists and mappings must be nested at most {MOST_DEPTH} deep")

    def _anchor(self, name: str | None, node: _Node) -> None:
        if name is not None:
            self._anchors[name] = node

    def _aliased(self, name: str, line: int) -> _Node:
        if name in self._anchors:
            return self._anchors[name]
        if any(item.anchor == name for item in self._open):
            raise YamlError(f", line {line}: *{name} is an alias of something that it is a part of itself")
        raise YamlError(f", line {line}: *{name} is an alias of nothing: there is no &{name} before it")

    def _add(self, node: _Node, line: int, *, merges: bool = False) -> None:
        """Add a complete value to the innermost open list or mapping, or set it as the document's value."""
        if not self._open:
            self.value = node.value
            return
        into = self._open[-1]
        into.node.size += node.size
        into.node.height = max(into.node.height, node.height + 1)
        if isinstance(into.node.value, list):
            into.lines[len(into.node.value)] = line
            into.node.value.append(node.value)
        elif into.key is _NOTHING:
            self._begin_key(into, node.value, line)
            into.key = _MERGE if merges else into.key
        elif into.key is _MERGE:
            into.merged += _mappings(node.value, None if self._is_foreign else into.key_line)
            into.key = _NOTHING
        else:
            into.node.value[into.key] = node.value
            into.key = _NOTHING

    def _begin_key(self, into: _Open, key: Any, line: int) -> None:
        foreign = self._is_foreign and key != self._ours
        if isinstance(key, bool) or not isinstance(key, str | int):
            if not foreign:
                raise YamlError(f", line {line}: a key must be a text, got {quoted(key)}: put it in quotes")
            key = str(key)
        if key in into.lines and not foreign:
            place = ".".join(str(part) for part in (*self._place(), key))
            raise YamlError(f", line {line}: {place} is given twice, first on line {into.lines[key]}")
        into.key, into.key_line = key, line
        into.lines[key] = line

    def _place(self) -> list[Any]:
        """Return the path of keys and indexes of the innermost open list or mapping."""
        return [len(item.node.value) if isinstance(item.node.value, list) else item.key for item in self._open[:-1]]

    def _close(self) -> None:
        closed = self._open.pop()
        for source in closed.merged:
            lines = self.containers[id(source)][1]
            for key, value in source.items():
                if key not in closed.node.value:
                    closed.node.value[key] = value
                    closed.lines[key] = lines[key]
        self.containers[id(closed.node.value)] = (closed.node.value, closed.lines)
        self._anchor(closed.anchor, closed.node)
        self._add(closed.node, closed.line)


def _mappings(value: Any, line: int | None) -> list[Any]:
    """Return the mappings merged by ``<<``, by descending precedence; without a line, ignore all other values."""
    mappings = value if isinstance(value, list) else [value]
    if line is None:
        return [mapping for mapping in mappings if isinstance(mapping, dict)]
    if not all(isinstance(mapping, dict) for mapping in mappings):
        raise YamlError(f", line {line}: << must be followed by a mapping or a list of mappings, got {quoted(value)}")
    return mappings


def _refuse_tag(event: Any, line: int) -> None:
    plain = "seq" if isinstance(event, yaml.SequenceStartEvent) else "map"
    if event.tag not in (None, "!", _TAG + plain):
        raise YamlError(f", line {line}: the tag {_shown(event.tag)} means nothing here: leave it out")


def _shown(tag: str) -> str:
    return f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag


def _scalar(event: Any, line: int) -> Any:
    """Return the value of one scalar."""
    text: str = event.value
    if "\0" in text or (not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)):
        raise YamlError(f", line {line}: {quoted(text)} must be text without NUL and without half characters")
    if event.tag in (None, "!"):
        return _plain(text, line) if event.tag is None and event.implicit[0] else text
    kind = _TAGS.get(event.tag.removeprefix(_TAG)) if event.tag.startswith(_TAG) else None
    if kind is None:
        raise YamlError(f", line {line}: the tag {_shown(event.tag)} means nothing here: leave it out")
    value = text if kind is str else _plain(text, line)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise YamlError(f", line {line}: {quoted(text)} is tagged {_shown(event.tag)}, and is none")
    return value


def _plain(text: str, line: int) -> Any:
    """Return the value of an unquoted scalar."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return _TRUE.fullmatch(text) is not None
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", "", 1))
    if _LEADING_ZERO.fullmatch(text):
        raise YamlError(
            f", line {line}: {text} reads as an octal or a decimal number: write it without the zero in front, or, "
            "for a text, in quotes"
        )
    if _SEXAGESIMAL.fullmatch(text):
        raise YamlError(
            f", line {line}: {text} reads as a number of base 60 or as a text: write the number in full, or, for a "
            "text, in quotes"
        )
    is_whole = _WHOLE.fullmatch(text) is not None
    if not is_whole and not _FRACTION.fullmatch(text):
        return text
    if len(text) > MOST_DIGITS:
        raise YamlError(f", line {line}: a number must have at most {MOST_DIGITS} characters, got {quoted(text)}")
    digits = text.replace("_", "")
    number = int(digits, 0) if is_whole else float(digits)
    if not math.isfinite(number):
        raise YamlError(f", line {line}: {text} must be a number that a double can hold")
    return number
