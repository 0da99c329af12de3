"""The difference of two policies, key by key, in words and by direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from planstore.routing.policy import Policy
from planstore.routing.policy_direction import Direction, direction, overall
from planstore.routing.policy_keys import is_left_out, is_threshold, keys_and_values, meaning, number_at, places


@dataclass(frozen=True)
class KeyDifference:
    """One key that differs.

    Attributes:
        key: the key, such as ``symbol.min_score.classification``.
        before: its value in the first policy.
        after: its value in the second.
        before_left_out: whether the first policy left it out.
        after_left_out: whether the second policy left it out.
        direction: whether the second value is looser, stricter, or neither.
    """

    key: str
    before: Any
    after: Any
    before_left_out: bool
    after_left_out: bool
    direction: Direction

    def __str__(self) -> str:
        return f"{self.key} {self._change()}: {meaning(self.key)}"

    def _change(self) -> str:
        before, after = self.before, self.after
        if isinstance(before, bool) and isinstance(after, bool):
            return f"is switched {'on' if after else 'off'}{self._mark()}"
        if isinstance(before, int | float) and isinstance(after, int | float):
            return f"{'rises' if after > before else 'falls'} from {_number(before)} to {_number(after)}{self._mark()}"
        if _is_words(before) and _is_words(after):
            added = [one for one in after if one not in before]
            dropped = [one for one in before if one not in after]
            said = [f"adds {', '.join(added)}"] * bool(added) + [f"drops {', '.join(dropped)}"] * bool(dropped)
            return f"{' and '.join(said) or 'is in another order'}{self._mark()}"
        return f"changes from {_text(before)} to {_text(after)}{self._mark()}"

    def _mark(self) -> str:
        """Return which of the two values is a default, if one is."""
        if self.before_left_out == self.after_left_out:
            return ""
        return f" (the {'first' if self.before_left_out else 'second'} policy leaves it out)"

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes and the words, for JSON."""
        return {
            "key": self.key,
            "before": self.before,
            "after": self.after,
            "before_left_out": self.before_left_out,
            "after_left_out": self.after_left_out,
            "direction": self.direction.value,
            "text": str(self),
        }


@dataclass(frozen=True)
class PolicyDifference:
    """The difference of two policies.

    Attributes:
        before: the first policy's id.
        after: the second policy's id.
        direction: the direction of all keys together, from the first policy to the second.
        keys: the keys that differ, in the order of the document.
    """

    before: str
    after: str
    direction: Direction
    keys: tuple[KeyDifference, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {
            "before": self.before,
            "after": self.after,
            "direction": self.direction.value,
            "keys": [one.as_dict() for one in self.keys],
        }


def difference(before: Policy, after: Policy) -> PolicyDifference:
    """Return the difference of two policies, from the first to the second."""
    found = tuple(_differences(before, after))
    return PolicyDifference(before.policy_id, after.policy_id, overall([one.direction for one in found]), found)


def _differences(before: Policy, after: Policy) -> Iterator[KeyDifference]:
    documents = before.model_dump(mode="json"), after.model_dump(mode="json")
    old, new = (dict(keys_and_values(document)) for document in documents)
    for key in dict.fromkeys((*old, *new)):
        values = old.get(key), new.get(key)
        for rest in places(*values) if is_threshold(key) else [""]:
            whole = f"{key}{rest}"
            was, now = (number_at(value, rest) for value in values) if is_threshold(key) else values
            if was != now:
                yield KeyDifference(
                    whole,
                    was,
                    now,
                    is_left_out(whole, before.left_out),
                    is_left_out(whole, after.left_out),
                    direction(whole, was, now, documents),
                )


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _number(value: float) -> str:
    """Return a number in few digits, or in all where it needs them."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _text(value: Any) -> str:
    if value is None or isinstance(value, Mapping | list):
        return orjson.dumps(value).decode()
    return str(value)
