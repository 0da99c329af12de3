"""Checks of event fields: each returns the value in its recorded form, or refuses it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from numbers import Integral, Real
from typing import Any

from planstore.checks.quoting import quoted
from planstore.checks.texts import is_recordable
from planstore.checks.times import requested_time
from planstore.errors import RequestError
from planstore.events.hashing import ALGORITHM_LABEL, DIGEST, DIGITS

NAME = 1_000
"""Maximum characters of a name."""
TEXT = 100_000
"""Maximum characters of any other text."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that are refused in names, as in ``sql/candidates/problems.sql``; line ends and tabs are allowed."""


def keep(event: object, **checked: Any) -> None:
    """Set fields of a frozen event to their checked values, in its ``__post_init__``."""
    for field, value in checked.items():
        object.__setattr__(event, field, value)


def name(what: str, value: Any, *, most: int = NAME) -> str:
    """Return a name or reason: a text that is not blank, without control characters."""
    rule = f"{what} must be a text of 1 to {most:,} characters"
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.strip():
        raise RequestError(f"{rule}, got {_shown(value)}")
    if _CONTROL.search(value):
        raise RequestError(f"{rule} without control characters, got {quoted(value)}")
    return text(what, value, most=most)


def optional_name(what: str, value: Any, *, most: int = NAME) -> str | None:
    """Return a name as :func:`name` does, or None."""
    return None if value is None else name(what, value, most=most)


def text(what: str, value: Any, *, most: int = TEXT) -> str:
    """Return a text that can be recorded and read back: without NUL and without lone surrogates."""
    if not isinstance(value, str) or len(value) > most:
        raise RequestError(f"{what} must be a text of at most {most:,} characters, got {_shown(value)}")
    if not is_recordable(value):
        raise RequestError(f"{what} must be a text without NUL and without lone surrogates, got {quoted(value)}")
    return str(value)  # because a subclass of str, such as numpy's, would be recorded as its own type


def optional_text(what: str, value: Any, *, most: int = TEXT) -> str | None:
    """Return a text as :func:`text` does, or None."""
    return None if value is None else text(what, value, most=most)


def recordable(value: str) -> str:
    """Return an external text in recordable form: other characters are escaped, and its end is cut off."""
    escaped = value if is_recordable(value) else value.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
    return escaped if len(escaped) <= TEXT else f"{escaped[: TEXT - 1]}…"


def as_name(value: str | None) -> str | None:
    """Return a name from an older planstore or another system in a form that :func:`name` accepts."""
    if value is None or not value.strip():
        return None
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", recordable(value))[:NAME]


def digest(what: str, value: Any) -> str:
    """Return a digest in lower-case hex digits."""
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise RequestError(f"{what} must be a {ALGORITHM_LABEL}, {DIGITS} lower-case hex digits, got {quoted(value)}")
    return str(value)


def whole_number(what: str, value: Any, *, least: int, most: int = 2**31 - 1) -> int:
    """Return an integer; numpy's types are allowed."""
    if isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most:
        return int(value)
    raise RequestError(f"{what} must be a whole number from {least} to {most}, got {quoted(value)}")


def flag(what: str, value: Any) -> bool:
    """Return a boolean; numpy's type is allowed."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise RequestError(f"{what} must be True or False, got {quoted(value)}")
    return bool(value)


def numbers(what: str, value: Any) -> dict[str, float]:
    """Return a mapping of names to finite numbers; numpy's types are allowed."""
    if not isinstance(value, Mapping):
        raise RequestError(f"{what} must be names with numbers, got {_shown(value)}")
    return {name(f"a name in {what}", key): _number(f"{what}[{quoted(key)}]", of_key) for key, of_key in value.items()}


def _number(what: str, value: Any) -> float:
    if isinstance(value, Real) and not isinstance(value, bool):
        plain = int(value) if isinstance(value, Integral) else float(value)
        if -(2**63) <= plain < 2**63 if isinstance(plain, int) else math.isfinite(plain):
            return plain
    raise RequestError(f"{what} must be a finite number, got {quoted(value)}")


def digests(what: str, value: Any) -> tuple[str, ...]:
    """Return a sequence of digests."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise RequestError(f"{what} must be a list of digests, got {quoted(value)}")
    return tuple(digest(f"each of {what}", item) for item in value)


def moment(what: str, value: Any) -> datetime:
    """Return a time in UTC; a time zone is required, because an event has one time everywhere."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise RequestError(f"{what} must be a time with a time zone, got {quoted(value)}")
    return requested_time(what, value)


def optional_moment(what: str, value: Any) -> datetime | None:
    """Return a time as :func:`moment` does, or None."""
    return None if value is None else moment(what, value)


def one_of(what: str, value: Any, choices: Sequence[str]) -> str:
    """Return one of ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise RequestError(f"{what} must be one of {', '.join(choices)}, got {quoted(value)}")
    return str(value)


def _shown(value: Any) -> str:
    return f"one of {len(value):,} characters" if isinstance(value, str) and len(value) > NAME else quoted(value)
