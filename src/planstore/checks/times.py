"""Times from outside: one range and one meaning, whichever door they come through."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from planstore.checks.quoting import quoted
from planstore.errors import RequestError

RULE = "a time in the years 1 to 9999 (UTC), in ISO 8601 as 2022-12-31T00:00:00Z is"
"""What a time has to be: one that Python can hold, to the microsecond, once it is in UTC."""


def utc(value: Any) -> datetime:
    """Return a time in UTC; a date is its first moment, and a time without a zone is in UTC already.

    Args:
        value: a datetime, a date, or a text in ISO 8601.

    Raises:
        ValueError: it is none, or lies outside the years 1 to 9999; says the rule.
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if isinstance(value, datetime) and value == value:  # because pandas' NaT is a datetime, and no time
            value = value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)
            return datetime.combine(value.date(), value.time(), UTC)  # because pandas' own type counts nanoseconds
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"must be {RULE}")


def requested_time(name: str, value: Any) -> datetime:
    """Return the time that an argument called ``name`` means, in UTC.

    Raises:
        RequestError: it is none.
    """
    try:
        return utc(value)
    except ValueError as error:
        raise RequestError(f"{name} {error}, got {quoted(value)}") from error
